//! Webhooks: which event a request of Saleor is, by its header `Saleor-Event` and its body.

use serde::Deserialize;
use stheno::{DecodeError, Outgoing, decode_json, shown::shown};

/// The header that says which event a request is.
pub const EVENT_HEADER: &str = "Saleor-Event";
/// The header with the signature of the body.
pub const SIGNATURE_HEADER: &str = "Saleor-Signature";

/// Each value of the header and the event it means, in the order of Saleor's documentation; `notify_user` is many.
const EVENTS: [(&str, &str); 14] = [
    ("sale_created", "saleor.sale.created"),
    ("sale_updated", "saleor.sale.updated"),
    ("sale_deleted", "saleor.sale.deleted"),
    ("sale_toggle", "saleor.sale.toggle"),
    ("payment_list_gateways", "saleor.payment.list_gateways"),
    ("payment_authorize", PAYMENT_ACTION),
    ("payment_capture", PAYMENT_ACTION),
    ("payment_confirm", PAYMENT_ACTION),
    ("payment_process", PAYMENT_ACTION),
    ("payment_refund", PAYMENT_ACTION),
    ("payment_void", PAYMENT_ACTION),
    ("product_variant_back_in_stock", "saleor.product_variant.back_in_stock"),
    ("product_variant_out_of_stock", "saleor.product_variant.out_of_stock"),
    ("transaction_action_request", "saleor.transaction.action_request"),
];
const PAYMENT_ACTION: &str = "saleor.payment.action";
const NOTIFY: &str = "notify_user";
const NOTIFICATIONS: &str = "saleor.notify.";

/// Each notification and the event it means.
const NOTIFIED: [(&str, &str); 14] = [
    ("account_confirmation", "saleor.notify.account_confirmation"),
    ("account_password_reset", "saleor.notify.account_password_reset"),
    ("account_change_email_request", "saleor.notify.account_change_email_request"),
    ("account_change_email_confirm", "saleor.notify.account_change_email_confirm"),
    ("account_delete", "saleor.notify.account_delete"),
    ("account_set_customer_password", "saleor.notify.account_set_customer_password"),
    ("invoice_ready", "saleor.notify.invoice_ready"),
    ("order_confirmation", "saleor.notify.order_confirmation"),
    ("order_confirmed", "saleor.notify.order_confirmed"),
    ("order_fulfillment_confirmation", "saleor.notify.order_fulfillment_confirmation"),
    ("order_fulfillment_update", "saleor.notify.order_fulfillment_update"),
    ("order_payment_confirmation", "saleor.notify.order_payment_confirmation"),
    ("order_canceled", "saleor.notify.order_canceled"),
    ("order_refund_confirmation", "saleor.notify.order_refund_confirmation"),
];

/// The header that keeps which of the payment actions it was.
pub const ACTION_HEADER: &str = "saleor-event";

/// A request that is no documented event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookError {
    /// The header `Saleor-Event` says what nobody documented.
    #[error(
        "no event is documented for `Saleor-Event: {}`; events that are no notification or legacy webhook come with a query of one's own",
        shown(event)
    )]
    UnknownEvent {
        /// What it says, cut after 80 characters.
        event: String,
    },
    /// The body of a notification says what nobody documented.
    #[error("no notification is documented for `notify_event` = `{}`", shown(notify_event))]
    UnknownNotification {
        /// What it says, cut after 80 characters.
        notify_event: String,
    },
    /// The body of a notification does not say which it is.
    #[error(transparent)]
    Body(#[from] DecodeError),
}

#[derive(Deserialize)]
struct Envelope {
    notify_event: String,
}

/// The event that a request of Saleor is, to be published: its body byte for byte. Which of the six payment actions it was
/// is in the header [`ACTION_HEADER`] of the event, because the body does not say.
///
/// Fields that nobody documented are kept, whatever they are called: a newer Saleor may have them.
///
/// Saleor's requests have no id: give the event one if the same request may come twice.
///
/// # Errors
/// [`WebhookError`] when it is no documented event. What the body says beyond its name is checked by the bus.
pub fn outgoing(saleor_event: &str, body: &[u8]) -> Result<Outgoing, WebhookError> {
    let name = name_of(saleor_event, body)?;
    let event = Outgoing::raw_bytes(name, body.to_vec()).as_received();
    // Header values of Saleor are lower case already; some proxies are not.
    let said = saleor_event.to_ascii_lowercase();
    Ok(if name == PAYMENT_ACTION { event.header(ACTION_HEADER, &said) } else { event })
}

/// The name of the event that a request of Saleor is.
///
/// # Errors
/// [`WebhookError`] when it is no documented event.
pub fn name_of(saleor_event: &str, body: &[u8]) -> Result<&'static str, WebhookError> {
    let is_said = |header: &str| header.eq_ignore_ascii_case(saleor_event);
    if let Some((_, name)) = EVENTS.iter().find(|(header, _)| is_said(header)) {
        return Ok(name);
    }
    if !is_said(NOTIFY) {
        return Err(WebhookError::UnknownEvent { event: shortened(saleor_event) });
    }
    let Envelope { notify_event } = decode_json(body)?;
    let known = NOTIFIED.iter().find(|(said, _)| *said == notify_event).map(|(_, name)| *name);
    known.ok_or_else(|| WebhookError::UnknownNotification { notify_event: shortened(&notify_event) })
}

/// The values of [`EVENT_HEADER`] that mean an event: one, or six for the payment actions. There is none for what
/// Saleor only records.
///
/// ```
/// use stheno_saleor::webhook::headers_of;
///
/// assert_eq!(headers_of("saleor.sale.toggle"), ["sale_toggle"]);
/// assert_eq!(headers_of("saleor.notify.invoice_ready"), ["notify_user"]);
/// assert!(headers_of("saleor.order.placed").is_empty());
/// ```
pub fn headers_of(name: &str) -> Vec<&'static str> {
    if name.starts_with(NOTIFICATIONS) {
        return vec![NOTIFY];
    }
    EVENTS.iter().filter(|(_, event)| *event == name).map(|(header, _)| *header).collect()
}

fn shortened(text: &str) -> String {
    text.chars().take(80).collect()
}
