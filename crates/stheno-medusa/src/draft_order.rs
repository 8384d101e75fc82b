//! Draft orders: orders that staff put together for a customer.

use crate::{define::ids, examples::DRAFT_ORDER};

ids! {
    /// Triggered when a draft order is created.
    #[event(name = "draft_order.created", key = "draft_order:/id", section = "Draft Order Events")]
    pub struct DraftOrderCreated {
        /// ID of the draft order.
        id = DRAFT_ORDER,
    }

    /// Triggered when a draft order and data associated with it (email, billing address, discount, etc…) are updated.
    #[event(name = "draft_order.updated", key = "draft_order:/id", section = "Draft Order Events")]
    pub struct DraftOrderUpdated {
        /// ID of the draft order.
        id = DRAFT_ORDER,
    }
}
