//! Reads what was asked for, a page of the backend at a time.

use std::{sync::Arc, time::Duration};

use crate::{
    backend::{Backend, BackendError, Direction, Page, Query, Tail},
    bus::Bus,
    event::recorded::RecordedEvent,
    headers,
    log::{cursor::Cursor, error::LogError, wanted::Ask},
    runtime::log::{keyed::keyed, keys::Keys},
};

/// The wait before what could not be read is read again.
const AGAIN: Duration = Duration::from_millis(500);

/// Where a question is.
pub(super) struct Reader {
    log: Arc<dyn Backend>,
    ask: Ask,
    cursor: Cursor,
    /// Whether the end of the log was reached.
    end: bool,
    /// Whether it goes on with what comes.
    follows: bool,
    /// What comes, once the end was reached.
    tail: Option<Box<dyn Tail>>,
    failed: bool,
}

impl Reader {
    pub(super) async fn open(bus: &Bus, ask: Ask) -> Result<Self, LogError> {
        let keys = Arc::new(Keys::new(bus.catalogs()));
        keys.learn(bus.backend()).await?;
        let (log, cursor) = (keyed(bus.backend(), &keys), Cursor::at_the_beginning(&ask.query));
        Ok(Self { log, ask, cursor, end: false, follows: false, tail: None, failed: false })
    }

    /// The same, going on with what comes.
    ///
    /// # Errors
    /// When it goes backwards.
    pub(super) fn following(self) -> Result<Self, LogError> {
        match self.ask.query.direction {
            Direction::Forward => Ok(Self { follows: true, ..self }),
            Direction::Backward => {
                Err(LogError::asked("what comes next cannot come newest first; leave `newest_first` out"))
            }
        }
    }

    /// Wants at most so many events with the next page.
    pub(super) fn limit(&mut self, events: usize) {
        self.ask.query.limit = events.clamp(1, Query::DEFAULT_LIMIT);
    }

    pub(super) fn cursor(&self) -> Cursor {
        self.cursor
    }

    pub(super) fn is_at_the_end(&self) -> bool {
        self.end
    }

    /// The events of the next page that are meant; perhaps none. `None` at the end. After an error it goes on where it was.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Arc<RecordedEvent>>>, LogError> {
        if self.end && !self.goes_on() {
            return Ok(None);
        }
        if self.failed {
            tokio::time::sleep(AGAIN).await;
        }
        self.failed = true;
        let page = self.read().await;
        self.failed = page.is_err();
        if page.is_err() {
            // It is made anew where this is.
            self.tail = None;
        }
        Ok(Some(self.take(page?)))
    }

    async fn read(&mut self) -> Result<Page, BackendError> {
        if !self.end {
            return self.log.read(self.ask.query.clone()).await;
        }
        let tail = match &mut self.tail {
            Some(tail) => tail,
            None => self.tail.insert(self.log.tail(self.of_tail()).await?),
        };
        tail.next().await
    }

    /// How many are meant.
    pub(super) async fn count(&mut self) -> Result<u64, LogError> {
        let by_itself = self.ask.source.is_none() && self.ask.correlation.is_none();
        if by_itself {
            return Ok(self.log.count(self.ask.query.clone()).await?);
        }
        let mut count = 0;
        while let Some(events) = self.next().await? {
            count += u64::try_from(events.len()).unwrap_or(u64::MAX);
        }
        Ok(count)
    }

    /// Whether something may come that was asked for.
    fn goes_on(&self) -> bool {
        let Query { after, upto, .. } = self.ask.query;
        self.follows && upto.is_none_or(|upto| after < upto)
    }

    /// What comes is read for all keys where an event may have the key of its catalog: no log gives these by their key.
    fn of_tail(&self) -> Query {
        let mut query = self.ask.query.clone();
        if self.log.abilities().foreign {
            query.key = None;
        }
        query
    }

    fn take(&mut self, page: Page) -> Vec<Arc<RecordedEvent>> {
        let query = &mut self.ask.query;
        self.cursor = Cursor::behind(query, page.covered);
        let is_left = query.go_on(page.covered);
        self.end |= page.end || !is_left;
        let mut events = page.events;
        events.retain(|event| self.is_meant(event));
        events
    }

    fn is_meant(&self, event: &RecordedEvent) -> bool {
        let Ask { query, source, correlation } = &self.ask;
        query.key.as_ref().is_none_or(|key| event.key.as_ref() == Some(key))
            && source.as_ref().is_none_or(|source| event.source.as_ref() == Some(source))
            && correlation.as_deref().is_none_or(|id| event.headers.get(headers::CORRELATION) == Some(id))
    }
}
