//! Line items: what stands in a cart.

use serde_json::{Map, Number, Value};
use stheno::{Extra, Payload};

use crate::examples::{CART, CREATED_AT, LINE_ITEM, UPDATED_AT, VARIANT};

/// A line of a cart, an order, a swap or a claim.
#[derive(Clone, PartialEq, Payload)]
pub struct LineItem {
    /// Its id.
    #[field(example = LINE_ITEM)]
    pub id: String,
    /// The cart it stands in.
    #[field(example = CART)]
    pub cart_id: Option<String>,
    /// The order it stands in.
    pub order_id: Option<String>,
    /// The swap it stands in.
    pub swap_id: Option<String>,
    /// The claim it stands in.
    pub claim_order_id: Option<String>,
    /// The line that an order edit made it from.
    pub original_item_id: Option<String>,
    /// The order edit that it belongs to.
    pub order_edit_id: Option<String>,
    /// What it is called.
    #[field(example = "Linen shirt")]
    pub title: Option<String>,
    /// More of what it is called, such as the variant.
    #[field(example = "M / White")]
    pub description: Option<String>,
    /// Address of a small picture.
    pub thumbnail: Option<String>,
    /// Whether it is returned goods of a swap.
    #[field(example = false)]
    pub is_return: Option<bool>,
    /// Whether it is a gift card.
    #[field(example = false)]
    pub is_giftcard: Option<bool>,
    /// Whether another of the same may be added to it.
    #[field(example = true)]
    pub should_merge: Option<bool>,
    /// Whether discounts count.
    #[field(example = true)]
    pub allow_discounts: Option<bool>,
    /// Whether a shipping method was chosen for it.
    pub has_shipping: Option<bool>,
    /// Price of one, in the smallest unit of the currency.
    #[field(example = 4900)]
    pub unit_price: Option<i64>,
    /// The variant that is sold.
    #[field(example = VARIANT)]
    pub variant_id: Option<String>,
    /// How many.
    #[field(example = 1)]
    pub quantity: Option<i64>,
    /// How many were fulfilled.
    pub fulfilled_quantity: Option<i64>,
    /// How many came back.
    pub returned_quantity: Option<i64>,
    /// How many were shipped.
    pub shipped_quantity: Option<i64>,
    /// Whatever the shop keeps with it, such as an engraving.
    #[field(personal)]
    pub metadata: Option<Map<String, Value>>,
    /// When it was created.
    #[field(example = CREATED_AT)]
    pub created_at: Option<String>,
    /// When it last changed.
    #[field(example = UPDATED_AT)]
    pub updated_at: Option<String>,
    /// What can still be refunded, if totals were asked for.
    pub refundable: Option<i64>,
    /// Price of all, if totals were asked for.
    pub subtotal: Option<i64>,
    /// Tax, if totals were asked for.
    pub tax_total: Option<i64>,
    /// What is to be paid, if totals were asked for.
    pub total: Option<i64>,
    /// What would be paid without discounts, if totals were asked for.
    pub original_total: Option<i64>,
    /// Tax without discounts, if totals were asked for.
    pub original_tax_total: Option<i64>,
    /// Discounts, if totals were asked for.
    pub discount_total: Option<i64>,
    /// Discounts before rounding, if totals were asked for.
    #[field(kind = "number")]
    pub raw_discount_total: Option<Number>,
    /// What gift cards pay, if totals were asked for.
    pub gift_card_total: Option<i64>,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}
