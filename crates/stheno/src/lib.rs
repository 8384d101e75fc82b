//! Stheno: an event-sourced message bus for commerce.

pub mod prelude;

#[doc(hidden)]
pub use stheno_core::{__origin, __private};
pub use stheno_core::{
    AnyEvent, Batch, BatchItem, Body, Bus, Catalog, Catalogs, Clock, Config, ConfigError, Cx, DecodeError, Event,
    EventDescriptor, EventId, EventName, EventSum, Extra, Failure, FailureExt, Field, FieldKind, Headers, Input,
    IntoFailure, Key, KeyError, KeyErrorKind, KeyRule, KeySource, MissingResource, NameError, NameErrorKind, NewEvent,
    Outgoing, Pattern, PatternSet, Payload, Plugin, Policy, PublishError, PublishErrorKind, Published, RecordedEvent,
    Res, Resources, Secret, Sensitivity, Setup, Start, Status, Subscriber, SubscriberDef, SystemClock, Timestamp,
    async_trait, catalog, declare_event, decode_json, decode_token, encode_token, plugin, plugins, register_subscriber,
    subscriber,
};
