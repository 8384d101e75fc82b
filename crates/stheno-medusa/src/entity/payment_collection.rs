//! Payment collections.

use serde_json::{Map, Value};
use stheno::{Extra, Payload};

use crate::{
    entity::{Payment, PaymentSession},
    examples::{CREATED_AT, PAYMENT_COLLECTION, REGION, UPDATED_AT, USER},
};

stheno::text_enum! {
    /// What a payment collection is for.
    pub enum PaymentCollectionType {
        /// An order edit.
        OrderEdit = "order_edit",
    }

    /// How far a payment collection has come.
    pub enum PaymentCollectionStatus {
        /// Nothing was begun.
        NotPaid = "not_paid",
        /// A session was begun.
        Awaiting = "awaiting",
        /// All of the money may be taken.
        Authorized = "authorized",
        /// Some of the money may be taken.
        PartiallyAuthorized = "partially_authorized",
        /// It was canceled.
        Canceled = "canceled",
    }
}

/// Several payments that belong together.
#[derive(Clone, PartialEq, Default, Payload)]
pub struct PaymentCollection {
    /// Its id. Medusa leaves it out when it says that a collection was deleted.
    #[field(example = PAYMENT_COLLECTION)]
    pub id: Option<String>,
    /// What it is for.
    #[field(kind = "string", example = PaymentCollectionType::OrderEdit)]
    pub r#type: Option<PaymentCollectionType>,
    /// How far it has come.
    #[field(kind = "string", example = PaymentCollectionStatus::NotPaid)]
    pub status: Option<PaymentCollectionStatus>,
    /// What staff wrote about it.
    pub description: Option<String>,
    /// How much, in the smallest unit of the currency.
    #[field(example = 1900)]
    pub amount: Option<i64>,
    /// How much of it was authorized.
    pub authorized_amount: Option<i64>,
    /// The region it is paid in.
    #[field(example = REGION)]
    pub region_id: Option<String>,
    /// Three-letter ISO code of the currency, in lower case.
    #[field(example = "eur")]
    pub currency_code: Option<String>,
    /// The user or customer who made it.
    #[field(example = USER)]
    pub created_by: Option<String>,
    /// Whatever the shop keeps with it.
    #[field(personal)]
    pub metadata: Option<Map<String, Value>>,
    /// When it was created.
    #[field(example = CREATED_AT)]
    pub created_at: Option<String>,
    /// When it last changed.
    #[field(example = UPDATED_AT)]
    pub updated_at: Option<String>,
    /// When it was deleted.
    pub deleted_at: Option<String>,
    /// The region, if loaded.
    #[field(kind = "object")]
    pub region: Option<Value>,
    /// The currency, if loaded.
    #[field(kind = "object")]
    pub currency: Option<Value>,
    /// The payment sessions, if loaded.
    #[field(fields)]
    pub payment_sessions: Option<Vec<PaymentSession>>,
    /// The payments, if loaded.
    #[field(fields)]
    pub payments: Option<Vec<Payment>>,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}
