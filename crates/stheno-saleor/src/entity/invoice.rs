//! Invoices.

use stheno::{Extra, Payload, Secret};

use crate::{
    GlobalId,
    examples::{LINK, ORDER},
};

/// An invoice that can be downloaded.
#[derive(Clone, PartialEq, Payload)]
pub struct Invoice {
    /// Its id.
    #[field(kind = "string_or_number", example = "VXNlcjox")]
    pub id: GlobalId,
    /// Its number, which has slashes: `1/03/2021`; null when the app that made the invoice gave none.
    #[field(sometimes, example = "1/03/2021")]
    pub number: Option<String>,
    /// Where it can be downloaded, by anybody who knows the address; null when there is neither a file nor an address.
    #[field(sometimes, example = LINK)]
    pub download_url: Option<Secret<String>>,
    /// The order.
    #[field(kind = "string_or_number", example = ORDER)]
    pub order_id: GlobalId,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}
