//! Shipping methods: how the goods of a cart or an order travel.

use serde_json::Value;
use stheno::{Extra, Payload};

use crate::examples::{CART, SHIPPING_METHOD, SHIPPING_OPTION};

/// A shipping option that was chosen, with its price.
#[derive(Clone, PartialEq, Payload)]
pub struct ShippingMethod {
    /// Its id.
    #[field(example = SHIPPING_METHOD)]
    pub id: String,
    /// The option that was chosen.
    #[field(example = SHIPPING_OPTION)]
    pub shipping_option_id: Option<String>,
    /// The order it is for.
    pub order_id: Option<String>,
    /// The claim it is for.
    pub claim_order_id: Option<String>,
    /// The cart it is for.
    #[field(example = CART)]
    pub cart_id: Option<String>,
    /// The swap it is for.
    pub swap_id: Option<String>,
    /// The return it is for.
    pub return_id: Option<String>,
    /// Price, in the smallest unit of the currency.
    #[field(example = 700)]
    pub price: Option<i64>,
    /// What the fulfillment provider keeps with it, such as the pick-up point that the customer chose.
    #[field(personal, kind = "object")]
    pub data: Option<Value>,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}
