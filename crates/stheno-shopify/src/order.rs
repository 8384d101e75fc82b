//! Orders: authorizing, capturing, fulfilling, refunding.

use crate::define::verbs;

verbs! {
    /// Authorization failed. The funds cannot be captured.
    #[event(name = "shopify.order.authorization_failure", key = "shopify.order:/subject_id", section = "Order")]
    pub struct OrderAuthorizationFailure("shopify.order.authorization_failure");

    /// Authorization failed. The funds cannot be captured.
    #[event(name = "shopify.order.authorization_pending", key = "shopify.order:/subject_id", section = "Order", note = "The documentation describes it as `authorization_failure`.")]
    pub struct OrderAuthorizationPending("shopify.order.authorization_pending");

    /// Authorization was successful and the funds are available for capture.
    #[event(name = "shopify.order.authorization_success", key = "shopify.order:/subject_id", section = "Order", note = "Documented responses have another message: `A transaction was authorized.`.")]
    pub struct OrderAuthorizationSuccess("shopify.order.authorization_success");

    /// The order was cancelled.
    #[event(name = "shopify.order.cancelled", key = "shopify.order:/subject_id", section = "Order")]
    pub struct OrderCancelled("shopify.order.cancelled");

    /// Capture failed. The funds cannot be transferred to the shop.
    #[event(name = "shopify.order.capture_failure", key = "shopify.order:/subject_id", section = "Order")]
    pub struct OrderCaptureFailure("shopify.order.capture_failure");

    /// Capture is in process. The funds are not yet available to the shop.
    #[event(name = "shopify.order.capture_pending", key = "shopify.order:/subject_id", section = "Order")]
    pub struct OrderCapturePending("shopify.order.capture_pending");

    /// Capture was successful and the funds are now available to the shop.
    #[event(name = "shopify.order.capture_success", key = "shopify.order:/subject_id", section = "Order")]
    pub struct OrderCaptureSuccess("shopify.order.capture_success");

    /// The order was closed.
    #[event(name = "shopify.order.closed", key = "shopify.order:/subject_id", section = "Order")]
    pub struct OrderClosed("shopify.order.closed");

    /// The order was confirmed.
    #[event(name = "shopify.order.confirmed", key = "shopify.order:/subject_id", section = "Order", note = "A new order came in. Saleor's `saleor.notify.order_confirmed` is the confirmation by the staff. Documented responses have another message: `Received new order order_number by customer_name`.")]
    pub struct OrderConfirmed("shopify.order.confirmed");

    /// Fulfillment for one or more of the line_items failed.
    #[event(name = "shopify.order.fulfillment_cancelled", key = "shopify.order:/subject_id", section = "Order", note = "The documentation says that the fulfillment failed; its message says that it was cancelled.")]
    pub struct OrderFulfillmentCancelled("shopify.order.fulfillment_cancelled");

    /// One or more of the line_items has been assigned to a third party service for fulfillment.
    #[event(name = "shopify.order.fulfillment_pending", key = "shopify.order:/subject_id", section = "Order")]
    pub struct OrderFulfillmentPending("shopify.order.fulfillment_pending");

    /// Fulfillment was successful for one or more line_items.
    #[event(name = "shopify.order.fulfillment_success", key = "shopify.order:/subject_id", section = "Order")]
    pub struct OrderFulfillmentSuccess("shopify.order.fulfillment_success");

    /// An email was sent to the customer.
    #[event(name = "shopify.order.mail_sent", key = "shopify.order:/subject_id", section = "Order")]
    pub struct OrderMailSent("shopify.order.mail_sent");

    /// An order was placed by the customer.
    #[event(name = "shopify.order.placed", key = "shopify.order:/subject_id", section = "Order", note = "Documented responses have another message: `Order was placed`.")]
    pub struct OrderPlaced("shopify.order.placed");

    /// The order was re-opened.
    #[event(name = "shopify.order.re_opened", key = "shopify.order:/subject_id", section = "Order")]
    pub struct OrderReOpened("shopify.order.re_opened");

    /// Refund failed. The funds are still with the shop.
    #[event(name = "shopify.order.refund_failure", key = "shopify.order:/subject_id", section = "Order")]
    pub struct OrderRefundFailure("shopify.order.refund_failure");

    /// Refund is in process. The funds are still with shop.
    #[event(name = "shopify.order.refund_pending", key = "shopify.order:/subject_id", section = "Order")]
    pub struct OrderRefundPending("shopify.order.refund_pending");

    /// Refund was successful. The funds have been transferred to the customer.
    #[event(name = "shopify.order.refund_success", key = "shopify.order:/subject_id", section = "Order")]
    pub struct OrderRefundSuccess("shopify.order.refund_success");

    /// One or more of the order's line items have been restocked.
    #[event(name = "shopify.order.restock_line_items", key = "shopify.order:/subject_id", section = "Order")]
    pub struct OrderRestockLineItems("shopify.order.restock_line_items");

    /// Sale failed. The funds are not available to the shop.
    #[event(name = "shopify.order.sale_failure", key = "shopify.order:/subject_id", section = "Order")]
    pub struct OrderSaleFailure("shopify.order.sale_failure");

    /// Sale is in process. The funds are not yet available to the shop.
    #[event(name = "shopify.order.sale_pending", key = "shopify.order:/subject_id", section = "Order")]
    pub struct OrderSalePending("shopify.order.sale_pending");

    /// We successfully captured money_amount. Sale was successful. The funds are now with the shop.
    #[event(name = "shopify.order.sale_success", key = "shopify.order:/subject_id", section = "Order", note = "The documentation repeats the message in the description.")]
    pub struct OrderSaleSuccess("shopify.order.sale_success");

    /// The order was updated.
    #[event(name = "shopify.order.update", key = "shopify.order:/subject_id", section = "Order")]
    pub struct OrderUpdate("shopify.order.update");

    /// Voiding the authorization failed. The authorization is still valid.
    #[event(name = "shopify.order.void_failure", key = "shopify.order:/subject_id", section = "Order")]
    pub struct OrderVoidFailure("shopify.order.void_failure");

    /// Voiding the authorization is in process. The authorization is still valid.
    #[event(name = "shopify.order.void_pending", key = "shopify.order:/subject_id", section = "Order")]
    pub struct OrderVoidPending("shopify.order.void_pending");

    /// Voiding the authorization was successful. The authorization is no longer valid.
    #[event(name = "shopify.order.void_success", key = "shopify.order:/subject_id", section = "Order")]
    pub struct OrderVoidSuccess("shopify.order.void_success");
}
