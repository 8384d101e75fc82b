//! Payments, as they stand beside an order.

use stheno::{Currency, Decimal, Extra, OffsetTime, Payload};

use crate::{
    CurrencyCode,
    examples::{cents, time},
};

/// A payment of an order.
#[derive(Clone, PartialEq, Payload)]
pub struct Payment {
    /// When it was begun.
    #[field(strict = crate::said::WithOffset, example = time("2021-03-11T16:56:57.028Z"))]
    pub created: OffsetTime,
    /// When it last changed.
    #[field(strict = crate::said::WithOffset, example = time("2021-03-11T16:58:27.028Z"))]
    pub modified: OffsetTime,
    /// How much of it is charged, with a hyphen: `fully-charged`.
    #[field(example = "fully-charged")]
    pub charge_status: String,
    /// How much is to be paid.
    #[field(example = cents(24082))]
    pub total: Decimal,
    /// How much was captured.
    #[field(example = cents(24082))]
    pub captured_amount: Decimal,
    /// Currency of both.
    #[field(kind = "string", strict = stheno::Currency, example = Currency::USD)]
    pub currency: CurrencyCode,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}
