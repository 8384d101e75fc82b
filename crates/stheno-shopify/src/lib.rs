//! Shopify's events: the 50 verbs of its Event resource, each a Rust type with the documented event object.
//!
//! ```
//! use stheno_core::{Event, EventName};
//! use stheno_shopify::{OrderConfirmed, ShopifyEvent};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let name = EventName::new("shopify.order.confirmed")?;
//! let body = br##"{"id":164748010,"subject_id":450789469,"created_at":"2008-01-10T06:00:00-05:00","subject_type":"Order",
//!     "verb":"confirmed","arguments":["#1001","Bob Norman"],"body":null,"message":"Received new order #1001 by Bob Norman"}"##;
//! let confirmed = OrderConfirmed::decode(&name, body)?;
//! assert_eq!(confirmed.key().unwrap().as_str(), "shopify.order:450789469");
//! assert_eq!(confirmed.object().rendered()?, "Received a new order: #1001 by Bob Norman.");
//! # Ok(())
//! # }
//! ```
//!
//! # What to know
//!
//! - A type is named as its resource and verb: `Order` and `fulfillment_success` are [`OrderFulfillmentSuccess`]. The words
//!   are Shopify's own: `cancelled`, `update`, `destroy`.
//! - Every event has the same payload, an [`EventObject`]; [`ShopifyEvent::object`] gives it. [`Verb`] has what the
//!   documentation says of each: its message, the parameters of the message, how documented responses differ from it.
//! - The documentation contradicts itself: no message of a response is the one its table documents; two descriptions are
//!   those of other verbs. All of it is kept as data, and said in the `note` of each
//!   [`descriptor`](stheno::Event::descriptor).
//! - [`Verb::render`] writes plain text, and the `message` of an event object is HTML. [`Verb::parse`] takes either, and
//!   refuses what would be something else as the other; [`EventObject::parsed`] knows which it has.
//! - [`EventObject::of_response`] reads what Shopify answers, and [`Page`] does event by event, for who polls: one that cannot be read
//!   is said beside the others, and published it becomes a dead letter with its bytes. [`EventObject::to_any_event`] keeps what is not
//!   documented under a name of its own.
//! - More is read than is documented, because Shopify and its clients send more; see [`EventObject`]. [`EventObject::to_event`] and [`EventObject::of`] turn event
//!   objects into recorded events and back, without loss but for what [`EventObject`] says. An event object does not say of
//!   which shop it is: [`EventObject::to_event_of`] is for a log of several shops.
//! - Arguments and messages name people, so they are personal: `Debug` output does not have them.
//!
//! # Bad input
//!
//! Whatever comes from outside gives a value or a typed error that names the field, and no panic. Two suites of
//! `cargo xtask generated` try it with input that was right once and had values or bytes changed at random. On 2026-11-22
//! each suite was given 10,000,000 inputs in all, spread evenly over what it tests, and none panicked:
//!
//! | suite | spread over | taken of 10,000,000 |
//! |---|---|---|
//! | decoders | the examples of the 50 events and the 15 event objects of documented responses, each for the decoder of its verb: about 154,000 inputs each | 2,970,838; written and read again, each is the same |
//! | messages | [`Verb::parse`] of the 50 verbs: 200,000 messages each | 3,895,202; 1,642,700 more have several readings, and were refused for it |

#![cfg_attr(not(test), deny(clippy::expect_used, clippy::panic, clippy::unreachable, clippy::unwrap_used))]

// As an outside catalog would: the macros write `::stheno::..`, and this crate needs the contract alone.
extern crate stheno_core as stheno;

mod arguments;
mod convert;
mod define;
mod id;
mod markup;
mod message;
mod object;
mod response;
mod text;
mod verb;

mod article;
mod blog;
mod collection;
mod comment;
mod order;
mod page;
mod product;

pub use self::{
    arguments::{Arguments, OtherArguments},
    article::*,
    blog::*,
    collection::*,
    comment::*,
    convert::ObjectError,
    define::ShopifyEvent,
    id::Id,
    message::MessageError,
    object::{ArgumentError, EventObject, Money, WrongVerb},
    order::*,
    page::*,
    product::*,
    response::{Page, PageEvent},
    text::Text,
    verb::{Resource, SUBJECT_TYPES, UnknownVerb, Verb},
};

stheno::catalog!("shopify";
    // Article
    ArticleCreate, ArticleDestroy, ArticlePublished, ArticleUnpublished, ArticleUpdate,
    // Blog
    BlogCreate, BlogDestroy, BlogUpdate,
    // Collection
    CollectionCreate, CollectionDestroy, CollectionPublished, CollectionUnpublished, CollectionUpdate,
    // Comment
    CommentCreate,
    // Order
    OrderAuthorizationFailure, OrderAuthorizationPending, OrderAuthorizationSuccess, OrderCancelled, OrderCaptureFailure, OrderCapturePending, OrderCaptureSuccess, OrderClosed, OrderConfirmed, OrderFulfillmentCancelled, OrderFulfillmentPending, OrderFulfillmentSuccess, OrderMailSent, OrderPlaced, OrderReOpened, OrderRefundFailure, OrderRefundPending, OrderRefundSuccess, OrderRestockLineItems, OrderSaleFailure, OrderSalePending, OrderSaleSuccess, OrderUpdate, OrderVoidFailure, OrderVoidPending, OrderVoidSuccess,
    // Page
    PageCreate, PageDestroy, PagePublished, PageUnpublished, PageUpdate,
    // Product
    ProductCreate, ProductDestroy, ProductPublished, ProductUnpublished, ProductUpdate,
);
