//! Order events: what Saleor records of an order.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{self, IntoDeserializer},
};
use stheno::{Decimal, Extra, Payload};

use crate::{
    GlobalId, Id,
    define::of_order,
    examples::{EMAIL, RECORDED_LINE, cents},
};

/// A line that was put into a draft order, or taken out of it.
#[derive(Clone, PartialEq, Payload)]
pub struct DraftLine {
    /// How many.
    #[field(example = 2)]
    pub quantity: i64,
    /// Primary key of the line: a whole number, a UUID in later versions.
    #[field(kind = "string_or_number", example = RECORDED_LINE)]
    pub line_pk: Id,
    /// What it is called. The program calls the field `item`.
    #[field(alias = "item", example = "Apple Juice (1l)")]
    pub item_name: String,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}

stheno::text_enum! {
    /// Which mail was sent; the codes of the communication events.
    pub enum EmailType {
        /// The order was fully paid.
        PaymentConfirmation = "payment_confirmation" | "PAYMENT" | "PAYMENT_CONFIRMATION",
        /// The order was shipped.
        ShippingConfirmation = "shipping_confirmation" | "SHIPPING" | "SHIPPING_CONFIRMATION",
        /// The tracking number was updated.
        TrackingUpdated = "tracking_updated" | "TRACKING_UPDATED",
        /// The order was placed.
        OrderConfirmation = "order_confirmation" | "ORDER" | "ORDER_CONFIRMATION",
        /// Items were fulfilled.
        FulfillmentConfirmation = "fulfillment_confirmation" | "FULFILLMENT" | "FULFILLMENT_CONFIRMATION",
        /// The links to digital goods were sent.
        DigitalLinks = "digital_links" | "DIGITAL_LINKS",
    }
}

of_order! {
    /// A draft order was created by a staff user
    #[event(name = "saleor.order.draft_created", section = "Order Events")]
    #[event(note = "Versions read: 2.11 to 3.24.")]
    pub struct OrderDraftCreated {}

    /// A staff user added products to a draft order
    #[event(
        name = "saleor.order.draft_added_products",
        section = "Order Events",
        note = "The program calls `item_name` `item`; both are read."
    )]
    #[event(note = "Versions read: 2.11; later ones have other codes.")]
    pub struct OrderDraftAddedProducts {
        /// What was added.
        #[field(fields, example = [DraftLine::example()])]
        pub lines: Vec<DraftLine>,
    }

    /// The staff user removed products from a draft order
    #[event(
        name = "saleor.order.draft_removed_products",
        section = "Order Events",
        note = "The program calls `item_name` `item`; both are read."
    )]
    #[event(note = "Versions read: 2.11; later ones have other codes.")]
    pub struct OrderDraftRemovedProducts {
        /// What was removed.
        #[field(fields, example = [DraftLine::example()])]
        pub lines: Vec<DraftLine>,
    }

    /// An order was placed by a customer
    #[event(
        name = "saleor.order.placed",
        section = "Order Events",
        note = "With a customer, Saleor also records `saleor.customer.placed_order`."
    )]
    #[event(note = "Versions read: 2.11 to 3.24.")]
    pub struct OrderPlaced {}

    /// An order was created from draft by the staff user
    #[event(name = "saleor.order.draft_placed", section = "Order Events")]
    #[event(note = "Versions read: 2.11 to 3.24.")]
    pub struct OrderDraftPlaced {}

    /// The order was created from draft, but some line items were oversold
    #[event(name = "saleor.order.oversold_items", section = "Order Events")]
    #[event(note = "Versions read: 2.11 to 3.24.")]
    pub struct OrderOversoldItems {
        /// What the items are called.
        #[field(example = ["Apple Juice (1l)"])]
        pub oversold_items: Vec<String>,
    }

    /// The order was cancelled
    #[event(name = "saleor.order.canceled", section = "Order Events")]
    #[event(note = "Versions read: 2.11 to 3.24.")]
    pub struct OrderCanceled {}

    /// The order was fully paid by the customer
    #[event(
        name = "saleor.order.order_paid",
        section = "Order Events",
        note = "Documented with amount, payment and gateway; the program's own rows of this event have none of them, or the \
                gateway alone."
    )]
    #[event(note = "Versions read: 2.11 to 3.24.")]
    pub struct OrderPaid {
        /// How much was paid, in the currency of the order.
        #[field(example = cents(24_082))]
        pub amount: Option<Decimal>,
        /// The payment.
        #[field(kind = "string_or_number", example = "UGF5bWVudDozMw==")]
        pub payment_id: Option<GlobalId>,
        /// Through which payment gateway.
        #[field(example = "mirumee.payments.dummy")]
        pub payment_gateway: Option<String>,
    }

    /// The order was manually marked as fully paid by the staff user
    #[event(name = "saleor.order.marked_as_paid", section = "Order Events")]
    #[event(note = "Versions read: 2.11 to 3.24.")]
    pub struct OrderMarkedAsPaid {}

    /// An email was sent to the customer
    #[event(name = "saleor.order.email_sent", section = "Order Events")]
    #[event(note = "Versions read: 2.11 to 3.24.")]
    pub struct OrderEmailSent {
        /// Where it went; null when no address was known.
        #[field(nullable, personal, example = EMAIL)]
        pub email: Option<String>,
        /// Which mail it was.
        #[field(kind = "string", example = EmailType::OrderConfirmation)]
        pub email_type: EmailType,
    }

    /// The payment was captured
    #[event(
        name = "saleor.order.captured",
        section = "Order Events",
        note = "The amount is documented as a float; the program stores a decimal text."
    )]
    #[event(note = "Versions read: 2.11 to 3.24.")]
    pub struct OrderCaptured {
        /// How much was captured, in the currency of the order.
        #[field(example = cents(24_082))]
        pub amount: Decimal,
        /// The payment.
        #[field(kind = "string_or_number", example = "UGF5bWVudDozMw==")]
        pub payment_id: GlobalId,
        /// Through which payment gateway.
        #[field(example = "mirumee.payments.dummy")]
        pub payment_gateway: String,
    }

    /// The payment was refunded
    #[event(
        name = "saleor.order.refunded",
        section = "Order Events",
        note = "The amount is documented as a float; the program stores a decimal text."
    )]
    #[event(note = "Versions read: 2.11 to 3.24.")]
    pub struct OrderRefunded {
        /// How much was refunded, in the currency of the order.
        #[field(example = Decimal::new(16_800, 3))]
        pub amount: Decimal,
        /// The payment.
        #[field(kind = "string_or_number", example = "UGF5bWVudDozMw==")]
        pub payment_id: GlobalId,
        /// Through which payment gateway.
        #[field(example = "mirumee.payments.dummy")]
        pub payment_gateway: String,
    }

    /// The payment was voided
    #[event(
        name = "saleor.order.voided",
        section = "Order Events",
        note = "The program always stores a null amount, although it is documented."
    )]
    #[event(note = "Versions read: 2.11 to 3.24.")]
    pub struct OrderVoided {
        /// How much was voided, in the currency of the order.
        #[field(nullable, example = cents(24_082))]
        pub amount: Option<Decimal>,
        /// The payment.
        #[field(kind = "string_or_number", example = "UGF5bWVudDozMw==")]
        pub payment_id: GlobalId,
        /// Through which payment gateway.
        #[field(example = "mirumee.payments.dummy")]
        pub payment_gateway: String,
    }

    /// The payment failed
    #[event(
        name = "saleor.order.payment_failed",
        section = "Order Events",
        note = "The program calls `payment_gateway` `gateway`; both are read."
    )]
    #[event(note = "Versions read: 2.11 to 3.24.")]
    pub struct OrderPaymentFailed {
        /// Why.
        #[field(example = "The card was declined.")]
        pub message: String,
        /// The payment, if there is one.
        #[field(kind = "string_or_number", example = "UGF5bWVudDozMw==")]
        pub payment_id: Option<GlobalId>,
        /// Through which payment gateway.
        #[field(alias = "gateway", example = "mirumee.payments.dummy")]
        pub payment_gateway: Option<String>,
    }

    /// Fulfillment for one or more of the items was canceled
    #[event(
        name = "saleor.order.fulfillment_canceled",
        section = "Order Events",
        note = "`composed_id` is documented as an integer; the program stores a text, order and fulfillment: `52-1`."
    )]
    #[event(note = "Versions read: 2.11 to 3.24.")]
    pub struct OrderFulfillmentCanceled {
        /// Which fulfillment; the program leaves it out when the whole order is canceled.
        #[field(kind = "string_or_number", example = "52-1")]
        pub composed_id: Option<Id>,
    }

    /// One or more of the order’s items was restocked
    #[event(name = "saleor.order.restocked_items", section = "Order Events")]
    #[event(note = "Versions read: 2.11 to 3.24.")]
    pub struct OrderRestockedItems {
        /// How many.
        #[field(example = 1)]
        pub quantity: i64,
        /// Primary key of the warehouse; undocumented, and stored by the program.
        #[field(undocumented, kind = "string_or_number")]
        pub warehouse: Option<Id>,
    }

    /// One or more of the order’s items was fulfilled
    #[event(name = "saleor.order.fulfilled_items", section = "Order Events")]
    #[event(note = "Versions read: 2.11 to 3.24.")]
    pub struct OrderFulfilledItems {
        /// Primary key of each line: whole numbers, UUIDs in later versions.
        #[field(kind = "array", example = [RECORDED_LINE])]
        pub fulfilled_items: Vec<Id>,
    }

    /// A note was added to the order by a staff member
    #[event(name = "saleor.order.note_added", section = "Order Events")]
    #[event(note = "Versions read: 2.11 to 3.24.")]
    pub struct OrderNoteAdded {
        /// The note.
        #[field(personal, example = "hello world!")]
        pub message: String,
    }

    /// Status used during re-importing of legacy events
    #[event(name = "saleor.order.other", section = "Order Events")]
    #[event(note = "Versions read: 2.11 to 3.24.")]
    pub struct OrderOther {}

    /// The order was updated.
    #[event(
        name = "saleor.order.updated",
        section = "Order Events",
        status = "documented_only",
        note = "Of the documentation of 2019; later ones do not have it."
    )]
    pub struct OrderUpdated {}
}

/// A line that an event is about: its primary key, as the program stores it, or the line, as the documentation says.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(untagged)]
pub enum OrderLineRef {
    /// Its primary key.
    Key(Id),
    /// The line.
    Line(Box<DownloadedLine>),
}

/// By its shape, so that an error names the field of a line that is wrong.
impl<'de> Deserialize<'de> for OrderLineRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OrderLineVisitor)
    }
}

struct OrderLineVisitor;

impl<'de> de::Visitor<'de> for OrderLineVisitor {
    type Value = OrderLineRef;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a line of an order: its primary key (a string or a whole number), or an object with its `id`")
    }

    fn visit_str<E>(self, text: &str) -> Result<OrderLineRef, E> {
        Ok(OrderLineRef::Key(text.into()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<OrderLineRef, E> {
        Ok(OrderLineRef::Key(number.into()))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<OrderLineRef, E> {
        Id::deserialize(number.into_deserializer()).map(OrderLineRef::Key)
    }

    fn visit_map<A: de::MapAccess<'de>>(self, line: A) -> Result<OrderLineRef, A::Error> {
        let line = DownloadedLine::deserialize(de::value::MapAccessDeserializer::new(line))?;
        Ok(OrderLineRef::Line(Box::new(line)))
    }
}

impl Payload for OrderLineRef {
    const FIELDS: &'static [stheno::Field] = DownloadedLine::FIELDS;

    fn example() -> Self {
        Self::Line(Box::new(DownloadedLine::example()))
    }
}

/// A line of an order, as far as it is named in an event.
#[derive(Clone, PartialEq, Payload)]
pub struct DownloadedLine {
    /// Its id.
    #[field(kind = "string_or_number", example = RECORDED_LINE)]
    pub id: Id,
    /// What the product is called.
    #[field(example = "Apple Juice")]
    pub product_name: Option<String>,
    /// What the variant is called.
    pub variant_name: Option<String>,
    /// The product's stock-keeping unit.
    pub product_sku: Option<String>,
    /// How many.
    pub quantity: Option<i64>,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}
