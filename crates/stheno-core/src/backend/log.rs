//! Appending to the log and reading it.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    backend::error::{AppendError, AppendErrorKind, BackendError, BackendErrorKind},
    event::recorded::{NewEvent, RecordedEvent},
    key::Key,
    pattern::PatternSet,
    time::Timestamp,
};

/// Events to append, all of them or none.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Append {
    /// The events, in the order they shall have in the log.
    pub events: Vec<NewEvent>,
}

impl Append {
    /// One event.
    pub fn one(event: NewEvent) -> Self {
        Self { events: vec![event] }
    }

    /// Several events, all of them or none.
    pub fn batch(events: Vec<NewEvent>) -> Self {
        Self { events }
    }

    /// Refuses what every backend refuses without looking at its log: more events than it takes at once, a body of more bytes than
    /// it takes, an expectation without a key.
    ///
    /// ```
    /// use stheno_core::{EventName, NewEvent, backend::Append};
    ///
    /// let batch = Append::one(NewEvent::new(EventName::new("order.placed").unwrap(), "{}"));
    /// assert!(batch.check(1_000, 2).is_ok());
    /// assert!(batch.check(1_000, 1).unwrap_err().to_string().contains("2 bytes and at most 1 are allowed"));
    /// ```
    ///
    /// # Errors
    /// [`AppendError`] about the first event that is refused.
    pub fn check(&self, max_batch: usize, max_body: usize) -> Result<(), AppendError> {
        let events = &self.events;
        if events.len() > max_batch {
            return Err(AppendError::new(AppendErrorKind::TooMany { events: events.len(), limit: max_batch }));
        }
        for (index, event) in events.iter().enumerate() {
            let length = event.body.len();
            if length > max_body {
                return Err(AppendError::new(AppendErrorKind::TooLarge { index, length, limit: max_body }));
            }
            if event.expected.is_some() && event.key.is_none() {
                let message =
                    format!("event `{}` has an expected sequence and no key to expect it of; give it a key", event.id);
                return Err(BackendError::new(BackendErrorKind::Other, message).into());
            }
        }
        Ok(())
    }
}

/// What became of one appended event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Appended {
    /// Its position in the log; `None` while it is scheduled for later.
    pub sequence: Option<u64>,
    /// An event of this id was already there; nothing was stored.
    pub duplicate: bool,
}

impl Appended {
    /// Stored at a position.
    pub const fn stored(sequence: u64) -> Self {
        Self { sequence: Some(sequence), duplicate: false }
    }

    /// Scheduled for later.
    pub const fn scheduled() -> Self {
        Self { sequence: None, duplicate: false }
    }

    /// Not stored, because it was there before; scheduled ones have no position yet.
    pub const fn duplicate(sequence: Option<u64>) -> Self {
        Self { sequence, duplicate: true }
    }
}

/// Which way to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Direction {
    /// From older to newer.
    #[default]
    Forward,
    /// From newer to older.
    Backward,
}

/// Which part of the log to read.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Query {
    /// Only events that match.
    pub patterns: PatternSet,
    /// Only events of this key.
    pub key: Option<Key>,
    /// Only events that were stored without a key.
    pub keyless: bool,
    /// Only events with a higher sequence.
    pub after: u64,
    /// Only events up to this sequence.
    pub upto: Option<u64>,
    /// Only events stored at this time or later.
    pub since: Option<Timestamp>,
    /// Only events stored before this time.
    pub until: Option<Timestamp>,
    /// Which way.
    pub direction: Direction,
    /// At most this many events in one page.
    pub limit: usize,
    /// A page ends with the event that makes it this large, as [`RecordedEvent::size`] counts. So it has at least one event,
    /// however large that is, and takes no more memory than this and one event.
    pub bytes: usize,
}

impl Query {
    /// Events a page holds unless the query says otherwise.
    pub const DEFAULT_LIMIT: usize = 512;
    /// Bytes a page holds unless the query says otherwise.
    pub const DEFAULT_BYTES: usize = 8 * 1024 * 1024;

    /// Everything that matches, forwards from the beginning, in pages of [`Query::DEFAULT_LIMIT`] events or
    /// [`Query::DEFAULT_BYTES`] bytes.
    pub fn new(patterns: PatternSet) -> Self {
        Self {
            patterns,
            key: None,
            keyless: false,
            after: 0,
            upto: None,
            since: None,
            until: None,
            direction: Direction::Forward,
            limit: Self::DEFAULT_LIMIT,
            bytes: Self::DEFAULT_BYTES,
        }
    }

    /// All events.
    pub fn all() -> Self {
        Self::new(PatternSet::all())
    }

    /// Only events of this key.
    #[must_use]
    pub fn key(mut self, key: Key) -> Self {
        self.key = Some(key);
        self
    }

    /// Only events that were stored without a key.
    #[must_use]
    pub fn keyless(mut self) -> Self {
        self.keyless = true;
        self
    }

    /// Only events with a higher sequence.
    #[must_use]
    pub fn after(mut self, sequence: u64) -> Self {
        self.after = sequence;
        self
    }

    /// Only events up to this sequence.
    #[must_use]
    pub fn upto(mut self, sequence: u64) -> Self {
        self.upto = Some(sequence);
        self
    }

    /// Only events stored at this time or later.
    #[must_use]
    pub fn since(mut self, time: Timestamp) -> Self {
        self.since = Some(time);
        self
    }

    /// Only events stored before this time.
    #[must_use]
    pub fn until(mut self, time: Timestamp) -> Self {
        self.until = Some(time);
        self
    }

    /// From newer to older.
    #[must_use]
    pub fn backward(mut self) -> Self {
        self.direction = Direction::Backward;
        self
    }

    /// At most this many events in one page, at least 1.
    #[must_use]
    pub fn limit(mut self, events: usize) -> Self {
        self.limit = events.max(1);
        self
    }

    /// Goes on behind a page that covers this. Says whether anything can be left there.
    ///
    /// ```
    /// use stheno_core::backend::Query;
    ///
    /// let mut query = Query::all().upto(7);
    /// assert!(query.go_on(5) && !query.go_on(7));
    /// assert_eq!(query.after, 7);
    /// let mut query = Query::all().backward();
    /// assert!(query.go_on(5) && !query.go_on(1));
    /// assert_eq!(query.upto, Some(0));
    /// ```
    pub fn go_on(&mut self, covered: u64) -> bool {
        match self.direction {
            Direction::Forward => {
                self.after = self.after.max(covered);
                self.upto.is_none_or(|upto| self.after < upto)
            }
            Direction::Backward => {
                let upto = covered.saturating_sub(1);
                self.upto = Some(self.upto.map_or(upto, |before| before.min(upto)));
                upto > self.after
            }
        }
    }

    /// Lets a page end with the event that makes it this large, in bytes; it has at least one event.
    ///
    /// ```
    /// use stheno_core::backend::Query;
    ///
    /// let query = Query::all().limit(100).bytes(64 * 1024);
    /// assert_eq!((query.limit, query.bytes), (100, 65_536));
    /// ```
    #[must_use]
    pub fn bytes(mut self, bytes: usize) -> Self {
        self.bytes = bytes;
        self
    }
}

/// Some events of the log, and how far they reach.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Page {
    /// The events, in the direction of the query.
    pub events: Vec<Arc<RecordedEvent>>,
    /// Forwards: every event of the query with `after < sequence <= covered` is in this page; read on with
    /// `after = covered`. Backwards: every one with `covered <= sequence`; read on with `upto = covered - 1`.
    pub covered: u64,
    /// Whether the query has nothing more now.
    pub end: bool,
}

impl Page {
    /// Puts a page together.
    pub fn new(events: Vec<Arc<RecordedEvent>>, covered: u64, end: bool) -> Self {
        Self { events, covered, end }
    }
}

/// A reader that goes on with new events.
#[async_trait]
pub trait Tail: Send {
    /// The next page, which follows the one before without gap or repeat. Waits until `covered` can move, or for about a
    /// second: then the page may be empty. Cancelling the call loses nothing.
    ///
    /// # Errors
    /// When the backend cannot be reached, or the log was made anew or became shorter.
    async fn next(&mut self) -> Result<Page, BackendError>;
}
