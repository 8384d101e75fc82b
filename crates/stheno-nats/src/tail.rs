//! A reader that goes on with new events.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use stheno_core::{
    RecordedEvent,
    backend::{BackendError, Page, Query, Tail},
};
use tokio::time::Instant;

use crate::{
    decode::Decoder,
    error,
    log::Log,
    message::Stored,
    ordered::{Heard, Ordered},
    schedule, span,
    subject::{Filters, Of},
};

/// How long a tail waits for news before it says that there are none.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long nothing has to come before it is looked whether the log has moved by what this tail does not read.
const QUIET: Duration = Duration::from_millis(30);
/// How often the same event may be found missing before the consumer is made anew.
const MISSING: u32 = 2;

/// Events as the server pushes them, in pages.
pub(crate) struct NatsTail {
    log: Arc<Log>,
    query: Query,
    filters: Filters,
    decoder: Decoder,
    /// Every event of the query up to here was given.
    covered: u64,
    /// `None` before the first, and whenever it has to be made anew.
    ordered: Option<Ordered>,
    /// The connection broke while it was read: the next event may be what breaks it, and is read in another way.
    careful: bool,
    /// The first event that should have come, and how often it was found missing.
    missing: (u64, u32),
    /// Whether anything has come since it was last looked how far the log reaches.
    moved: bool,
}

impl NatsTail {
    pub(crate) fn new(log: Arc<Log>, query: Query) -> Self {
        let filters = log.subjects.filters(&query.patterns, Of::query(&query));
        let (decoder, covered) = (log.decoder(), query.after);
        Self { log, query, filters, decoder, covered, ordered: None, careful: false, missing: (0, 0), moved: true }
    }

    /// Makes the consumer anew where this tail is.
    async fn open(&mut self) -> Result<(), BackendError> {
        // What stands at the end may have been lost with the log, or be another's.
        self.log.check_identity(self.covered).await?;
        let opened = Ordered::open(&self.log.reading, self.log.stream(), self.covered + 1, self.filters.of_consumer());
        self.ordered = Some(opened.await.map_err(|trouble| self.log.explain(trouble))?);
        self.moved = true;
        Ok(())
    }

    fn wanted(&self, event: &RecordedEvent) -> bool {
        (!self.filters.again || self.query.patterns.matches(&event.name))
            && self.query.upto.is_none_or(|upto| event.sequence <= upto)
            && self.query.since.is_none_or(|since| event.stored >= since)
            && self.query.until.is_none_or(|until| event.stored < until)
    }

    /// Takes a message into a page. Gives what it takes there.
    fn take(&mut self, stored: Stored, events: &mut Vec<Arc<RecordedEvent>>) -> usize {
        let sequence = stored.sequence;
        let subject = stored.subject.as_str();
        if let Some(why) = self.log.subjects.no_event(subject) {
            let to = self.log.subjects.published();
            tracing::warn!(
                subject,
                sequence,
                why,
                to,
                "a message is no event; publish it again, with its name, where events go"
            );
        }
        self.log.repeating.look(&self.log, &stored);
        if schedule::is_misplaced(&self.log, &stored) {
            tracing::warn!(
                subject,
                sequence,
                "a message with `Nats-Schedule` was published where events go: the server has deleted every earlier message of \
                 its subject, and it counts now; publish for later to `schedule.` and an id"
            );
        }
        // What is no event, or none yet, moves no position: it would stand beyond the end of the log.
        if let Some(event) = self.decoder.event(stored) {
            self.covered = self.covered.max(sequence);
            if self.wanted(&event) {
                let bytes = event.size();
                events.push(event);
                return bytes;
            }
        }
        0
    }

    /// A message and what has come with it. Nothing is awaited here, so that no page is lost to a wait that is given up.
    fn page(&mut self, first: Stored) -> Page {
        let mut events = Vec::new();
        let mut bytes = self.take(first, &mut events);
        while events.len() < self.query.limit && (bytes < self.query.bytes || events.is_empty()) {
            let Some(ordered) = &mut self.ordered else { break };
            match ordered.at_hand() {
                Some(Heard::Message(stored)) => bytes += self.take(stored, &mut events),
                Some(Heard::Nothing) => {}
                Some(Heard::Doubt) => self.ordered = None,
                None => break,
            }
        }
        (self.moved, self.careful, self.missing) = (true, false, (0, 0));
        Page::new(events, self.covered, false)
    }

    /// Looks how far the log reaches. Says whether this tail has come further by events it does not read.
    async fn look(&mut self) -> Result<bool, BackendError> {
        let explain = |trouble| self.log.explain(trouble);
        let head = span::head(&self.log).await.map_err(explain)?;
        self.moved = false;
        if head <= self.covered {
            return Ok(false);
        }
        let first = span::first_of(&self.log, self.covered + 1, &self.filters.subjects).await.map_err(explain)?;
        let reached = match first {
            Some(first) if first <= head => {
                let times = if self.missing.0 == first { self.missing.1 + 1 } else { 1 };
                self.missing = (first, times);
                if times > MISSING {
                    tracing::warn!(sequence = first, "an event is in the log and does not come; reading anew");
                    (self.ordered, self.missing) = (None, (0, 0));
                }
                // It should be on its way.
                self.moved = true;
                first - 1
            }
            _ => head,
        };
        let further = reached > self.covered;
        self.covered = self.covered.max(reached);
        Ok(further)
    }

    /// The next event in a way that no event can break.
    async fn step(&mut self) -> Result<Option<Page>, BackendError> {
        self.log.check_identity(self.covered).await?;
        let next = span::next_message(&self.log, self.covered + 1, &self.filters.subjects).await;
        let next = next.map_err(|trouble| self.log.explain(trouble))?;
        self.careful = false;
        let Some(stored) = next else { return Ok(None) };
        let mut events = Vec::new();
        self.take(stored, &mut events);
        Ok(Some(Page::new(events, self.covered, false)))
    }

    async fn advance(&mut self, patience: Instant) -> Result<Page, BackendError> {
        let mut quiet = Instant::now() + QUIET;
        loop {
            self.log.check_open()?;
            if self.careful
                && let Some(page) = self.step().await?
            {
                return Ok(page);
            }
            if self.ordered.is_none() {
                self.open().await?;
                quiet = Instant::now() + QUIET;
            }
            let Some(ordered) = &mut self.ordered else { continue };
            let until = if self.moved { quiet.min(patience) } else { patience };
            match tokio::time::timeout_at(until, ordered.next()).await {
                Ok(Heard::Message(stored)) => {
                    let before = self.covered;
                    let page = self.page(stored);
                    if page.covered > before {
                        return Ok(page);
                    }
                }
                Ok(Heard::Nothing) => {}
                Ok(Heard::Doubt) => {
                    self.log.check_open()?;
                    (self.ordered, self.careful) = (None, true);
                }
                Err(_) => {
                    let over = Instant::now() >= patience;
                    if self.look().await? || over {
                        return Ok(Page::new(Vec::new(), self.covered, true));
                    }
                    quiet = Instant::now() + QUIET.saturating_mul(8);
                }
            }
        }
    }
}

#[async_trait]
impl Tail for NatsTail {
    async fn next(&mut self) -> Result<Page, BackendError> {
        let patience = Instant::now() + PATIENCE;
        match self.query.upto {
            // Everything was given.
            Some(upto) if self.covered >= upto => {
                tokio::time::sleep_until(patience).await;
                self.log.check_open()?;
                Ok(Page::new(Vec::new(), self.covered, true))
            }
            _ => {
                let log = Arc::clone(&self.log);
                tokio::select! {
                    biased;
                    () = log.gate.closing() => Err(error::closed()),
                    page = self.advance(patience) => page,
                }
            }
        }
    }
}
