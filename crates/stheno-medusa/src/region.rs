//! Regions: countries that share a currency and taxes.

use stheno::{Event, Extra, Payload};

use crate::{define::ids, examples::REGION};

ids! {
    /// Triggered when a region is created.
    #[event(name = "region.created", key = "region:/id", section = "Region Events")]
    pub struct RegionCreated {
        /// ID of the region.
        id = REGION,
    }
}

/// Triggered when a region or data associated with it (countries, fulfillment providers, etc…) are updated.
#[derive(Clone, PartialEq, Payload, Event)]
#[event(
    name = "region.updated",
    key = "region:/id",
    section = "Region Events",
    note = "`fields` may also name `countries`, `payment_providers` and `fulfillment_providers`."
)]
pub struct RegionUpdated {
    /// ID of the region.
    #[field(example = REGION)]
    pub id: String,
    /// Names of the updated fields.
    #[field(example = ["currency_code", "countries"])]
    pub fields: Vec<String>,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}

ids! {
    /// Triggered when a region is deleted.
    #[event(name = "region.deleted", key = "region:/id", section = "Region Events")]
    pub struct RegionDeleted {
        /// ID of the region.
        id = REGION,
    }
}
