//! What a subscriber passed over before its patterns were widened, as it is recorded.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    backend::{Backend, BackendError, RecordName},
    delivery::{doc::StateDoc, names},
    event::recorded::RecordedEvent,
    marker::Run,
    pattern::PatternSet,
    runtime::store,
};

/// Events that a subscriber passed over before its patterns were widened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Missed {
    /// What it took before; these events it has had.
    pub before: PatternSet,
    /// What it takes since.
    pub since: PatternSet,
    /// It began after this sequence.
    pub after: u64,
    /// It had read up to here,
    pub floor: u64,
    /// and these ranges above, both ends included.
    pub done: Vec<(u64, u64)>,
    /// The run in which it passed them over,
    #[serde(default)]
    pub run: u32,
    /// and the epoch in which that began.
    #[serde(default)]
    pub run_epoch: u64,
}

impl Missed {
    /// What a subscriber passes over that goes on from a state with other patterns; nothing, if it takes no more than it did.
    pub(crate) fn by(state: &StateDoc, patterns: &PatternSet) -> Option<(Self, PatternSet)> {
        let covered = |pattern| state.patterns.iter().any(|before| before.covers(pattern));
        let wider = PatternSet::new(patterns.iter().filter(|pattern| !covered(pattern)).cloned());
        let missed = Self {
            before: state.patterns.clone(),
            since: patterns.clone(),
            after: state.began,
            floor: state.floor,
            done: state.done.clone(),
            run: state.run,
            run_epoch: state.run_epoch,
        };
        (!wider.is_empty()).then_some((missed, wider))
    }

    /// The run in which they were passed over.
    pub(crate) fn run(&self) -> Run {
        Run { number: self.run, epoch: self.run_epoch }
    }

    /// Whether it is one of these events.
    pub(crate) fn has(&self, event: &RecordedEvent) -> bool {
        let read = event.sequence <= self.floor
            || self.done.iter().any(|(first, last)| (*first..=*last).contains(&event.sequence));
        read && event.sequence > self.after && !self.before.matches(&event.name) && self.since.matches(&event.name)
    }

    /// The last sequence that one of them can have.
    pub(crate) fn end(&self) -> u64 {
        self.done.last().map_or(self.floor, |(_, last)| *last)
    }
}

/// What a subscriber passed over, each with the id under which it is handed over.
pub(crate) async fn list(
    backend: &Arc<dyn Backend>,
    subscriber: &str,
) -> Result<Vec<(String, RecordName, Missed)>, BackendError> {
    let prefix = names::all_missed(subscriber);
    let records = backend.list_records(&prefix).await?;
    let missed = records.iter().map(|record| {
        let epoch = record.name.as_str().trim_start_matches(&prefix).parse().unwrap_or_default();
        Ok((names::backfill(subscriber, epoch), record.name.clone(), store::parse(record)?))
    });
    missed.collect()
}
