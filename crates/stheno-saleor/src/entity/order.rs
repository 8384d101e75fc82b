//! Orders.

use serde_json::{Map, Value};
use stheno::{Currency, Decimal, Extra, OffsetTime, Payload, Secret};

use crate::{
    CurrencyCode, GlobalId, Id,
    entity::{Address, Discount, OrderLine},
    examples::{CREATED, EMAIL, ORDER, TOKEN, cents, time},
};

/// An order, as notifications carry it.
#[derive(Clone, PartialEq, Payload)]
pub struct Order {
    /// Its id.
    #[field(kind = "string_or_number", example = ORDER)]
    pub id: GlobalId,
    /// Its number: a whole number, or the id again.
    #[field(kind = "string_or_number", example = 52_i64)]
    pub number: Id,
    /// Whatever the shop keeps with it, and shows to nobody outside.
    #[field(sometimes, personal, example = Map::new())]
    pub private_metadata: Map<String, Value>,
    /// Whatever the shop keeps with it; null where it keeps nothing.
    #[field(sometimes, personal, example = Map::new())]
    pub metadata: Map<String, Value>,
    /// How far it has come, with blanks: `partially fulfilled`.
    #[field(example = "unfulfilled")]
    pub status: String,
    /// Language of the order, for mails: `en`, `pt-br`.
    #[field(example = "en")]
    pub language_code: String,
    /// Currency of all amounts.
    #[field(kind = "string", strict = stheno::Currency, example = Currency::USD)]
    pub currency: CurrencyCode,
    /// Shows the order to whoever has it.
    #[field(example = TOKEN)]
    pub token: Secret<String>,
    /// Total without tax.
    #[field(example = cents(24082))]
    pub total_net_amount: Decimal,
    /// Total without tax and discounts.
    #[field(example = cents(24082))]
    pub undiscounted_total_net_amount: Decimal,
    /// Total with tax.
    #[field(example = cents(24082))]
    pub total_gross_amount: Decimal,
    /// Total with tax and without discounts.
    #[field(example = cents(24082))]
    pub undiscounted_total_gross_amount: Decimal,
    /// Whether customers are shown prices with tax.
    #[field(example = true)]
    pub display_gross_prices: bool,
    /// Channel it was placed in.
    #[field(example = "default-channel")]
    pub channel_slug: String,
    /// When it was placed, with a blank between date and time.
    #[field(strict = crate::said::WithOffset, example = time(CREATED))]
    pub created: OffsetTime,
    /// Shipping without tax.
    #[field(example = cents(9122))]
    pub shipping_price_net_amount: Decimal,
    /// Shipping with tax.
    #[field(example = cents(9122))]
    pub shipping_price_gross_amount: Decimal,
    /// Where the customer sees the order; empty when the storefront has no such page.
    #[field(example = "")]
    pub order_details_url: Secret<String>,
    /// Where its mails go; empty or null when the customer has said no address.
    #[field(sometimes, personal, example = EMAIL)]
    pub email: Option<String>,
    /// Goods with tax.
    #[field(example = cents(14960))]
    pub subtotal_gross_amount: Decimal,
    /// Goods without tax.
    #[field(example = cents(14960))]
    pub subtotal_net_amount: Decimal,
    /// Tax of everything.
    #[field(example = cents(0))]
    pub tax_amount: Decimal,
    /// What was ordered.
    #[field(fields, example = [OrderLine::example()])]
    pub lines: Vec<OrderLine>,
    /// Where the invoice goes.
    #[field(nullable, fields, example = Address::example())]
    pub billing_address: Option<Address>,
    /// Where the goods go; null when nothing is sent.
    #[field(nullable, fields, example = Address::example())]
    pub shipping_address: Option<Address>,
    /// How the goods go.
    #[field(nullable, example = "DHL")]
    pub shipping_method_name: Option<String>,
    /// Where the goods are collected; undocumented, and sent by Saleor 3.
    #[field(nullable, undocumented)]
    pub collection_point_name: Option<String>,
    /// The discount of a voucher.
    #[field(nullable, fields)]
    pub voucher_discount: Option<Discount>,
    /// All discounts.
    #[field(fields, example = [])]
    pub discounts: Vec<Discount>,
    /// All discounts together: the number 0 without one, a decimal text with one.
    #[field(example = Decimal::new(0, 0).as_number())]
    pub discount_amount: Decimal,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}
