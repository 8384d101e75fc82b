//! Claims: a customer got a wrong or broken item, which is replaced or refunded.

use crate::{
    define::ids,
    examples::{CLAIM, FULFILLMENT},
};

ids! {
    /// Triggered when a claim is created.
    #[event(name = "claim.created", key = "claim:/id", section = "Claim Events")]
    pub struct ClaimCreated {
        /// ID of the claim.
        id = CLAIM,
        ..no_notification
    }

    /// Triggered when a claim is updated.
    #[event(name = "claim.updated", key = "claim:/id", section = "Claim Events")]
    pub struct ClaimUpdated {
        /// ID of the claim.
        id = CLAIM,
        ..no_notification
    }

    /// Triggered when a claim is canceled.
    #[event(name = "claim.canceled", key = "claim:/id", section = "Claim Events")]
    pub struct ClaimCanceled {
        /// ID of the claim.
        id = CLAIM,
        ..no_notification
    }

    /// Triggered when fulfillment is created for a claim.
    #[event(
        name = "claim.fulfillment_created",
        key = "claim:/id",
        section = "Claim Events",
        note = "Sent once for each fulfillment."
    )]
    pub struct ClaimFulfillmentCreated {
        /// ID of the claim.
        id = CLAIM,
        /// ID of the fulfillment.
        fulfillment_id = FULFILLMENT,
        ..no_notification
    }

    /// Triggered when a claim fulfillment is set as “shipped”.
    #[event(name = "claim.shipment_created", key = "claim:/id", section = "Claim Events")]
    pub struct ClaimShipmentCreated {
        /// ID of the claim.
        id = CLAIM,
        /// ID of the fulfillment.
        fulfillment_id = FULFILLMENT,
        ..no_notification
    }

    /// Triggered when a claim of type “refunded” has been refunded.
    #[event(name = "claim.refund_processed", key = "claim:/id", section = "Claim Events")]
    pub struct ClaimRefundProcessed {
        /// ID of the claim.
        id = CLAIM,
        ..no_notification
    }
}
