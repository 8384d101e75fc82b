//! The same idea on every platform, and what to beware of.

/// One idea, and the events that mean it.
pub struct Idea {
    pub title: &'static str,
    pub medusa: &'static [&'static str],
    pub saleor: &'static [&'static str],
    pub shopify: &'static [&'static str],
}

/// Something that looks alike and is not.
pub struct Trap {
    pub events: &'static [&'static str],
    pub text: &'static str,
}

#[rustfmt::skip]
pub const IDEAS: &[Idea] = &[
    Idea {
        title: "Draft made",
        medusa: &["draft_order.created"],
        saleor: &["saleor.order.draft_created"],
        shopify: &[],
    },
    Idea {
        title: "Draft changed",
        medusa: &["draft_order.updated"],
        saleor: &["saleor.order.draft_added_products", "saleor.order.draft_removed_products"],
        shopify: &[],
    },
    Idea {
        title: "Order placed",
        medusa: &["order.placed"],
        saleor: &["saleor.order.placed", "saleor.order.draft_placed", "saleor.customer.placed_order", "saleor.notify.order_confirmation"],
        shopify: &["shopify.order.placed", "shopify.order.confirmed"],
    },
    Idea {
        title: "Order changed",
        medusa: &["order.updated"],
        saleor: &["saleor.order.updated"],
        shopify: &["shopify.order.update"],
    },
    Idea {
        title: "Order canceled",
        medusa: &["order.canceled"],
        saleor: &["saleor.order.canceled", "saleor.notify.order_canceled"],
        shopify: &["shopify.order.cancelled"],
    },
    Idea {
        title: "Order done",
        medusa: &["order.completed"],
        saleor: &[],
        shopify: &["shopify.order.closed"],
    },
    Idea {
        title: "Payment authorized",
        medusa: &["payment-collection.payment_authorized", "swap.payment_completed"],
        saleor: &[],
        shopify: &["shopify.order.authorization_success"],
    },
    Idea {
        title: "Paid",
        medusa: &["order.payment_captured", "payment.payment_captured", "swap.payment_captured"],
        saleor: &["saleor.order.captured", "saleor.order.order_paid", "saleor.order.marked_as_paid", "saleor.notify.order_payment_confirmation"],
        shopify: &["shopify.order.capture_success", "shopify.order.sale_success"],
    },
    Idea {
        title: "Payment failed",
        medusa: &["order.payment_capture_failed", "payment.payment_capture_failed", "swap.payment_capture_failed"],
        saleor: &["saleor.order.payment_failed"],
        shopify: &["shopify.order.authorization_failure", "shopify.order.capture_failure", "shopify.order.sale_failure"],
    },
    Idea {
        title: "Payment voided",
        medusa: &[],
        saleor: &["saleor.order.voided"],
        shopify: &["shopify.order.void_success"],
    },
    Idea {
        title: "Refunded",
        medusa: &["order.refund_created", "payment.payment_refund_created", "swap.refund_processed", "claim.refund_processed"],
        saleor: &["saleor.order.refunded", "saleor.notify.order_refund_confirmation"],
        shopify: &["shopify.order.refund_success"],
    },
    Idea {
        title: "Refund failed",
        medusa: &["order.refund_failed", "payment.payment_refund_failed", "swap.process_refund_failed"],
        saleor: &[],
        shopify: &["shopify.order.refund_failure"],
    },
    Idea {
        title: "Fulfilled",
        medusa: &["order.fulfillment_created", "order.shipment_created", "swap.fulfillment_created", "swap.shipment_created", "claim.fulfillment_created", "claim.shipment_created"],
        saleor: &["saleor.order.fulfilled_items", "saleor.notify.order_fulfillment_confirmation"],
        shopify: &["shopify.order.fulfillment_success"],
    },
    Idea {
        title: "Fulfillment canceled",
        medusa: &["order.fulfillment_canceled"],
        saleor: &["saleor.order.fulfillment_canceled"],
        shopify: &["shopify.order.fulfillment_cancelled"],
    },
    Idea {
        title: "Back in stock, from an order",
        medusa: &["order.items_returned", "swap.received"],
        saleor: &["saleor.order.restocked_items"],
        shopify: &["shopify.order.restock_line_items"],
    },
    Idea {
        title: "Note written",
        medusa: &["note.created"],
        saleor: &["saleor.order.note_added", "saleor.customer.note_added_to_order", "saleor.customer.note_added"],
        shopify: &[],
    },
    Idea {
        title: "Mail sent about an order",
        medusa: &[],
        saleor: &["saleor.order.email_sent", "saleor.communication.payment_confirmation", "saleor.communication.shipping_confirmation", "saleor.communication.tracking_updated", "saleor.communication.order_confirmation", "saleor.communication.fulfillment_confirmation", "saleor.communication.digital_links"],
        shopify: &["shopify.order.mail_sent"],
    },
    Idea {
        title: "Account created",
        medusa: &["customer.created"],
        saleor: &["saleor.customer.account_created", "saleor.notify.account_confirmation", "saleor.notify.account_set_customer_password"],
        shopify: &[],
    },
    Idea {
        title: "Customer changed",
        medusa: &["customer.updated"],
        saleor: &["saleor.customer.email_assigned", "saleor.customer.name_assigned", "saleor.notify.account_change_email_confirm"],
        shopify: &[],
    },
    Idea {
        title: "Password reset asked for",
        medusa: &["customer.password_reset", "user.password_reset"],
        saleor: &["saleor.notify.account_password_reset", "saleor.customer.password_reset_link_sent"],
        shopify: &[],
    },
    Idea {
        title: "Password changed",
        medusa: &["customer.updated"],
        saleor: &["saleor.customer.password_reset"],
        shopify: &[],
    },
    Idea {
        title: "Product created",
        medusa: &["product.created"],
        saleor: &[],
        shopify: &["shopify.product.create"],
    },
    Idea {
        title: "Product changed",
        medusa: &["product.updated", "product-variant.created", "product-variant.updated", "product-variant.deleted"],
        saleor: &[],
        shopify: &["shopify.product.update", "shopify.product.published", "shopify.product.unpublished"],
    },
    Idea {
        title: "Product deleted",
        medusa: &["product.deleted"],
        saleor: &[],
        shopify: &["shopify.product.destroy"],
    },
];

pub const TRAPS: &[Trap] = &[
    Trap {
        events: &["customer.password_reset", "saleor.customer.password_reset"],
        text: "Medusa's is the request, and carries the token; Saleor's is the change done. Saleor's request with the token is `saleor.notify.account_password_reset`.",
    },
    Trap {
        events: &["shopify.order.confirmed", "saleor.notify.order_confirmed", "saleor.notify.order_confirmation"],
        text: "Shopify's is a new order that came in; Saleor's `order_confirmed` is the confirmation by the staff, and its `order_confirmation` the mail for a new order.",
    },
    Trap {
        events: &["order.canceled", "saleor.order.canceled", "shopify.order.cancelled"],
        text: "Shopify writes two l. So it does in `shopify.order.fulfillment_cancelled`.",
    },
    Trap {
        events: &["order.updated", "saleor.order.updated", "shopify.order.update"],
        text: "Shopify's verbs are not in the past: `create`, `update`, `destroy`; but `published`. Nobody sends Saleor's any more.",
    },
    Trap {
        events: &["saleor.order.note_added", "saleor.customer.note_added", "saleor.customer.note_added_to_order"],
        text: "One code, `note_added`, is two events of Saleor: of an order, and of a customer by the staff. The customer's own note is the third.",
    },
    Trap {
        events: &["saleor.order.placed", "saleor.customer.placed_order"],
        text: "Saleor records both for one order, unless the customer is anonymous: count one of them.",
    },
    Trap {
        events: &["saleor.order.refunded", "saleor.notify.order_refund_confirmation"],
        text: "The same order has two ids: what Saleor records has that of its database, a notification another. Their keys differ, so no order is kept between them.",
    },
    Trap { events: &["swap.refund_processed"], text: "Medusa sends it also when there was nothing to refund." },
    Trap {
        events: &["order.payment_captured"],
        text: "Medusa sends it once every payment of the order is captured; `payment.payment_captured` for each.",
    },
    Trap {
        events: &["shopify.order.authorization_pending"],
        text: "Shopify's documentation describes it in the words of the failure.",
    },
];
