//! Customers: the people who buy.

use stheno::{Event, Extra, Payload, Secret};

use crate::{define::whole, entity::Customer, examples::CUSTOMER};

whole! {
    /// Triggered when a customer is created.
    #[event(
        name = "customer.created",
        key = "customer:/id",
        section = "Customer Events",
        note = "Medusa also sends `password_hash` when the customer has an account."
    )]
    pub struct CustomerCreated { customer: Customer }

    /// Triggered when a customer is updated including their information or password, or when a customer account is
    /// created that is associated with an existing email (for example, if a customer placed an order with their email
    /// as a guest, then created an account with that email).
    #[event(
        name = "customer.updated",
        key = "customer:/id",
        section = "Customer Events",
        note = "Medusa also sends `password_hash` when the password changed."
    )]
    pub struct CustomerUpdated { customer: Customer }
}

/// Triggered when a customer requests to reset their password.
#[derive(Clone, PartialEq, Payload, Event)]
#[event(
    name = "customer.password_reset",
    key = "customer:/id",
    section = "Customer Events",
    note = "A customer need not have given a first and a last name."
)]
pub struct CustomerPasswordReset {
    /// ID of the customer.
    #[field(example = CUSTOMER)]
    pub id: String,
    /// E-mail address of the customer.
    #[field(personal, example = "ada@example.com")]
    pub email: String,
    /// First name of the customer.
    #[field(personal, example = "Ada")]
    pub first_name: Option<String>,
    /// Last name of the customer.
    #[field(personal, example = "Example")]
    pub last_name: Option<String>,
    /// Token that resets the password.
    #[field(secret, example = "not-a-real-reset-token")]
    pub token: Secret<String>,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}
