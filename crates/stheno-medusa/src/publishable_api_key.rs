//! Publishable API keys: which sales channels a storefront may see.

use stheno::{Event, Extra, Payload};

use crate::{define::ids, examples::PUBLISHABLE_KEY};

/// Triggered when a publishable API key is created.
#[derive(Clone, PartialEq, Default, Payload, Event)]
#[event(
    name = "publishable_api_key.created",
    key = "publishable_api_key:/id",
    section = "Publishable API Key Events",
    status = "lossy_upstream",
    note = "Medusa sends it before the publishable API key has its id, so the body may be `{}`."
)]
pub struct PublishableApiKeyCreated {
    /// ID of the publishable API key; Medusa may leave it out.
    #[field(example = PUBLISHABLE_KEY)]
    pub id: Option<String>,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}

ids! {
    /// Triggered when a publishable API key is revoked.
    #[event(
        name = "publishable_api_key.revoked",
        key = "publishable_api_key:/id",
        section = "Publishable API Key Events"
    )]
    pub struct PublishableApiKeyRevoked {
        /// ID of the publishable API key.
        id = PUBLISHABLE_KEY,
    }
}
