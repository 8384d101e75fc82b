//! Webhooks: which event a request of Saleor is, by its header `Saleor-Event` and its body.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};
use stheno::{DecodeError, Outgoing, decode_json, nearest, shown::shown};

use crate::undocumented;

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
    #[error("`Saleor-Event: {}` {}; `webhook::any_outgoing` keeps it as it is", shown(event), why_unknown(event))]
    UnknownEvent {
        /// What it says, cut after 80 characters.
        event: String,
    },
    /// The body of a notification says what nobody documented.
    #[error(
        "no notification is documented for `notify_event` = `{}`{}; `webhook::any_outgoing` keeps it as it is",
        shown(notify_event),
        meant(notify_event, NOTIFIED.iter().map(|(said, _)| *said))
    )]
    UnknownNotification {
        /// What it says, cut after 80 characters.
        notify_event: String,
    },
    /// The body of a notification does not say which it is.
    #[error(transparent)]
    Body(#[from] DecodeError),
}

/// Why a value of the header is no documented event.
fn why_unknown(event: &str) -> String {
    let event = event.to_ascii_lowercase();
    match event.as_str() {
        "" => "is empty: the request does not say which event it is".to_owned(),
        event if NOTIFIED.iter().any(|(said, _)| *said == event) => {
            format!("is the name of a notification, which is in the body; the header of one is `{NOTIFY}`")
        }
        event => {
            let headers = EVENTS.iter().map(|(header, _)| *header).chain([NOTIFY]);
            format!("is none of the {} whose payloads Saleor documents{}", EVENTS.len() + 1, meant(event, headers))
        }
    }
}

/// The word that is perhaps meant.
fn meant(word: &str, known: impl Iterator<Item = &'static str>) -> String {
    nearest(word, known).map(|known| format!(" (did you mean `{known}`?)")).unwrap_or_default()
}

#[derive(Deserialize)]
struct Envelope {
    notify_event: String,
}

/// What a notification is called. It is also found in a body that cannot be read as a whole, if it stands before the place at
/// fault.
fn notify_event_of(body: &[u8]) -> Result<String, DecodeError> {
    decode_json::<Envelope>(body).map(|envelope| envelope.notify_event).or_else(|error| {
        let mut found = Found::default();
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        // It fails at the place at fault, which was to be expected.
        let _ = serde_json::Deserializer::from_slice(body).deserialize_map(&mut found);
        found.0.ok_or(error)
    })
}

/// The text of `notify_event`, as far as a body can be read.
#[derive(Default)]
struct Found(Option<String>);

impl<'de> Visitor<'de> for &mut Found {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        while let Some(name) = object.next_key::<String>()? {
            match name.as_str() {
                "notify_event" => self.0 = Some(object.next_value()?),
                _ => _ = object.next_value::<IgnoredAny>()?,
            }
        }
        Ok(())
    }
}

/// The event that a request of Saleor is, to be published: its body byte for byte. Which of the six payment actions it was
/// is in the header [`ACTION_HEADER`] of the event, because the body does not say.
///
/// Fields that nobody documented are kept, whatever they are called: a newer Saleor may have them. A body that is not what its
/// name documents is published, too: it becomes a dead letter of each subscriber that reads it by its type
/// ([`Outgoing::as_received`]).
///
/// Saleor's requests have no id: give the event one if the same request may come twice.
///
/// # Errors
/// [`WebhookError`] when it is no documented event; [`any_outgoing`] keeps those, too.
pub fn outgoing(saleor_event: &str, body: &[u8]) -> Result<Outgoing, WebhookError> {
    let name = name_of(saleor_event, body)?;
    let event = Outgoing::raw_bytes(name, body.to_vec()).as_received();
    // Header values of Saleor are lower case already; some proxies are not.
    let said = saleor_event.to_ascii_lowercase();
    Ok(if name == PAYMENT_ACTION { event.header(ACTION_HEADER, &said) } else { event })
}

/// The same of any request: one that is no documented event is published under a name of its own, so that nothing of what
/// Saleor sent is lost. Subscribe to `saleor.undocumented.*.*` for those.
///
/// - `saleor.undocumented.webhook.order_created`: the header `Saleor-Event` names no documented event.
/// - `saleor.undocumented.notify.csv_export_success`: a notification that is not documented.
/// - `saleor.undocumented.notify._`: a notification whose body does not say which it is.
///
/// It has the key of what it is about, if its body says so in one of Saleor's ways: the `type` and `id` of an object, or the
/// order or user of a notification.
///
/// ```
/// let created = stheno_saleor::webhook::any_outgoing("order_created", br#"[{"type":"Order","id":"T3JkZXI6MQ=="}]"#);
/// # let _ = created; // to be published
/// ```
pub fn any_outgoing(saleor_event: &str, body: &[u8]) -> Outgoing {
    let event = match outgoing(saleor_event, body) {
        Ok(event) => return event,
        Err(WebhookError::UnknownEvent { event }) => undocumented::request(&event.to_ascii_lowercase(), body),
        Err(WebhookError::UnknownNotification { notify_event }) => undocumented::notification(&notify_event, body),
        Err(WebhookError::Body(_)) => undocumented::notification("", body),
    };
    let said = saleor_event.to_ascii_lowercase();
    // What cannot be in a header is in the name alone.
    let is_header = !said.is_empty() && said.len() <= SAID && said.bytes().all(|byte| byte.is_ascii_graphic());
    if is_header { event.header(ACTION_HEADER, &said) } else { event }
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
    let notify_event = notify_event_of(body)?;
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

/// Most characters of what a request says that are kept beside its body.
const SAID: usize = 80;

fn shortened(text: &str) -> String {
    text.chars().take(SAID).collect()
}
