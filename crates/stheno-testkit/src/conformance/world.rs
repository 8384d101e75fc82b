//! The log of one behaviour and handles to it; waiting for conditions.

use std::{
    fmt::Debug,
    sync::Arc,
    time::{Duration, Instant},
};

use stheno_core::{
    App, Bus, Catalogs, Clock as _, Outgoing, RecordedEvent, Timestamp,
    app::Running,
    backend::{Append, Appended, Backend, Page, Query, Tail, info::Durability},
    runtime::progress::Progress,
};

use crate::{
    ManualClock,
    conformance::{Harness, orders},
    fault::Lent,
};

/// How long a condition is waited for. Conditions come about at once; only a defect needs this long.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

/// The log of one behaviour.
pub(crate) struct World<'h> {
    harness: &'h dyn Harness,
    /// The first handle; stays open while the behaviour is shown, unless that closes it.
    pub(crate) log: Arc<dyn Backend>,
}

impl<'h> World<'h> {
    pub(crate) async fn new(harness: &'h dyn Harness) -> Self {
        Self { harness, log: harness.open().await }
    }

    /// The same for a behaviour that restarts the log.
    pub(crate) async fn alone(harness: &'h dyn Harness) -> Self {
        harness.alone().await;
        Self::new(harness).await
    }

    /// Whether the log is still there when every handle was closed.
    pub(crate) fn outlives_handles(&self) -> bool {
        self.log.abilities().durability != Durability::Memory
    }

    /// Whether several processes may use the log.
    pub(crate) fn is_shared(&self) -> bool {
        self.log.abilities().shared
    }

    /// A handle as another process would have it; of a log that is not shared, a lent one.
    pub(crate) async fn handle(&self) -> Arc<dyn Backend> {
        match self.is_shared() {
            true => self.harness.open().await,
            false => Lent::new(Arc::clone(&self.log)),
        }
    }

    /// Closes the first handle and opens the log again.
    pub(crate) async fn reopen(&mut self) {
        self.log.close().await;
        self.log = self.harness.open().await;
    }

    pub(crate) async fn restart(&self) {
        self.harness.restart().await;
    }

    /// An app like one of another process: with a handle of its own, the names of [`orders`], nothing else.
    pub(crate) async fn app(&self) -> App {
        app(self.handle().await)
    }

    /// A bus like one of another process, which knows the names of [`orders`].
    pub(crate) async fn bus(&self) -> Bus {
        let (catalogs, _) = Catalogs::new([orders::catalog()], []);
        Bus::new(self.handle().await, Arc::new(catalogs))
    }

    /// The last sequence there is.
    pub(crate) async fn last(&self) -> u64 {
        self.log.info().await.expect("the log says where it ends").last
    }

    /// Everything in the log.
    pub(crate) async fn everything(&self) -> Vec<Arc<RecordedEvent>> {
        everything(&*self.log, Query::all()).await
    }
}

/// An app that knows the names of [`orders`], and does not count unknown ones.
pub(crate) fn app(backend: Arc<dyn Backend>) -> App {
    App::new(backend).catalog(orders::catalog()).without_unknown_names()
}

pub(crate) async fn start(app: App) -> Running {
    app.start().await.expect("the app starts")
}

/// Publishes an event that is not for later, and says where it is.
pub(crate) async fn publish(bus: &Bus, event: impl Into<Outgoing>) -> u64 {
    let published = bus.publish(event).await.expect("the event is published");
    published.sequence.expect("an event that is not scheduled has a position")
}

/// Waits until every subscriber has handled what it can. However long that takes on a busy machine, something has to get done
/// all the time.
pub(crate) async fn settle(running: &Running) {
    let mut before = running.progress();
    while let Err(unsettled) = running.settle(LIMIT).await {
        let now = running.progress();
        assert!(now != before, "nothing has got done for {LIMIT:?}: {unsettled}");
        before = now;
    }
}

/// Moves the time from retry to retry until nothing is left to be tried again. Every retry has to get something done.
pub(crate) async fn run_out(running: &Running, clock: &ManualClock) {
    loop {
        settle(running).await;
        let Some(due) = next_due(running) else { return };
        let before = running.progress();
        clock.set(due.max(clock.now()));
        bounded("a retry begins when it is due", async {
            while running.progress() == before {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
    }
}

/// When the next retry of any subscriber is due.
pub(crate) fn next_due(running: &Running) -> Option<Timestamp> {
    running.progress().iter().filter_map(|(_, progress)| progress.next_due).min()
}

/// Waits until a subscriber is this far.
pub(crate) async fn until_progress(running: &Running, subscriber: &str, what: &str, so: impl Fn(&Progress) -> bool) {
    let deadline = Instant::now() + LIMIT;
    loop {
        let progress = progress(running, subscriber);
        if so(&progress) {
            return;
        }
        assert!(Instant::now() < deadline, "{what}: {progress:?} after {LIMIT:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Waits until this process runs a subscriber.
pub(crate) async fn held(running: &Running, subscriber: &str) {
    until_progress(running, subscriber, &format!("{subscriber} is run here"), |progress| progress.held).await;
}

pub(crate) fn progress(running: &Running, subscriber: &str) -> Progress {
    let found = running.progress().into_iter().find(|(id, _)| id == subscriber);
    found.map(|(_, progress)| progress).expect("the app runs the subscriber")
}

/// Appends what has to be taken, and says what became of it.
pub(crate) async fn append(log: &dyn Backend, batch: Append) -> Vec<Appended> {
    log.append(batch).await.expect("the log takes the batch")
}

pub(crate) async fn read(log: &dyn Backend, query: Query) -> Page {
    log.read(query).await.expect("the log can be read")
}

/// A page ends with the event that fills its bytes, so all before the last one did not.
#[track_caller]
pub(crate) fn assert_ends_when_it_is_full(events: &[Arc<RecordedEvent>], bytes: usize) {
    let sizes: Vec<_> = events.iter().map(|event| event.size()).collect();
    let before_the_last = sizes.iter().rev().skip(1).sum::<usize>();
    assert!(before_the_last < bytes.max(1), "a page of {bytes} bytes goes on when it is full: {sizes:?}");
}

/// Every event of a query that reads forwards, page by page.
pub(crate) async fn everything(log: &dyn Backend, query: Query) -> Vec<Arc<RecordedEvent>> {
    let mut all = Vec::new();
    let mut after = query.after;
    loop {
        let page = read(log, query.clone().after(after)).await;
        all.extend(page.events);
        if page.end {
            return all;
        }
        assert!(page.covered > after, "a page before the end covers something: {} after {after}", page.covered);
        after = page.covered;
    }
}

/// Reads a tail until it has given so many events.
pub(crate) async fn take(tail: &mut dyn Tail, events: usize) -> Vec<Arc<RecordedEvent>> {
    let mut all = Vec::new();
    bounded(&format!("a tail gives {events} events"), async {
        while all.len() < events {
            all.extend(tail.next().await.expect("the tail goes on").events);
        }
    })
    .await;
    all
}

/// Waits for something that has to happen.
pub(crate) async fn bounded<T>(what: &str, happens: impl Future<Output = T>) -> T {
    match tokio::time::timeout(LIMIT, happens).await {
        Ok(happened) => happened,
        Err(_) => panic!("has not happened within {LIMIT:?}: {what}"),
    }
}

/// Waits until a question that only polling can answer has this answer.
pub(crate) async fn until<T: PartialEq + Debug>(what: &str, wanted: T, mut ask: impl AsyncFnMut() -> T) {
    let deadline = Instant::now() + LIMIT;
    loop {
        let answer = ask().await;
        if answer == wanted {
            return;
        }
        assert!(Instant::now() < deadline, "{what}: it is {answer:?} after {LIMIT:?}, not {wanted:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The current time, to the microsecond that a log keeps.
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}
