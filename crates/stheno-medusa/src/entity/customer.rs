//! Customers.

use serde_json::{Map, Value};
use stheno::{Extra, Payload, Secret};

use crate::{
    entity::Address,
    examples::{CREATED_AT, CUSTOMER, UPDATED_AT},
};

/// A customer: a guest, or one with an account.
#[derive(Clone, PartialEq, Payload)]
pub struct Customer {
    /// Its id.
    #[field(example = CUSTOMER)]
    pub id: String,
    /// E-mail address, in lower case.
    #[field(personal, example = "ada@example.com")]
    pub email: Option<String>,
    /// First name.
    #[field(personal, example = "Ada")]
    pub first_name: Option<String>,
    /// Last name.
    #[field(personal, example = "Example")]
    pub last_name: Option<String>,
    /// Telephone number.
    #[field(personal)]
    pub phone: Option<String>,
    /// The address that bills go to.
    pub billing_address_id: Option<String>,
    /// Whether the customer can sign in; a guest cannot.
    #[field(example = true)]
    pub has_account: Option<bool>,
    /// Hash of the password. No event should carry it; Medusa sends it when an account or a password is new.
    #[field(secret)]
    pub password_hash: Option<Secret<String>>,
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
    /// The address that bills go to, if loaded.
    #[field(fields)]
    pub billing_address: Option<Address>,
    /// The addresses that goods go to, if loaded.
    #[field(fields)]
    pub shipping_addresses: Option<Vec<Address>>,
    /// Orders, if loaded.
    #[field(personal)]
    pub orders: Option<Vec<Value>>,
    /// Customer groups, if loaded.
    pub groups: Option<Vec<Value>>,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}
