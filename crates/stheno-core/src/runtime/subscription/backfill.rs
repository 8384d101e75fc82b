//! What a subscriber passed over before its patterns were widened, handed to it after all.
//!
//! A release that takes more events than the one before finds the log read up to some sequence. What now matches below it was
//! passed over. The take-over that notices this records it and says so, and `why` answers it. With `backfill = true` in its
//! policy the same handler runs a second time, under an id of its own (`receipts.send.backfill-7`) that takes just these events,
//! with the order, retries and dead letters everybody has. It begins with the take-over that notices them, or, if the policy
//! says so later, at the next start. A start that finds everything handled forgets it.

use std::sync::Arc;

use crate::{
    backend::{Backend, BackendError, Expect, LogInfo, Query, RecordError, RecordName, RecordWrite},
    delivery::{commit::json, doc::StateDoc, names},
    marker::Identity,
    runtime::{
        missed::{self, Missed},
        store,
        subscription::{
            enabled::{Company, Enabled},
            lease::Lease,
            registration::first_state,
            surroundings::Surroundings,
        },
    },
    shown::shown_long,
};

/// Events that are counted for the message; more are said to be more.
const COUNTED: usize = 256;
/// Records that one write deletes.
const PER_WRITE: usize = 400;

/// Subscribers that a take-over begins beside its own, and what it has to write for them.
#[derive(Default)]
pub(crate) struct Joining {
    pub(crate) writes: Vec<RecordWrite>,
    pub(crate) subscribers: Vec<Enabled>,
}

/// What was passed over and this process does not hand over yet: noticed by this take-over, or by one of another host after
/// this one had started.
pub(crate) async fn found(
    around: &Surroundings,
    company: &dyn Company,
    subscriber: &Enabled,
    epoch: u64,
    state: &StateDoc,
    info: &LogInfo,
) -> Result<Joining, BackendError> {
    let backend = &around.backend;
    let mut joining = Joining::default();
    let mut handed_over = Vec::new();
    if let Some(missed) = passed_over(backend, subscriber, state).await? {
        let name = names::missed(&subscriber.id, epoch);
        joining.writes.push(RecordWrite::put(name, json(&missed)));
        handed_over.push((names::backfill(&subscriber.id, epoch), missed));
    }
    if !subscriber.policy.backfill || subscriber.handed_over.is_some() {
        return Ok(joining);
    }
    for (id, _, missed) in missed::list(backend, &subscriber.id).await? {
        // The intake reads what this process takes. What a release took that had other patterns, the next start hands over.
        let is_read = missed.since.iter().all(|pattern| subscriber.patterns.iter().any(|taken| taken.covers(pattern)));
        if is_read && !company.has_begun(&id) && !is_through(backend, &id, &missed).await? {
            handed_over.push((id, missed));
        }
    }
    let of = Identity { id: Arc::clone(&subscriber.id), former: state.former.clone() };
    for (id, missed) in handed_over {
        let beside = subscriber.handing_over(id, missed, of.clone());
        if store::state(backend, &beside.id).await?.is_none() {
            let state = first_state(&beside, info, around.clock.now());
            joining.writes.push(RecordWrite::put(names::state(&beside.id), json(&state)).expect(Expect::Absent));
        }
        joining.writes.push(beside.spec());
        joining.subscribers.push(beside);
    }
    Ok(joining)
}

/// What a subscriber passes over that now takes more than it did; says how much that is.
async fn passed_over(
    backend: &Arc<dyn Backend>,
    subscriber: &Enabled,
    state: &StateDoc,
) -> Result<Option<Missed>, BackendError> {
    let Some((missed, wider)) = Missed::by(state, &subscriber.patterns) else { return Ok(None) };
    let query = Query::new(wider).after(missed.after).upto(missed.end()).limit(COUNTED);
    let page = backend.read(query).await?;
    let events = page.events.iter().filter(|event| missed.has(event)).count();
    if events == 0 && page.end {
        return Ok(None);
    }
    let or_more = if page.end { "" } else { " or more" };
    let id = &*subscriber.id;
    let (was, now) = (missed.before.to_string(), missed.since.to_string());
    let (was, now) = (tracing::field::display(shown_long(&was)), tracing::field::display(shown_long(&now)));
    if subscriber.policy.backfill {
        tracing::info!(
            subscriber = id,
            was,
            now,
            "it takes more than it did; {events}{or_more} older events were passed over and are handed over now"
        );
    } else {
        tracing::warn!(
            subscriber = id,
            was,
            now,
            "it takes more than it did, and {events}{or_more} older events were passed over; to hand them over, say \
             `backfill = true` under [subscribers.\"{id}\"] and start again"
        );
    }
    Ok(Some(missed))
}

/// The subscribers, and beside each whose policy says `backfill` one that takes what it passed over, until that is handled.
pub(crate) async fn beside(backend: &Arc<dyn Backend>, enabled: Vec<Enabled>) -> Result<Vec<Enabled>, BackendError> {
    let mut all = Vec::with_capacity(enabled.len());
    for subscriber in enabled {
        if subscriber.policy.backfill {
            let former = store::state(backend, &subscriber.id).await?.map(|state| state.former).unwrap_or_default();
            let of = Identity { id: Arc::clone(&subscriber.id), former };
            for (id, record, missed) in missed::list(backend, &subscriber.id).await? {
                match is_through(backend, &id, &missed).await? {
                    false => all.push(subscriber.handing_over(id, missed, of.clone())),
                    true if Lease::is_free(backend, &id).await? => forget(backend, &id, record).await?,
                    // Another host still holds it, and would take its missing records for a loss.
                    true => {}
                }
            }
        }
        all.push(subscriber);
    }
    Ok(all)
}

/// Whether everything that was passed over is handled, and nothing waits, is parked or is dead.
async fn is_through(backend: &Arc<dyn Backend>, id: &str, missed: &Missed) -> Result<bool, BackendError> {
    let recorded = store::load(backend, id).await?;
    let through = recorded.state.is_some_and(|(state, _)| state.floor >= missed.end());
    // An event without a key leaves a letter and no lane.
    Ok(through && recorded.lanes.is_empty() && !store::has_dead(&**backend, id).await?)
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
