//! Which polls of a subscriber's handler hold their thread, and whether its attempts get threads of their own.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// After an attempt begun in place that took this long, the next ones are begun apart. Far more than a busy machine takes a
/// thread away for: apart, attempts at different keys begin in any order.
const LONG: Duration = Duration::from_millis(100);
/// A poll that was shorter than this did not hold its thread.
const SHORT: Duration = Duration::from_millis(1);
/// So many more of those than of others, and attempts are begun in place again.
const ENOUGH: u32 = 1_000;

/// The polls of one subscriber.
#[derive(Default)]
pub(crate) struct Polls {
    /// Its attempts block, it says: they are never begun in place.
    blocking: bool,
    /// One of its attempts has held its thread lately.
    apart: AtomicBool,
    short: AtomicU32,
    places: Mutex<Vec<Weak<Place>>>,
}

/// Where polls are made, one at a time.
#[derive(Default)]
pub(crate) struct Place {
    /// Odd while one is made.
    polls: AtomicU64,
    /// The sequence of the event that it is about.
    sequence: AtomicU64,
}

/// A poll that holds its thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Held {
    /// The place, and the poll there.
    of: (usize, u64),
    /// The sequence of the event that it is about.
    pub(crate) sequence: u64,
}

impl Polls {
    pub(crate) fn new(blocking: bool) -> Arc<Self> {
        Arc::new(Self { blocking, ..Self::default() })
    }

    /// Another place for polls, for as long as it is kept.
    pub(crate) fn place(&self) -> Arc<Place> {
        let place = Arc::default();
        let mut places = self.places();
        if places.len() == places.capacity() {
            places.retain(|place| place.strong_count() > 0);
        }
        places.push(Arc::downgrade(&place));
        place
    }

    /// The polls that are being made now.
    pub(crate) fn now(&self) -> Vec<Held> {
        let places: Vec<Arc<Place>> = self.places().iter().filter_map(Weak::upgrade).collect();
        places.iter().filter_map(|place| place.now()).collect()
    }

    /// Whether the next attempt is begun on a thread of its own.
    pub(crate) fn are_apart(&self) -> bool {
        self.blocking || self.apart.load(Ordering::Relaxed)
    }

    /// An attempt that was begun in place took so long.
    pub(crate) fn took_in_place(&self, time: Duration) {
        if time >= LONG {
            self.short.store(0, Ordering::Relaxed);
            self.apart.store(true, Ordering::Relaxed);
        }
    }

    /// A poll apart took so long.
    fn took_apart(&self, time: Duration) {
        let counted = |short: u32| Some(if time < SHORT { short.saturating_add(1) } else { short / 2 });
        let before = self.short.fetch_update(Ordering::Relaxed, Ordering::Relaxed, counted);
        if time < SHORT && before.is_ok_and(|before| before >= ENOUGH) {
            self.apart.store(false, Ordering::Relaxed);
        }
    }

    fn places(&self) -> MutexGuard<'_, Vec<Weak<Place>>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Makes a poll here.
    pub(crate) fn poll<T>(&self, sequence: u64, poll: impl FnOnce() -> T) -> T {
        self.sequence.store(sequence, Ordering::Relaxed);
        let polls = self.polls.load(Ordering::Relaxed);
        self.polls.store(polls + 1, Ordering::Release);
        let polled = poll();
        self.polls.store(polls + 2, Ordering::Release);
        polled
    }

    /// The same apart from the worker, where the time of each is taken.
    pub(crate) fn poll_apart<T>(&self, polls: &Polls, sequence: u64, poll: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        let polled = self.poll(sequence, poll);
        polls.took_apart(begun.elapsed());
        polled
    }

    fn now(self: &Arc<Self>) -> Option<Held> {
        let poll = self.polls.load(Ordering::Acquire);
        let sequence = self.sequence.load(Ordering::Relaxed);
        (poll % 2 == 1).then(|| Held { of: (Arc::as_ptr(self).addr(), poll), sequence })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_poll_is_seen_while_it_is_made() {
        let polls = Polls::new(false);
        let (first, second) = (polls.place(), polls.place());
        let inside = first.poll(7, || second.poll(8, || polls.now()));
        assert_eq!(inside.iter().map(|held| held.sequence).collect::<Vec<_>>(), [7, 8]);
        assert!(polls.now().is_empty());
        assert_ne!(first.poll(7, || polls.now()), first.poll(7, || polls.now()), "another poll");
        drop(first);
        (0..100).for_each(|_| drop(polls.place()));
        assert!(polls.places().len() < 50, "those that are gone are forgotten");
    }

    #[test]
    fn attempts_are_begun_apart_after_one_was_long_until_many_were_short() {
        let polls = Polls::new(false);
        polls.took_in_place(LONG / 2);
        assert!(!polls.are_apart());
        polls.took_in_place(LONG);
        assert!(polls.are_apart());
        (0..ENOUGH).for_each(|_| polls.took_apart(Duration::ZERO));
        polls.took_apart(LONG);
        (0..ENOUGH / 2).for_each(|_| polls.took_apart(Duration::ZERO));
        assert!(polls.are_apart());
        polls.took_apart(Duration::ZERO);
        assert!(!polls.are_apart());
        assert!(Polls::new(true).are_apart());
    }
}
