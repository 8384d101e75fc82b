//! The bus: publishing events, strictly.
//!
//! Reading order: this file (`Bus`), `outgoing` (events before they are sent), `given` (what was said of one, once), `publish`
//! (the builders), `published` (their answer), `send` (what is sent, and what its answers mean), `again` (what a later attempt sends again), `kind` (why an event was not published), `error` (one that was not), `all_error` (several).

mod again;
pub mod all_error;
pub mod error;
mod given;
pub mod kind;
pub mod outgoing;
pub mod publish;
pub mod published;
mod send;

use std::{fmt, sync::Arc, time::Duration};

use tokio::sync::OnceCell;

use crate::{
    backend::Backend,
    bus::{outgoing::Terms, send::Readable},
    catalog::set::Catalogs,
    event::recorded::NewEvent,
    headers::{self, Headers},
    said::Said,
    time::{Clock, SystemClock},
};

pub use all_error::PublishAllError;
pub use error::PublishError;
pub use kind::PublishErrorKind;
pub use outgoing::Outgoing;
pub use publish::{Publish, PublishAll};
pub use published::{Comparison, Published};

/// Longest body that a bus publishes unless told otherwise, in bytes.
pub const DEFAULT_MAX_BODY: usize = 1024 * 1024;

/// Publishes events into a log. Cloning is cheap; every clone writes to the same log.
#[derive(Clone)]
pub struct Bus(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    backend: Arc<dyn Backend>,
    catalogs: Arc<Catalogs>,
    source: Option<Arc<str>>,
    max_body: usize,
    clock: Arc<dyn Clock>,
    /// What it was told, and what of that cannot be.
    said: Said,
    /// Whether what is in the log can be compared with what is published.
    readable: Readable,
    /// For how long the log knows an id, once somebody has asked.
    window: Arc<OnceCell<Duration>>,
}

impl Bus {
    /// A bus over a backend, which checks what it publishes against these catalogs.
    pub fn new(backend: Arc<dyn Backend>, catalogs: Arc<Catalogs>) -> Self {
        let max_body = DEFAULT_MAX_BODY.min(backend.abilities().max_body);
        Self(Arc::new(Inner {
            backend,
            catalogs,
            source: None,
            max_body,
            clock: Arc::new(SystemClock),
            said: Said::default(),
            readable: Readable::default(),
            window: Arc::default(),
        }))
    }

    /// The same bus, which says where its events come from unless an event says it itself. Of a bus of an app it replaces the
    /// app's source. A bus that is told two sources, or one that cannot be carried, publishes nothing and says so.
    #[must_use]
    pub fn with_source(self, source: &str) -> Self {
        self.with(|inner| {
            inner.said.once("source", "give a bus one source");
            check_source(source, &mut inner.said);
            inner.source = Some(source.into());
        })
    }

    /// The same bus with another limit for bodies, in bytes; never above what the backend takes. A bus that is told two limits,
    /// or a limit of 0, publishes nothing and says so.
    #[must_use]
    pub fn with_max_body(self, bytes: usize) -> Self {
        self.with(|inner| {
            inner.said.once("max_body", "give a bus one limit");
            check_max_body(bytes, &mut inner.said);
            inner.max_body = bytes.min(inner.backend.abilities().max_body);
        })
    }

    /// The same bus, which counts delays from the time of another clock.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        self.with(|inner| {
            inner.said.once("clock", "give a bus one clock");
            inner.clock = clock;
        })
    }

    /// A bus as an app was told to make it; a program may still tell the bus otherwise.
    pub(crate) fn of_app(
        self,
        source: Option<&str>,
        max_body: Option<usize>,
        clock: Arc<dyn Clock>,
        said: &Said,
    ) -> Self {
        self.with(|inner| {
            inner.source = source.map(Arc::from);
            inner.max_body = max_body.unwrap_or(inner.max_body).min(inner.backend.abilities().max_body);
            inner.clock = clock;
            said.mistakes_of(&["source", "max_body", "clock"])
                .for_each(|(name, mistake)| inner.said.refuse(true, name, mistake));
        })
    }

    fn with(self, change: impl FnOnce(&mut Inner)) -> Self {
        let mut inner = Arc::unwrap_or_clone(self.0);
        change(&mut inner);
        Self(Arc::new(inner))
    }

    /// Publishes an event: `bus.publish(OrderPlaced::new("order_1")).id("order_1/placed").await?`.
    ///
    /// The answer comes once the event is in the log, as durable as the backend promises.
    pub fn publish(&self, event: impl Into<Outgoing>) -> Publish {
        Publish::new(self.clone(), event.into())
    }

    /// Publishes many events, each on its own and many in flight, in order; `.atomic()` makes it all or nothing.
    pub fn publish_all<I>(&self, events: I) -> PublishAll
    where
        I: IntoIterator,
        I::Item: Into<Outgoing>,
    {
        PublishAll::new(self.clone(), events.into_iter().map(Into::into).collect())
    }

    /// The backend behind the bus.
    pub fn backend(&self) -> &Arc<dyn Backend> {
        &self.0.backend
    }

    /// The catalogs that published events are checked against.
    pub fn catalogs(&self) -> &Arc<Catalogs> {
        &self.0.catalogs
    }

    /// Checks an event and fills in what the bus knows: key and source.
    fn prepare(&self, outgoing: Outgoing) -> Result<NewEvent, PublishError> {
        let Inner { catalogs, clock, max_body, source, said, .. } = &*self.0;
        if let Some(mistake) = said.mistakes().next() {
            return Err(PublishError::of(PublishErrorKind::Bus(mistake.to_owned()), outgoing));
        }
        let mut event =
            outgoing.finish(&Terms { catalogs, clock: &**clock, max_body: *max_body }).map_err(|refused| *refused)?;
        if event.source.is_none() {
            event.source.clone_from(source);
        }
        Ok(event)
    }
}

/// Takes note of a source that cannot be.
pub(crate) fn check_source(source: &str, said: &mut Said) {
    said.refuse(source.is_empty(), "source", "its source is empty; name one, such as `storefront`, or leave it out");
    if let Err(error) = Headers::new().set(headers::SOURCE, source) {
        said.refuse(true, "source", &format!("its source cannot be carried: {error}"));
    }
}

/// Takes note of a limit for bodies that cannot be.
pub(crate) fn check_max_body(bytes: usize, said: &mut Said) {
    said.refuse(bytes == 0, "max_body", "its max_body is 0; no event would be published");
}

impl fmt::Debug for Bus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bus").field("source", &self.0.source).finish_non_exhaustive()
    }
}
