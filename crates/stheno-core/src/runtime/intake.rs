//! Intake: one reader near the head of the log feeds all subscribers of a process; those behind have a reader of their
//! own until they catch up, shared by those who are equally far. Runs on the control thread.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::{mpsc, watch};

use crate::{
    backend::{Backend, BackendError, BackendErrorKind, Query},
    event::recorded::RecordedEvent,
    pattern::PatternSet,
    runtime::pages::{Behind, Pages},
};

/// Batches the ring holds: a subscriber that is further behind reads on its own.
const RING: usize = 32;
/// Events that are asked for at once.
pub(super) const BATCH: usize = 1024;
/// The shared reader stays this many batches ahead of the fastest subscriber, and no more.
const AHEAD: usize = 12;
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
    /// The position of the fastest subscriber.
    fastest: watch::Sender<u64>,
    /// The log is not the one it was: reading stops for good.
    broken: watch::Sender<bool>,
}

/// What was read lately: every event after `from`, as far as the last batch goes.
#[derive(Default)]
struct Ring {
    from: u64,
    batches: VecDeque<Arc<Batch>>,
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
        let (grown, fastest, broken) = (watch::Sender::new(0), watch::Sender::new(0), watch::Sender::new(false));
        Arc::new(Self { backend, patterns, pages: Pages::default(), ring: Mutex::default(), grown, fastest, broken })
    }

    /// Reads the log near its head, for as long as the app runs.
    pub(crate) async fn read(self: Arc<Self>) {
        let mut fastest = self.fastest.subscribe();
        // No subscriber, nothing to read.
        if fastest.changed().await.is_err() {
            return;
        }
        loop {
            let start = *fastest.borrow_and_update();
            *self.ring() = Ring { from: start, batches: VecDeque::new() };
            // Who is behind the new start has to read on its own.
            self.grown.send_modify(|changes| *changes += 1);
            match self.read_from(start, &mut fastest).await {
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
    async fn read_from(&self, start: u64, fastest: &mut watch::Receiver<u64>) -> Result<(), BackendError> {
        let mut tail = self.backend.tail(Query::new(self.patterns.clone()).after(start).limit(BATCH)).await?;
        let mut covered = start;
        loop {
            while self.batches_ahead(*fastest.borrow_and_update()) > AHEAD {
                if fastest.changed().await.is_err() {
                    return Ok(());
                }
            }
            if *fastest.borrow() > covered {
                return Ok(());
            }
            let page = tail.next().await?;
            if page.covered > covered {
                let batch = Batch { after: covered, covered: page.covered, events: page.events };
                covered = page.covered;
                self.push(batch);
            }
        }
    }

    fn push(&self, batch: Batch) {
        let mut ring = self.ring();
        if ring.batches.len() == RING
            && let Some(oldest) = ring.batches.pop_front()
        {
            ring.from = oldest.covered;
        }
        ring.batches.push_back(Arc::new(batch));
        drop(ring);
        self.grown.send_modify(|changes| *changes += 1);
    }

    fn batches_ahead(&self, of: u64) -> usize {
        self.ring().batches.iter().rev().take_while(|batch| batch.after >= of).count()
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
        let mut grown = self.grown.subscribe();
        let mut behind = None;
        loop {
            grown.mark_unchanged();
            self.fastest.send_if_modified(|fastest| {
                let faster = position > *fastest || (position == 0 && *fastest == 0);
                *fastest = (*fastest).max(position);
                faster
            });
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
            let page = self.backend.read(Query::new(patterns.clone()).after(after).limit(BATCH)).await?;
            Ok(Batch { after, covered: page.covered.max(after), events: page.events })
        };
        behind.page(patterns, after, read).await
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
