//! The builders that `bus.publish` and `bus.publish_all` return.

use std::{
    future::{Future, IntoFuture},
    pin::Pin,
    time::Duration,
};

use crate::{
    bus::{
        Bus,
        again::Cause,
        all_error::PublishAllError,
        error::PublishError,
        outgoing::{IntoKey, Outgoing},
        published::Published,
        send::{self, OnOther},
    },
    event::recorded::{EventId, RecordedEvent},
    time::Timestamp,
};

/// One event about to be published; await it, or take the future with [`Publish::send`].
#[must_use = "nothing is published before it is awaited"]
#[derive(Debug)]
pub struct Publish {
    bus: Bus,
    event: Outgoing,
    on_other: OnOther,
}

impl Publish {
    pub(crate) fn new(bus: Bus, event: Outgoing) -> Self {
        Self { bus, event, on_other: OnOther::Refuse }
    }

    /// What a handler publishes that was called with this event, and perhaps again by a later attempt: the first attempt's event
    /// stands.
    pub(crate) fn first_stands(mut self, cause: &RecordedEvent) -> Self {
        self.on_other = OnOther::FirstStands(Cause::of(cause));
        self
    }

    /// What a handler publishes: what the event does not say itself, its cause says.
    pub(crate) fn caused_by(self, id: &str, correlation: &str, causation: &str) -> Self {
        self.with(|event| event.caused_by(id, correlation, causation))
    }

    /// The id of the event, for a caller that may stop waiting for the answer. `None` if something is wrong with the event's name.
    pub fn event_id(&self) -> Option<&EventId> {
        self.event.id_of()
    }

    /// Gives the key, in place of the one the catalog's rule finds.
    pub fn key(self, key: impl IntoKey) -> Self {
        self.with(|event| event.key(key))
    }

    /// Gives the id: the same id is the same event.
    pub fn id(self, id: &str) -> Self {
        self.with(|event| event.id(id))
    }

    /// Says where the event comes from.
    pub fn source(self, source: &str) -> Self {
        self.with(|event| event.source(source))
    }

    /// Says when it happened, if not now.
    pub fn time(self, time: Timestamp) -> Self {
        self.with(|event| event.time(time))
    }

    /// Adds a header.
    pub fn header(self, name: &str, value: &str) -> Self {
        self.with(|event| event.header(name, value))
    }

    /// Says which conversation it belongs to.
    pub fn correlation(self, id: &str) -> Self {
        self.with(|event| event.correlation(id))
    }

    /// Stores it only if the last event of its key has this sequence; 0 if there must be none. Otherwise it is a
    /// [`Conflict`](crate::backend::AppendErrorKind::Conflict), also for a user who may not read. Publishing an id again that
    /// is in the log already is a success, whatever it expects.
    pub fn expect_last(self, sequence: u64) -> Self {
        self.with(|event| event.expect_last(sequence))
    }

    /// Puts it into the log this much later. A log may keep events up to some time only: a NATS server until 2262. Beyond it
    /// the event is refused ([`TooFarAhead`](crate::backend::AppendErrorKind::TooFarAhead)), and never published early.
    pub fn delay(self, delay: Duration) -> Self {
        self.with(|event| event.delay(delay))
    }

    /// Puts it into the log at this time, or now if that has passed. Times that are too late are refused as by
    /// [`delay`](Publish::delay).
    pub fn at(self, time: Timestamp) -> Self {
        self.with(|event| event.at(time))
    }

    fn with(mut self, change: impl FnOnce(Outgoing) -> Outgoing) -> Self {
        self.event = change(self.event);
        self
    }

    /// Publishes it.
    ///
    /// # Errors
    /// [`PublishError`] says what is wrong with the event, or what the log said. It gives the event back with its id.
    pub async fn send(self) -> Result<Published, PublishError> {
        let Self { bus, event, on_other } = self;
        let event = bus.prepare(event)?;
        send::one(&bus, event, on_other).await
    }
}

impl IntoFuture for Publish {
    type Output = Result<Published, PublishError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

/// Many events about to be published; await it, or take the future with [`PublishAll::send`].
#[must_use = "nothing is published before it is awaited"]
#[derive(Debug)]
pub struct PublishAll {
    bus: Bus,
    events: Vec<Outgoing>,
    atomic: bool,
}

impl PublishAll {
    pub(crate) fn new(bus: Bus, events: Vec<Outgoing>) -> Self {
        Self { bus, events, atomic: false }
    }

    /// All of them or none. The batch may have no more events than the backend's `max_batch` (1,000).
    pub fn atomic(mut self) -> Self {
        self.atomic = true;
        self
    }

    /// Publishes them. Every event is checked before the first one is sent.
    ///
    /// # Errors
    /// [`PublishAllError`] says of each event what became of it. If one is wrong, none was sent; if the log refused one, those
    /// up to 256 places behind it may be in the log all the same, and later ones were not sent (unless it is atomic: then none is in
    /// the log).
    pub async fn send(self) -> Result<Vec<Published>, PublishAllError> {
        let Self { bus, events, atomic } = self;
        let prepared: Vec<_> = events.into_iter().map(|event| bus.prepare(event)).collect();
        let results = match prepared.iter().any(Result::is_err) {
            true => prepared.into_iter().map(|event| Err(send::not_sent(event))).collect(),
            false if atomic => send::batch(&bus, prepared.into_iter().flatten().collect()).await,
            false => send::each(&bus, prepared.into_iter().flatten()).await,
        };
        PublishAllError::check(results)
    }
}

impl IntoFuture for PublishAll {
    type Output = Result<Vec<Published>, PublishAllError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}
