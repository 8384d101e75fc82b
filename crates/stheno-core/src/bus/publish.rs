//! The builders that `bus.publish` and `bus.publish_all` return.

use std::{
    future::{Future, IntoFuture},
    pin::Pin,
    time::Duration,
};

use crate::{
    backend::Appended,
    bus::{
        Bus,
        error::PublishError,
        outgoing::{IntoKey, Outgoing},
    },
    event::recorded::EventId,
    time::Timestamp,
};

/// Events that [`Bus::publish_all`] has in flight at once.
const WINDOW: usize = 256;

/// An event that is in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Published {
    /// Its id.
    pub id: EventId,
    /// Its position in the log; `None` while it is scheduled for later.
    pub sequence: Option<u64>,
    /// An event of this id was there before; nothing was stored.
    pub duplicate: bool,
}

impl Published {
    pub(crate) fn new(id: EventId, appended: Appended) -> Self {
        Self { id, sequence: appended.sequence, duplicate: appended.duplicate }
    }
}

/// One event about to be published; await it, or take the future with [`Publish::send`].
#[must_use = "nothing is published before it is awaited"]
#[derive(Debug)]
pub struct Publish {
    bus: Bus,
    event: Outgoing,
}

impl Publish {
    pub(crate) fn new(bus: Bus, event: Outgoing) -> Self {
        Self { bus, event }
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
    /// [`PublishError`] says what is wrong with the event, or that the log did not take it.
    pub async fn send(self) -> Result<Published, PublishError> {
        let Self { bus, event } = self;
        let event = bus.prepare(event)?;
        let id = event.id.clone();
        let appended = bus.backend().append(crate::backend::Append::one(event)).await?;
        // One event in, one answer out; a backend that gives none has not stored it.
        let appended = appended.into_iter().next().unwrap_or(Appended::scheduled());
        Ok(Published::new(id, appended))
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
    /// [`PublishError`] of the first event that is wrong, in which case none was sent; or of the first that the log did
    /// not take, in which case (unless it is atomic) those before it are in the log.
    pub async fn send(self) -> Result<Vec<Published>, PublishError> {
        let Self { bus, events, atomic } = self;
        let prepared: Result<Vec<_>, _> = events.into_iter().map(|event| bus.prepare(event)).collect();
        let prepared = prepared?;
        if prepared.is_empty() {
            return Ok(Vec::new());
        }
        if atomic {
            return bus.append(prepared).await;
        }
        let mut published = Vec::with_capacity(prepared.len());
        let mut rest = prepared.into_iter();
        loop {
            // A window is sent in order from one task, so the log has the events in the order they were given.
            let window: Vec<_> = rest.by_ref().take(WINDOW).collect();
            if window.is_empty() {
                return Ok(published);
            }
            let ids: Vec<_> = window.iter().map(|event| event.id.clone()).collect();
            let backend = bus.backend();
            let sent = window.into_iter().map(|event| backend.append(crate::backend::Append::one(event)));
            for (id, appended) in ids.into_iter().zip(crate::runtime::join::all(sent).await) {
                let appended = appended?.into_iter().next().unwrap_or(Appended::scheduled());
                published.push(Published::new(id, appended));
            }
        }
    }
}

impl IntoFuture for PublishAll {
    type Output = Result<Vec<Published>, PublishError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}
