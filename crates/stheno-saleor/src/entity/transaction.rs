//! Transactions, and what is asked for them.

use stheno::{Currency, Decimal, Extra, OffsetTime, Payload};

use crate::{
    CurrencyCode, GlobalId, IdOrNone,
    examples::{cents, time},
};

/// What is asked for.
#[derive(Clone, PartialEq, Payload)]
pub struct RequestedAction {
    /// Currency of the value.
    #[field(kind = "string", strict = stheno::Currency, example = Currency::USD)]
    pub currency: CurrencyCode,
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
    #[field(nullable, kind = "string_or_number", example = "None")]
    pub checkout_id: Option<IdOrNone>,
    /// When it was begun.
    #[field(strict = crate::said::WithOffset, example = time("1914-06-28T10:50:00Z"))]
    pub created_at: OffsetTime,
    /// Currency of all values.
    #[field(kind = "string", strict = stheno::Currency, example = Currency::USD)]
    pub currency: CurrencyCode,
    /// When it last changed.
    #[field(strict = crate::said::WithOffset, example = time("1914-06-28T10:50:00Z"))]
    pub modified_at: OffsetTime,
    /// The order.
    #[field(kind = "string_or_number", nullable, example = "T3JkZXI6MWVhZjk5MmItZTNmNy00ZTJmLWJlZDctNjZlYzc0MmE4MGIz")]
    pub order_id: Option<GlobalId>,
    /// What the payment service provider calls it; null when it is not known.
    #[field(sometimes, example = "PSP ref")]
    pub reference: Option<String>,
    /// How much was refunded.
    #[field(example = cents(0))]
    pub refunded_value: Decimal,
    /// What the payment service provider says of it; Saleor 3.15 and later do not send it.
    #[field(sometimes, example = "Authorized")]
    pub status: Option<String>,
    /// What it is: `Credit card`; null when it has no name.
    #[field(sometimes, example = "Credit card")]
    pub r#type: Option<String>,
    /// How much was voided; Saleor 3.15 and later send it as `canceled_value` alone.
    #[field(sometimes, example = cents(0))]
    pub voided_value: Option<Decimal>,
    /// How much was canceled; undocumented, and sent by Saleor 3.13 and later.
    #[field(undocumented)]
    pub canceled_value: Option<Decimal>,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}
