//! The contract and the runtime of Stheno. Applications and plugins depend on the `stheno` crate, which re-exports what
//! they need; backends and catalogs depend on this one.
//!
//! Reading order: names (`name`, `pattern`, `key`; `shown` is how any text of a stranger is shown); events (`event`, `catalog`); publishing (`bus`); handlers
//! (`subscriber`, `failure`, `resources`, `cx`, `plugin`); what keeps the log (`backend`); how events reach
//! handlers (`delivery`, a state machine without I/O) and what drives it (`runtime`); the application (`app`).

#![cfg_attr(not(test), deny(clippy::expect_used, clippy::panic, clippy::unreachable, clippy::unwrap_used))]

// The macros write `::stheno::..`; inside this crate that is this crate.
extern crate self as stheno;

pub mod app;
pub mod backend;
pub mod bus;
pub mod catalog;
pub mod cx;
pub mod delivery;
pub mod event;
pub mod failure;
pub mod headers;
pub mod key;
pub mod log;
pub mod marker;
pub mod name;
pub mod pattern;
pub mod plugin;
pub mod resources;
pub mod runtime;
pub mod secret;
pub mod shown;
pub mod subscriber;
pub mod time;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
mod join;
mod macros;
mod nearest;
mod said;
#[doc(hidden)]
pub mod variables;

#[cfg(test)]
mod golden;

pub use async_trait::async_trait;
pub use stheno_macros::{Event, EventSum, Payload, subscriber};

pub use crate::{
    app::App,
    bus::{Bus, Comparison, Outgoing, PublishAllError, PublishError, PublishErrorKind, Published},
    catalog::{
        EventDescriptor, Status,
        key_rule::{KeyRule, KeySource},
        set::{Catalog, Catalogs},
    },
    cx::Cx,
    event::{
        currency::{Currency, UnknownCurrency},
        decimal::{Decimal, DecimalError},
        input::{AnyEvent, Batch, BatchItem, Body, Input},
        payload::{Extra, Field, FieldKind, Payload, Sensitivity},
        recorded::{EventId, NewEvent, RecordedEvent},
        typed::{DecodeError, Event, decode_json},
    },
    failure::{Failure, FailureExt, IntoFailure},
    headers::Headers,
    key::{Key, KeyError, KeyErrorKind},
    marker::Marker,
    name::{EventName, NameError, NameErrorKind, decode_token, encode_token},
    nearest::nearest,
    pattern::{Pattern, PatternSet},
    plugin::{
        Plugin, Setup,
        config::{Config, ConfigError},
    },
    resources::{MissingResource, Res, Resources},
    secret::Secret,
    subscriber::{
        Subscriber,
        definition::SubscriberDef,
        policy::{Policy, Start},
    },
    time::{Clock, OffsetTime, OffsetTimeError, SystemClock, Timestamp},
};
