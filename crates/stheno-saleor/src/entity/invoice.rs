//! Invoices.

use stheno::{Extra, Payload, Secret};

use crate::examples::{LINK, ORDER};

/// An invoice that can be downloaded.
#[derive(Clone, PartialEq, Payload)]
pub struct Invoice {
    /// Its id.
    #[field(example = "VXNlcjox")]
    pub id: String,
    /// Its number, which has slashes: `1/03/2021`.
    #[field(example = "1/03/2021")]
    pub number: String,
    /// Where it can be downloaded, by anybody who knows the address.
    #[field(example = LINK)]
    pub download_url: Secret<String>,
    /// The order.
    #[field(example = ORDER)]
    pub order_id: String,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}
