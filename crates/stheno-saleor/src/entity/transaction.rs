//! Transactions, and what is asked for them.

use stheno::{Currency, Decimal, Extra, OffsetTime, Payload};

use crate::{
    IdOrNone,
    examples::{cents, time},
};

/// What is asked for.
#[derive(Clone, PartialEq, Payload)]
pub struct RequestedAction {
    /// Currency of the value.
    #[field(example = Currency::USD)]
    pub currency: Currency,
    /// What: `charge`, `refund`, `void`.
    #[field(example = "charge")]
    pub r#type: String,
    /// How much; null when all of it is meant.
    #[field(nullable, example = cents(500))]
    pub value: Option<Decimal>,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}

/// A transaction of an order or a checkout.
#[derive(Clone, PartialEq, Payload)]
pub struct Transaction {
    /// How much may be charged.
    #[field(example = cents(1000))]
    pub authorized_value: Decimal,
    /// What may be asked for.
    #[field(example = ["charge", "void"])]
    pub available_actions: Vec<String>,
    /// How much was charged.
    #[field(example = cents(0))]
    pub charged_value: Decimal,
    /// The checkout; the text `None` in the documentation, null in what the program sends.
    #[field(nullable, kind = "string", example = "None")]
    pub checkout_id: Option<IdOrNone>,
    /// When it was begun.
    #[field(example = time("1914-06-28T10:50:00Z"))]
    pub created_at: OffsetTime,
    /// Currency of all values.
    #[field(example = Currency::USD)]
    pub currency: Currency,
    /// When it last changed.
    #[field(example = time("1914-06-28T10:50:00Z"))]
    pub modified_at: OffsetTime,
    /// The order.
    #[field(nullable, example = "T3JkZXI6MWVhZjk5MmItZTNmNy00ZTJmLWJlZDctNjZlYzc0MmE4MGIz")]
    pub order_id: Option<String>,
    /// What the payment service provider calls it.
    #[field(example = "PSP ref")]
    pub reference: String,
    /// How much was refunded.
    #[field(example = cents(0))]
    pub refunded_value: Decimal,
    /// What the payment service provider says of it.
    #[field(example = "Authorized")]
    pub status: String,
    /// What it is: `Credit card`.
    #[field(example = "Credit card")]
    pub r#type: String,
    /// How much was voided.
    #[field(example = cents(0))]
    pub voided_value: Decimal,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}
