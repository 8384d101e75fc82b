//! Intake: one reader near the head of the log feeds all subscribers of a process; those behind have a reader of their
//! own until they catch up, shared by those who are equally far. Runs on the control thread.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};

use crate::{
    backend::{Backend, BackendError, BackendErrorKind, Query, Tail},
    event::recorded::RecordedEvent,
    pattern::PatternSet,
    runtime::{
        pages::{Behind, Pages},
        places::{Place, Places},
    },
};

/// Events that are asked for at once.
pub(super) const BATCH: usize = 1024;
/// What the ring holds, by the weight of batches: a subscriber that is further behind reads on its own.
const RING: usize = 32 * BATCH;
/// The shared reader stays this far ahead of the fastest subscriber, and no further.
const AHEAD: usize = 12 * BATCH;
/// Bytes of a body that weigh as much as an event.
const HEAVY: usize = 2 * 1024;
/// How long the shared reader waits for those who still need what the ring is about to lose. It lets subscribers that
/// are about as fast stay together, and one that is slow holds the others up for no longer than this before it reads on
/// its own.
const WAIT: Duration = Duration::from_millis(20);
/// Batches that wait for one subscriber.
const QUEUE: usize = 4;
/// The wait after a read that failed.
const RETRY: Duration = Duration::from_millis(500);

/// Events of the log: all that match with `after < sequence <= covered`.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) after: u64,
    pub(crate) covered: u64,
    pub(crate) events: Vec<Arc<RecordedEvent>>,
    /// What it takes to keep it: about the number of its events, more when their bodies are large.
    weight: usize,
}

impl Batch {
    pub(super) fn new(after: u64, covered: u64, events: Vec<Arc<RecordedEvent>>) -> Self {
        let bytes: usize = events.iter().map(|event| event.body.len()).sum();
        let weight = 1 + events.len() + bytes / HEAVY;
        Self { after, covered, events, weight }
    }
}

/// The shared reader and what it has read lately.
pub(crate) struct SharedIntake {
    backend: Arc<dyn Backend>,
    patterns: PatternSet,
    /// For those that are behind the ring.
    pages: Pages,
    ring: Mutex<Ring>,
    /// Counts the changes of the ring.
    grown: watch::Sender<u64>,
    /// How far the subscribers are.
    places: Arc<Places>,
    /// How often what was read was forgotten; changed under the lock of the ring.
    forgotten: AtomicU64,
    /// The log is not the one it was: reading stops for good.
    broken: watch::Sender<bool>,
}

/// What was read lately: every event after `from`, as far as the last batch goes.
#[derive(Default)]
struct Ring {
    from: u64,
    batches: VecDeque<Arc<Batch>>,
    weight: usize,
}

enum Next {
    Ready(Arc<Batch>),
    /// Older than the ring.
    Behind,
    /// The ring ends here.
    Wait,
}

impl SharedIntake {
    pub(crate) fn new(backend: Arc<dyn Backend>, patterns: PatternSet) -> Arc<Self> {
        let (grown, broken) = (watch::Sender::new(0), watch::Sender::new(false));
        let (pages, places) = (Pages::default(), Arc::default());
        let (ring, forgotten) = (Mutex::default(), AtomicU64::new(0));
        Arc::new(Self { backend, patterns, pages, ring, grown, places, forgotten, broken })
    }

    /// Forgets what was read: more is known now of the keys that events have.
    pub(crate) fn forget(&self) {
        let mut ring = self.ring();
        self.forgotten.fetch_add(1, Ordering::Relaxed);
        let from = ring.batches.back().map_or(ring.from, |batch| batch.covered);
        *ring = Ring { from, ..Ring::default() };
        drop(ring);
        self.pages.clear();
        self.grown.send_modify(|changes| *changes += 1);
    }

    /// Reads the log near its head, for as long as the app runs.
    pub(crate) async fn read(self: Arc<Self>) {
        let mut moved = self.places.moved();
        loop {
            // No subscriber, nothing to read.
            let Some(start) = self.places.fastest() else {
                if moved.changed().await.is_err() {
                    return;
                }
                continue;
            };
            *self.ring() = Ring { from: start, ..Ring::default() };
            // Who is behind the new start has to read on its own.
            self.grown.send_modify(|changes| *changes += 1);
            match self.read_from(start, &mut moved).await {
                Ok(()) => {}
                Err(error) if error.kind() == BackendErrorKind::Closed => return,
                Err(error) if error.kind() == BackendErrorKind::LogChanged => {
                    tracing::error!(%error, "the log is not the one it was; delivery stops here");
                    self.broken.send_replace(true);
                    return;
                }
                Err(error) => {
                    tracing::warn!(%error, "the log could not be read; trying again");
                    tokio::time::sleep(RETRY).await;
                }
            }
        }
    }

    /// Reads from a position until somebody is further.
    async fn read_from(&self, start: u64, moved: &mut watch::Receiver<u64>) -> Result<(), BackendError> {
        let mut tail = self.backend.tail(Query::new(self.patterns.clone()).after(start).limit(BATCH)).await?;
        let mut covered = start;
        loop {
            moved.mark_unchanged();
            let fastest = self.places.fastest();
            if fastest.is_some_and(|fastest| fastest > covered) {
                return Ok(());
            }
            if fastest.is_none_or(|fastest| self.weight_after(fastest) > AHEAD) {
                if moved.changed().await.is_err() {
                    return Ok(());
                }
                continue;
            }
            let forgotten = self.forgotten.load(Ordering::Relaxed);
            let page = tail.next().await?;
            if page.covered > covered {
                let batch = Batch::new(covered, page.covered, page.events);
                covered = batch.covered;
                if !self.push(batch, forgotten, moved).await {
                    return Ok(());
                }
            }
        }
    }

    /// Adds a batch to the ring, and makes room for it. Not if all was forgotten since it was read.
    async fn push(&self, batch: Batch, forgotten: u64, moved: &mut watch::Receiver<u64>) -> bool {
        let weight = batch.weight;
        let until = Instant::now() + WAIT;
        loop {
            moved.mark_unchanged();
            let (from, oldest) = {
                let ring = self.ring();
                let Some(oldest) = ring.batches.front().filter(|_| ring.weight + weight > RING) else { break };
                (ring.from, oldest.covered)
            };
            let waits = self.places.any_within(from, oldest)
                && tokio::time::timeout_at(until, moved.changed()).await.is_ok_and(|changed| changed.is_ok());
            if !waits {
                self.ring().drop_oldest();
            }
        }
        let mut ring = self.ring();
        if self.forgotten.load(Ordering::Relaxed) != forgotten {
            return false;
        }
        ring.weight += weight;
        ring.batches.push_back(Arc::new(batch));
        drop(ring);
        self.grown.send_modify(|changes| *changes += 1);
        true
    }

    /// What the ring holds that comes after a position.
    fn weight_after(&self, position: u64) -> usize {
        let ring = self.ring();
        ring.batches.iter().rev().take_while(|batch| batch.after >= position).map(|batch| batch.weight).sum()
    }

    fn next(&self, position: u64) -> Next {
        let ring = self.ring();
        if position < ring.from {
            return Next::Behind;
        }
        let at = ring.batches.partition_point(|batch| batch.covered <= position);
        ring.batches.get(at).map_or(Next::Wait, |batch| Next::Ready(Arc::clone(batch)))
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns when the log turned out not to be the one it was.
    pub(crate) async fn broken(&self) {
        let mut broken = self.broken.subscribe();
        let _ = broken.wait_for(|broken| *broken).await;
    }

    /// Feeds one subscriber from a position on, until it no longer listens.
    pub(crate) fn feed(self: &Arc<Self>, control: &tokio::runtime::Handle, patterns: PatternSet, from: u64) -> Feed {
        let (sender, batches) = mpsc::channel(QUEUE);
        let shared = Arc::clone(self);
        let task = control.spawn(async move { shared.run_feed(patterns, from, sender).await });
        Feed { batches, task }
    }

    async fn run_feed(self: Arc<Self>, patterns: PatternSet, from: u64, batches: mpsc::Sender<Arc<Batch>>) {
        let mut position = from;
        let mut place = Place::new(&self.places, from);
        let mut grown = self.grown.subscribe();
        let mut behind = None;
        loop {
            grown.mark_unchanged();
            place.set(position);
            let next = self.next(position);
            if !matches!(next, Next::Behind) {
                behind = None;
            }
            let batch = match next {
                Next::Ready(batch) => batch,
                Next::Behind => {
                    let behind = behind.get_or_insert_with(|| self.pages.behind());
                    match self.read_own(behind, &patterns, position).await {
                        Ok(batch) => batch,
                        Err(error) if error.kind() == BackendErrorKind::Closed => return,
                        Err(error) => {
                            tracing::warn!(%error, "the log could not be read; trying again");
                            tokio::time::sleep(RETRY).await;
                            continue;
                        }
                    }
                }
                Next::Wait => {
                    tokio::select! {
                        changed = grown.changed() => if changed.is_err() { return },
                        () = batches.closed() => return,
                    }
                    continue;
                }
            };
            if batch.covered <= position {
                // What comes next is gone, and nothing has come after it.
                tokio::select! {
                    _ = tokio::time::timeout(RETRY, grown.changed()) => {}
                    () = batches.closed() => return,
                }
                continue;
            }
            position = batch.covered;
            if batches.send(batch).await.is_err() {
                return;
            }
        }
    }

    async fn read_own(
        &self,
        behind: &Behind<'_>,
        patterns: &PatternSet,
        after: u64,
    ) -> Result<Arc<Batch>, BackendError> {
        let read = |after| async move {
            let page = match self.tail_of(patterns, after).await? {
                Some(mut tail) => {
                    let page = tail.next().await?;
                    if page.covered > after {
                        self.pages.keep_tail(patterns, page.covered, tail);
                    }
                    page
                }
                None => self.backend.read(Query::new(patterns.clone()).after(after).limit(BATCH)).await?,
            };
            Ok(Batch::new(after, page.covered.max(after), page.events))
        };
        behind.page(patterns, after, read).await
    }

    /// Who has much to catch up with gets a reader that goes on, which costs less than to look for each page anew.
    async fn tail_of(&self, patterns: &PatternSet, after: u64) -> Result<Option<Box<dyn Tail>>, BackendError> {
        if let Some(tail) = self.pages.take_tail(patterns, after) {
            return Ok(Some(tail));
        }
        if !self.pages.much_follows(patterns, after) {
            return Ok(None);
        }
        self.backend.tail(Query::new(patterns.clone()).after(after).limit(BATCH)).await.map(Some)
    }
}

impl Ring {
    fn drop_oldest(&mut self) {
        if let Some(oldest) = self.batches.pop_front() {
            self.from = oldest.covered;
            self.weight -= oldest.weight;
        }
    }
}

/// The events of one subscriber. Dropping it stops the reading.
#[derive(Debug)]
pub(crate) struct Feed {
    pub(crate) batches: mpsc::Receiver<Arc<Batch>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use async_trait::async_trait;
    use bytes::Bytes;

    use super::*;
    use crate::{
        backend::{
            Abilities, Append, AppendError, Appended, LogInfo, Page, Record, RecordError, RecordName, RecordWrite,
            Revision,
        },
        headers::Headers,
        runtime::no_log::NoLog,
        time::Timestamp,
    };

    /// A log of so many full pages, which counts how it is read.
    #[derive(Default)]
    struct Long {
        pages: u64,
        reads: AtomicU64,
        tails: AtomicU64,
    }

    impl Long {
        fn page(&self, after: u64) -> Page {
            let full = after < self.last();
            let event = RecordedEvent::from_stored(
                after,
                "id".into(),
                "order.placed".into(),
                None,
                None,
                Timestamp::from_micros(0),
                Timestamp::from_micros(0),
                Headers::new(),
                Bytes::new(),
            );
            let event = Arc::new(event);
            let events = std::iter::repeat_n(event, if full { BATCH } else { 0 }).collect();
            Page::new(events, if full { after + BATCH as u64 } else { after }, !full)
        }

        fn last(&self) -> u64 {
            self.pages * BATCH as u64
        }
    }

    struct LongTail(Arc<Long>, u64);

    #[async_trait]
    impl Tail for LongTail {
        async fn next(&mut self) -> Result<Page, BackendError> {
            let page = self.0.page(self.1);
            if page.end {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            self.1 = page.covered;
            Ok(page)
        }
    }

    struct Shown(Arc<Long>);

    #[async_trait]
    impl Backend for Shown {
        async fn read(&self, query: Query) -> Result<Page, BackendError> {
            self.0.reads.fetch_add(1, Ordering::Relaxed);
            Ok(self.0.page(query.after))
        }

        async fn tail(&self, query: Query) -> Result<Box<dyn Tail>, BackendError> {
            self.0.tails.fetch_add(1, Ordering::Relaxed);
            Ok(Box::new(LongTail(Arc::clone(&self.0), query.after)))
        }

        fn abilities(&self) -> Abilities {
            NoLog.abilities()
        }

        async fn info(&self) -> Result<LogInfo, BackendError> {
            NoLog.info().await
        }

        async fn append(&self, batch: Append) -> Result<Vec<Appended>, AppendError> {
            NoLog.append(batch).await
        }

        async fn get_record(&self, name: &RecordName) -> Result<Option<Record>, BackendError> {
            NoLog.get_record(name).await
        }

        async fn list_records(&self, prefix: &str) -> Result<Vec<Record>, BackendError> {
            NoLog.list_records(prefix).await
        }

        async fn write_records(&self, writes: Vec<RecordWrite>) -> Result<Vec<Revision>, RecordError> {
            NoLog.write_records(writes).await
        }

        async fn close(&self) {}
    }

    fn shared(pages: u64) -> (Arc<Long>, Arc<SharedIntake>) {
        let log = Arc::new(Long { pages, ..Long::default() });
        let shared = SharedIntake::new(Arc::new(Shown(Arc::clone(&log))), PatternSet::all());
        tokio::spawn(Arc::clone(&shared).read());
        (log, shared)
    }

    fn feed(shared: &Arc<SharedIntake>, from: u64) -> Feed {
        shared.feed(&tokio::runtime::Handle::current(), PatternSet::all(), from)
    }

    /// Takes everything up to the end of the log, each page after a wait.
    async fn drain(feed: &mut Feed, mut position: u64, log: &Long, wait: Duration) {
        while position < log.last() {
            let batch = feed.batches.recv().await.expect("the reader goes on");
            assert!(batch.after <= position && batch.covered > position, "no gap, and something new");
            position = batch.covered;
            tokio::time::sleep(wait).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_a_little_slower_is_waited_for_and_all_read_together() {
        let (log, shared) = shared(200);
        let (mut quick, mut slow) = (feed(&shared, 0), feed(&shared, 0));
        let slower = Duration::from_millis(2);
        tokio::join!(drain(&mut quick, 0, &log, Duration::ZERO), drain(&mut slow, 0, &log, slower));
        assert_eq!((log.tails.load(Ordering::Relaxed), log.reads.load(Ordering::Relaxed)), (1, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn who_stands_still_holds_the_others_up_for_a_moment_and_catches_up_with_a_reader_that_goes_on() {
        let (log, shared) = shared(200);
        let (mut quick, mut stuck) = (feed(&shared, 0), feed(&shared, 0));
        let began = Instant::now();
        drain(&mut quick, 0, &log, Duration::ZERO).await;
        assert!(began.elapsed() <= WAIT * 2, "{:?}", began.elapsed());
        drain(&mut stuck, 0, &log, Duration::ZERO).await;
        let (tails, reads) = (log.tails.load(Ordering::Relaxed), log.reads.load(Ordering::Relaxed));
        assert_eq!((tails, reads), (2, 1), "the shared reader, a look, and a reader that goes on");
    }

    #[tokio::test(start_paused = true)]
    async fn what_nobody_listens_to_is_not_read() {
        let (log, shared) = shared(200);
        let one = feed(&shared, 0);
        tokio::time::sleep(Duration::from_millis(5)).await;
        drop(one);
        tokio::time::sleep(Duration::from_secs(5)).await;
        assert!(shared.ring().batches.len() <= AHEAD / BATCH + QUEUE + 2);
        assert_eq!(log.reads.load(Ordering::Relaxed), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_behind_and_has_nothing_to_read_looks_now_and_then() {
        let (log, shared) = shared(1);
        // What the other has read beyond the end is gone.
        let (_ahead, mut behind) = (feed(&shared, log.last() + 9), feed(&shared, log.last()));
        let nothing = tokio::time::timeout(RETRY * 10, behind.batches.recv()).await;
        assert!(nothing.is_err(), "an empty batch moves nobody");
        assert!((2..=12).contains(&log.reads.load(Ordering::Relaxed)), "{:?}", log.reads);
    }

    #[test]
    fn large_events_weigh_more() {
        let event = |bytes: usize| {
            let (at, body) = (Timestamp::from_micros(0), Bytes::from(vec![b' '; bytes]));
            RecordedEvent::from_stored(1, "i".into(), "a.b".into(), None, None, at, at, Headers::new(), body)
        };
        let weight = |bytes| Batch::new(0, 1, vec![Arc::new(event(bytes))]).weight;
        assert_eq!((weight(0), weight(HEAVY), weight(10 * HEAVY)), (2, 3, 12));
    }
}
