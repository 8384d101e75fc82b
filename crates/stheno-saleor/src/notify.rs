//! Notifications: the mails that Saleor asks an app to send (`NOTIFY_USER`).
//!
//! Each is an envelope `{notify_event, payload}`. Saleor 3.x marks them deprecated, and still sends them.

use stheno::{Currency, Decimal, Secret};

use crate::{
    CurrencyCode, GlobalId,
    define::{enveloped, notice},
    entity::{Fulfillment, FulfillmentLine, Invoice, Order, Payment, User},
    examples::{EMAIL, LINK, STAFF, TOKEN},
};

notice! {
    /// A new account that its owner has to confirm.
    pub struct AccountConfirmation {
        /// The owner.
        #[field(fields, example = User::example())]
        pub user: User,
        /// Confirms the account.
        #[field(example = TOKEN)]
        pub token: Secret<String>,
        /// Where the account is confirmed, with the token.
        #[field(example = LINK)]
        pub confirm_url: Secret<String>,
    }

    /// Somebody asked for a new password.
    pub struct AccountPasswordReset {
        /// Whose password it is.
        #[field(fields, example = User::example())]
        pub user: User,
        /// Sets the password.
        #[field(example = TOKEN)]
        pub token: Secret<String>,
        /// Where the password is set, with the token.
        #[field(example = LINK)]
        pub reset_url: Secret<String>,
    }

    /// Somebody asked for another address for mails. The mail goes to the new one.
    pub struct AccountChangeEmailRequest {
        /// Whose address it is.
        #[field(fields, example = User::example())]
        pub user: User,
        /// The address so far.
        #[field(personal, example = EMAIL)]
        pub old_email: String,
        /// The new address.
        #[field(personal, example = "ada.new@example.com")]
        pub new_email: String,
        /// Confirms the change.
        #[field(example = TOKEN)]
        pub token: Secret<String>,
        /// Where the change is confirmed, with the token.
        #[field(example = LINK)]
        pub redirect_url: Secret<String>,
    }

    /// The address for mails was changed.
    pub struct AccountChangeEmailConfirm {
        /// Whose address it is.
        #[field(fields, example = User::example())]
        pub user: User,
    }

    /// Somebody asked for an account to be deleted.
    pub struct AccountDelete {
        /// Whose account it is.
        #[field(fields, example = User::example())]
        pub user: User,
        /// Deletes the account.
        #[field(example = TOKEN)]
        pub token: Secret<String>,
        /// Where the account is deleted, with the token.
        #[field(example = LINK)]
        pub delete_url: Secret<String>,
    }

    /// A new account, made by the staff, that has no password yet.
    pub struct AccountSetCustomerPassword {
        /// The owner.
        #[field(fields, example = User::example())]
        pub user: User,
        /// Sets the password.
        #[field(example = TOKEN)]
        pub token: Secret<String>,
        /// Where the password is set, with the token.
        #[field(example = LINK)]
        pub password_set_url: Secret<String>,
    }

    /// An invoice that can be downloaded.
    pub struct InvoiceReady {
        /// The invoice.
        #[field(fields, example = Invoice::example())]
        pub invoice: Invoice,
        /// Who asked for it.
        #[field(kind = "string_or_number", nullable, example = STAFF)]
        pub requester_user_id: Option<GlobalId>,
    }

    /// A new order.
    pub struct OrderConfirmation {
        /// The order.
        #[field(fields, example = Order::example())]
        pub order: Order,
    }

    /// An order, and who on the staff did something with it.
    pub struct OrderByStaff {
        /// The order.
        #[field(fields, example = Order::example())]
        pub order: Order,
        /// Who did it.
        #[field(kind = "string_or_number", nullable, example = STAFF)]
        pub requester_user_id: Option<GlobalId>,
    }

    /// An order of which something was sent.
    pub struct OrderFulfillment {
        /// The order.
        #[field(fields, example = Order::example())]
        pub order: Order,
        /// How to follow what was sent.
        #[field(fields, example = Fulfillment::example())]
        pub fulfillment: Fulfillment,
        /// What was sent.
        #[field(fields, example = [FulfillmentLine::example()])]
        pub physical_lines: Vec<FulfillmentLine>,
        /// What can be downloaded; Saleor 3.23 and later do not send it.
        #[field(sometimes, fields, example = [])]
        pub digital_lines: Vec<FulfillmentLine>,
        /// Who did it; not in an update of the tracking number.
        #[field(kind = "string_or_number", example = STAFF)]
        pub requester_user_id: Option<GlobalId>,
    }

    /// An order that was paid.
    pub struct OrderPaymentConfirmation {
        /// The order.
        #[field(fields, example = Order::example())]
        pub order: Order,
        /// The payment; Saleor 3.13 and later leave it out for an order that was paid by a transaction.
        #[field(sometimes, fields, example = Payment::example())]
        pub payment: Option<Payment>,
    }

    /// An order that was refunded, or a part of it.
    pub struct OrderRefundConfirmation {
        /// The order.
        #[field(fields, example = Order::example())]
        pub order: Order,
        /// Who did it.
        #[field(kind = "string_or_number", nullable, example = STAFF)]
        pub requester_user_id: Option<GlobalId>,
        /// How much was refunded.
        #[field(example = Decimal::new(16_800, 3))]
        pub amount: Decimal,
        /// Currency of the amount.
        #[field(kind = "string", strict = stheno::Currency, example = Currency::USD)]
        pub currency: CurrencyCode,
    }
}

enveloped! {
    /// Customer account has been created
    #[event(name = "saleor.notify.account_confirmation", key = "saleor.user:/payload/user/id", section = "Notifications")]
    #[event(note = "Versions read: 3.0 to 3.24.")]
    pub struct NotifyAccountConfirmation("account_confirmation", AccountConfirmation);

    /// Customer requested a reset password
    #[event(name = "saleor.notify.account_password_reset", key = "saleor.user:/payload/user/id", section = "Notifications")]
    #[event(note = "Versions read: 3.0 to 3.24.")]
    pub struct NotifyAccountPasswordReset("account_password_reset", AccountPasswordReset);

    /// Customer requested email change
    #[event(name = "saleor.notify.account_change_email_request", key = "saleor.user:/payload/user/id", section = "Notifications", note = "The recipient is the new address.")]
    #[event(note = "Versions read: 3.0 to 3.24.")]
    pub struct NotifyAccountChangeEmailRequest("account_change_email_request", AccountChangeEmailRequest);

    /// Customer confirmed email change
    #[event(name = "saleor.notify.account_change_email_confirm", key = "saleor.user:/payload/user/id", section = "Notifications")]
    #[event(note = "Versions read: 3.0 to 3.24.")]
    pub struct NotifyAccountChangeEmailConfirm("account_change_email_confirm", AccountChangeEmailConfirm);

    /// Customer requested a delete account
    #[event(name = "saleor.notify.account_delete", key = "saleor.user:/payload/user/id", section = "Notifications")]
    #[event(note = "Versions read: 3.0 to 3.24.")]
    pub struct NotifyAccountDelete("account_delete", AccountDelete);

    /// Staff user has created a customer account
    #[event(name = "saleor.notify.account_set_customer_password", key = "saleor.user:/payload/user/id", section = "Notifications")]
    #[event(note = "Versions read: 3.0 to 3.24.")]
    pub struct NotifyAccountSetCustomerPassword("account_set_customer_password", AccountSetCustomerPassword);

    /// The invoice for the order is ready
    #[event(name = "saleor.notify.invoice_ready", key = "saleor.order:/payload/invoice/order_id", section = "Notifications")]
    #[event(note = "Versions read: 3.0 to 3.24.")]
    pub struct NotifyInvoiceReady("invoice_ready", InvoiceReady);

    /// The order has been created
    #[event(name = "saleor.notify.order_confirmation", key = "saleor.order:/payload/order/id", section = "Notifications")]
    #[event(note = "Versions read: 3.0 to 3.24.")]
    pub struct NotifyOrderConfirmation("order_confirmation", OrderConfirmation);

    /// The order has been confirmed by the staff user
    #[event(name = "saleor.notify.order_confirmed", key = "saleor.order:/payload/order/id", section = "Notifications")]
    #[event(note = "Versions read: 3.0 to 3.24.")]
    pub struct NotifyOrderConfirmed("order_confirmed", OrderByStaff);

    /// The order has been fulfilled
    #[event(name = "saleor.notify.order_fulfillment_confirmation", key = "saleor.order:/payload/order/id", section = "Notifications")]
    #[event(note = "Versions read: 3.0 to 3.24.")]
    pub struct NotifyOrderFulfillmentConfirmation("order_fulfillment_confirmation", OrderFulfillment);

    /// The fulfillment has been updated
    #[event(name = "saleor.notify.order_fulfillment_update", key = "saleor.order:/payload/order/id", section = "Notifications", note = "Sent for a new tracking number.")]
    #[event(note = "Versions read: 3.0 to 3.24.")]
    pub struct NotifyOrderFulfillmentUpdate("order_fulfillment_update", OrderFulfillment);

    /// The payment has been confirmed
    #[event(name = "saleor.notify.order_payment_confirmation", key = "saleor.order:/payload/order/id", section = "Notifications")]
    #[event(note = "Versions read: 3.0 to 3.24.")]
    pub struct NotifyOrderPaymentConfirmation("order_payment_confirmation", OrderPaymentConfirmation);

    /// The order has been canceled
    #[event(name = "saleor.notify.order_canceled", key = "saleor.order:/payload/order/id", section = "Notifications")]
    #[event(note = "Versions read: 3.0 to 3.24.")]
    pub struct NotifyOrderCanceled("order_canceled", OrderByStaff);

    /// The order has been refunded
    #[event(name = "saleor.notify.order_refund_confirmation", key = "saleor.order:/payload/order/id", section = "Notifications", note = "The amount is a decimal text of three places in the documentation: `16.800`.")]
    #[event(note = "Versions read: 3.0 to 3.24.")]
    pub struct NotifyOrderRefundConfirmation("order_refund_confirmation", OrderRefundConfirmation);
}
