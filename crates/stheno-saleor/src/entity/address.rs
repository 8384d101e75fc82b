//! Addresses, of orders and of checkouts.

use stheno::{Extra, Payload};

use crate::GlobalId;

/// An address.
#[derive(Clone, PartialEq, Payload)]
pub struct Address {
    /// What it is, in a checkout: `Address`.
    pub r#type: Option<String>,
    /// Its id, in a checkout.
    #[field(kind = "string_or_number")]
    pub id: Option<GlobalId>,
    /// First name.
    #[field(personal, example = "Ada")]
    pub first_name: String,
    /// Last name.
    #[field(personal, example = "Example")]
    pub last_name: String,
    /// Company; empty when there is none.
    #[field(personal, example = "")]
    pub company_name: String,
    /// First line: street and number.
    #[field(personal, example = "12 Sample Street")]
    pub street_address_1: String,
    /// Second line.
    #[field(personal, example = "")]
    pub street_address_2: String,
    /// City.
    #[field(personal, example = "WROCLAW")]
    pub city: String,
    /// Part of the city.
    #[field(personal, example = "")]
    pub city_area: String,
    /// Postal code.
    #[field(personal, example = "53-601")]
    pub postal_code: String,
    /// Two-letter ISO code of the country, in capitals.
    #[field(example = "PL")]
    pub country: String,
    /// Province or state.
    #[field(personal, example = "")]
    pub country_area: String,
    /// Telephone number; empty when there is none.
    #[field(personal, example = "")]
    pub phone: String,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}
