//! Stheno: an event-sourced message bus for commerce.
//!
//! Services publish documented events; plugin crates attach typed handlers; every event stays in a log that can be
//! replayed and queried. It runs on an embedded SQLite file with no server, and on NATS JetStream by changing one address.
//!
//! # A plugin
//!
//! ```
//! use stheno::prelude::*;
//!
//! #[derive(Clone, PartialEq, Payload, Event)]
//! #[event(name = "loyalty.points_earned", key = "customer:/customer_id")]
//! /// A customer earned points.
//! pub struct PointsEarned {
//!     /// Who earned them.
//!     #[field(example = "cus_01")]
//!     pub customer_id: String,
//!     /// How many.
//!     #[field(example = 25)]
//!     pub points: i64,
//! }
//!
//! stheno::plugin!("loyalty");
//! stheno::catalog!("loyalty"; PointsEarned);
//!
//! /// Any error is retried by this subscriber's own policy.
//! #[subscriber(id = "loyalty.congratulate")]
//! async fn congratulate(earned: PointsEarned, cx: Cx) -> Result<(), Failure> {
//!     if earned.points < 10 {
//!         return cx.skip("too few to talk about");
//!     }
//!     Ok(())
//! }
//! # fn main() {}
//! ```
//!
//! # A host
//!
//! ```no_run
//! # mod loyalty { stheno::plugin!("loyalty"); }
//! use stheno::{App, prelude::*};
//!
//! stheno::plugins!(loyalty);
//!
//! #[tokio::main]
//! async fn main() -> stheno::Exit {
//!     stheno::host(async { App::from_env().await?.plugins(plugins()).run().await }).await
//! }
//! ```
//!
//! # Features
//!
//! | feature | what it brings |
//! |---|---|
//! | `sqlite` | the embedded backend: `sqlite://path`, `memory:` |
//! | `nats` | the JetStream backend: `nats://host:4222`, `tls://host:4222` |
//! | `medusa` | Medusa's 99 events, as [`medusa`] |
//! | `saleor` | Saleor's 59 events, as [`saleor`]; `saleor-signature`: the checks of its webhooks' signatures too |
//! | `shopify` | Shopify's 50 events, as [`shopify`] |
//!
//! None is on by default: a plugin crate takes only the catalogs it needs and compiles no database and no client.

#![cfg_attr(not(test), deny(clippy::expect_used, clippy::panic, clippy::unreachable, clippy::unwrap_used))]

mod connect;
mod host;
pub mod prelude;

#[doc(hidden)]
pub use stheno_core::{__origin, __private};
pub use stheno_core::{
    AnyEvent, App, Batch, BatchItem, Body, Bus, Catalog, Catalogs, Clock, Comparison, Config, ConfigError, Currency,
    Cx, Decimal, DecimalError, DecodeError, Event, EventDescriptor, EventId, EventName, EventSum, Extra, Failure,
    FailureExt, Field, FieldKind, Headers, Input, IntoFailure, Key, KeyError, KeyErrorKind, KeyRule, KeySource, Marker,
    MissingResource, NameError, NameErrorKind, NewEvent, OffsetTime, OffsetTimeError, Outgoing, Pattern, PatternSet,
    Payload, Plugin, Policy, PublishAllError, PublishError, PublishErrorKind, Published, RecordedEvent, Res, Resources,
    Secret, Sensitivity, Setup, Start, Status, Subscriber, SubscriberDef, SystemClock, Timestamp, UnknownCurrency,
    async_trait, catalog, declare_event, decode_json, decode_token, encode_token, nearest, plugin, plugins,
    register_subscriber, subscriber, text_enum,
};
pub use stheno_core::{
    app,
    app::{Error, Exit, Result},
    backend, delivery,
    event::envelope,
    headers, log,
    runtime::{
        operator::{BulkProgress, LetterFilter, LetterPage, Operator, RewindTo, SubscriberStatus},
        progress::Progress,
        unknown::UnknownName,
    },
    shown,
};

#[cfg(feature = "medusa")]
#[doc(inline)]
pub use stheno_medusa as medusa;
#[cfg(feature = "nats")]
#[doc(inline)]
pub use stheno_nats as nats;
#[cfg(feature = "saleor")]
#[doc(inline)]
pub use stheno_saleor as saleor;
#[cfg(feature = "shopify")]
#[doc(inline)]
pub use stheno_shopify as shopify;
#[cfg(feature = "sqlite")]
#[doc(inline)]
pub use stheno_sqlite as sqlite;

pub use crate::host::{AppExt, BusExt, host, open_backend, variable, words};
