//! Order edits: changes to an order that a customer may have to confirm.

use crate::{define::ids, examples::ORDER_EDIT};

ids! {
    /// Triggered when a order edit is created.
    #[event(name = "order-edit.created", key = "order-edit:/id", section = "Order Edit Events")]
    pub struct OrderEditCreated {
        /// ID of the order edit.
        id = ORDER_EDIT,
    }

    /// Triggered when an order edit is updated.
    #[event(name = "order-edit.updated", key = "order-edit:/id", section = "Order Edit Events")]
    pub struct OrderEditUpdated {
        /// ID of the order edit.
        id = ORDER_EDIT,
    }

    /// Triggered when an order edit is canceled.
    #[event(name = "order-edit.canceled", key = "order-edit:/id", section = "Order Edit Events")]
    pub struct OrderEditCanceled {
        /// ID of the order edit.
        id = ORDER_EDIT,
    }

    /// Triggered when an order edit is declined.
    #[event(name = "order-edit.declined", key = "order-edit:/id", section = "Order Edit Events")]
    pub struct OrderEditDeclined {
        /// ID of the order edit.
        id = ORDER_EDIT,
    }

    /// Triggered when an order edit is requested.
    #[event(name = "order-edit.requested", key = "order-edit:/id", section = "Order Edit Events")]
    pub struct OrderEditRequested {
        /// ID of the order edit.
        id = ORDER_EDIT,
    }

    /// Triggered when an order edit is confirmed.
    #[event(name = "order-edit.confirmed", key = "order-edit:/id", section = "Order Edit Events")]
    pub struct OrderEditConfirmed {
        /// ID of the order edit.
        id = ORDER_EDIT,
    }
}
