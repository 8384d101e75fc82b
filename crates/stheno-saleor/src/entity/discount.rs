//! Discounts of an order.

use stheno::{Decimal, Extra, Payload};

use crate::examples::cents;

/// A discount of an order. No documented example has one: the fields are those of the program, 3.0 to 3.23.
#[derive(Clone, PartialEq, Payload)]
pub struct Discount {
    /// What gave it: `voucher`, `manual`.
    #[field(nullable, undocumented, example = "voucher")]
    pub r#type: Option<String>,
    /// What its value is: `fixed`, `percentage`.
    #[field(nullable, undocumented, example = "fixed")]
    pub value_type: Option<String>,
    /// How much, in money or in hundredths.
    #[field(nullable, undocumented, example = cents(500))]
    pub value: Option<Decimal>,
    /// How much, in money.
    #[field(nullable, undocumented, example = cents(500))]
    pub amount_value: Option<Decimal>,
    /// What it is called.
    #[field(nullable, undocumented, example = "Summer")]
    pub name: Option<String>,
    /// The same in the language of the order.
    #[field(nullable, undocumented)]
    pub translated_name: Option<String>,
    /// Why it was given.
    #[field(nullable, undocumented)]
    pub reason: Option<String>,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}
