//! Which events of a lane the log has that are not in memory: they need not be looked for.
//!
//! A lane that is left to the log keeps the sequence of what passes by, and is read back by these. It does so while there is
//! room; what it does not know is looked for under its key.

use std::collections::VecDeque;

use crate::{
    delivery::memory::{Kept, LOAD_BYTES, Memory, Taken},
    event::recorded::RecordedEvent,
};

/// Events of one lane that are kept in mind.
const MOST: usize = if cfg!(test) { 4 } else { 1_024 };
/// What one of them takes, in bytes.
const EACH: usize = 16;

/// The events of a lane that only the log has.
#[derive(Debug, Default)]
pub(super) struct Left {
    /// The first of them, each with its size (0 if that is not known): every one up to `upto`.
    events: VecDeque<(u64, u32)>,
    upto: u64,
    /// Whether nothing was offered after `upto`.
    all: bool,
    taken: Option<Taken>,
}

impl Left {
    /// Nothing is known.
    pub(super) fn unknown() -> Self {
        Self::default()
    }

    /// There is none, and nothing was offered after this sequence.
    pub(super) fn nothing(upto: u64) -> Self {
        Self { upto, all: true, ..Self::default() }
    }

    /// These, which are all from `from` on, and nothing was offered after this sequence that is not among them.
    pub(super) fn all(events: impl IntoIterator<Item = Kept>, from: u64, upto: u64, memory: &Memory) -> Self {
        let mut left = Self::nothing(from.saturating_sub(1));
        for kept in events {
            left.push(&kept.event, memory);
        }
        if left.all {
            left.upto = left.upto.max(upto);
        }
        left
    }

    /// These, which are all from `from` up to a sequence. What comes after that is not known.
    pub(super) fn some(events: impl IntoIterator<Item = Kept>, from: u64, upto: u64, memory: &Memory) -> Self {
        Self { all: false, ..Self::all(events, from, upto, memory) }
    }

    /// The same behind these, which come before them, from `from` on.
    pub(super) fn behind(self, events: impl IntoIterator<Item = Kept>, from: u64, memory: &Memory) -> Self {
        let mut left = Self::all(events, from, 0, memory);
        if left.all {
            left.take(EACH * self.events.len(), memory);
            left.events.extend(self.events.iter());
            (left.upto, left.all) = (left.upto.max(self.upto), self.all);
        }
        left
    }

    /// An event was offered that only the log has. One that was read back before counts once.
    pub(super) fn push(&mut self, event: &RecordedEvent, memory: &Memory) {
        if !self.all || event.sequence <= self.upto {
            return;
        }
        self.all = self.events.len() < MOST && memory.may_leave();
        if self.all {
            let size = u32::try_from(event.size()).unwrap_or(u32::MAX);
            self.events.push_back((event.sequence, size));
            self.upto = event.sequence;
            self.take(EACH, memory);
        }
    }

    /// The event right before all of them comes again.
    pub(super) fn again(&mut self, sequence: u64, memory: &Memory) {
        self.events.push_front((sequence, 0));
        self.upto = self.upto.max(sequence);
        self.take(EACH, memory);
    }

    fn take(&mut self, bytes: usize, memory: &Memory) {
        match &mut self.taken {
            Some(taken) => taken.add(bytes),
            None => self.taken = Some(memory.leave(bytes)),
        }
    }

    /// The first of them, as many as one read brings.
    pub(super) fn first(&self, most: usize) -> Vec<u64> {
        let mut bytes = 0;
        let fits = |(_, size): &&(u64, u32)| {
            let fits = bytes < LOAD_BYTES;
            bytes += *size as usize;
            fits
        };
        self.events.iter().take(most).take_while(fits).map(|(sequence, _)| *sequence).collect()
    }

    /// The memory that the first of them take when they are read back: what they took as they passed by.
    pub(super) fn expect(&self, events: usize, memory: &Memory) -> Taken {
        memory
            .expect_each(self.events.iter().take(events).map(|(_, size)| usize::try_from(*size).unwrap_or(usize::MAX)))
    }

    /// Those up to a sequence were read back.
    pub(super) fn read(&mut self, covered: u64) {
        let before = self.events.len();
        while self.events.pop_front_if(|(sequence, _)| *sequence <= covered).is_some() {}
        if let Some(taken) = &mut self.taken {
            taken.give_back(EACH * (before - self.events.len()));
        }
        if self.events.is_empty() {
            (self.events, self.taken) = (VecDeque::new(), None);
        }
    }

    /// Every one up to here is known.
    pub(super) fn upto(&self) -> u64 {
        self.upto
    }

    /// Whether the log has nothing of it: then, up to which sequence.
    pub(super) fn is_nothing(&self) -> Option<u64> {
        (self.all && self.events.is_empty()).then_some(self.upto)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{headers::Headers, time::Timestamp};

    fn event(sequence: u64, bytes: usize) -> Arc<RecordedEvent> {
        let (name, now, body) = ("a".into(), Timestamp::from_micros(0), vec![b' '; bytes]);
        let headers = Headers::new();
        let body = body.into();
        Arc::new(RecordedEvent::from_stored(sequence, "i".into(), name, None, None, now, now, headers, body))
    }

    fn kept<'a>(memory: &'a Memory, sequences: &'a [u64]) -> impl Iterator<Item = Kept> + 'a {
        sequences.iter().map(|sequence| memory.keep(&event(*sequence, 1)))
    }

    #[test]
    fn what_passes_by_is_read_back_by_its_sequence() {
        let memory = Memory::default();
        let mut left = Left::all(kept(&memory, &[3, 7]), 3, 5, &memory);
        left.push(&event(9, 1), &memory);
        left.push(&event(9, 1), &memory);
        assert_eq!((left.first(2), left.first(64), left.is_nothing()), (vec![3, 7], vec![3, 7, 9], None));
        left.read(7);
        assert_eq!(left.first(64), [9]);
        left.read(9);
        assert_eq!((left.is_nothing(), memory.left()), (Some(9), 0));
    }

    #[test]
    fn with_too_many_only_the_first_are_known() {
        let memory = Memory::default();
        let mut left = Left::nothing(0);
        (1..=9).for_each(|sequence| left.push(&event(sequence, 1), &memory));
        assert_eq!((left.first(64).len(), left.upto()), (MOST, MOST as u64));
        left.read(9);
        assert_eq!((left.is_nothing(), left.upto()), (None, MOST as u64));
    }

    #[test]
    fn what_was_in_memory_comes_before_what_was_not() {
        let memory = Memory::default();
        let mut left = Left::nothing(4);
        left.push(&event(8, 1), &memory);
        let left = left.behind(kept(&memory, &[3, 4]), 3, &memory);
        assert_eq!((left.first(64), left.upto(), left.all), (vec![3, 4, 8], 8, true));
        let mut unknown = Left::unknown().behind(kept(&memory, &[3]), 3, &memory);
        assert_eq!((unknown.first(64), unknown.upto(), unknown.all), (vec![3], 3, false));
        unknown.again(2, &memory);
        assert_eq!((unknown.first(64), unknown.upto()), (vec![2, 3], 3));
    }

    #[test]
    fn a_read_is_expected_to_bring_what_has_passed_by() {
        let memory = Memory::default();
        let mut left = Left::nothing(3);
        left.push(&event(4, 1_000_000), &memory);
        left.push(&event(5, 10), &memory);
        let taken = left.expect(1, &memory);
        assert!((1_000_000..1_001_000).contains(&memory.used()));
        let both = left.expect(2, &memory);
        assert!((2_000_000..2_003_000).contains(&memory.used()));
        drop((taken, both));
        left.again(3, &memory);
        let unknown = left.expect(1, &memory);
        assert!(memory.used() > 10_000, "nobody knows how large it is");
        drop(unknown);
        assert_eq!(memory.used(), 0);
    }

    #[test]
    fn a_read_ends_with_the_event_that_makes_it_large() {
        let memory = Memory::default();
        let mut left = Left::nothing(0);
        (1..=3).for_each(|sequence| left.push(&event(sequence, LOAD_BYTES / 2 + 1), &memory));
        assert_eq!(left.first(64), [1, 2]);
    }
}
