//! From an event to what happened, whatever its platform calls it.

use std::fmt;

use serde::Deserialize;
use stheno::{
    Currency, Decimal, DecodeError, Event, Key, RecordedEvent,
    medusa::{OrderPaymentCaptureFailed, PaymentCaptured, entity::Payment},
    saleor::{
        CustomerNoteAddedToOrder, Id, OrderCaptured, OrderEmailSent, OrderNoteAdded, OrderPaid, OrderPaymentFailed,
        OrderRefunded, OrderRestockedItems,
    },
    shopify::{EventObject, ObjectError},
};

/// What happened to an order.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Moment {
    /// Somebody placed it.
    Placed,
    /// The money of a payment was taken.
    Captured,
    /// All of it is paid.
    Paid,
    /// A payment failed.
    PaymentFailed,
    /// Goods were packed; Saleor and Shopify do not tell that from sending them.
    Fulfilled,
    /// Goods that were packed were sent.
    Shipped,
    /// Goods were not sent after all.
    FulfillmentCanceled,
    /// Goods are back in stock.
    Restocked,
    /// Money was given back.
    Refunded,
    /// Money should have been given back, and was not.
    RefundFailed,
    /// Money that was reserved was let go.
    Voided,
    /// It was canceled.
    Canceled,
    /// Everything is done.
    Closed,
    /// A mail was sent about it.
    Mailed,
    /// Somebody wrote something down.
    Noted,
    /// Something about it was changed.
    Updated,
    /// Something that not every platform has a word for: the last token of the event's name.
    Other(String),
}

/// The names of each moment. Events that a platform sends for one thing, one after the other, are different moments.
/// Medusa sends `payment.payment_captured` for each payment, and `order.payment_captured` once all of them are captured;
/// Shopify has no event for an order that is fully paid. `shopify.order.confirmed` comes beside `placed`, so it keeps
/// its word.
#[rustfmt::skip]
const NAMES: [(Moment, &[&str]); 16] = [
    (Moment::Placed, &["order.placed", "saleor.order.placed", "saleor.order.draft_placed", "shopify.order.placed"]),
    (Moment::Captured, &["payment.payment_captured", "saleor.order.captured", "shopify.order.capture_success",
        "shopify.order.sale_success"]),
    (Moment::Paid, &["order.payment_captured", "saleor.order.order_paid", "saleor.order.marked_as_paid"]),
    (Moment::PaymentFailed, &["order.payment_capture_failed", "saleor.order.payment_failed", "shopify.order.authorization_failure",
        "shopify.order.capture_failure", "shopify.order.sale_failure"]),
    (Moment::Fulfilled, &["order.fulfillment_created", "saleor.order.fulfilled_items", "shopify.order.fulfillment_success"]),
    (Moment::Shipped, &["order.shipment_created"]),
    (Moment::FulfillmentCanceled, &["order.fulfillment_canceled", "saleor.order.fulfillment_canceled",
        "shopify.order.fulfillment_cancelled"]),
    (Moment::Restocked, &["order.items_returned", "saleor.order.restocked_items", "shopify.order.restock_line_items"]),
    (Moment::Refunded, &["order.refund_created", "saleor.order.refunded", "shopify.order.refund_success"]),
    (Moment::RefundFailed, &["order.refund_failed", "shopify.order.refund_failure"]),
    (Moment::Voided, &["saleor.order.voided", "shopify.order.void_success"]),
    (Moment::Canceled, &["order.canceled", "saleor.order.canceled", "shopify.order.cancelled"]),
    (Moment::Closed, &["order.completed", "shopify.order.closed"]),
    (Moment::Mailed, &["saleor.order.email_sent", "shopify.order.mail_sent"]),
    (Moment::Noted, &["saleor.order.note_added", "saleor.customer.note_added_to_order"]),
    (Moment::Updated, &["order.updated", "saleor.order.updated", "shopify.order.update"]),
];

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Placed => f.write_str("placed"),
            Self::Captured => f.write_str("payment captured"),
            Self::Paid => f.write_str("fully paid"),
            Self::PaymentFailed => f.write_str("payment failed"),
            Self::Fulfilled => f.write_str("fulfilled"),
            Self::Shipped => f.write_str("shipped"),
            Self::FulfillmentCanceled => f.write_str("fulfillment canceled"),
            Self::Restocked => f.write_str("restocked"),
            Self::Refunded => f.write_str("refunded"),
            Self::RefundFailed => f.write_str("refund failed"),
            Self::Voided => f.write_str("voided"),
            Self::Canceled => f.write_str("canceled"),
            Self::Closed => f.write_str("closed"),
            Self::Mailed => f.write_str("mailed"),
            Self::Noted => f.write_str("noted"),
            Self::Updated => f.write_str("updated"),
            Self::Other(word) => f.write_str(&word.replace('_', " ")),
        }
    }
}

impl From<&str> for Moment {
    /// The moment that is shown so.
    fn from(shown: &str) -> Self {
        let known = NAMES.iter().map(|(moment, _)| moment).find(|moment| moment.to_string() == shown);
        known.cloned().unwrap_or_else(|| Self::Other(shown.to_owned()))
    }
}

/// Which order an event is of. A payment and a customer's note have keys of their own, and their body names the order.
///
/// # Errors
/// [`DecodeError`] when the event is not what its name documents.
pub fn order(event: &RecordedEvent) -> Result<Option<Key>, DecodeError> {
    let (kind, id) = match event.name.as_str() {
        PaymentCaptured::PATTERN => ("order", read::<PaymentCaptured>(event)?.payment.order_id),
        CustomerNoteAddedToOrder::PATTERN => {
            ("saleor.order", read::<CustomerNoteAddedToOrder>(event)?.order_id.map(|id| id.to_string()))
        }
        _ => return Ok(event.key.clone()),
    };
    Ok(id.and_then(|id| Key::new(kind, &id).ok()))
}

/// Who did it, as the platform knows them: the id of a user of Saleor, a name in Shopify. Medusa does not say.
pub fn author(event: &RecordedEvent) -> Option<String> {
    #[derive(Deserialize)]
    struct By {
        user_id: Option<Id>,
        author: Option<String>,
    }
    let by: By = serde_json::from_slice(&event.body).ok()?;
    by.author.or(by.user_id.map(|id| id.to_string()))
}

/// What happened, and how much or what, where the event says it.
///
/// # Errors
/// [`DecodeError`] when the event is not what its name documents.
pub fn of(event: &RecordedEvent) -> Result<(Moment, Option<String>), DecodeError> {
    let name = event.name.as_str();
    let known = NAMES.iter().find(|(_, names)| names.contains(&name)).map(|(moment, _)| moment.clone());
    let word = name.rsplit('.').next().unwrap_or(name);
    Ok((known.unwrap_or_else(|| Moment::Other(word.replace('_', " "))), detail(event)?))
}

/// How much or what. Amounts of Saleor's events have no currency: it is that of the order.
fn detail(event: &RecordedEvent) -> Result<Option<String>, DecodeError> {
    Ok(match event.name.as_str() {
        OrderPaymentCaptureFailed::PATTERN => {
            read::<OrderPaymentCaptureFailed>(event)?.error.message().map(str::to_owned)
        }
        PaymentCaptured::PATTERN => of_payment(&read::<PaymentCaptured>(event)?.payment),
        OrderPaid::PATTERN => read::<OrderPaid>(event)?.amount.map(|amount| amount.to_string()),
        OrderCaptured::PATTERN => Some(read::<OrderCaptured>(event)?.amount.to_string()),
        OrderRefunded::PATTERN => Some(read::<OrderRefunded>(event)?.amount.to_string()),
        OrderPaymentFailed::PATTERN => Some(read::<OrderPaymentFailed>(event)?.message),
        OrderNoteAdded::PATTERN => Some(read::<OrderNoteAdded>(event)?.message),
        CustomerNoteAddedToOrder::PATTERN => Some(read::<CustomerNoteAddedToOrder>(event)?.message),
        OrderEmailSent::PATTERN => Some(read::<OrderEmailSent>(event)?.email_type.as_str().to_owned()),
        OrderRestockedItems::PATTERN => Some(read::<OrderRestockedItems>(event)?.quantity.to_string()),
        name if name.starts_with("shopify.") => of_shopify(&object(event)?),
        _ => None,
    })
}

fn read<E: Event>(event: &RecordedEvent) -> Result<E, DecodeError> {
    E::decode(&event.name, &event.body)
}

fn object(event: &RecordedEvent) -> Result<EventObject, DecodeError> {
    EventObject::of(event).map_err(|error| match error {
        ObjectError::Body(error) => error,
        other => DecodeError::new("", other.to_string()),
    })
}

/// The money of a payment, which Medusa counts in the smallest unit of its currency.
fn of_payment(payment: &Payment) -> Option<String> {
    let currency: Currency = payment.currency_code.as_ref()?.to_uppercase().parse().ok()?;
    Some(format!("{} {currency}", Decimal::new(payment.amount?, currency.places())))
}

/// The money of a transaction, or else what the message is made of: a name, a number of lines.
fn of_shopify(object: &EventObject) -> Option<String> {
    match object.money() {
        Ok(Some(money)) => Some(format!("{} {}", money.amount, money.currency)),
        _ => Some(object.arguments.as_slice().join(", ")).filter(|text| !text.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use stheno::{EventName, medusa, saleor, shopify};

    use super::*;

    #[test]
    fn every_name_is_an_event_and_means_one_moment() {
        let catalogs = [medusa::catalog(), saleor::catalog(), shopify::catalog()];
        let names: Vec<&str> = NAMES.iter().flat_map(|(_, names)| *names).copied().collect();
        for (index, name) in names.iter().enumerate() {
            let parsed = EventName::new(name).unwrap();
            assert!(catalogs.iter().any(|catalog| catalog.find(&parsed).is_some()), "{name}");
            assert!(!names[..index].contains(name), "{name} means two moments");
        }
    }

    #[test]
    fn a_moment_is_read_as_it_is_shown() {
        for (moment, _) in &NAMES {
            assert_eq!(Moment::from(moment.to_string().as_str()), *moment);
        }
        assert_eq!(Moment::from("re opened"), Moment::Other("re opened".into()));
    }
}
