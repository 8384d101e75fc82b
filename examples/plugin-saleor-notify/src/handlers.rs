//! The handlers: one for each notification. Each makes its letter and sends it.

use mailer::{Letter, Mailer};
use stheno::{
    prelude::*,
    saleor::{
        NotifyAccountChangeEmailConfirm, NotifyAccountChangeEmailRequest, NotifyAccountConfirmation,
        NotifyAccountDelete, NotifyAccountPasswordReset, NotifyAccountSetCustomerPassword, NotifyInvoiceReady,
        NotifyOrderCanceled, NotifyOrderConfirmation, NotifyOrderConfirmed, NotifyOrderFulfillmentConfirmation,
        NotifyOrderFulfillmentUpdate, NotifyOrderPaymentConfirmation, NotifyOrderRefundConfirmation,
    },
};

use crate::{NoticeError, classify, letters};

/// Confirms a new account.
#[subscriber("saleor.notify.account_confirmation", id = "saleor-notify.account-confirmation", classify = classify)]
async fn account_confirmation(
    event: NotifyAccountConfirmation,
    mailer: Res<Mailer>,
    cx: Cx,
) -> Result<(), NoticeError> {
    send(&mailer, letters::account_confirmation(&event.payload), &cx).await
}

/// Sends the link that resets a password.
#[subscriber("saleor.notify.account_password_reset", id = "saleor-notify.account-password-reset", classify = classify)]
async fn account_password_reset(
    event: NotifyAccountPasswordReset,
    mailer: Res<Mailer>,
    cx: Cx,
) -> Result<(), NoticeError> {
    send(&mailer, letters::account_password_reset(&event.payload), &cx).await
}

/// Asks the new address whether it is the customer's.
#[subscriber("saleor.notify.account_change_email_request", id = "saleor-notify.account-change-email-request", classify = classify)]
async fn account_change_email_request(
    event: NotifyAccountChangeEmailRequest,
    mailer: Res<Mailer>,
    cx: Cx,
) -> Result<(), NoticeError> {
    send(&mailer, letters::account_change_email_request(&event.payload), &cx).await
}

/// Says that the address was changed.
#[subscriber("saleor.notify.account_change_email_confirm", id = "saleor-notify.account-change-email-confirm", classify = classify)]
async fn account_change_email_confirm(
    event: NotifyAccountChangeEmailConfirm,
    mailer: Res<Mailer>,
    cx: Cx,
) -> Result<(), NoticeError> {
    send(&mailer, letters::account_change_email_confirm(&event.payload), &cx).await
}

/// Asks whether the account shall be deleted.
#[subscriber("saleor.notify.account_delete", id = "saleor-notify.account-delete", classify = classify)]
async fn account_delete(event: NotifyAccountDelete, mailer: Res<Mailer>, cx: Cx) -> Result<(), NoticeError> {
    send(&mailer, letters::account_delete(&event.payload), &cx).await
}

/// Lets a customer choose the first password.
#[subscriber("saleor.notify.account_set_customer_password", id = "saleor-notify.account-set-customer-password", classify = classify)]
async fn account_set_customer_password(
    event: NotifyAccountSetCustomerPassword,
    mailer: Res<Mailer>,
    cx: Cx,
) -> Result<(), NoticeError> {
    send(&mailer, letters::account_set_customer_password(&event.payload), &cx).await
}

/// Sends the link to an invoice.
#[subscriber("saleor.notify.invoice_ready", id = "saleor-notify.invoice-ready", classify = classify)]
async fn invoice_ready(event: NotifyInvoiceReady, mailer: Res<Mailer>, cx: Cx) -> Result<(), NoticeError> {
    send(&mailer, letters::invoice_ready(&event.payload), &cx).await
}

/// Says that an order came in.
#[subscriber("saleor.notify.order_confirmation", id = "saleor-notify.order-confirmation", classify = classify)]
async fn order_confirmation(event: NotifyOrderConfirmation, mailer: Res<Mailer>, cx: Cx) -> Result<(), NoticeError> {
    send(&mailer, letters::order_confirmation(&event.payload), &cx).await
}

/// Says that the shop has confirmed an order.
#[subscriber("saleor.notify.order_confirmed", id = "saleor-notify.order-confirmed", classify = classify)]
async fn order_confirmed(event: NotifyOrderConfirmed, mailer: Res<Mailer>, cx: Cx) -> Result<(), NoticeError> {
    send(&mailer, letters::order_confirmed(&event.payload), &cx).await
}

/// Says that goods are on their way.
#[subscriber("saleor.notify.order_fulfillment_confirmation", id = "saleor-notify.order-fulfillment-confirmation", classify = classify)]
async fn order_fulfillment_confirmation(
    event: NotifyOrderFulfillmentConfirmation,
    mailer: Res<Mailer>,
    cx: Cx,
) -> Result<(), NoticeError> {
    send(&mailer, letters::order_fulfillment_confirmation(&event.payload), &cx).await
}

/// Says how to follow goods that are on their way.
#[subscriber("saleor.notify.order_fulfillment_update", id = "saleor-notify.order-fulfillment-update", classify = classify)]
async fn order_fulfillment_update(
    event: NotifyOrderFulfillmentUpdate,
    mailer: Res<Mailer>,
    cx: Cx,
) -> Result<(), NoticeError> {
    send(&mailer, letters::order_fulfillment_update(&event.payload), &cx).await
}

/// Says that an order was paid.
#[subscriber("saleor.notify.order_payment_confirmation", id = "saleor-notify.order-payment-confirmation", classify = classify)]
async fn order_payment_confirmation(
    event: NotifyOrderPaymentConfirmation,
    mailer: Res<Mailer>,
    cx: Cx,
) -> Result<(), NoticeError> {
    send(&mailer, letters::order_payment_confirmation(&event.payload), &cx).await
}

/// Says that an order was canceled.
#[subscriber("saleor.notify.order_canceled", id = "saleor-notify.order-canceled", classify = classify)]
async fn order_canceled(event: NotifyOrderCanceled, mailer: Res<Mailer>, cx: Cx) -> Result<(), NoticeError> {
    send(&mailer, letters::order_canceled(&event.payload), &cx).await
}

/// Says what was refunded.
#[subscriber("saleor.notify.order_refund_confirmation", id = "saleor-notify.order-refund-confirmation", classify = classify)]
async fn order_refund_confirmation(
    event: NotifyOrderRefundConfirmation,
    mailer: Res<Mailer>,
    cx: Cx,
) -> Result<(), NoticeError> {
    send(&mailer, letters::order_refund_confirmation(&event.payload), &cx).await
}

/// Sends a letter. Without an address there is nobody to write to, which is said and is no failure.
async fn send(mailer: &Mailer, letter: Result<Letter, NoticeError>, cx: &Cx) -> Result<(), NoticeError> {
    match letter {
        Err(nobody @ NoticeError::Nobody) => cx.skip(nobody.to_string()),
        letter => Ok(mailer.send(letter?, &cx.idempotency_key()).await?),
    }
}
