//! Orders: placing, paying, fulfilling, returning, refunding.

use serde::de::DeserializeOwned;
use serde_json::Value;
use stheno::{DecodeError, Event, EventName, Extra, Payload, decode_json};

use crate::{
    define::{ids, silence},
    entity::EventError,
    examples::{FULFILLMENT, ORDER, PAYMENT, REFUND, RETURN},
};

ids! {
    /// Triggered when a new order is placed.
    #[event(name = "order.placed", key = "order:/id", section = "Order Events")]
    pub struct OrderPlaced {
        /// ID of the order.
        id = ORDER,
        ..no_notification
    }

    /// Triggered when an order and data associated with it (shipping method, shipping address, etc…) are updated.
    #[event(
        name = "order.updated",
        key = "order:/id",
        section = "Order Events",
        note = "Sent without `no_notification` when a shipping method was added."
    )]
    pub struct OrderUpdated {
        /// ID of the order.
        id = ORDER,
        ..no_notification
    }

    /// Triggered when an order is canceled.
    #[event(name = "order.canceled", key = "order:/id", section = "Order Events")]
    pub struct OrderCanceled {
        /// ID of the order.
        id = ORDER,
        ..no_notification
    }

    /// Triggered when an order is completed.
    #[event(
        name = "order.completed",
        key = "order:/id",
        section = "Order Events",
        note = "Sent before the order is saved, in the same transaction."
    )]
    pub struct OrderCompleted {
        /// ID of the order.
        id = ORDER,
        ..no_notification
    }

    /// Triggered when an order is claimed.
    #[event(
        name = "order.orders_claimed",
        key = "order:/id",
        section = "Order Events",
        status = "documented_only",
        note = "No code of Medusa sends it."
    )]
    pub struct OrderOrdersClaimed {
        /// ID of the order.
        id = ORDER,
    }

    /// Triggered when a gift card in an order is created.
    #[event(
        name = "order.gift_card_created",
        key = "order:/id",
        section = "Order Events",
        status = "documented_only",
        note = "No code of Medusa sends it. Use `gift_card.created`."
    )]
    pub struct OrderGiftCardCreated {
        /// ID of the order.
        id = ORDER,
    }

    /// Triggered when the payment of an order is captured.
    #[event(
        name = "order.payment_captured",
        key = "order:/id",
        section = "Order Events",
        note = "Sent only when every payment of the order is captured."
    )]
    pub struct OrderPaymentCaptured {
        /// ID of the order.
        id = ORDER,
        ..no_notification
    }
}

/// Triggered when capturing the payment of an order fails.
#[derive(Clone, PartialEq, Payload, Event)]
#[event(
    name = "order.payment_capture_failed", key("order:/id", "order:/order/id"), section = "Order Events",
    decode_with = order_of_plugin,
    note = "`error` is documented as a string; Medusa sends the JSON of an error, which may be `{}`. The Adyen payment plugin sends `{order, error}` under this name: the id is then taken from the order, which is kept in `extra`."
)]
pub struct OrderPaymentCaptureFailed {
    /// ID of the order.
    #[field(example = ORDER)]
    pub id: String,
    /// ID of the payment; not in what the Adyen plugin sends.
    #[field(example = PAYMENT)]
    pub payment_id: Option<String>,
    /// Why it failed.
    #[field(kind = "string_or_object", fields, example = "Your card was declined.")]
    pub error: EventError,
    /// True when no notification should be sent; false, null and absent when one may be.
    #[field(example = false)]
    pub no_notification: Option<bool>,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}

silence!(OrderPaymentCaptureFailed, no_notification);

ids! {
    /// Triggered when fulfillment is created for an order.
    #[event(
        name = "order.fulfillment_created",
        key = "order:/id",
        section = "Order Events",
        note = "Sent once for each fulfillment."
    )]
    pub struct OrderFulfillmentCreated {
        /// ID of the order.
        id = ORDER,
        /// ID of the fulfillment.
        fulfillment_id = FULFILLMENT,
        ..no_notification
    }

    /// Triggered when a shipment is created for fulfillment and the fulfillment is registered as “shipped”.
    #[event(name = "order.shipment_created", key = "order:/id", section = "Order Events")]
    pub struct OrderShipmentCreated {
        /// ID of the order.
        id = ORDER,
        /// ID of the fulfillment.
        fulfillment_id = FULFILLMENT,
        ..no_notification
    }

    /// Triggered when fulfillment of an order is canceled.
    #[event(
        name = "order.fulfillment_canceled",
        key = "order:/id",
        section = "Order Events",
        note = "`no_notification` is that of the fulfillment, not of the order."
    )]
    pub struct OrderFulfillmentCanceled {
        /// ID of the order.
        id = ORDER,
        /// ID of the fulfillment.
        fulfillment_id = FULFILLMENT,
        ..no_notification
    }

    /// Triggered when a return of an order is requested.
    #[event(
        name = "order.return_requested",
        key = "order:/id",
        section = "Order Events",
        note = "Returns requested in the storefront have no `no_notification`; those requested by staff have."
    )]
    pub struct OrderReturnRequested {
        /// ID of the order.
        id = ORDER,
        /// ID of the return.
        return_id = RETURN,
        ..no_notification
    }

    /// Triggered when the items of an order have been returned and the order has been registered as “returned”.
    #[event(
        name = "order.items_returned",
        key = "order:/id",
        section = "Order Events",
        note = "`no_notification` is that of the return, not of the order."
    )]
    pub struct OrderItemsReturned {
        /// ID of the order.
        id = ORDER,
        /// ID of the return.
        return_id = RETURN,
        ..no_notification
    }

    /// Triggered when the order is being registered as “returned” but there are additional actions required related to
    /// refunding the payment.
    #[event(
        name = "order.return_action_required",
        key = "order:/id",
        section = "Order Events",
        note = "`no_notification` is that of the return, not of the order."
    )]
    pub struct OrderReturnActionRequired {
        /// ID of the order.
        id = ORDER,
        /// ID of the return.
        return_id = RETURN,
        ..no_notification
    }

    /// Triggered when the order’s payment is refunded.
    #[event(name = "order.refund_created", key = "order:/id", section = "Order Events")]
    pub struct OrderRefundCreated {
        /// ID of the order.
        id = ORDER,
        /// ID of the refund.
        refund_id = REFUND,
        ..no_notification
    }

    /// Triggered when the refund of the order’s payment fails.
    #[event(
        name = "order.refund_failed",
        key("order:/id", "order:/order/id"),
        section = "Order Events",
        status = "documented_only",
        decode_with = order_of_plugin,
        note = "No code of Medusa sends it. The Adyen payment plugin sends it as `{order, error}`: the id is then taken from the order, and both are kept in `extra`."
    )]
    pub struct OrderRefundFailed {
        /// ID of the order.
        id = ORDER,
    }

    /// Triggered when a swap for an order is created.
    #[event(
        name = "order.swap_created",
        key = "order:/id",
        section = "Order Events",
        status = "documented_only",
        note = "No code of Medusa sends it. Use `swap.created`."
    )]
    pub struct OrderSwapCreated {
        /// ID of the order.
        id = ORDER,
    }
}

/// Reads the documented shape, or `{order, error}`, which the Adyen payment plugin sends under the same names: the id
/// is
/// then taken from the order.
fn order_of_plugin<T: DeserializeOwned>(_name: &EventName, body: &[u8]) -> Result<T, DecodeError> {
    decode_json(body).or_else(|documented| {
        let lifted = with_id_of_order(body).and_then(|object| serde_json::from_value(object).ok());
        lifted.ok_or(documented)
    })
}

/// The object of a body that has an order and no id of its own, with the id of the order.
fn with_id_of_order(body: &[u8]) -> Option<Value> {
    let mut object: Value = decode_json(body).ok()?;
    if object.get("id").is_some_and(|id| !id.is_null()) {
        return None;
    }
    let id = object.pointer("/order/id")?.clone();
    object.as_object_mut()?.insert("id".into(), id);
    Some(object)
}
