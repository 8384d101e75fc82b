//! Refunds.

use serde_json::{Map, Value};
use stheno::{Extra, Payload};

use crate::{
    entity::Payment,
    examples::{CREATED_AT, ORDER, PAYMENT, REFUND, UPDATED_AT},
};

stheno::text_enum! {
    /// Why money was given back.
    pub enum RefundReason {
        /// A discount that was granted later.
        Discount = "discount",
        /// A return.
        Return = "return",
        /// A swap.
        Swap = "swap",
        /// A claim.
        Claim = "claim",
    }
}

/// Money that was given back.
///
/// Medusa has a reason `other`; it is [`RefundReason::Other`] like any text that is not in the list.
#[derive(Clone, PartialEq, Payload)]
pub struct Refund {
    /// Its id.
    #[field(example = REFUND)]
    pub id: String,
    /// The order of the payment.
    #[field(example = ORDER)]
    pub order_id: Option<String>,
    /// The payment that it gives back.
    #[field(example = PAYMENT)]
    pub payment_id: Option<String>,
    /// How much, in the smallest unit of the currency.
    #[field(example = 1500)]
    pub amount: Option<i64>,
    /// What staff wrote about it.
    #[field(personal)]
    pub note: Option<String>,
    /// Why.
    #[field(kind = "string", example = RefundReason::Return)]
    pub reason: Option<RefundReason>,
    /// Whatever the shop keeps with it.
    #[field(personal)]
    pub metadata: Option<Map<String, Value>>,
    /// Key that keeps a repeated request from doing its work twice.
    pub idempotency_key: Option<String>,
    /// When it was created.
    #[field(example = CREATED_AT)]
    pub created_at: Option<String>,
    /// When it last changed.
    #[field(example = UPDATED_AT)]
    pub updated_at: Option<String>,
    /// The order, if loaded.
    #[field(personal, kind = "object")]
    pub order: Option<Value>,
    /// The payment, if loaded.
    #[field(fields)]
    pub payment: Option<Payment>,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}
