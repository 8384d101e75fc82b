//! Discounts of an order.

use stheno::{Decimal, Extra, Payload};

use crate::examples::cents;

/// A discount of an order. No documented example has one: the fields are those of the program, 3.8.
#[derive(Clone, PartialEq, Payload)]
pub struct Discount {
    /// What gave it: `voucher`, `manual`.
    #[field(example = "voucher")]
    pub r#type: Option<String>,
    /// What its value is: `fixed`, `percentage`.
    #[field(example = "fixed")]
    pub value_type: Option<String>,
    /// How much, in money or in hundredths.
    #[field(example = cents(500))]
    pub value: Option<Decimal>,
    /// How much, in money.
    #[field(example = cents(500))]
    pub amount_value: Option<Decimal>,
    /// What it is called.
    #[field(example = "Summer")]
    pub name: Option<String>,
    /// The same in the language of the order.
    pub translated_name: Option<String>,
    /// Why it was given.
    pub reason: Option<String>,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}
