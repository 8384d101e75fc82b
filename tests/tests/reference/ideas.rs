//! The same idea on every platform, and what to beware of.

/// One idea, and the events that mean it.
pub struct Idea {
    pub title: &'static str,
    /// What does not mean it although it looks so, and where those that do differ; may be empty.
    pub beware: &'static str,
    pub medusa: &'static [&'static str],
    pub saleor: &'static [&'static str],
    pub shopify: &'static [&'static str],
}

/// Something that looks alike and is not, and stands in several rows or in none.
pub struct Trap {
    pub events: &'static [&'static str],
    pub text: &'static str,
}

#[rustfmt::skip]
pub const IDEAS: &[Idea] = &[
    Idea {
        title: "Draft made",
        beware: "",
        medusa: &["draft_order.created"],
        saleor: &["saleor.order.draft_created"],
        shopify: &[],
    },
    Idea {
        title: "Draft changed",
        beware: "",
        medusa: &["draft_order.updated"],
        saleor: &["saleor.order.draft_added_products", "saleor.order.draft_removed_products"],
        shopify: &[],
    },
    Idea {
        title: "Order placed",
        beware: "`saleor.order.draft_placed` is by the staff, of a draft. Saleor records `placed` and `saleor.customer.placed_order` for one order of a known customer: count one of them. Shopify sends `confirmed` beside `placed`; its message is `Received a new order`. `saleor.notify.order_confirmation` asks for the mail.",
        medusa: &["order.placed"],
        saleor: &["saleor.order.placed", "saleor.order.draft_placed", "saleor.customer.placed_order", "saleor.notify.order_confirmation"],
        shopify: &["shopify.order.placed", "shopify.order.confirmed"],
    },
    Idea {
        title: "Order changed",
        beware: "Shopify's verb is `update`, not `updated`. Nobody sends Saleor's any more.",
        medusa: &["order.updated"],
        saleor: &["saleor.order.updated"],
        shopify: &["shopify.order.update"],
    },
    Idea {
        title: "Order canceled",
        beware: "Shopify writes `cancelled` with two l. `saleor.notify.order_canceled` asks for the mail, and knows the order by another id.",
        medusa: &["order.canceled"],
        saleor: &["saleor.order.canceled", "saleor.notify.order_canceled"],
        shopify: &["shopify.order.cancelled"],
    },
    Idea {
        title: "Order completed or closed",
        beware: "Two words that need not mean the same: what Shopify closes may be opened again (`shopify.order.re_opened`).",
        medusa: &["order.completed"],
        saleor: &[],
        shopify: &["shopify.order.closed"],
    },
    Idea {
        title: "Payment authorized",
        beware: "No money is taken yet. `swap.payment_completed` is sent when the cart of a swap is completed.",
        medusa: &["payment-collection.payment_authorized", "swap.payment_completed"],
        saleor: &[],
        shopify: &["shopify.order.authorization_success"],
    },
    Idea {
        title: "Payment captured",
        beware: "The money of one payment was taken: the order need not be fully paid. Shopify's `sale_success` is an authorization and a capture at once. `order.payment_captured` is no single payment's, although it is called so.",
        medusa: &["payment.payment_captured", "swap.payment_captured"],
        saleor: &["saleor.order.captured"],
        shopify: &["shopify.order.capture_success", "shopify.order.sale_success"],
    },
    Idea {
        title: "Order fully paid",
        beware: "Medusa sends it once every payment of the order is captured. Saleor's `marked_as_paid` is by the staff; `saleor.notify.order_payment_confirmation` asks for the mail. Shopify has no event for it: add up what was captured.",
        medusa: &["order.payment_captured"],
        saleor: &["saleor.order.order_paid", "saleor.order.marked_as_paid", "saleor.notify.order_payment_confirmation"],
        shopify: &[],
    },
    Idea {
        title: "Payment failed",
        beware: "Medusa's are captures that failed, and it may lose `payment.payment_capture_failed`. Saleor does not say at which step. Shopify has an event for each: to authorize, to capture, to do both at once (`sale`).",
        medusa: &["order.payment_capture_failed", "payment.payment_capture_failed", "swap.payment_capture_failed"],
        saleor: &["saleor.order.payment_failed"],
        shopify: &["shopify.order.authorization_failure", "shopify.order.capture_failure", "shopify.order.sale_failure"],
    },
    Idea {
        title: "Payment voided",
        beware: "Saleor's has no amount, although one is documented.",
        medusa: &[],
        saleor: &["saleor.order.voided"],
        shopify: &["shopify.order.void_success"],
    },
    Idea {
        title: "Refunded",
        beware: "A return, a cancellation or a request is no refund: `order.return_requested`, `saleor.transaction.action_request` and `shopify.order.refund_pending` do not say that money moved. `payment.payment_refund_created` is of one payment, and its body is the refund. Medusa sends `swap.refund_processed` also when there was nothing to refund. Saleor's two have different ids for one order.",
        medusa: &["order.refund_created", "payment.payment_refund_created", "swap.refund_processed", "claim.refund_processed"],
        saleor: &["saleor.order.refunded", "saleor.notify.order_refund_confirmation"],
        shopify: &["shopify.order.refund_success"],
    },
    Idea {
        title: "Refund failed",
        beware: "No code of Medusa sends `order.refund_failed`, but its Adyen plugin, with another body; `payment.payment_refund_failed` may be lost.",
        medusa: &["order.refund_failed", "payment.payment_refund_failed", "swap.process_refund_failed"],
        saleor: &[],
        shopify: &["shopify.order.refund_failure"],
    },
    Idea {
        title: "Fulfilled",
        beware: "In part or in whole. Medusa's is packed, and not sent yet; Saleor and Shopify do not tell packed from sent. `shopify.order.fulfillment_pending` is not done yet. `fulfillment_id` of `swap.fulfillment_created` is the id of the swap.",
        medusa: &["order.fulfillment_created", "swap.fulfillment_created", "claim.fulfillment_created"],
        saleor: &["saleor.order.fulfilled_items", "saleor.notify.order_fulfillment_confirmation"],
        shopify: &["shopify.order.fulfillment_success"],
    },
    Idea {
        title: "Shipped",
        beware: "Saleor's is a mail that says so; a new tracking number is `saleor.notify.order_fulfillment_update`.",
        medusa: &["order.shipment_created", "swap.shipment_created", "claim.shipment_created"],
        saleor: &["saleor.communication.shipping_confirmation"],
        shopify: &[],
    },
    Idea {
        title: "Fulfillment canceled",
        beware: "Shopify's documentation says that the fulfillment failed; its message says that it was cancelled.",
        medusa: &["order.fulfillment_canceled"],
        saleor: &["saleor.order.fulfillment_canceled"],
        shopify: &["shopify.order.fulfillment_cancelled"],
    },
    Idea {
        title: "Items returned",
        beware: "Asking to return (`order.return_requested`) sends nothing back. What came back need not be in stock again, nor its money be given back: `order.return_action_required` says that somebody has to see to the refund.",
        medusa: &["order.items_returned", "swap.received"],
        saleor: &[],
        shopify: &[],
    },
    Idea {
        title: "Items restocked",
        beware: "`saleor.product_variant.back_in_stock` is of a variant that was sold out, and of no order. Medusa says that items were returned, and no more.",
        medusa: &[],
        saleor: &["saleor.order.restocked_items"],
        shopify: &["shopify.order.restock_line_items"],
    },
    Idea {
        title: "Note written",
        beware: "Medusa's may be of anything. `saleor.order.note_added` is of an order, `saleor.customer.note_added` of a customer by the staff, `saleor.customer.note_added_to_order` the customer's own, of which Saleor also records the first.",
        medusa: &["note.created"],
        saleor: &["saleor.order.note_added", "saleor.customer.note_added_to_order", "saleor.customer.note_added"],
        shopify: &[],
    },
    Idea {
        title: "Mail sent about an order",
        beware: "`saleor.communication.*` are the values that `email_type` of `saleor.order.email_sent` has, each as an event.",
        medusa: &[],
        saleor: &["saleor.order.email_sent", "saleor.communication.payment_confirmation", "saleor.communication.shipping_confirmation", "saleor.communication.tracking_updated", "saleor.communication.order_confirmation", "saleor.communication.fulfillment_confirmation", "saleor.communication.digital_links"],
        shopify: &["shopify.order.mail_sent"],
    },
    Idea {
        title: "Account created",
        beware: "`saleor.notify.account_confirmation` asks for the mail with which the customer confirms; with `saleor.notify.account_set_customer_password` the staff made the account.",
        medusa: &["customer.created"],
        saleor: &["saleor.customer.account_created", "saleor.notify.account_confirmation", "saleor.notify.account_set_customer_password"],
        shopify: &[],
    },
    Idea {
        title: "Customer changed",
        beware: "Medusa's may also be a new password, or an account for an e-mail address that was known. Saleor's first two are by the staff; `saleor.notify.account_change_email_request` is a request, and changes nothing.",
        medusa: &["customer.updated"],
        saleor: &["saleor.customer.email_assigned", "saleor.customer.name_assigned", "saleor.notify.account_change_email_confirm"],
        shopify: &[],
    },
    Idea {
        title: "Password reset asked for",
        beware: "The password is still the old one. `saleor.customer.password_reset` is not here: it is the change done. `customer.password_reset` and `saleor.notify.account_password_reset` have the token, `saleor.customer.password_reset_link_sent` has none. `user.password_reset` is of the staff.",
        medusa: &["customer.password_reset", "user.password_reset"],
        saleor: &["saleor.notify.account_password_reset", "saleor.customer.password_reset_link_sent"],
        shopify: &[],
    },
    Idea {
        title: "Password changed",
        beware: "Medusa has no event of its own for it: `customer.updated` is any change of a customer. Its `customer.password_reset` is not here: it is the request.",
        medusa: &["customer.updated"],
        saleor: &["saleor.customer.password_reset"],
        shopify: &[],
    },
    Idea {
        title: "Product created",
        beware: "",
        medusa: &["product.created"],
        saleor: &[],
        shopify: &["shopify.product.create"],
    },
    Idea {
        title: "Product changed",
        beware: "Medusa has events of their own for variants. Shopify's `unpublished` is a product that was hidden, and not deleted.",
        medusa: &["product.updated", "product-variant.created", "product-variant.updated", "product-variant.deleted"],
        saleor: &[],
        shopify: &["shopify.product.update", "shopify.product.published", "shopify.product.unpublished"],
    },
    Idea {
        title: "Product deleted",
        beware: "Shopify's verb is `destroy`.",
        medusa: &["product.deleted"],
        saleor: &[],
        shopify: &["shopify.product.destroy"],
    },
];

pub const TRAPS: &[Trap] = &[
    Trap {
        events: &["shopify.order.confirmed", "saleor.notify.order_confirmed", "saleor.notify.order_confirmation"],
        text: "Shopify's is a new order that came in; Saleor's `order_confirmed` is the confirmation by the staff, and its `order_confirmation` the mail for a new order.",
    },
    Trap {
        events: &["customer.password_reset", "saleor.customer.password_reset"],
        text: "Medusa's is the request, and carries the token; Saleor's is the change done.",
    },
    Trap {
        events: &[
            "order.payment_captured",
            "payment.payment_captured",
            "saleor.order.captured",
            "saleor.order.order_paid",
        ],
        text: "The first is an order that is fully paid, as is the last; the two between are single payments.",
    },
    Trap {
        events: &["order.orders_claimed", "claim.created", "order-update-token.created"],
        text: "A claim is a complaint about goods. The other two are a customer who takes over an order that was placed without an account.",
    },
    Trap {
        events: &[
            "order.gift_card_created",
            "order.orders_claimed",
            "order.swap_created",
            "order.refund_failed",
            "claim_item.canceled",
        ],
        text: "Documented, and sent by no code of Medusa itself. `gift_card.created` and `swap.created` are sent.",
    },
    Trap {
        events: &["saleor.order.refunded", "saleor.notify.order_refund_confirmation"],
        text: "The same order has two ids: what Saleor records has that of its database, a notification another. Their keys differ, so no order is kept between them.",
    },
    Trap {
        events: &["shopify.order.authorization_pending"],
        text: "Shopify's documentation describes it in the words of the failure.",
    },
];
