//! One page of the log, forwards or backwards.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use stheno_core::{
    PatternSet, RecordedEvent,
    backend::{BackendError, Direction, Page, Query},
};
use tokio::time::Instant;

use crate::{
    api::Which,
    decode::Decoder,
    error::Trouble,
    fetch::{Begin, Fetch},
    log::Log,
    message::Stored,
    span::{self, Span},
    subject::{Filters, Of},
};

/// For how long a page is tried again whose reading was interrupted; shorter than one question waits for its answer.
const AGAIN: Duration = Duration::from_secs(9);
/// The first look backwards reaches this many times as far as a page holds.
const LOOK_BACK: u64 = 4;
/// Each further look reaches this many times as far as the one before.
const FURTHER: u64 = 8;
/// Messages asked for one by one before a consumer is made: a key's events are few, and a consumer costs several requests.
const FEW: usize = 12;
/// A page that may hold more than this begins with a consumer.
const SMALL: usize = 256;

/// Reads one page.
pub(crate) async fn page(log: &Arc<Log>, query: &Query) -> Result<Page, BackendError> {
    log.check_open()?;
    let until = Instant::now() + AGAIN;
    let mut reader = Reader { log, query, filters: filters(log, query), decoder: log.decoder(), careful: false };
    loop {
        match reader.page().await {
            Ok(page) => {
                // After trouble it may no longer be the log that was read before.
                match reader.careful {
                    true => log.check_identity(0).await?,
                    false => log.check_identity_at_times().await?,
                }
                return Ok(page);
            }
            Err(trouble) if trouble.passes() && Instant::now() < until => {
                // The connection may have broken at one of the messages.
                reader.careful = true;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Err(trouble) => return Err(log.explain(trouble)),
        }
    }
}

/// What is asked for. The events of a key are few, so their names are looked at here.
fn filters(log: &Log, query: &Query) -> Filters {
    match Of::query(query) {
        of @ Of::Key(_) => log.subjects.filters(&PatternSet::all(), of),
        of => log.subjects.filters(&query.patterns, of),
    }
}

/// How messages are asked for: from the leader of our stream, or by a consumer of our stream. Direct Get is never used:
/// every mirror of a stream answers it too, one that is filtered or far behind as well.
enum Source {
    /// One by one from the leader, until so many have come; then by a consumer. No message can break a single answer, so
    /// after trouble there is no bound.
    Leader {
        left: usize,
        /// The sequence of the newest event of the key, 0 for none: asked with the first, it saves asking what is behind the last.
        newest: Option<u64>,
    },
    Consumer(Box<Fetch>),
}

/// What comes next of a query.
enum Next {
    Messages(Vec<Stored>),
    /// The leader says that nothing is left.
    End,
}

/// What is asked for at once.
struct Most {
    messages: usize,
    bytes: usize,
}

/// The last events so far of what is read backwards, oldest first.
#[derive(Default)]
struct Last {
    events: VecDeque<Arc<RecordedEvent>>,
    bytes: usize,
    /// Whether older ones did not fit.
    is_cut: bool,
}

impl Last {
    /// Adds an event, and lets go of the oldest that no longer fit into a page.
    fn push(&mut self, event: Arc<RecordedEvent>, query: &Query) {
        self.bytes += event.size();
        self.events.push_back(event);
        while self.events.len() > 1
            && let Some(oldest) = self.events.front().map(|oldest| oldest.size())
            && (self.events.len() > query.limit || self.bytes - oldest >= query.bytes)
        {
            self.events.pop_front();
            (self.bytes, self.is_cut) = (self.bytes - oldest, true);
        }
    }
}

struct Reader<'a> {
    log: &'a Arc<Log>,
    query: &'a Query,
    filters: Filters,
    decoder: Decoder,
    /// The connection has broken while this page was read.
    careful: bool,
}

impl Reader<'_> {
    async fn page(&mut self) -> Result<Page, Trouble> {
        let query = self.query;
        if let Some(page) = self.single().await? {
            return Ok(page);
        }
        let head = span::head(self.log).await?;
        let span = Span::of(self.log, query, head).await?;
        match query.direction {
            Direction::Forward if span.is_empty() => Ok(Page::new(Vec::new(), query.after.max(span.high), true)),
            Direction::Forward => self.forward(span).await,
            Direction::Backward if span.is_empty() => Ok(Page::new(Vec::new(), span.low, true)),
            Direction::Backward => self.backward(span).await,
        }
    }

    /// A query about one sequence is one question.
    async fn single(&mut self) -> Result<Option<Page>, Trouble> {
        let query = self.query;
        if query.upto != Some(query.after + 1) {
            return Ok(None);
        }
        let sequence = query.after + 1;
        let found = self.log.reading.message(self.log.stream(), Which { seq: Some(sequence), ..Which::default() });
        let found = found.await?;
        // One that is there and not wanted is covered.
        let covered = if query.direction == Direction::Forward && found.is_none() { query.after } else { sequence };
        let event = found.and_then(|stored| self.event(stored));
        Ok(Some(Page::new(event.into_iter().collect(), covered, true)))
    }

    /// The event of a message, if the query wants it.
    fn event(&mut self, stored: Stored) -> Option<Arc<RecordedEvent>> {
        self.log.repeating.look(self.log, &stored);
        let event = self.decoder.event(stored)?;
        let query = self.query;
        let wanted = query.patterns.matches(&event.name)
            && query.key.as_ref().is_none_or(|key| event.key.as_ref() == Some(key))
            && !(query.keyless && event.key.is_some())
            && query.since.is_none_or(|since| event.stored >= since)
            && query.until.is_none_or(|until| event.stored < until);
        wanted.then_some(event)
    }

    async fn forward(&mut self, span: Span) -> Result<Page, Trouble> {
        let mut reading = self.begin(span.low, self.query.limit).await?;
        let (mut events, mut bytes) = (Vec::new(), 0);
        let mut covered = span.low - 1;
        while events.len() < self.query.limit && covered < span.high && !self.is_large(bytes, events.len()) {
            let most = Most {
                messages: (self.query.limit - events.len()).min(span.room(covered)),
                bytes: self.query.bytes.saturating_sub(bytes),
            };
            let Next::Messages(messages) = self.next(&mut reading, covered + 1, most, span.high).await? else {
                return Ok(Page::new(events, span.high, true));
            };
            for stored in messages {
                if stored.sequence > span.high {
                    return Ok(Page::new(events, span.high, true));
                }
                // The last of them may be beyond what the page holds: the next page begins there.
                if self.is_large(bytes, events.len()) {
                    break;
                }
                covered = stored.sequence;
                if let Some(event) = self.event(stored) {
                    bytes += event.size();
                    events.push(event);
                }
            }
        }
        Ok(Page::new(events, covered, covered >= span.high))
    }

    /// Whether so many events with so many bytes are all that a page holds.
    fn is_large(&self, bytes: usize, events: usize) -> bool {
        bytes >= self.query.bytes && events > 0
    }

    async fn backward(&mut self, span: Span) -> Result<Page, Trouble> {
        let limit = u64::try_from(self.query.limit).unwrap_or(u64::MAX);
        let mut high = span.high;
        let mut reach = limit.saturating_mul(LOOK_BACK).max(64);
        if let Some(newest) = self.newest(span).await? {
            match newest.sequence {
                sequence if sequence < span.low => return Ok(Page::new(Vec::new(), span.low, true)),
                sequence if sequence <= high => {
                    high = sequence;
                    if limit == 1
                        && let Some(event) = self.event(newest)
                    {
                        return Ok(Page::new(vec![event], sequence, sequence == span.low));
                    }
                }
                _ => {}
            }
        }
        loop {
            let low = high.saturating_sub(reach - 1).max(span.low);
            let Last { events: found, is_cut, .. } = self.last_of(Span { low, high }).await?;
            let end = low == span.low;
            if is_cut || found.len() == self.query.limit {
                let covered = found.front().map_or(low, |event| event.sequence);
                return Ok(Page::new(found.into_iter().rev().collect(), covered, end && covered == span.low));
            }
            if !found.is_empty() || end {
                return Ok(Page::new(found.into_iter().rev().collect(), low, end));
            }
            (high, reach) = (low - 1, reach.saturating_mul(FURTHER));
        }
    }

    /// The newest message of the query, if the server can say it: there is nothing of it above that.
    async fn newest(&self, span: Span) -> Result<Option<Stored>, Trouble> {
        if self.filters.everything {
            return Ok(None);
        }
        let mut newest: Option<Stored> = None;
        for filter in &self.filters.subjects {
            let found = self.log.reading.last(self.log.stream(), filter).await?;
            match found {
                // Something newer than the span tells nothing about the span.
                Some(found) if found.sequence > span.high => return Ok(None),
                Some(found) if newest.as_ref().is_none_or(|newest| newest.sequence < found.sequence) => {
                    newest = Some(found);
                }
                _ => {}
            }
        }
        Ok(newest)
    }

    /// The last events of a span, as many as a page holds, oldest first.
    async fn last_of(&mut self, span: Span) -> Result<Last, Trouble> {
        let mut reading = self.begin(span.low, span.room(span.low - 1)).await?;
        let mut found = Last::default();
        let mut covered = span.low - 1;
        while covered < span.high {
            let most = Most { messages: span.room(covered), bytes: self.query.bytes };
            let next = self.next(&mut reading, covered + 1, most, span.high).await?;
            let Next::Messages(messages) = next else { return Ok(found) };
            for stored in messages {
                if stored.sequence > span.high {
                    return Ok(found);
                }
                covered = stored.sequence;
                if let Some(event) = self.event(stored) {
                    found.push(event, self.query);
                }
            }
        }
        Ok(found)
    }

    async fn begin(&self, from: u64, most: usize) -> Result<Source, Trouble> {
        // Of a key there is mostly less than a page holds.
        let small = if self.query.key.is_some() { SMALL } else { FEW };
        match (self.careful, most <= small && self.filters.subjects.len() == 1) {
            (true, _) => Ok(Source::Leader { left: usize::MAX, newest: None }),
            (false, true) => Ok(Source::Leader { left: FEW, newest: None }),
            (false, false) => self.consumer(from).await,
        }
    }

    /// The next message; and with the first of a key its newest, which stood there when it was known how far the log reaches.
    async fn next_of_leader(&self, from: u64, newest: &mut Option<u64>) -> Result<Option<Stored>, Trouble> {
        let next = span::next_message(self.log, from, &self.filters.subjects);
        match (&self.filters.subjects[..], &self.query.key) {
            ([filter], Some(_)) if newest.is_none() => {
                let (next, last) = tokio::try_join!(next, self.log.reading.last(self.log.stream(), filter))?;
                *newest = Some(last.map_or(0, |last| last.sequence));
                Ok(next)
            }
            _ => next.await,
        }
    }

    async fn consumer(&self, from: u64) -> Result<Source, Trouble> {
        let (api, begin) = (&self.log.reading, Begin::At(from));
        let fetch = Fetch::open(api, self.log.stream(), begin, self.filters.of_consumer()).await?;
        Ok(Source::Consumer(Box::new(fetch)))
    }

    /// The next messages, at least one if there is any up to `high`.
    async fn next(&self, source: &mut Source, from: u64, most: Most, high: u64) -> Result<Next, Trouble> {
        if let Source::Leader { left, newest } = source {
            if newest.is_some_and(|newest| newest < from) {
                return Ok(Next::End);
            }
            if let Some(fewer) = left.checked_sub(1) {
                *left = fewer;
                let next = self.next_of_leader(from, newest).await?;
                return Ok(next.map_or(Next::End, |message| Next::Messages(vec![message])));
            }
            *source = self.consumer(from).await?;
        }
        let Source::Consumer(fetch) = source else { return Err(Trouble::Unanswered) };
        match fetch.next(most.messages, most.bytes).await? {
            messages if !messages.is_empty() => Ok(Next::Messages(messages)),
            // The server of a consumer may be behind the leader: what it has not got yet is asked for again.
            _ => match span::first_of(self.log, from, &self.filters.subjects).await? {
                Some(missed) if missed <= high => Err(Trouble::NoResponders),
                _ => Ok(Next::End),
            },
        }
    }
}
