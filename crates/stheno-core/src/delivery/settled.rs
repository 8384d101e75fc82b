//! How far the subscriber is: which events of the log it has met, and which of these hold it back.
//!
//! An event is settled when it was handled or skipped. One that failed is as good as settled once a write says where it is: in the
//! record of its lane, or in a dead letter. Until then it holds the floor back, so that no crash loses it.

use std::collections::{BTreeSet, VecDeque};

/// Which events are settled.
#[derive(Debug)]
pub(crate) struct Settled {
    /// Every live event up to here was offered.
    position: u64,
    /// Events that are not settled, and of which no write says where they are.
    held: BTreeSet<u64>,
    /// What an earlier holder has settled above its floor.
    before: VecDeque<(u64, u64)>,
    /// The end of what an earlier holder was offered: a lane of its record reads back up to here.
    offered: u64,
    /// The floor of the last write that was begun. What lies below is written down.
    written: u64,
    /// The floor of the last write that was taken.
    recorded: u64,
}

/// What an event that is offered is to the subscriber.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Met {
    /// It was offered before.
    Again,
    /// An earlier holder has settled it.
    Settled,
    New,
}

impl Settled {
    /// Everything up to a sequence is settled.
    pub(crate) fn upto(sequence: u64) -> Self {
        Self {
            position: sequence,
            held: BTreeSet::new(),
            before: VecDeque::new(),
            offered: sequence,
            written: sequence,
            recorded: sequence,
        }
    }

    /// Everything up to a floor is settled, and what lies in these ranges above it, both ends included.
    pub(crate) fn restored(floor: u64, done: Vec<(u64, u64)>) -> Self {
        let offered = done.last().map_or(floor, |(_, last)| *last);
        Self { before: done.into(), offered, ..Self::upto(floor) }
    }

    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// How far anybody was offered events: this holder, or one before it.
    pub(crate) fn offered(&self) -> u64 {
        self.position.max(self.offered)
    }

    /// How many events hold the floor back.
    pub(crate) fn held(&self) -> usize {
        self.held.len()
    }

    /// Meets the next live event.
    pub(crate) fn meet(&mut self, sequence: u64) -> Met {
        if sequence <= self.position {
            return Met::Again;
        }
        self.position = sequence;
        while self.before.front().is_some_and(|(_, last)| *last < sequence) {
            self.before.pop_front();
        }
        match self.before.front() {
            Some((first, _)) if *first <= sequence => Met::Settled,
            _ => Met::New,
        }
    }

    /// No matching event up to here is left to offer.
    pub(crate) fn pass(&mut self, covered: u64) {
        self.position = self.position.max(covered);
    }

    /// Lets an event hold the floor back, unless a write says where it is.
    pub(crate) fn hold(&mut self, sequence: u64) -> bool {
        sequence > self.written && self.held.insert(sequence)
    }

    pub(crate) fn release(&mut self, sequence: u64) {
        self.held.remove(&sequence);
    }

    /// The highest sequence up to which everything is settled, or written down.
    pub(crate) fn floor(&self) -> u64 {
        self.held.first().map_or(self.position, |first| first - 1)
    }

    /// What is settled above the floor: the gaps between what is held, and what an earlier holder had settled.
    pub(crate) fn ranges(&self) -> Vec<(u64, u64)> {
        let mut ranges = Vec::new();
        let mut next = self.floor() + 1;
        for held in &self.held {
            if next < *held {
                ranges.push((next, held - 1));
            }
            next = held + 1;
        }
        if next <= self.position {
            ranges.push((next, self.position));
        }
        let ahead = self.before.iter().filter(|(_, last)| *last > self.position);
        ranges.extend(ahead.map(|(first, last)| (*first.max(&(self.position + 1)), *last)));
        ranges
    }

    /// A write was begun that says this floor.
    pub(crate) fn write(&mut self, floor: u64) {
        self.written = floor;
    }

    /// A write was taken that says this floor.
    pub(crate) fn record(&mut self, floor: u64) {
        self.recorded = floor;
    }

    /// The floor that the last write recorded.
    pub(crate) fn recorded(&self) -> u64 {
        self.recorded
    }

    /// Goes to another position. Only these events hold the floor back there.
    pub(crate) fn restart(&mut self, after: u64, held: impl IntoIterator<Item = u64>) {
        let held = held.into_iter().filter(|sequence| *sequence <= after).collect();
        *self = Self { held, written: 0, ..Self::upto(after) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_holds_the_floor_back_and_the_rest_is_done() {
        let mut settled = Settled::upto(10);
        for sequence in 11..=15 {
            assert_eq!(settled.meet(sequence), Met::New);
        }
        assert_eq!((settled.floor(), settled.ranges()), (15, vec![]));
        assert!(settled.hold(12) && settled.hold(14));
        assert_eq!((settled.floor(), settled.ranges()), (11, vec![(13, 13), (15, 15)]));
        settled.release(12);
        assert_eq!((settled.floor(), settled.ranges()), (13, vec![(15, 15)]));
        settled.release(14);
        assert_eq!(settled.floor(), 15);
    }

    #[test]
    fn what_an_earlier_holder_has_settled_is_met_as_that() {
        let mut settled = Settled::restored(10, vec![(12, 13), (20, 30)]);
        assert_eq!((settled.position(), settled.offered()), (10, 30));
        let met: Vec<_> = [10, 11, 12, 13, 14, 25, 31].map(|sequence| settled.meet(sequence)).into();
        use Met::{Again, New, Settled as Done};
        assert_eq!(met, [Again, New, Done, Done, New, Done, New]);
    }

    #[test]
    fn the_ranges_of_an_earlier_holder_stay_until_they_are_met() {
        let mut settled = Settled::restored(10, vec![(12, 13), (20, 30)]);
        settled.pass(22);
        assert_eq!((settled.floor(), settled.ranges()), (22, vec![(23, 30)]));
    }

    #[test]
    fn what_a_write_says_is_held_no_more() {
        let mut settled = Settled::upto(0);
        settled.pass(9);
        settled.write(5);
        assert!(!settled.hold(5) && settled.hold(6));
        assert_eq!((settled.floor(), settled.held()), (5, 1));
        settled.record(5);
        assert_eq!(settled.recorded(), 5);
    }

    #[test]
    fn a_restart_keeps_what_lies_behind_it() {
        let mut settled = Settled::upto(50);
        settled.restart(20, [7, 15, 33]);
        assert_eq!((settled.position(), settled.floor()), (20, 6));
        assert!(settled.hold(3), "no write says any more where it is");
    }
}
