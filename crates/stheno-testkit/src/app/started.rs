//! A test app that was started: publishing, moving the time, operating.

use std::{
    collections::HashSet,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use stheno_core::{
    Bus, Clock, EventId, Outgoing, Published, Timestamp,
    app::Running,
    backend::{Backend, BackendError, RecordError, RecordName, RecordWrite},
    runtime::operator::{Operator, RewindTo},
};
use stheno_sqlite::SqliteBackend;

use crate::{ManualClock, app::TestError};

/// A test app that was started. What became of things: [`outcome`](Started::outcome), [`published`](Started::published),
/// [`dead_letters`](Started::dead_letters), [`log`](Started::log).
pub struct Started {
    pub(super) log: Arc<SqliteBackend>,
    pub(super) running: Running,
    clock: ManualClock,
    limit: Duration,
    pub(super) history: Mutex<History>,
}

/// What the test itself has published, and where its history ends.
#[derive(Default)]
pub(super) struct History {
    pub(super) own: HashSet<EventId>,
    pub(super) upto: u64,
}

impl Started {
    pub(super) fn new(
        log: Arc<SqliteBackend>,
        running: Running,
        clock: ManualClock,
        limit: Duration,
        own: Vec<EventId>,
    ) -> Self {
        let history = Mutex::new(History { own: own.into_iter().collect(), upto: 0 });
        Self { log, running, clock, limit, history }
    }

    /// Publishes events as history: they are handled, and what handlers publish because of them does not count as
    /// [`published`](Started::published) later on.
    ///
    /// # Errors
    /// [`TestError`] when an event is refused, or a subscriber does not come to rest.
    pub async fn given<I>(&self, events: I) -> Result<Vec<Published>, TestError>
    where
        I: IntoIterator,
        I::Item: Into<Outgoing>,
    {
        let mut published = Vec::new();
        for event in events {
            published.push(self.publish(event.into()).await?);
        }
        self.settle().await?;
        let last = self.log.info().await?.last;
        self.history().upto = last;
        Ok(published)
    }

    /// Publishes one event, typed or [`raw`](Outgoing::raw), and waits until everybody has handled what can be handled now:
    /// this event, and whatever handlers publish because of it. A retry is waited for with [`Started::advance`].
    ///
    /// # Errors
    /// [`TestError`] when the event is refused, or a subscriber does not come to rest.
    pub async fn when(&self, event: impl Into<Outgoing>) -> Result<Published, TestError> {
        let published = self.publish(event.into()).await?;
        self.settle().await?;
        Ok(published)
    }

    /// Moves the time and waits until everybody has handled what is due by then: retries, and events that were published
    /// with a delay.
    ///
    /// # Errors
    /// [`TestError`] when a subscriber does not come to rest.
    pub async fn advance(&self, by: Duration) -> Result<(), TestError> {
        self.clock.advance(by);
        self.move_due_events().await?;
        self.settle().await
    }

    /// Moves the time from retry to retry until nothing is left to be tried again, and says how long that took. Events
    /// that are scheduled for later than that are not waited for.
    ///
    /// # Errors
    /// [`TestError`] when a subscriber does not come to rest.
    pub async fn advance_over_retries(&self) -> Result<Duration, TestError> {
        let begin = self.clock.now();
        loop {
            self.settle().await?;
            match self.running.progress().iter().filter_map(|(_, progress)| progress.next_due).min() {
                Some(due) => self.advance(due.since(self.clock.now())).await?,
                None => return Ok(self.clock.now().since(begin)),
            }
        }
    }

    /// Waits until everybody has handled what can be handled now. Needed only after something that the test did past this
    /// app, for example with [`Started::bus`].
    ///
    /// # Errors
    /// [`TestError::NotSettled`] says which subscriber is busy, and with what.
    pub async fn settle(&self) -> Result<(), TestError> {
        Ok(self.running.settle(self.limit).await?)
    }

    /// Hands a dead letter, and what is parked behind it, back to its subscriber, and waits until it is handled.
    ///
    /// # Errors
    /// [`TestError`] when no such subscriber ever ran, or one does not come to rest.
    pub async fn redrive(&self, subscriber: &str, sequence: u64) -> Result<(), TestError> {
        self.running.operator().redrive(subscriber, sequence).await?;
        self.carried_out(subscriber).await
    }

    /// Gives a dead letter up for good, and waits until what was parked behind it is handled.
    ///
    /// # Errors
    /// [`TestError`] when no such subscriber ever ran, or one does not come to rest.
    pub async fn discard(&self, subscriber: &str, sequence: u64) -> Result<(), TestError> {
        self.running.operator().discard(subscriber, sequence).await?;
        self.carried_out(subscriber).await
    }

    /// Lets a subscriber go on from another position, as a new run, and waits until it has handled the events from there on
    /// again.
    ///
    /// # Errors
    /// [`TestError`] when no such subscriber ever ran, or one does not come to rest.
    pub async fn rewind(&self, subscriber: &str, to: RewindTo) -> Result<(), TestError> {
        self.running.operator().rewind(subscriber, to).await?;
        self.carried_out(subscriber).await
    }

    /// The bus of the app, for what [`Started::when`] does not do.
    pub fn bus(&self) -> &Bus {
        self.running.bus()
    }

    /// What an operator can see and do.
    pub fn operator(&self) -> &Operator {
        self.running.operator()
    }

    /// The clock of the app.
    pub fn clock(&self) -> &ManualClock {
        &self.clock
    }

    /// What time it is for the app.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) fn history(&self) -> MutexGuard<'_, History> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn publish(&self, event: Outgoing) -> Result<Published, TestError> {
        let published = self.running.bus().publish(event).await?;
        self.history().own.insert(published.id.clone());
        Ok(published)
    }

    /// Lets the log move what is due: every commit of the embedded backend does that first.
    async fn move_due_events(&self) -> Result<(), BackendError> {
        let mut last = self.log.info().await?.last;
        loop {
            let nothing = RecordWrite::delete(RecordName::trusted("testkit/nothing"));
            if let Err(RecordError::Backend(error)) = self.log.write_records(vec![nothing]).await {
                return Err(error);
            }
            // One commit moves a limited number of events.
            let now = self.log.info().await?.last;
            if std::mem::replace(&mut last, now) == now {
                return Ok(());
            }
        }
    }

    /// Waits until nothing is asked of a subscriber any more.
    async fn carried_out(&self, subscriber: &str) -> Result<(), TestError> {
        let deadline = tokio::time::Instant::now() + self.limit;
        while !self.log.list_records(&format!("command/{subscriber}/")).await?.is_empty() {
            if tokio::time::Instant::now() >= deadline {
                return Err(TestError::NotCarriedOut { subscriber: subscriber.to_owned() });
            }
            // The worker says nothing when it has recorded a command, so there is nothing to await.
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        self.settle().await
    }
}

impl fmt::Debug for Started {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Started").field("running", &self.running).field("now", &self.now()).finish_non_exhaustive()
    }
}
