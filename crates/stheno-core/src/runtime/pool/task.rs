//! What the threads poll.

use std::{
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU8, Ordering},
    },
    task::{Context, Wake, Waker},
};

use super::Shared;

/// A future that threads of the pool poll until it is ready. It must not panic.
pub(super) type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// It waits to be woken.
const IDLE: u8 = 0;
/// It waits for a thread.
const QUEUED: u8 = 1;
/// It is being polled.
const RUNNING: u8 = 2;
/// It is being polled, and was woken meanwhile.
const AGAIN: u8 = 3;

pub(super) struct Task {
    pool: Weak<Shared>,
    state: AtomicU8,
    cancelled: AtomicBool,
    /// Nothing, once it is ready or cancelled.
    work: Mutex<Option<Work>>,
}

impl Task {
    /// A task that is about to be queued.
    pub(super) fn new(pool: &Arc<Shared>, work: Work) -> Arc<Self> {
        Arc::new(Self {
            pool: Arc::downgrade(pool),
            state: AtomicU8::new(QUEUED),
            cancelled: AtomicBool::new(false),
            work: Mutex::new(Some(work)),
        })
    }

    /// Polls it once.
    pub(super) fn run(self: Arc<Self>, pool: &Arc<Shared>) {
        // Not just stored: what whoever woke it has written before is seen by the poll that follows.
        self.state.swap(RUNNING, Ordering::SeqCst);
        let mut work = self.work.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(polled) = work.as_mut() else { return };
        if !self.cancelled.load(Ordering::SeqCst) {
            let waker = Waker::from(Arc::clone(&self));
            let is_ready = polled.as_mut().poll(&mut Context::from_waker(&waker)).is_ready();
            if !is_ready && !self.cancelled.load(Ordering::SeqCst) {
                drop(work);
                self.rest(pool);
                return;
            }
        }
        let over = work.take();
        drop(work);
        end(over);
    }

    /// It waits to be woken, unless it was.
    fn rest(self: Arc<Self>, pool: &Arc<Shared>) {
        let rests = self.state.compare_exchange(RUNNING, IDLE, Ordering::SeqCst, Ordering::SeqCst).is_ok();
        if rests {
            // It may have been cancelled since it was looked, by somebody who found it locked.
            if self.cancelled.load(Ordering::SeqCst) {
                self.cancel();
            }
            return;
        }
        self.state.swap(QUEUED, Ordering::SeqCst);
        pool.push(self);
    }

    /// Ends it where it waits. One that is being polled ends when its thread is given back.
    pub(super) fn cancel(&self) {
        self.cancelled.store(true, Ordering::SeqCst);
        let over = match self.work.try_lock() {
            Ok(mut work) => work.take(),
            Err(std::sync::TryLockError::Poisoned(work)) => work.into_inner().take(),
            // Who polls it looks after that.
            Err(std::sync::TryLockError::WouldBlock) => None,
        };
        end(over);
    }
}

/// Drops what is over; whoever does that is not to panic with it.
fn end(over: Option<Work>) {
    let _ = catch_unwind(AssertUnwindSafe(|| drop(over)));
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        loop {
            let (before, after) = match self.state.load(Ordering::SeqCst) {
                IDLE => (IDLE, QUEUED),
                RUNNING => (RUNNING, AGAIN),
                // It is polled again in any case, and has to see what was written before this.
                same => (same, same),
            };
            if self.state.compare_exchange(before, after, Ordering::SeqCst, Ordering::SeqCst).is_ok() {
                if before == IDLE
                    && let Some(pool) = self.pool.upgrade()
                {
                    pool.push(Arc::clone(self));
                }
                return;
            }
        }
    }
}
