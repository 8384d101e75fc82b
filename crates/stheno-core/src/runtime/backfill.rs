//! What a subscriber passed over before its patterns were widened, handed to it after all.
//!
//! A release that takes more events than the one before finds the log read up to some sequence. What now matches below it was
//! passed over. That is recorded when the subscriber is taken over, said aloud, and answered by `why`. With `backfill = true`
//! in its policy the next start runs the same handler a second time, under an id of its own (`receipts.send.backfill-7`) that
//! takes just these events, with the order, retries and dead letters everybody has. When it is through it is forgotten.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    backend::{Backend, BackendError, Query, RecordError, RecordName, RecordWrite},
    delivery::{commit::json, doc::StateDoc, names},
    event::recorded::RecordedEvent,
    marker::{Identity, Run},
    pattern::PatternSet,
    runtime::{store, supervisor::Enabled},
    shown::shown_long,
};

/// Events that are counted for the message; more are said to be more.
const COUNTED: usize = 256;
/// Records that one write deletes.
const PER_WRITE: usize = 400;

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

/// What a subscriber passed over, handed over by another beside it.
#[derive(Debug)]
pub(crate) struct HandedOver {
    pub(crate) missed: Arc<Missed>,
    /// The subscriber that passed it over. Effects are remembered as its own.
    pub(crate) of: Identity,
}

impl Missed {
    /// What a subscriber passes over that goes on from a state with other patterns; nothing, if it takes no more than it did.
    fn by(state: &StateDoc, patterns: &PatternSet) -> Option<(Self, PatternSet)> {
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

/// Says aloud, and for the record, what a subscriber passes over that now takes more than it did. The write goes with the one
/// that takes the subscriber over.
pub(crate) async fn note(
    backend: &Arc<dyn Backend>,
    id: &str,
    epoch: u64,
    state: &StateDoc,
    patterns: &PatternSet,
) -> Result<Option<RecordWrite>, BackendError> {
    let Some((missed, wider)) = Missed::by(state, patterns) else { return Ok(None) };
    let query = Query::new(wider).after(missed.after).upto(missed.end()).limit(COUNTED);
    let page = backend.read(query).await?;
    let events = page.events.iter().filter(|event| missed.has(event)).count();
    if events == 0 && page.end {
        return Ok(None);
    }
    let or_more = if page.end { "" } else { " or more" };
    tracing::warn!(
        subscriber = id, was = %shown_long(&missed.before.to_string()), now = %shown_long(&missed.since.to_string()),
        "it takes more than it did, and {events}{or_more} older events were passed over; to hand them over, say \
         `backfill = true` under [subscribers.\"{id}\"] and start again"
    );
    Ok(Some(RecordWrite::put(names::missed(id, epoch), json(&missed))))
}

/// The subscribers, and beside each whose policy says `backfill` one that takes what it passed over, until that is handled.
pub(crate) async fn beside(backend: &Arc<dyn Backend>, enabled: Vec<Enabled>) -> Result<Vec<Enabled>, BackendError> {
    let mut all = Vec::with_capacity(enabled.len());
    for subscriber in enabled {
        if subscriber.policy.backfill {
            let former = store::state(backend, &subscriber.id).await?.map(|state| state.former).unwrap_or_default();
            let of = Identity { id: Arc::clone(&subscriber.id), former };
            for (id, record, missed) in list(backend, &subscriber.id).await? {
                match is_through(backend, &id, &missed).await? {
                    true => forget(backend, &id, record).await?,
                    false => all.push(Enabled {
                        id: id.into(),
                        was: None,
                        patterns: missed.since.clone(),
                        handed_over: Some(HandedOver { missed: Arc::new(missed), of: of.clone() }),
                        policy: subscriber.policy.clone(),
                        batch: subscriber.batch,
                        handler: Arc::clone(&subscriber.handler),
                    }),
                }
            }
        }
        all.push(subscriber);
    }
    Ok(all)
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

/// Whether everything that was passed over is handled, and nothing waits, is parked or is dead.
async fn is_through(backend: &Arc<dyn Backend>, id: &str, missed: &Missed) -> Result<bool, BackendError> {
    let recorded = store::load(backend, id).await?;
    let through = recorded.state.is_some_and(|(state, _)| state.floor >= missed.end());
    // An event without a key leaves a letter and no lane.
    Ok(through && recorded.lanes.is_empty() && store::dead_letters(backend, id).await?.is_empty())
}

/// Deletes what was recorded for it.
async fn forget(backend: &Arc<dyn Backend>, id: &str, missed: RecordName) -> Result<(), BackendError> {
    let mut gone = vec![missed];
    gone.extend(backend.list_records(&names::everything(id)).await?.into_iter().map(|record| record.name));
    for chunk in gone.chunks(PER_WRITE) {
        let deletions = chunk.iter().cloned().map(RecordWrite::delete).collect();
        match backend.write_records(deletions).await {
            // Without an expectation there is no conflict.
            Ok(_) | Err(RecordError::Conflict { .. }) => {}
            Err(RecordError::Backend(error)) => return Err(error),
        }
    }
    tracing::info!(subscriber = id, "everything that was passed over is handled");
    Ok(())
}
