//! Payment sessions: what a customer has begun with a payment provider.

use serde_json::{Value, json};
use stheno::{Extra, Payload, Secret};

use crate::examples::{CART, CREATED_AT, PAYMENT_SESSION, UPDATED_AT};

stheno::text_enum! {
    /// How far a payment session has come.
    pub enum PaymentSessionStatus {
        /// The money may be taken.
        Authorized = "authorized",
        /// The customer has not finished.
        Pending = "pending",
        /// The customer has something more to do.
        RequiresMore = "requires_more",
        /// It failed.
        Error = "error",
        /// It was canceled.
        Canceled = "canceled",
    }
}

/// What a customer has begun with a payment provider.
#[derive(Clone, PartialEq, Payload)]
pub struct PaymentSession {
    /// Its id.
    #[field(example = PAYMENT_SESSION)]
    pub id: String,
    /// The cart it pays.
    #[field(example = CART)]
    pub cart_id: Option<String>,
    /// The payment provider.
    #[field(example = "stripe")]
    pub provider_id: Option<String>,
    /// Whether the customer has chosen it.
    #[field(example = true)]
    pub is_selected: Option<bool>,
    /// Whether the provider knows of it.
    #[field(example = true)]
    pub is_initiated: Option<bool>,
    /// How far it has come.
    #[field(kind = "string", example = PaymentSessionStatus::Pending)]
    pub status: Option<PaymentSessionStatus>,
    /// What the provider keeps with it; may give access to the payment.
    #[field(secret, kind = "object", example = json!({ "client_secret": "not-a-real-client-secret" }))]
    pub data: Option<Secret<Value>>,
    /// Key that keeps a repeated request from doing its work twice.
    pub idempotency_key: Option<String>,
    /// How much, in the smallest unit of the currency.
    #[field(example = 4900)]
    pub amount: Option<i64>,
    /// When it was authorized.
    pub payment_authorized_at: Option<String>,
    /// When it was created.
    #[field(example = CREATED_AT)]
    pub created_at: Option<String>,
    /// When it last changed.
    #[field(example = UPDATED_AT)]
    pub updated_at: Option<String>,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}
