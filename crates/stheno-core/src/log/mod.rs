//! Asking the log: what was published, by name, key, source, conversation, place and time; as pages, as a stream, or with what
//! comes next.
//!
//! Reading order: this file (what can be asked), `wanted` (what was), `logged` (an event that was found), `cursor` (where to go on), `page`, `events`
//! (one after the other), `reader` (what they read with), `error`.

mod cursor;
mod error;
mod events;
mod logged;
mod page;
mod reader;
mod wanted;

use std::{fmt, marker::PhantomData};

use crate::{
    backend::Query,
    bus::Bus,
    event::input::{AnyEvent, Input},
    key::Key,
    log::{reader::Reader, wanted::Wanted},
    time::Timestamp,
};

pub use cursor::{Cursor, CursorError};
pub use error::{LogError, LogErrorKind};
pub use events::Events;
pub use logged::Logged;
pub use page::LogPage;

/// A question to the log of a bus, which [`Bus::log`] begins. Nothing is read before [`page`](Self::page),
/// [`events`](Self::events), [`follow`](Self::follow) or [`count`](Self::count) is called; each may be called again.
///
/// ```
/// # use stheno_core::{Body, Bus, log::LogError};
/// #[derive(serde::Deserialize)]
/// struct Order {
///     id: String,
/// }
///
/// # async fn last_orders(bus: &Bus) -> Result<(), LogError> {
/// let placed = bus.log().on("order.placed").of::<Body<Order>>();
/// for placed in placed.newest_first().limit(20).page().await?.events {
///     match placed.event() {
///         Ok(order) => println!("{} at {}", order.0.id, placed.stored),
///         Err(error) => println!("event {} cannot be read: {error}", placed.sequence),
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is read before `page`, `events`, `follow` or `count` is called"]
pub struct Log<E = AnyEvent> {
    bus: Bus,
    wanted: Wanted,
    read_as: PhantomData<fn() -> E>,
}

impl Bus {
    /// Asks the log of this bus. What is not narrowed is all of it, oldest first.
    pub fn log(&self) -> Log {
        Log { bus: self.clone(), wanted: Wanted::default(), read_as: PhantomData }
    }
}

impl<E> Log<E> {
    /// Only events whose name matches; may be said several times for events that match one of the patterns.
    pub fn on(mut self, pattern: &str) -> Self {
        self.wanted.name(pattern);
        self
    }

    /// Only events of a type, and [read](Logged::event) as it: an event, an enum with `#[derive(EventSum)]`, or a
    /// [`Body`](crate::Body). Patterns that are [given](Self::on) choose the names, else those of the type.
    pub fn of<T: Input>(mut self) -> Log<T> {
        self.wanted.said.refuse(T::BATCH, "of", "a batch is no event of the log; ask for the type of its events");
        self.wanted.own = T::PATTERNS;
        Log { bus: self.bus, wanted: self.wanted, read_as: PhantomData }
    }

    /// Only events of this key. An event that another program has published without a key is found under the key of its catalog.
    pub fn key(mut self, key: Key) -> Self {
        self.wanted.said.once("key", "ask for one key");
        self.wanted.key = Some(key);
        self
    }

    /// Only events that come from here. The backend does not look for them: everything else that is asked for is read.
    pub fn source(mut self, source: &str) -> Self {
        self.wanted.said.once("source", "ask for one source");
        self.wanted.source = Some(source.into());
        self
    }

    /// Only events of this conversation (CloudEvents `correlationid`). The backend does not look for them: everything else that is
    /// asked for is read.
    pub fn correlation(mut self, id: &str) -> Self {
        self.wanted.said.once("correlation", "ask for one conversation");
        self.wanted.correlation = Some(id.into());
        self
    }

    /// Only events with a higher sequence.
    pub fn after(mut self, sequence: u64) -> Self {
        self.wanted.said.once("after", "ask for one range");
        self.wanted.after = Some(sequence);
        self
    }

    /// Only events up to this sequence.
    pub fn upto(mut self, sequence: u64) -> Self {
        self.wanted.said.once("upto", "ask for one range");
        self.wanted.upto = Some(sequence);
        self
    }

    /// Only events stored at this time or later.
    pub fn since(mut self, time: Timestamp) -> Self {
        self.wanted.said.once("since", "ask for one span of time");
        self.wanted.since = Some(time);
        self
    }

    /// Only events stored before this time.
    pub fn until(mut self, time: Timestamp) -> Self {
        self.wanted.said.once("until", "ask for one span of time");
        self.wanted.until = Some(time);
        self
    }

    /// The newest first.
    pub fn newest_first(mut self) -> Self {
        self.wanted.newest_first = true;
        self
    }

    /// At most so many events: in one page ([`Query::DEFAULT_LIMIT`] unless this says otherwise), or in all of a stream.
    pub fn limit(mut self, events: usize) -> Self {
        self.wanted.said.once("limit", "ask for one limit");
        self.wanted.said.refuse(events == 0, "limit", "the limit is 0; no event would be found");
        self.wanted.limit = Some(events);
        self
    }

    /// Goes on where a page or a stream of the same question ended.
    pub fn from(mut self, cursor: Cursor) -> Self {
        self.wanted.said.once("from", "go on at one place");
        self.wanted.cursor = Some(cursor);
        self
    }

    /// Reads one page.
    ///
    /// A page may have fewer events than asked for although there are more, also none: a question about few events among very many
    /// looks at some thousands of these for one page. [`LogPage::end`] says whether nothing is left.
    ///
    /// # Errors
    /// [`LogError`] when the question cannot be meant, or the backend cannot be reached or its data cannot be read.
    pub async fn page(&self) -> Result<LogPage<E>, LogError> {
        page::read(&mut self.reader().await?, self.wanted.limit.unwrap_or(Query::DEFAULT_LIMIT)).await
    }

    /// One event after the other, to the end of the log as it is when that is reached. A page is read when it is asked for and not
    /// before, so that memory holds one.
    ///
    /// # Errors
    /// [`LogError`] when the question cannot be meant, or the backend cannot be reached.
    pub async fn events(&self) -> Result<Events<E>, LogError> {
        Ok(Events::new(self.reader().await?, self.wanted.limit))
    }

    /// One event after the other, and then each that comes, without gap or repeat. It ends at [`upto`](Self::upto) or a [`limit`](Self::limit),
    /// and else never: not at a time, since clocks may go back.
    ///
    /// While the backend is away, it says so once per try and goes on when it is back: ask it again after an error.
    ///
    /// # Errors
    /// [`LogError`] when the question cannot be meant, or the backend cannot be reached.
    pub async fn follow(&self) -> Result<Events<E>, LogError> {
        Ok(Events::new(self.reader().await?.following()?, self.wanted.limit))
    }

    /// How many events there are. A limit does not count. A backend that can counts without reading bodies; with a
    /// [`source`](Self::source), a [`correlation`](Self::correlation), or a key on a log that other programs publish to, all are
    /// read, a page at a time.
    ///
    /// # Errors
    /// [`LogError`] when the question cannot be meant, or the backend cannot be reached or its data cannot be read.
    pub async fn count(&self) -> Result<u64, LogError> {
        self.reader().await?.count().await
    }

    async fn reader(&self) -> Result<Reader, LogError> {
        Reader::open(&self.bus, self.wanted.ask()?).await
    }
}

impl<E> Clone for Log<E> {
    fn clone(&self) -> Self {
        Self { bus: self.bus.clone(), wanted: self.wanted.clone(), read_as: PhantomData }
    }
}

impl<E> fmt::Debug for Log<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Log").field(&self.wanted).finish()
    }
}
