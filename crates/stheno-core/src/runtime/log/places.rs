//! How far the subscribers of a process have come with reading.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

/// The positions of all that read.
#[derive(Default)]
pub(super) struct Places {
    readers: Mutex<Readers>,
    /// Counts the changes.
    moved: watch::Sender<u64>,
}

#[derive(Default)]
struct Readers {
    positions: BTreeMap<u64, u64>,
    /// How many there have been: the next one's number.
    seen: u64,
}

impl Places {
    /// Changes whenever somebody comes, goes on or leaves.
    pub(super) fn moved(&self) -> watch::Receiver<u64> {
        self.moved.subscribe()
    }

    /// The position of who is furthest; `None` when nobody reads.
    pub(super) fn fastest(&self) -> Option<u64> {
        self.readers().positions.values().max().copied()
    }

    /// Whether somebody is at one of the positions `from <= position < to`.
    pub(super) fn any_within(&self, from: u64, to: u64) -> bool {
        self.readers().positions.values().any(|position| (from..to).contains(position))
    }

    fn change<T>(&self, change: impl FnOnce(&mut Readers) -> T) -> T {
        let result = change(&mut self.readers());
        self.moved.send_modify(|changes| *changes += 1);
        result
    }

    fn readers(&self) -> MutexGuard<'_, Readers> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The position of one that reads, until it is dropped.
pub(super) struct Place {
    places: Arc<Places>,
    number: u64,
}

impl Place {
    pub(super) fn new(places: &Arc<Places>, position: u64) -> Self {
        let number = places.change(|readers| {
            readers.seen += 1;
            readers.positions.insert(readers.seen, position);
            readers.seen
        });
        Self { places: Arc::clone(places), number }
    }

    /// It has come so far.
    pub(super) fn set(&mut self, position: u64) {
        self.places.change(|readers| readers.positions.insert(self.number, position));
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.change(|readers| readers.positions.remove(&self.number));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_furthest_and_who_is_within_is_known_until_they_leave() {
        let places = Arc::default();
        assert_eq!(Places::fastest(&places), None);
        let (mut one, other) = (Place::new(&places, 5), Place::new(&places, 0));
        one.set(9);
        assert_eq!(places.fastest(), Some(9));
        assert!(places.any_within(0, 1) && places.any_within(9, 10));
        assert!(!places.any_within(1, 9));
        drop(other);
        assert!(!places.any_within(0, 1));
        drop(one);
        assert_eq!(places.fastest(), None);
    }

    #[test]
    fn every_change_is_told() {
        let places = Arc::default();
        let mut moved = Places::moved(&places);
        for step in [true, false] {
            let mut place = Place::new(&places, 1);
            assert!(moved.has_changed().unwrap());
            moved.mark_unchanged();
            if step {
                place.set(2);
                assert!(moved.has_changed().unwrap());
                moved.mark_unchanged();
            }
            drop(place);
            assert!(moved.has_changed().unwrap());
        }
    }
}
