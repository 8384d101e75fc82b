//! Sales channels.

use stheno::{Event, Extra, Payload};

use crate::{define::ids, examples::SALES_CHANNEL};

/// Triggered when a sales channel is created.
#[derive(Clone, PartialEq, Default, Payload, Event)]
#[event(
    name = "sales_channel.created",
    key = "sales_channel:/id",
    section = "Sales Channel Events",
    status = "lossy_upstream",
    note = "Medusa sends it before the sales channel has its id, so the body may be `{}`."
)]
pub struct SalesChannelCreated {
    /// ID of the sales channel; Medusa may leave it out.
    #[field(example = SALES_CHANNEL)]
    pub id: Option<String>,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}

ids! {
    /// Triggered when a sales channel is updated
    #[event(name = "sales_channel.updated", key = "sales_channel:/id", section = "Sales Channel Events")]
    pub struct SalesChannelUpdated {
        /// ID of the sales channel.
        id = SALES_CHANNEL,
    }

    /// Triggered when a sales channel is deleted.
    #[event(name = "sales_channel.deleted", key = "sales_channel:/id", section = "Sales Channel Events")]
    pub struct SalesChannelDeleted {
        /// ID of the sales channel.
        id = SALES_CHANNEL,
    }
}
