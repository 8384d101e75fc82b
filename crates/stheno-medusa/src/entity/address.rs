//! Addresses of carts and customers.

use serde_json::{Map, Value};
use stheno::{Extra, Payload};

use crate::examples::{ADDRESS, CUSTOMER};

/// An address. Everything may be missing: an address that a customer has just typed has no id yet.
#[derive(Clone, PartialEq, Default, Payload)]
pub struct Address {
    /// Its id.
    #[field(example = ADDRESS)]
    pub id: Option<String>,
    /// The customer it belongs to.
    #[field(example = CUSTOMER)]
    pub customer_id: Option<String>,
    /// Company.
    #[field(personal)]
    pub company: Option<String>,
    /// First name.
    #[field(personal, example = "Ada")]
    pub first_name: Option<String>,
    /// Last name.
    #[field(personal, example = "Example")]
    pub last_name: Option<String>,
    /// First line: street and number.
    #[field(personal, example = "12 Sample Street")]
    pub address_1: Option<String>,
    /// Second line.
    #[field(personal)]
    pub address_2: Option<String>,
    /// City.
    #[field(personal, example = "Copenhagen")]
    pub city: Option<String>,
    /// Two-letter ISO code of the country, in lower case.
    #[field(example = "dk")]
    pub country_code: Option<String>,
    /// Province or state.
    #[field(personal)]
    pub province: Option<String>,
    /// Postal code.
    #[field(personal, example = "1050")]
    pub postal_code: Option<String>,
    /// Telephone number.
    #[field(personal, example = "+45 00 00 00 00")]
    pub phone: Option<String>,
    /// Whatever the shop keeps with it.
    #[field(personal)]
    pub metadata: Option<Map<String, Value>>,
    /// When it was created.
    pub created_at: Option<String>,
    /// When it last changed.
    pub updated_at: Option<String>,
    /// When it was deleted.
    pub deleted_at: Option<String>,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}
