//! What may be started: only what the record says may have been started, so that after a crash it is known what may have caused it.

use std::collections::HashSet;

use crate::delivery::lane_id::LaneId;

/// Attempts that a crash may leave unrecorded at most: live events that one write reserves ahead for a subscriber that is quick, those
/// under way, and lanes that may be started.
pub(crate) const RESERVE: u64 = 1_900;
/// Sequences that one write reserves ahead at least.
const LEAST: u64 = 32;
/// Lanes with a record that one write says may be started, besides those that are under way.
pub(crate) const LANES: usize = 1_024;

/// What the record allows to be started.
#[derive(Debug)]
pub(crate) struct Reservation {
    /// No live event above this.
    upto: u64,
    /// How far ahead the next write reserves. A crash makes suspects of what is reserved, and these are tried one at a time: so
    /// no further than this subscriber gets between a few writes.
    ahead: u64,
    /// The position at the last write.
    written_at: u64,
    /// An event above `upto` that was offered.
    wanted: u64,
    /// Of the lanes that have a record, only these.
    lanes: HashSet<LaneId>,
    /// Those that the write under way allows.
    writing: HashSet<LaneId>,
}

impl Reservation {
    /// Nothing is allowed, at this position.
    pub(crate) fn at(position: u64) -> Self {
        Self { upto: 0, ahead: 0, written_at: position, wanted: 0, lanes: HashSet::new(), writing: HashSet::new() }
    }

    /// Whether a live event may be started. If not, the next write says so of it.
    pub(crate) fn allows(&mut self, sequence: u64) -> bool {
        let allows = sequence <= self.upto;
        if !allows {
            self.wanted = self.wanted.max(sequence);
        }
        allows
    }

    /// Whether a lane that has a record may be started.
    pub(crate) fn allows_lane(&self, id: &LaneId) -> bool {
        self.lanes.contains(id)
    }

    /// Whether events will soon have to wait for a write that reserves more.
    pub(crate) fn runs_out(&self, position: u64) -> bool {
        self.upto < position.max(self.wanted) + self.ahead / 2
    }

    /// What the next write says may be started, and these lanes: as far ahead as the subscriber got since the last write, four
    /// times over.
    pub(crate) fn write(&mut self, position: u64, concurrency: usize, lanes: HashSet<LaneId>) -> u64 {
        let got = position.saturating_sub(self.written_at);
        let least = LEAST.max(concurrency as u64).min(RESERVE);
        let others = u64::try_from(concurrency.saturating_add(lanes.len())).unwrap_or(u64::MAX);
        self.ahead = got.saturating_mul(4).clamp(least, RESERVE.saturating_sub(others).max(least));
        self.written_at = position;
        // Until it is known whether the write was taken, what only one of the two says is not started.
        self.lanes.retain(|id| lanes.contains(id));
        self.writing = lanes;
        position.max(self.wanted) + self.ahead
    }

    /// The write was taken.
    pub(crate) fn grant(&mut self, upto: u64) {
        self.upto = self.upto.max(upto);
        self.lanes = std::mem::take(&mut self.writing);
    }

    /// Goes to another position, where nothing is allowed before the next write.
    pub(crate) fn restart(&mut self, position: u64) {
        *self = Self::at(position);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_started_before_a_write_allows_it() {
        let mut reservation = Reservation::at(10);
        assert!(!reservation.allows(11));
        let upto = reservation.write(10, 4, HashSet::new());
        assert_eq!(upto, 11 + LEAST);
        assert!(!reservation.allows(11), "it is not taken yet");
        reservation.grant(upto);
        assert!(reservation.allows(11) && reservation.allows(upto) && !reservation.allows(upto + 1));
    }

    #[test]
    fn a_quick_subscriber_reserves_more_and_never_more_than_the_most() {
        let mut reservation = Reservation::at(0);
        assert_eq!(reservation.write(0, 1, HashSet::new()), LEAST);
        assert_eq!(reservation.write(100, 1, HashSet::new()), 500);
        assert_eq!(reservation.write(100_000, 1, HashSet::new()), 100_000 + RESERVE - 1);
        let lanes = (0..1_000).map(LaneId::Event).collect();
        assert_eq!(reservation.write(200_000, 300, lanes), 200_000 + RESERVE - 1_300);
        assert_eq!(reservation.write(300_000, 5_000, HashSet::new()), 300_000 + RESERVE, "all that are made at once");
    }

    #[test]
    fn a_lane_that_only_one_of_two_writes_allows_waits() {
        let lanes = |ids: &[u64]| ids.iter().map(|id| LaneId::Event(*id)).collect::<HashSet<_>>();
        let allowed = |reservation: &Reservation| [1, 2, 3].map(|id| reservation.allows_lane(&LaneId::Event(id)));
        let mut reservation = Reservation::at(0);
        let upto = reservation.write(0, 1, lanes(&[1, 2]));
        reservation.grant(upto);
        assert_eq!(allowed(&reservation), [true, true, false]);
        let upto = reservation.write(0, 1, lanes(&[2, 3]));
        assert_eq!(allowed(&reservation), [false, true, false]);
        reservation.grant(upto);
        assert_eq!(allowed(&reservation), [false, true, true]);
    }
}
