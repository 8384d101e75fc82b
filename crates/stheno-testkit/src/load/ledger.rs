//! What publishers and subscribers did, and what must hold of it.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use stheno_core::backend::{Backend, BackendError, Query};

use crate::load::subscribers::ALL;

/// An event of a load: the how-manieth of its key, from 0. Its id is both, joined by a dash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Numbered {
    /// Which key.
    pub key: u64,
    /// Which of the key's events.
    pub number: u64,
}

impl Numbered {
    /// The event of an id; `None` for one that no load has published.
    pub fn parse(id: &str) -> Option<Self> {
        let (key, number) = id.split_once('-')?;
        Some(Self { key: key.parse().ok()?, number: number.parse().ok()? })
    }
}

impl fmt::Display for Numbered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.key, self.number)
    }
}

/// What was done so far. Everybody writes to the same one.
#[derive(Debug, Default)]
pub struct Ledger(Mutex<Done>);

#[derive(Debug, Default)]
struct Done {
    attempted: HashSet<Numbered>,
    acknowledged: HashMap<Numbered, Option<u64>>,
    /// Publishes that came back with an error, and were tried again by their caller.
    errors: usize,
    handled: BTreeMap<&'static str, Vec<Numbered>>,
    publishing: Pace,
    handling: Pace,
}

/// The longest time in which nothing came.
#[derive(Debug, Default)]
struct Pace {
    last: Option<Instant>,
    longest: Duration,
}

impl Pace {
    fn came(&mut self) {
        let now = Instant::now();
        let since = self.last.replace(now).map_or(Duration::ZERO, |last| now - last);
        self.longest = self.longest.max(since);
    }
}

/// What a load came to. The times are measured and not asserted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// Events that were acknowledged.
    pub acknowledged: usize,
    /// Events in the log: those, and maybe some whose publisher was never told.
    pub stored: usize,
    /// Publishes that came back with an error, and were tried again by their caller.
    pub errors: usize,
    /// Events that a subscriber handled more than once, all subscribers together.
    pub repeats: usize,
    /// The longest time without any acknowledgement.
    pub publish_gap: Duration,
    /// The longest time without anything handled.
    pub handle_gap: Duration,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} acknowledged, {} stored, {} errors, {} repeats, longest gap {:.1} s publishing and {:.1} s handling",
            self.acknowledged,
            self.stored,
            self.errors,
            self.repeats,
            self.publish_gap.as_secs_f64(),
            self.handle_gap.as_secs_f64()
        )
    }
}

impl Ledger {
    /// Somebody is about to publish this.
    pub fn attempted(&self, event: Numbered) {
        self.done().attempted.insert(event);
    }

    /// The log took it, at this sequence if it said so.
    pub fn acknowledged(&self, event: Numbered, sequence: Option<u64>) {
        let mut done = self.done();
        done.acknowledged.insert(event, sequence);
        done.publishing.came();
    }

    /// A publish came back with an error.
    pub fn failed(&self) {
        self.done().errors += 1;
    }

    /// A subscriber has handled this.
    pub fn handled(&self, subscriber: &'static str, event: Numbered) {
        let mut done = self.done();
        done.handled.entry(subscriber).or_default().push(event);
        done.handling.came();
    }

    /// How many were acknowledged so far.
    pub fn acknowledgements(&self) -> usize {
        self.done().acknowledged.len()
    }

    /// An acknowledged event that a subscriber has not handled yet, if there is one, with its sequence.
    pub fn unhandled(&self) -> Option<(&'static str, Option<u64>)> {
        let done = self.done();
        ALL.into_iter().find_map(|subscriber| {
            let handled: HashSet<_> = done.handled.get(subscriber).into_iter().flatten().collect();
            let missing = done.acknowledged.iter().find(|(event, _)| !handled.contains(event));
            missing.map(|(_, sequence)| (subscriber, *sequence))
        })
    }

    /// Checks everything against the log. Nobody may publish or handle any more.
    ///
    /// # Errors
    /// When the log cannot be read.
    ///
    /// # Panics
    /// When something was lost, came twice into the log, or was handled out of order.
    pub async fn check(&self, log: &dyn Backend) -> Result<Report, BackendError> {
        let mut stored = HashMap::new();
        let mut after = 0;
        loop {
            let page = log.read(Query::all().after(after)).await?;
            for event in &page.events {
                let numbered =
                    Numbered::parse(event.id.as_str()).unwrap_or_else(|| panic!("nobody published {event:?}"));
                let earlier = stored.insert(numbered, event.sequence);
                assert_eq!(earlier, None, "{numbered} is in the log twice, the second time at {}", event.sequence);
            }
            if page.end {
                break;
            }
            after = page.covered;
        }
        Ok(self.compare(&stored))
    }

    fn compare(&self, stored: &HashMap<Numbered, u64>) -> Report {
        let done = self.done();
        for (event, sequence) in &done.acknowledged {
            let there = stored.get(event).unwrap_or_else(|| panic!("{event} was acknowledged and is lost"));
            assert!(
                sequence.is_none_or(|sequence| sequence == *there),
                "{event} is at {there} and not at {sequence:?}"
            );
        }
        let mut repeats = 0;
        for event in stored.keys() {
            assert!(done.attempted.contains(event), "{event} is in the log and nobody published it");
        }
        check_order_of_log(stored);
        for subscriber in ALL {
            let handled = done.handled.get(subscriber).map_or(&[][..], Vec::as_slice);
            let seen: HashSet<_> = handled.iter().copied().collect();
            let missed = stored.keys().find(|event| !seen.contains(event));
            assert_eq!(missed, None, "{subscriber} has not handled it, of {} events", stored.len());
            assert_eq!(seen.len(), stored.len(), "{subscriber} handled what is not in the log");
            check_order(subscriber, handled);
            repeats += handled.len() - seen.len();
        }
        Report {
            acknowledged: done.acknowledged.len(),
            stored: stored.len(),
            errors: done.errors,
            repeats,
            publish_gap: done.publishing.longest,
            handle_gap: done.handling.longest,
        }
    }

    fn done(&self) -> MutexGuard<'_, Done> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A key's events are in the log in the order they were published in.
fn check_order_of_log(stored: &HashMap<Numbered, u64>) {
    let ordered: BTreeMap<_, _> = stored.iter().collect();
    for ((event, sequence), (next, later)) in ordered.iter().zip(ordered.iter().skip(1)) {
        assert!(event.key != next.key || sequence < later, "{next} is in the log at {later}, before {event}");
        assert!(
            event.key != next.key || event.number + 1 == next.number,
            "between {event} and {next} something is missing"
        );
    }
}

/// The first handlings of a key's events are in the order of the log.
fn check_order(subscriber: &str, handled: &[Numbered]) {
    let mut next: HashMap<u64, u64> = HashMap::new();
    for event in handled {
        let next = next.entry(event.key).or_default();
        assert!(event.number <= *next, "{subscriber} handled {event} before number {next} of its key");
        *next = (*next).max(event.number + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: [Numbered; 3] =
        [Numbered { key: 0, number: 0 }, Numbered { key: 0, number: 1 }, Numbered { key: 0, number: 2 }];

    /// A ledger where all went well, and the log of it.
    fn well() -> (Ledger, HashMap<Numbered, u64>) {
        let ledger = Ledger::default();
        for (event, sequence) in A.into_iter().zip(1..) {
            ledger.attempted(event);
            ledger.acknowledged(event, Some(sequence));
            ALL.iter().for_each(|subscriber| ledger.handled(subscriber, event));
        }
        (ledger, A.into_iter().zip(1..).collect())
    }

    #[test]
    fn repeats_are_counted() {
        let (ledger, stored) = well();
        ledger.handled(ALL[0], A[2]);
        let report = ledger.compare(&stored);
        assert_eq!((report.acknowledged, report.stored, report.repeats), (3, 3, 1));
    }

    #[test]
    #[should_panic(expected = "acknowledged and is lost")]
    fn what_was_acknowledged_and_is_not_there_is_found() {
        let (ledger, mut stored) = well();
        stored.remove(&A[2]);
        ledger.compare(&stored);
    }

    #[test]
    #[should_panic(expected = "nobody published it")]
    fn what_nobody_published_is_found() {
        let (ledger, mut stored) = well();
        stored.insert(Numbered { key: 9, number: 0 }, 4);
        ledger.compare(&stored);
    }

    #[test]
    #[should_panic(expected = "has not handled it")]
    fn what_a_subscriber_missed_is_found() {
        let (ledger, mut stored) = well();
        let more = Numbered { key: 1, number: 0 };
        ledger.attempted(more);
        stored.insert(more, 4);
        ledger.compare(&stored);
    }

    #[test]
    #[should_panic(expected = "before number 0")]
    fn what_was_handled_out_of_order_is_found() {
        check_order("x", &[A[1], A[0]]);
    }

    #[test]
    #[should_panic(expected = "before 0-0")]
    fn what_was_stored_out_of_order_is_found() {
        check_order_of_log(&HashMap::from([(A[0], 2), (A[1], 1)]));
    }
}
