//! Swaps: a customer returns items and gets others for them.

use crate::{
    define::ids,
    examples::{FULFILLMENT, ORDER, SWAP},
};

ids! {
    /// Triggered when a swap is created.
    #[event(name = "swap.created", key = "swap:/id", section = "Swap Events")]
    pub struct SwapCreated {
        /// ID of the swap.
        id = SWAP,
        ..no_notification
    }

    /// Triggered when a swap is registered as received.
    #[event(name = "swap.received", key = "swap:/id", section = "Swap Events")]
    pub struct SwapReceived {
        /// ID of the swap.
        id = SWAP,
        /// ID of the order.
        order_id = ORDER,
        ..no_notification
    }

    /// Triggered when fulfillment is created for a swap.
    #[event(
        name = "swap.fulfillment_created",
        key = "swap:/id",
        section = "Swap Events",
        note = "Medusa puts the id of the swap into `fulfillment_id`; look the fulfillment up."
    )]
    pub struct SwapFulfillmentCreated {
        /// ID of the swap.
        id = SWAP,
        /// ID of the fulfillment.
        fulfillment_id = FULFILLMENT,
        ..no_notification
    }

    /// Triggered when a shipment is created for a swap and the fulfillment associated with it is set as “shipped”.
    #[event(name = "swap.shipment_created", key = "swap:/id", section = "Swap Events")]
    pub struct SwapShipmentCreated {
        /// ID of the swap.
        id = SWAP,
        /// ID of the fulfillment.
        fulfillment_id = FULFILLMENT,
        ..no_notification
    }

    /// Triggered when payment is completed for a swap which happens when the cart associated with the swap is
    /// registered as completed.
    #[event(name = "swap.payment_completed", key = "swap:/id", section = "Swap Events")]
    pub struct SwapPaymentCompleted {
        /// ID of the swap.
        id = SWAP,
        ..no_notification
    }

    /// Triggered when the payment is captured for a swap.
    #[event(name = "swap.payment_captured", key = "swap:/id", section = "Swap Events")]
    pub struct SwapPaymentCaptured {
        /// ID of the swap.
        id = SWAP,
        ..no_notification
    }

    /// Triggered when the capturing of the payment of a swap fails.
    #[event(
        name = "swap.payment_capture_failed",
        key = "swap:/id",
        section = "Swap Events",
        note = "Carries no error: the swap is saved with its payment status, and the error is dropped."
    )]
    pub struct SwapPaymentCaptureFailed {
        /// ID of the swap.
        id = SWAP,
        ..no_notification
    }

    /// Triggered when a swap’s amount difference is processed and refunded.
    #[event(
        name = "swap.refund_processed",
        key = "swap:/id",
        section = "Swap Events",
        note = "Also sent when the difference is zero and nothing was refunded."
    )]
    pub struct SwapRefundProcessed {
        /// ID of the swap.
        id = SWAP,
        ..no_notification
    }

    /// Triggered when processing and refunding a swap’s amount difference fails.
    #[event(name = "swap.process_refund_failed", key = "swap:/id", section = "Swap Events")]
    pub struct SwapProcessRefundFailed {
        /// ID of the swap.
        id = SWAP,
        ..no_notification
    }
}
