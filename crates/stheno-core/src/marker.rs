//! Under which names an effect is remembered outside the log: names that stay the same when a subscriber gets another id, and
//! numbers that never come again, also when the log, or what is outside of it, is restored to an earlier state.

use std::{fmt, sync::Arc};

use crate::{delivery::doc::Former, time::Timestamp};

/// What tells an effect from all others: one subscriber's work for one event in one run on one log. A store of one's own
/// remembers it in the transaction that has the effect, and does nothing when it is there already.
///
/// `stheno-sqlite` has `handled_once` for it; this is for other databases. Keep the [epoch](crate::Cx::epoch) of the attempt
/// with it: a marker that was kept with a lower epoch than `run_epoch` is of a run that was forgotten when the log was restored to
/// an earlier state, and does not count.
///
/// ```
/// use std::collections::HashMap;
/// use stheno_core::Cx;
///
/// let cx = Cx::test("order.placed");
/// let (mut markers, mut sold) = (HashMap::new(), 0);
/// for _attempt in 0..3 {
///     let marker = cx.marker();
///     let key = (marker.log.to_owned(), marker.subscriber.to_owned(), marker.event.to_owned(), marker.run);
///     let before = markers.insert(key, cx.epoch());
///     if before.is_none_or(|epoch| epoch < marker.run_epoch) {
///         sold += 1;
///     }
/// }
/// assert_eq!(sold, 1);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Marker<'a> {
    /// The identity of the log.
    pub log: &'a str,
    /// The subscriber, by the first id that it had. It stays when the subscriber gets another id (`was = ".."`), also when the
    /// release that did so is taken back, and is the same for live events and for those that are handed over later
    /// (`backfill = true`).
    pub subscriber: &'a str,
    /// The id of the event.
    pub event: &'a str,
    /// The run: 0 is live, each replay has the next number.
    pub run: u32,
    /// The epoch in which the run began; 0 for the first.
    pub run_epoch: u64,
}

/// A run, and the epoch in which it began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Run {
    pub(crate) number: u32,
    pub(crate) epoch: u64,
}

/// A text that no other run of the subscriber has, also when one of the same number was forgotten.
impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.epoch {
            0 => write!(f, "{}", self.number),
            epoch => write!(f, "{}.{epoch}", self.number),
        }
    }
}

/// The ids that a subscriber has, and had.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub(crate) id: Arc<str>,
    /// Those it had before, the oldest first.
    pub(crate) former: Vec<Former>,
}

impl Identity {
    /// The id under which what is done for the event at a sequence is remembered.
    pub(crate) fn at(&self, sequence: u64) -> &str {
        let former = self.former.iter().find(|former| sequence <= former.upto);
        former.map_or(&self.id, |former| former.id.as_str())
    }
}

/// A number that was never given before, higher than `last`: the milliseconds since 1970, or the next one if the clock is behind.
/// The time stays where it is when records go back to an earlier state, so what counted on from them would come again.
pub(crate) fn never_before(now: Timestamp, last: u64) -> u64 {
    // Stores of users keep it as a signed number.
    let highest = i64::MAX.unsigned_abs();
    let millis = u64::try_from(now.as_micros() / 1_000).unwrap_or(0);
    millis.max(last.saturating_add(1)).min(highest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_remembered_under_the_id_that_the_subscriber_had() {
        let former = |id: &str, upto| Former { id: id.to_owned(), upto };
        let identity = Identity { id: "c".into(), former: vec![former("a", 5), former("b", 9)] };
        let ids: Vec<_> = [1, 5, 6, 9, 10].map(|sequence| identity.at(sequence)).into();
        assert_eq!(ids, ["a", "a", "b", "b", "c"]);
    }

    #[test]
    fn a_number_is_higher_than_the_last_and_goes_with_the_time() {
        let at = |micros| Timestamp::from_micros(micros);
        assert_eq!(never_before(at(1_790_000_000_123_456), 7), 1_790_000_000_123);
        assert_eq!(never_before(at(1_790_000_000_123_456), 1_790_000_000_123), 1_790_000_000_124);
        assert_eq!(never_before(at(-1), 7), 8);
        assert_eq!(never_before(at(0), u64::MAX), i64::MAX.unsigned_abs());
    }
}
