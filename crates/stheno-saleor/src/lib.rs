//! Saleor's events: the 59 of its documentation, each a Rust type with the documented JSON.
//!
//! ```
//! use stheno_core::{Event, EventName};
//! use stheno_saleor::OrderRefunded;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let name = EventName::new("saleor.order.refunded")?;
//! let body = br#"{"order_id":52,"user_id":null,"amount":"16.800","payment_id":"UGF5","payment_gateway":"dummy"}"#;
//! let refunded = OrderRefunded::decode(&name, body)?;
//! assert_eq!(refunded.amount.to_minor_units(2), Some(1680));
//! assert_eq!(serde_json::to_vec(&refunded)?, body);
//! assert_eq!(refunded.key().unwrap().as_str(), "saleor.order:52");
//! # Ok(())
//! # }
//! ```
//!
//! # What to know
//!
//! - Order, communication and customer events ([`OrderPlaced`], [`CommunicationDigitalLinks`], [`CustomerPlacedOrder`]) are
//!   what Saleor records in its database; their documentation is that of Saleor 2.11 ("Events"). The body has the documented
//!   parameters, beside them whom the event is of: `order_id`, `user_id`. [`codes`] reads every name Saleor has for them,
//!   [`rows`] what stands in its database.
//! - Notifications ([`NotifyOrderConfirmation`]) and other webhooks ([`SaleUpdated`], [`PaymentAction`]) are what Saleor 3.x
//!   sends; see [`entity`] for what is in them and [`webhook`] for which request is which event.
//! - Ids are opaque. An order has one id in the events that are recorded of it and another in notifications, so the keys
//!   of the two differ.
//! - Writing gives the documented shape. Reading takes what Saleor 2.11 to 3.24 really send and store, as its serializers say; the
//!   note of each event has the versions that were read. A field that is documented as required and not always sent is an option
//!   or a list that may be empty, and is written back as it came; an id never has a default. A currency that ISO 4217 does not
//!   list is kept ([`CurrencyCode::known`]). What nobody documented is kept and written back whatever it is, null
//!   is the same as absent, and names that only Saleor's program uses are read too. Numbers that are kept so, or in a map
//!   without documented fields, are those of `serde_json`: a whole number beyond 64 bits becomes the nearest `f64`. The body in
//!   the log has all its digits.
//! - Money is an exact decimal ([`stheno::Decimal`]). A text is written back with its digits. A number is what it is worth,
//!   without zeros at the end (`10.50` is `10.5`), and refused by field where its digits would be rounded.
//! - [`webhook::any_outgoing`] and [`rows::Row::into_any_event`] keep what is not documented, as `saleor.undocumented.*.*`.
//! - A constructor such as [`OrderPlaced::new`] takes what is required. Of what is not set, an author or user is written as
//!   null, like whatever else Saleor writes as null; the rest is left out. An event without a time happened when it is
//!   stored.
//! - Tokens, links with tokens and what payment providers keep are secret, what tells of a person is personal: neither is
//!   ever in `Debug` output. A reader that needs one says so: `token.expose()`.
//! - [`order_events`] and [`customer_events`] make events to be recorded: pure functions, saved one by one or many at once.
#![cfg_attr(feature = "signature", doc = "- [`signature`] checks that a webhook comes from Saleor.")]
#![cfg_attr(not(feature = "signature"), doc = "- The feature `signature` has checks that a webhook comes from Saleor.")]
//!
//! # Bad input
//!
//! Whatever comes from outside gives a value or a typed error, and no panic. `cargo xtask generated` tries it with
//! input that was right once and had values or bytes changed at random. On 2026-11-22 each suite, a row of this table, was
//! given 10,000,000 inputs in all, spread over its decoders (the 59 events have 80 examples, with 125,000 inputs made of each),
//! and none panicked:
//!
//! | suite | taken of 10,000,000 |
//! |---|---|
//! | decoders of the 59 events | 3,378,313; written and read again, each is the same |
//! | [`webhook`]: which request is which event | 3,589,982 |
//! | [`rows`] of Saleor's database | 4,517,890, of which 4,175,381 had the code of an event |
//! | [`codes`] | 1,388,249 |
//! | signatures, HMAC and JWS | 277,291 of both together, which their change had left as they were signed |
//! | sets of keys (JWKS) | 6,266,513, each then asked about a signature |

#![cfg_attr(not(test), deny(clippy::expect_used, clippy::panic, clippy::unreachable, clippy::unwrap_used))]

// As an outside catalog would: the macros write `::stheno::..`, and this crate needs the contract alone.
extern crate stheno_core as stheno;

mod define;
mod envelope;
mod examples;
mod id;
mod said;
mod undocumented;

pub mod codes;
pub mod entity;
pub mod rows;
#[cfg(feature = "signature")]
pub mod signature;
pub mod unsaved;
pub mod webhook;

mod communication;
mod customer;
mod notify;
mod order;
mod payment;
mod product_variant;
mod sale;
mod transaction;

pub use self::{
    communication::*,
    customer::*,
    id::{GlobalId, Id, IdOrNone},
    notify::*,
    order::*,
    payment::*,
    product_variant::*,
    said::{CurrencyCode, TaxRate},
    sale::*,
    transaction::*,
    unsaved::{customer_events, order_events},
};

stheno::catalog!("saleor";
    // Order Events
    OrderDraftCreated, OrderDraftAddedProducts, OrderDraftRemovedProducts, OrderPlaced, OrderDraftPlaced,
    OrderOversoldItems, OrderCanceled, OrderPaid, OrderMarkedAsPaid, OrderEmailSent, OrderCaptured, OrderRefunded,
    OrderVoided, OrderPaymentFailed, OrderFulfillmentCanceled, OrderRestockedItems, OrderFulfilledItems,
    OrderNoteAdded, OrderOther, OrderUpdated,
    // Communication Events
    CommunicationPaymentConfirmation, CommunicationShippingConfirmation, CommunicationTrackingUpdated,
    CommunicationOrderConfirmation, CommunicationFulfillmentConfirmation, CommunicationDigitalLinks,
    // Customer Events
    CustomerAccountCreated, CustomerPasswordResetLinkSent, CustomerPasswordReset, CustomerPlacedOrder,
    CustomerNoteAddedToOrder, CustomerDigitalLinkDownloaded, CustomerCustomerDeleted, CustomerEmailAssigned,
    CustomerNameAssigned, CustomerNoteAdded,
    // Notifications
    NotifyAccountConfirmation, NotifyAccountPasswordReset, NotifyAccountChangeEmailRequest,
    NotifyAccountChangeEmailConfirm, NotifyAccountDelete, NotifyAccountSetCustomerPassword, NotifyInvoiceReady,
    NotifyOrderConfirmation, NotifyOrderConfirmed, NotifyOrderFulfillmentConfirmation, NotifyOrderFulfillmentUpdate,
    NotifyOrderPaymentConfirmation, NotifyOrderCanceled, NotifyOrderRefundConfirmation,
    // Webhooks
    SaleCreated, SaleUpdated, SaleDeleted, SaleToggle, PaymentListGateways, PaymentAction, ProductVariantBackInStock,
    ProductVariantOutOfStock, TransactionActionRequest,
);
