//! Users: customers and staff.

use serde_json::{Map, Value};
use stheno::{Extra, Payload};

use crate::{
    GlobalId,
    examples::{EMAIL, USER},
};

/// A customer, or somebody on the staff.
#[derive(Clone, PartialEq, Payload)]
pub struct User {
    /// Its id.
    #[field(kind = "string_or_number", example = USER)]
    pub id: GlobalId,
    /// Address for mails.
    #[field(personal, example = EMAIL)]
    pub email: String,
    /// First name; empty when it is not known.
    #[field(personal, example = "Ada")]
    pub first_name: String,
    /// Last name; empty when it is not known.
    #[field(personal, example = "Example")]
    pub last_name: String,
    /// Whether this is somebody on the staff.
    #[field(example = false)]
    pub is_staff: bool,
    /// Whether the account can be used.
    #[field(example = true)]
    pub is_active: bool,
    /// Whatever the shop keeps with it, and shows to nobody outside.
    #[field(sometimes, personal, example = Map::new())]
    pub private_metadata: Map<String, Value>,
    /// Whatever the shop keeps with it; null where it keeps nothing.
    #[field(sometimes, personal, example = Map::new())]
    pub metadata: Map<String, Value>,
    /// Language of the user, for mails: `en`, `pt-br`.
    #[field(example = "en")]
    pub language_code: String,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}
