//! Payments.

use serde_json::{Map, Value, json};
use stheno::{Extra, Payload, Secret};

use crate::{
    entity::EventError,
    examples::{CART, CREATED_AT, PAYMENT, UPDATED_AT},
};

/// Money that a provider holds or has taken.
#[derive(Clone, PartialEq, Payload)]
pub struct Payment {
    /// Its id.
    #[field(example = PAYMENT)]
    pub id: String,
    /// The swap it pays.
    pub swap_id: Option<String>,
    /// The cart it pays.
    #[field(example = CART)]
    pub cart_id: Option<String>,
    /// The order it pays.
    pub order_id: Option<String>,
    /// How much, in the smallest unit of the currency.
    #[field(example = 5600)]
    pub amount: Option<i64>,
    /// Three-letter ISO code of the currency, in lower case.
    #[field(example = "eur")]
    pub currency_code: Option<String>,
    /// How much of it was refunded.
    #[field(example = 0)]
    pub amount_refunded: Option<i64>,
    /// The payment provider.
    #[field(example = "stripe")]
    pub provider_id: Option<String>,
    /// What the provider keeps with it; may give access to the payment.
    #[field(secret, kind = "object", example = json!({ "client_secret": "not-a-real-client-secret" }))]
    pub data: Option<Secret<Value>>,
    /// When the money was taken.
    pub captured_at: Option<String>,
    /// When it was canceled.
    pub canceled_at: Option<String>,
    /// Key that keeps a repeated request from doing its work twice.
    pub idempotency_key: Option<String>,
    /// Whatever the shop keeps with it.
    #[field(personal)]
    pub metadata: Option<Map<String, Value>>,
    /// When it was created.
    #[field(example = CREATED_AT)]
    pub created_at: Option<String>,
    /// When it last changed.
    #[field(example = UPDATED_AT)]
    pub updated_at: Option<String>,
    /// Why it failed; only in the two events that tell of a failure.
    #[field(kind = "string_or_object", fields)]
    pub error: Option<EventError>,
    /// The swap, if loaded.
    #[field(personal, kind = "object")]
    pub swap: Option<Value>,
    /// The cart, if loaded.
    #[field(personal, kind = "object")]
    pub cart: Option<Value>,
    /// The order, if loaded.
    #[field(personal, kind = "object")]
    pub order: Option<Value>,
    /// The currency, if loaded.
    #[field(kind = "object")]
    pub currency: Option<Value>,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}
