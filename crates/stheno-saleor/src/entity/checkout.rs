//! Checkouts: what a customer is about to order.

use serde_json::{Map, Value};
use stheno::{Currency, Decimal, Extra, OffsetTime, Payload, Secret};

use crate::{
    CurrencyCode, GlobalId,
    entity::Address,
    examples::{EMAIL, TOKEN, USER, cents, time},
};

/// A checkout.
#[derive(Clone, PartialEq, Payload)]
pub struct Checkout {
    /// What it is: `Checkout`.
    #[field(example = "Checkout")]
    pub r#type: String,
    /// Shows the checkout to whoever has it.
    #[field(example = TOKEN)]
    pub token: Secret<String>,
    /// Who is ordering; null for an anonymous customer.
    #[field(nullable, fields)]
    pub user: Option<CheckoutUser>,
    /// Where the invoice goes.
    #[field(nullable, fields, example = Address::example())]
    pub billing_address: Option<Address>,
    /// Where the goods go.
    #[field(nullable, fields, example = Address::example())]
    pub shipping_address: Option<Address>,
    /// How the goods go.
    #[field(nullable, fields)]
    pub shipping_method: Option<ShippingMethod>,
    /// What is about to be ordered.
    #[field(fields, example = [CheckoutLine::example()])]
    pub lines: Vec<CheckoutLine>,
    /// Whatever the shop keeps with it, and shows to nobody outside.
    #[field(sometimes, personal, example = Map::new())]
    pub private_metadata: Map<String, Value>,
    /// Whatever the shop keeps with it; null where it keeps nothing.
    #[field(sometimes, personal, example = Map::new())]
    pub metadata: Map<String, Value>,
    /// When it was begun.
    #[field(strict = crate::said::WithOffset, example = time("2021-03-31T12:57:09.605Z"))]
    pub created: OffsetTime,
    /// When it last changed.
    #[field(strict = crate::said::WithOffset, example = time("2021-03-31T12:57:09.643Z"))]
    pub last_change: OffsetTime,
    /// Where its mails go; the program sends null until the customer has said it.
    #[field(nullable, personal, example = EMAIL)]
    pub email: Option<String>,
    /// How many goods there are; Saleor 3 does not send it.
    #[field(sometimes, example = 1)]
    pub quantity: Option<i64>,
    /// Currency of all amounts.
    #[field(kind = "string", strict = stheno::Currency, example = Currency::USD)]
    pub currency: CurrencyCode,
    /// All discounts together.
    #[field(example = cents(0))]
    pub discount_amount: Decimal,
    /// What the discount is called.
    #[field(nullable)]
    pub discount_name: Option<String>,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}

/// Who is ordering: of a user no more than the program sends with a checkout. No documented example has one: null is all
/// that is seen.
#[derive(Clone, PartialEq, Payload)]
pub struct CheckoutUser {
    /// What it is: `User`.
    #[field(nullable, undocumented, example = "User")]
    pub r#type: Option<String>,
    /// The user's id.
    #[field(kind = "string_or_number", example = USER)]
    pub id: GlobalId,
    /// Address for mails.
    #[field(nullable, undocumented, personal, example = EMAIL)]
    pub email: Option<String>,
    /// First name; empty when it is not known.
    #[field(nullable, undocumented, personal, example = "Ada")]
    pub first_name: Option<String>,
    /// Last name; empty when it is not known.
    #[field(nullable, undocumented, personal, example = "Example")]
    pub last_name: Option<String>,
    /// Whether this is somebody on the staff; the program does not send it.
    #[field(nullable, undocumented)]
    pub is_staff: Option<bool>,
    /// Whether the account can be used; the program does not send it.
    #[field(nullable, undocumented)]
    pub is_active: Option<bool>,
    /// Whatever the shop keeps with it, and shows to nobody outside; the program does not send it.
    #[field(nullable, undocumented, personal)]
    pub private_metadata: Option<Map<String, Value>>,
    /// Whatever the shop keeps with it; the program does not send it.
    #[field(nullable, undocumented, personal)]
    pub metadata: Option<Map<String, Value>>,
    /// Language of the user; the program does not send it.
    #[field(nullable, undocumented)]
    pub language_code: Option<String>,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}

/// A line of a checkout.
#[derive(Clone, PartialEq, Payload)]
pub struct CheckoutLine {
    /// Stock-keeping unit; a variant need not have one.
    #[field(nullable, example = "43226647")]
    pub sku: Option<String>,
    /// How many.
    #[field(example = 1)]
    pub quantity: i64,
    /// Price of one.
    #[field(example = cents(500))]
    pub base_price: Decimal,
    /// Currency of the price.
    #[field(kind = "string", strict = stheno::Currency, example = Currency::USD)]
    pub currency: CurrencyCode,
    /// What product and variant are called.
    #[field(example = "Apple Juice (1l)")]
    pub full_name: String,
    /// What the product is called.
    #[field(example = "Apple Juice")]
    pub product_name: String,
    /// What the variant is called.
    #[field(example = "1l")]
    pub variant_name: String,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}

/// A way to send goods. No documented example has one: null is all that is seen.
#[derive(Clone, PartialEq, Payload)]
pub struct ShippingMethod {
    /// Its id.
    #[field(nullable, undocumented, kind = "string_or_number")]
    pub id: Option<GlobalId>,
    /// What it is called.
    #[field(nullable, undocumented)]
    pub name: Option<String>,
    /// What it costs; the program calls it `price_amount`, which is read too.
    #[field(alias = "price_amount")]
    pub price: Option<Decimal>,
    /// Currency of the price.
    #[field(nullable, undocumented, kind = "string", strict = stheno::Currency)]
    pub currency: Option<CurrencyCode>,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}
