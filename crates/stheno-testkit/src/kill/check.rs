//! What must hold after a kill test.
//!
//! - Every acknowledged event is in the log, where its acknowledgement says; nothing else is there; no id is there twice.
//! - The file is whole.
//! - Every event was handled by every subscriber, or is a dead letter for a reason, or is parked behind one; once all dead
//!   letters were redriven to mended handlers, it was handled.
//! - The first handlings of a key's events are in log order, at every subscriber that keeps order.

use std::{
    collections::{HashMap, HashSet},
    path::Path,
    sync::Arc,
};

use stheno_core::{
    Bus, Catalogs, RecordedEvent,
    backend::{Backend, Query},
    delivery::{doc::DeadReason, why::Why},
    runtime::operator::Operator,
};
use stheno_sqlite::{SqliteBackend, SqliteOptions};

use crate::kill::{
    events::{self, Planned},
    ledger::{Ended, Entry, Ledger},
    rounds::{Report, Said},
    subscribers::{BATCH, ORDERED, PICKY, UNORDERED},
};

/// Checks the log, and what every subscriber has done so far. Gives the number of dead letters.
pub(super) fn before_mending(log: &Path, ledger: &Path, said: &Said, seed: u64) -> usize {
    let found = Found::read(log, ledger, seed);
    found.check_log(said);
    found.check_order();
    found.check_unhandled()
}

/// Checks that nothing is left to be done.
pub(super) fn after_mending(log: &Path, ledger: &Path, said: &Said, seed: u64) -> Report {
    let found = Found::read(log, ledger, seed);
    found.check_log(said);
    found.check_order();
    let unhandled = found.unhandled();
    assert!(unhandled.is_empty(), "seed {seed}: not handled although everything was redriven: {unhandled:?}");
    Report {
        kills: 0,
        acknowledged: said.acknowledged.len(),
        events: found.events.len(),
        attempts: found.ledger.len(),
        repeated: found.repeated(),
        dead_letters: 0,
    }
}

/// What is there when nobody runs any more.
struct Found {
    seed: u64,
    events: Vec<Arc<RecordedEvent>>,
    ledger: Vec<Entry>,
    /// What the log says of every event that the ledger does not say was handled.
    outcomes: HashMap<(&'static str, u64), Why>,
}

fn subscribers() -> impl Iterator<Item = &'static str> {
    ORDERED.into_iter().chain(UNORDERED).chain([BATCH])
}

impl Found {
    fn read(log: &Path, ledger: &Path, seed: u64) -> Self {
        let ledger = Ledger::read(ledger).unwrap_or_else(|error| panic!("seed {seed}: the ledger is broken: {error}"));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let log = SqliteBackend::open(SqliteOptions::file(log)).await.expect("the log opens");
            log.check().await.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
            let mut found = Self { seed, events: everything(&*log).await, ledger, outcomes: HashMap::new() };
            let catalogs = Arc::new(Catalogs::new([events::catalog()], []).0);
            let operator = Operator::new(Bus::new(log.clone(), catalogs));
            for (subscriber, sequence) in found.unhandled() {
                let why = operator.why(subscriber, sequence).await.expect("the log can be read");
                found.outcomes.insert((subscriber, sequence), why);
            }
            log.close().await;
            found
        })
    }

    fn check_log(&self, said: &Said) {
        let seed = self.seed;
        let by_id: HashMap<&str, &RecordedEvent> =
            self.events.iter().map(|event| (event.id.as_str(), &**event)).collect();
        assert_eq!(by_id.len(), self.events.len(), "seed {seed}: an id is in the log twice");
        for (id, sequence) in &said.acknowledged {
            let event =
                by_id.get(id.as_str()).unwrap_or_else(|| panic!("seed {seed}: {id} was acknowledged and is lost"));
            assert!(
                sequence.is_none_or(|sequence| sequence == event.sequence),
                "seed {seed}: {id} is elsewhere: {event:?}"
            );
        }
        for event in &self.events {
            let planned = Planned::of(event.id.as_str());
            assert!(said.tried.contains(event.id.as_str()), "seed {seed}: nobody published {event:?}");
            assert_eq!(event.body, planned.body().to_string(), "seed {seed}: {event:?}");
            assert_eq!(event.key, planned.key(), "seed {seed}: {event:?}");
        }
    }

    /// The first handlings of a key's events are in log order.
    fn check_order(&self) {
        for subscriber in ORDERED.into_iter().chain([BATCH]) {
            let mut last_of_key: HashMap<_, u64> = HashMap::new();
            let mut seen = HashSet::new();
            for entry in self.handled(subscriber).filter(|entry| seen.insert(entry.sequence)) {
                let Some(key) = Planned::of(entry.id.as_str()).order else { continue };
                let earlier = last_of_key.insert(key, entry.sequence);
                assert!(
                    earlier.is_none_or(|earlier| earlier < entry.sequence),
                    "seed {}: {subscriber} handled {} of order {key} after {earlier:?}",
                    self.seed,
                    entry.sequence
                );
            }
        }
    }

    /// What is not handled has a reason; gives the number of dead letters.
    fn check_unhandled(&self) -> usize {
        let mut dead_letters = 0;
        for ((subscriber, sequence), why) in &self.outcomes {
            match why {
                Why::Parked { .. } => {}
                Why::Dead(letter) => {
                    dead_letters += 1;
                    let poison = *subscriber == PICKY && Planned::of(letter.id.as_str()).poison;
                    let meant = poison && letter.reason == DeadReason::Terminal;
                    // Killed whenever it was tried alone: the parent's doing, and rightly blamed.
                    let unlucky = letter.reason == DeadReason::CrashLoop;
                    assert!(meant || unlucky, "seed {}: {subscriber} gave up on {letter:?}", self.seed);
                }
                lost => panic!("seed {}: {subscriber} has not handled {sequence}, and says {lost:?}", self.seed),
            }
        }
        dead_letters
    }

    fn handled(&self, subscriber: &str) -> impl Iterator<Item = &Entry> {
        self.ledger.iter().filter(move |entry| entry.subscriber == subscriber && entry.ended == Ended::Handled)
    }

    fn unhandled(&self) -> Vec<(&'static str, u64)> {
        let mut unhandled = Vec::new();
        for subscriber in subscribers() {
            let handled: HashSet<u64> = self.handled(subscriber).map(|entry| entry.sequence).collect();
            let missing = self.events.iter().map(|event| event.sequence).filter(|sequence| !handled.contains(sequence));
            unhandled.extend(missing.map(|sequence| (subscriber, sequence)));
        }
        unhandled
    }

    fn repeated(&self) -> usize {
        let mut times: HashMap<(&str, u64), usize> = HashMap::new();
        let handled = self.ledger.iter().filter(|entry| entry.ended == Ended::Handled);
        handled.for_each(|entry| *times.entry((&entry.subscriber, entry.sequence)).or_default() += 1);
        times.values().filter(|times| **times > 1).count()
    }
}

async fn everything(log: &dyn Backend) -> Vec<Arc<RecordedEvent>> {
    let mut events = Vec::new();
    let mut after = 0;
    loop {
        let page = log.read(Query::all().after(after)).await.expect("the log can be read");
        events.extend(page.events);
        if page.end {
            return events;
        }
        after = page.covered;
    }
}
