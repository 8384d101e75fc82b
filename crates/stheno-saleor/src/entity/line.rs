//! Lines of an order.

use stheno::{Currency, Decimal, Extra, Payload, Secret};

use crate::{
    CurrencyCode, GlobalId, TaxRate,
    entity::{Product, Variant},
    examples::{ORDER_LINE, cents},
};

/// A line of an order: a variant of a product, and how many.
#[derive(Clone, PartialEq, Payload)]
pub struct OrderLine {
    /// Its id.
    #[field(kind = "string_or_number", example = ORDER_LINE)]
    pub id: GlobalId,
    /// The product.
    #[field(nullable, fields, example = Product::example())]
    pub product: Option<Product>,
    /// What the product is called.
    #[field(example = "Apple Juice")]
    pub product_name: String,
    /// The same in the language of the order.
    #[field(example = "Apple Juice")]
    pub translated_product_name: String,
    /// What the variant is called.
    #[field(example = "1l")]
    pub variant_name: String,
    /// The variant.
    #[field(nullable, fields, example = Variant::example())]
    pub variant: Option<Variant>,
    /// What the variant is called in the language of the order.
    #[field(example = "1l")]
    pub translated_variant_name: String,
    /// Stock-keeping unit.
    #[field(nullable, example = "43226647")]
    pub product_sku: Option<String>,
    /// How many.
    #[field(example = 2)]
    pub quantity: i64,
    /// How many were fulfilled.
    #[field(example = 1)]
    pub quantity_fulfilled: i64,
    /// Currency of all amounts.
    #[field(kind = "string", strict = stheno::Currency, example = Currency::USD)]
    pub currency: CurrencyCode,
    /// Price of one without tax.
    #[field(example = cents(400))]
    pub unit_price_net_amount: Decimal,
    /// Price of one with tax.
    #[field(example = cents(400))]
    pub unit_price_gross_amount: Decimal,
    /// Tax of one.
    #[field(example = cents(0))]
    pub unit_tax_amount: Decimal,
    /// Price of all with tax.
    #[field(example = cents(800))]
    pub total_gross_amount: Decimal,
    /// Price of all without tax.
    #[field(example = cents(800))]
    pub total_net_amount: Decimal,
    /// Tax of all.
    #[field(example = cents(0))]
    pub total_tax_amount: Decimal,
    /// Rate of the tax, with four places: `0.2300`; null where Saleor 3.9 and later do not know it.
    #[field(sometimes, kind = "string_or_number", example = Decimal::new(0, 4))]
    pub tax_rate: TaxRate,
    /// Whether it has to be sent.
    #[field(example = true)]
    pub is_shipping_required: bool,
    /// Whether it is downloaded; null once the variant was deleted, and absent from Saleor 3.23 on.
    #[field(sometimes, example = false)]
    pub is_digital: Option<bool>,
    /// Where it is downloaded, by anybody who knows the address; empty when it is not, null before there is a link, and absent
    /// from Saleor 3.23 on.
    #[field(sometimes, example = "")]
    pub digital_url: Option<Secret<String>>,
    /// Discount of one, in money or in hundredths.
    #[field(example = cents(0))]
    pub unit_discount_value: Decimal,
    /// Why there is a discount.
    #[field(nullable)]
    pub unit_discount_reason: Option<String>,
    /// What the discount's value is: `fixed`, `percentage`.
    #[field(nullable, example = "fixed")]
    pub unit_discount_type: Option<String>,
    /// Discount of one, in money.
    #[field(example = cents(0))]
    pub unit_discount_amount: Decimal,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}
