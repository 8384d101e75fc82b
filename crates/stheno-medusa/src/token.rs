//! Tokens that let a customer take over orders placed under another e-mail address.

use stheno::{Event, Extra, Payload, Secret};

use crate::examples::{CUSTOMER, ORDER};

/// Triggered when a customer requests to claim an order and a token is created.
#[derive(Clone, PartialEq, Payload, Event)]
#[event(
    name = "order-update-token.created",
    key = "customer:/new_customer_id",
    section = "Token Events",
    note = "Sent once for each e-mail address that the claimed orders were placed under. Has no id; its key is the customer who claims."
)]
pub struct OrderUpdateTokenCreated {
    /// E-mail address that the orders were placed under.
    #[field(personal, example = "guest@example.com")]
    pub old_email: String,
    /// ID of the customer who claims the orders.
    #[field(example = CUSTOMER)]
    pub new_customer_id: String,
    /// IDs of the orders.
    #[field(example = [ORDER])]
    pub orders: Vec<String>,
    /// Token that proves the claim.
    #[field(secret, example = "not-a-real-claim-token")]
    pub token: Secret<String>,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}
