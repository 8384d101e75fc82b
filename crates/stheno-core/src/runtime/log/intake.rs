//! Intake: one reader near the head of the log feeds all subscribers of a process; those behind have a reader of their
//! own until they catch up, shared by those who are equally far. Runs on the control thread.

use std::{
    collections::VecDeque,
    ops::Deref,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch},
    time::Instant,
};

use crate::{
    backend::{Backend, BackendError, Page, Query, Tail},
    pattern::PatternSet,
    runtime::{
        alarm::{Alarm, Verdict},
        log::{
            batch::{BATCH, BATCH_BYTES, Batch},
            pages::{Behind, Pages},
            places::{Place, Places},
        },
    },
};

/// What the ring holds, by the weight of batches: a subscriber that is further behind reads on its own.
const RING: usize = 32 * BATCH;
/// The shared reader stays this far ahead of the fastest subscriber, and no further.
const AHEAD: usize = 12 * BATCH;
/// How long the shared reader waits for those who still need what the ring is about to lose. It lets subscribers that
/// are about as fast stay together, and one that is slow holds the others up for no longer than this before it reads on
/// its own.
const WAIT: Duration = Duration::from_millis(20);
/// Batches that wait for one subscriber.
const QUEUE: usize = 4;
/// What they may take, in KiB, with the one that is being offered. One that takes more waits alone.
const QUEUE_KIB: u32 = 4 * 1024;
/// The wait after a read that failed.
const RETRY: Duration = Duration::from_millis(500);

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
    /// Reading stops for good when it is raised.
    alarm: Arc<Alarm>,
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
    pub(crate) fn new(backend: Arc<dyn Backend>, patterns: PatternSet, alarm: Arc<Alarm>) -> Arc<Self> {
        let grown = watch::Sender::new(0);
        let (pages, places) = (Pages::default(), Arc::default());
        let (ring, forgotten) = (Mutex::default(), AtomicU64::new(0));
        Arc::new(Self { backend, patterns, pages, ring, grown, places, forgotten, alarm })
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
                Err(error) if self.alarm.judge(&error) == Verdict::Retry => {
                    tracing::warn!(%error, "the log could not be read; trying again");
                    tokio::time::sleep(RETRY).await;
                }
                Err(_) => return,
            }
        }
    }

    /// Reads from a position until somebody is further.
    async fn read_from(&self, start: u64, moved: &mut watch::Receiver<u64>) -> Result<(), BackendError> {
        let mut tail = self.backend.tail(asked(&self.patterns, start)).await?;
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

    /// Feeds one subscriber from a position on, until it no longer listens.
    pub(crate) fn feed(self: &Arc<Self>, control: &tokio::runtime::Handle, patterns: PatternSet, from: u64) -> Feed {
        let (sender, batches) = mpsc::channel(QUEUE);
        let shared = Arc::clone(self);
        let task = control.spawn(async move { shared.run_feed(patterns, from, sender).await });
        Feed { batches, task }
    }

    async fn run_feed(self: Arc<Self>, patterns: PatternSet, from: u64, batches: mpsc::Sender<Fed>) {
        let queue = Arc::new(Semaphore::new(QUEUE_KIB as usize));
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
                        Err(error) if self.alarm.judge(&error) == Verdict::Retry => {
                            tracing::warn!(%error, "the log could not be read; trying again");
                            tokio::time::sleep(RETRY).await;
                            continue;
                        }
                        Err(_) => return,
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
            let kib = u32::try_from(batch.bytes / 1024).unwrap_or(u32::MAX).clamp(1, QUEUE_KIB);
            let room = tokio::select! {
                // The semaphore is never closed.
                room = Arc::clone(&queue).acquire_many_owned(kib) => room.ok(),
                () = batches.closed() => return,
            };
            if batches.send(Fed { batch, _room: room }).await.is_err() {
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
        let batch = |after, page: Page| Batch::new(after, page.covered.max(after), page.events);
        let read = |after| async move {
            let Some(mut tail) = self.tail_of(patterns, after).await? else {
                return Ok(batch(after, self.backend.read(asked(patterns, after)).await?));
            };
            let batch = batch(after, tail.next().await?);
            if batch.covered > after && !batch.is_of_large_events() {
                self.pages.keep_tail(patterns, batch.covered, tail);
            }
            Ok(batch)
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
        self.backend.tail(asked(patterns, after)).await.map(Some)
    }
}

/// What follows a position, a batch at a time.
fn asked(patterns: &PatternSet, after: u64) -> Query {
    Query::new(patterns.clone()).after(after).limit(BATCH).bytes(BATCH_BYTES)
}

impl Ring {
    fn drop_oldest(&mut self) {
        if let Some(oldest) = self.batches.pop_front() {
            self.from = oldest.covered;
            self.weight -= oldest.weight;
        }
    }
}

/// A batch for one subscriber. As long as it is there, it takes room among those that wait.
#[derive(Debug)]
pub(crate) struct Fed {
    batch: Arc<Batch>,
    _room: Option<OwnedSemaphorePermit>,
}

impl Deref for Fed {
    type Target = Batch;
    fn deref(&self) -> &Batch {
        &self.batch
    }
}

/// The events of one subscriber. Dropping it stops the reading.
#[derive(Debug)]
pub(crate) struct Feed {
    pub(crate) batches: mpsc::Receiver<Fed>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[cfg(test)]
mod tests;
