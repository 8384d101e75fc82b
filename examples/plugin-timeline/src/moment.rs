//! From an event to what happened, whatever its platform calls it.

use std::fmt;

use serde::Deserialize;
use stheno::{
    Currency, Decimal, DecodeError, Event, Key, RecordedEvent,
    medusa::{OrderPaymentCaptureFailed, PaymentCaptured, SwapReceived, entity::Payment},
    saleor::{
        CustomerDigitalLinkDownloaded, CustomerNoteAddedToOrder, DraftLine, Id, OrderCaptured, OrderDraftAddedProducts,
        OrderDraftRemovedProducts, OrderEmailSent, OrderFulfilledItems, OrderFulfillmentCanceled, OrderNoteAdded,
        OrderOversoldItems, OrderPaid, OrderPaymentFailed, OrderRefunded, OrderRestockedItems,
    },
    shopify::{EventObject, ObjectError},
};

/// What the names of Saleor's events of mails begin with; which mail it was follows.
const MAILS: &str = "saleor.communication.";

/// What happened to an order.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Moment {
    /// It is an order from now on: a customer placed it, or the staff made one of a draft.
    Placed,
    /// The money of a payment was taken.
    Captured,
    /// All of it is paid.
    Paid,
    /// Money that was reserved could not be taken.
    CaptureFailed,
    /// A payment failed; Saleor does not say at which step.
    PaymentFailed,
    /// Goods were packed; Saleor and Shopify do not tell that from sending them.
    Fulfilled,
    /// Goods that were packed were sent.
    Shipped,
    /// Goods were not sent after all.
    FulfillmentCanceled,
    /// Goods came back from the customer; whether they are sold again is not said.
    Returned,
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
    /// A mail was sent about it.
    Mailed,
    /// Somebody wrote something down.
    Noted,
    /// Something about it was changed.
    Updated,
    /// Something that one platform alone has an event for, in words.
    Other(String),
}

/// The names of each moment that several platforms have an event for, or that is easily taken for another. Events that a
/// platform sends for one thing, one after the other, are different moments: Medusa's `payment.payment_captured` is of one
/// payment, and `order.payment_captured` of an order whose payments are all captured.
#[rustfmt::skip]
const NAMES: [(Moment, &[&str]); 17] = [
    (Moment::Placed, &["order.placed", "saleor.order.placed", "saleor.order.draft_placed", "shopify.order.placed"]),
    (Moment::Captured, &["payment.payment_captured", "saleor.order.captured", "shopify.order.capture_success",
        "shopify.order.sale_success"]),
    (Moment::Paid, &["order.payment_captured", "saleor.order.order_paid", "saleor.order.marked_as_paid"]),
    (Moment::CaptureFailed, &["order.payment_capture_failed", "shopify.order.capture_failure"]),
    (Moment::PaymentFailed, &["saleor.order.payment_failed", "shopify.order.sale_failure"]),
    (Moment::Fulfilled, &["order.fulfillment_created", "saleor.order.fulfilled_items", "shopify.order.fulfillment_success"]),
    (Moment::Shipped, &["order.shipment_created"]),
    (Moment::FulfillmentCanceled, &["order.fulfillment_canceled", "saleor.order.fulfillment_canceled",
        "shopify.order.fulfillment_cancelled"]),
    (Moment::Returned, &["order.items_returned"]),
    (Moment::Restocked, &["saleor.order.restocked_items", "shopify.order.restock_line_items"]),
    (Moment::Refunded, &["order.refund_created", "saleor.order.refunded", "shopify.order.refund_success"]),
    (Moment::RefundFailed, &["order.refund_failed", "shopify.order.refund_failure"]),
    (Moment::Voided, &["saleor.order.voided", "shopify.order.void_success"]),
    (Moment::Canceled, &["order.canceled", "saleor.order.canceled", "shopify.order.cancelled"]),
    // The mail `shipping_confirmation` is all that Saleor has to say of goods that are sent.
    (Moment::Mailed, &["saleor.order.email_sent", "shopify.order.mail_sent", "saleor.communication.payment_confirmation",
        "saleor.communication.shipping_confirmation", "saleor.communication.tracking_updated",
        "saleor.communication.order_confirmation", "saleor.communication.fulfillment_confirmation",
        "saleor.communication.digital_links"]),
    (Moment::Noted, &["saleor.order.note_added", "saleor.customer.note_added_to_order"]),
    (Moment::Updated, &["order.updated", "saleor.order.updated", "shopify.order.update"]),
];

/// The words for what one platform alone has an event for. What is only asked for, or under way, is never shown as done.
/// What Shopify closes may be opened again, so it is not what Medusa completes; `shopify.order.confirmed` comes beside
/// `placed`.
#[rustfmt::skip]
const WORDS: [(&str, &str); 25] = [
    ("order.completed", "completed"),
    // By a customer, who had ordered without an account. Goods that are complained about are `claim.*`.
    ("order.orders_claimed", "claimed by a customer"),
    ("order.gift_card_created", "gift card created"),
    ("order.return_requested", "return requested"),
    ("order.return_action_required", "return action required"),
    ("order.swap_created", "swap created"),
    ("swap.received", "swap received"),
    ("saleor.order.draft_created", "draft created"),
    ("saleor.order.draft_added_products", "products added to draft"),
    ("saleor.order.draft_removed_products", "products removed from draft"),
    ("saleor.order.oversold_items", "items oversold"),
    ("saleor.order.other", "imported from before"),
    ("saleor.customer.digital_link_downloaded", "digital goods downloaded"),
    ("shopify.order.authorization_failure", "authorization failed"),
    ("shopify.order.authorization_pending", "authorization pending"),
    ("shopify.order.authorization_success", "payment authorized"),
    ("shopify.order.capture_pending", "capture pending"),
    ("shopify.order.closed", "closed"),
    ("shopify.order.confirmed", "confirmed"),
    ("shopify.order.fulfillment_pending", "fulfillment pending"),
    ("shopify.order.re_opened", "re-opened"),
    ("shopify.order.refund_pending", "refund pending"),
    ("shopify.order.sale_pending", "payment pending"),
    ("shopify.order.void_failure", "void failed"),
    ("shopify.order.void_pending", "void pending"),
];

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Placed => "placed",
            Self::Captured => "payment captured",
            Self::Paid => "fully paid",
            Self::CaptureFailed => "capture failed",
            Self::PaymentFailed => "payment failed",
            Self::Fulfilled => "fulfilled",
            Self::Shipped => "shipped",
            Self::FulfillmentCanceled => "fulfillment canceled",
            Self::Returned => "items returned",
            Self::Restocked => "restocked",
            Self::Refunded => "refunded",
            Self::RefundFailed => "refund failed",
            Self::Voided => "voided",
            Self::Canceled => "canceled",
            Self::Mailed => "mailed",
            Self::Noted => "noted",
            Self::Updated => "updated",
            Self::Other(words) => words,
        })
    }
}

impl From<&str> for Moment {
    /// The moment that is shown so.
    fn from(shown: &str) -> Self {
        let known = NAMES.iter().map(|(moment, _)| moment).find(|moment| moment.to_string() == shown);
        known.cloned().unwrap_or_else(|| Self::Other(shown.to_owned()))
    }
}

/// Which order an event is of. A payment, a swap and a customer's event have keys of their own, and their body names the
/// order.
///
/// # Errors
/// [`DecodeError`] when the event is not what its name documents.
pub fn order(event: &RecordedEvent) -> Result<Option<Key>, DecodeError> {
    let (kind, id) = match event.name.as_str() {
        PaymentCaptured::PATTERN => ("order", read::<PaymentCaptured>(event)?.payment.order_id),
        SwapReceived::PATTERN => ("order", Some(read::<SwapReceived>(event)?.order_id)),
        CustomerNoteAddedToOrder::PATTERN => {
            ("saleor.order", read::<CustomerNoteAddedToOrder>(event)?.order_id.map(|id| id.to_string()))
        }
        CustomerDigitalLinkDownloaded::PATTERN => {
            ("saleor.order", read::<CustomerDigitalLinkDownloaded>(event)?.order_id.map(|id| id.to_string()))
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
    let by: By = stheno::decode_json(&event.body).ok()?;
    by.author.or(by.user_id.map(|id| id.to_string()))
}

/// What happened, and how much or what, where the event says it.
///
/// # Errors
/// [`DecodeError`] when the event is not what its name documents.
pub fn of(event: &RecordedEvent) -> Result<(Moment, Option<String>), DecodeError> {
    Ok((named(event.name.as_str()), detail(event)?))
}

/// The moment of a name. One that nobody knows is shown by its last token.
fn named(name: &str) -> Moment {
    let known = NAMES.iter().find(|(_, names)| names.contains(&name)).map(|(moment, _)| moment.clone());
    known.unwrap_or_else(|| {
        let words = WORDS.iter().find(|(known, _)| *known == name).map(|(_, words)| (*words).to_owned());
        let token = || name.rsplit('.').next().unwrap_or(name).replace('_', " ");
        Moment::Other(words.unwrap_or_else(token))
    })
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
        OrderDraftAddedProducts::PATTERN => of_lines(&read::<OrderDraftAddedProducts>(event)?.lines),
        OrderDraftRemovedProducts::PATTERN => of_lines(&read::<OrderDraftRemovedProducts>(event)?.lines),
        OrderOversoldItems::PATTERN => said(read::<OrderOversoldItems>(event)?.oversold_items.join(", ")),
        OrderFulfilledItems::PATTERN => said(counted(read::<OrderFulfilledItems>(event)?.fulfilled_items.len())),
        OrderFulfillmentCanceled::PATTERN => {
            read::<OrderFulfillmentCanceled>(event)?.composed_id.map(|id| id.to_string())
        }
        name if name.starts_with(MAILS) => said(name[MAILS.len()..].to_owned()),
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

/// How many of which product.
fn of_lines(lines: &[DraftLine]) -> Option<String> {
    let lines = lines.iter().map(|line| format!("{} × {}", line.quantity, line.item_name));
    said(lines.collect::<Vec<_>>().join(", "))
}

/// How many lines of an order, as Shopify says it.
fn counted(lines: usize) -> String {
    if lines == 1 { "1 line item".to_owned() } else { format!("{lines} line items") }
}

fn said(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
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
        _ => said(object.arguments.as_slice().join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use stheno::{EventName, PatternSet, medusa, saleor, shopify};

    use super::*;

    /// Every name that has words here.
    fn worded() -> Vec<&'static str> {
        let of_several = NAMES.iter().flat_map(|(_, names)| *names).copied();
        of_several.chain(WORDS.iter().map(|(name, _)| *name)).collect()
    }

    #[test]
    fn every_event_that_is_heard_of_has_words_of_its_own_and_no_other_has() {
        let patterns = PatternSet::parse(crate::record::subscriber().patterns()).unwrap();
        let is_heard = |name: &&str| EventName::new(name).is_ok_and(|name| patterns.matches(&name));
        let catalogs = [medusa::catalog(), saleor::catalog(), shopify::catalog()];
        let names = catalogs.iter().flat_map(|catalog| catalog.events()).map(|event| event.pattern);
        let (mut heard, mut worded): (Vec<&str>, _) = (names.filter(is_heard).collect(), worded());
        heard.sort_unstable();
        worded.sort_unstable();
        assert_eq!(worded, heard);
    }

    #[test]
    fn a_moment_is_read_as_it_is_shown() {
        for name in worded() {
            let moment = named(name);
            assert_eq!(Moment::from(moment.to_string().as_str()), moment);
        }
    }

    #[test]
    fn what_is_asked_for_or_under_way_is_not_shown_as_done() {
        let shown = |name: &str| named(name).to_string();
        for name in worded().into_iter().filter(|name| name.ends_with("_pending")) {
            assert!(shown(name).ends_with(" pending"), "{name}");
        }
        for name in worded().into_iter().filter(|name| name.ends_with("_failure") || name.ends_with("_failed")) {
            assert!(shown(name).ends_with(" failed"), "{name}");
        }
        assert_eq!(shown("order.return_requested"), "return requested");
    }
}
