//! Where a subscriber begins that has never run on this log, and what it takes over from the id it had before.

use std::{
    collections::BTreeSet,
    sync::{Arc, atomic::AtomicU64},
};

use crate::{
    backend::{Backend, BackendError, BackendErrorKind, Expect, LogInfo, Record, RecordError, RecordName, RecordWrite},
    delivery::{
        commit::json,
        doc::{Counts, FORMAT, Former, StateDoc},
        names,
    },
    runtime::{
        store,
        subscription::{
            enabled::Enabled,
            lease::{Claim, LEASE, Lease},
            surroundings::Surroundings,
        },
    },
    subscriber::policy::Start,
    time::Timestamp,
};

/// Records that one write takes over, or deletes.
const PER_WRITE: usize = 400;

/// Notes where a subscriber begins that has never run, so that nothing published from now on is missed. Says after which
/// sequence, if it has never run. `own` are the ids of the app's subscribers.
pub(crate) async fn register(
    around: &Surroundings,
    subscriber: &Enabled,
    own: &BTreeSet<&str>,
) -> Result<Option<u64>, BackendError> {
    let backend = &around.backend;
    let name = names::state(&subscriber.id);
    if backend.get_record(&name).await?.is_some() {
        return Ok(None);
    }
    if let Some(was) = &subscriber.was
        && adopt(around, was, &subscriber.id).await?
    {
        return Ok(None);
    }
    let mut state = first_state(subscriber, &backend.info().await?, around.clock.now());
    let began = state.began;
    if let Some((id, moved)) = moved_to(backend, &subscriber.id, own).await?
        && moved.log == state.log
    {
        tracing::warn!(
            subscriber = &*subscriber.id, began, now = %id,
            "it begins anew, and subscriber `{id}` has what was recorded under this id (`was`). After a step back to an earlier \
             release that is well: what is handled once is handled once under both ids, and `{id}` goes on where it stood. To go \
             on from there now, say `was = \"{id}\"`. If this is another subscriber, give it an id that none has had"
        );
        // What either does is remembered under the same names.
        (state.run, state.run_epoch) = (moved.run, moved.run_epoch);
        state.former = moved.former.into_iter().take_while(|former| former.id != *subscriber.id).collect();
    }
    match backend.write_records(vec![RecordWrite::put(name, json(&state)).expect(Expect::Absent)]).await {
        Ok(_) => Ok(Some(began)),
        // Another process of the same host was faster.
        Err(RecordError::Conflict { .. }) => Ok(None),
        Err(RecordError::Backend(error)) => Err(error),
    }
}

/// The state of a subscriber that has never run.
pub(crate) fn first_state(subscriber: &Enabled, info: &LogInfo, now: Timestamp) -> StateDoc {
    let began = match (&subscriber.handed_over, subscriber.policy.start) {
        (Some(handed_over), _) => handed_over.missed.after,
        (None, Start::New) => info.last,
        (None, Start::Beginning) => info.first.saturating_sub(1),
    };
    StateDoc {
        format: FORMAT,
        log: info.log_id.clone(),
        run: 0,
        run_epoch: 0,
        rewound: began,
        epoch: 0,
        began,
        floor: began,
        done: Vec::new(),
        reserved: began,
        clean: true,
        suspect: None,
        suspects: Vec::new(),
        started: None,
        paused: false,
        patterns: subscriber.patterns.clone(),
        counts: Counts::default(),
        former: Vec::new(),
        beside: None,
        at: now,
    }
}

/// The subscriber of another app, or of an earlier release, that has adopted what was recorded under an id, and its state. One of
/// this app is refused ([`taken_twice`]).
async fn moved_to(
    backend: &Arc<dyn Backend>,
    id: &str,
    own: &BTreeSet<&str>,
) -> Result<Option<(String, StateDoc)>, BackendError> {
    for record in backend.list_records(names::SPECS).await? {
        let Some(other) = record.name.as_str().strip_prefix(names::SPECS) else { continue };
        if !own.contains(other)
            && let Some(state) = store::state(backend, other).await?
            && state.former.iter().any(|former| former.id == id)
        {
            return Ok(Some((other.to_owned(), state)));
        }
    }
    Ok(None)
}

/// The subscribers of an app whose id is one that another of them had before: what both do would be remembered under the same
/// names, and one of them would do nothing. Each with the other.
pub(crate) async fn taken_twice(
    backend: &Arc<dyn Backend>,
    subscribers: &[Enabled],
) -> Result<Vec<(String, String)>, BackendError> {
    let all: BTreeSet<&str> = subscribers.iter().map(|subscriber| &*subscriber.id).collect();
    let mut twice = Vec::new();
    for subscriber in subscribers.iter().filter(|subscriber| subscriber.handed_over.is_none()) {
        let former = store::state(backend, &subscriber.id).await?.map(|state| state.former).unwrap_or_default();
        let others = former.into_iter().filter(|former| former.id != *subscriber.id && all.contains(&*former.id));
        twice.extend(others.map(|former| (former.id, subscriber.id.to_string())));
    }
    Ok(twice)
}

/// Takes over everything that was recorded under an old id. Says whether there was anything.
async fn adopt(around: &Surroundings, was: &str, id: &str) -> Result<bool, BackendError> {
    let backend = &around.backend;
    let old_state = names::state(was);
    if backend.get_record(&old_state).await?.is_none() {
        return Ok(false);
    }
    let claim = Claim { holder: id, time: LEASE, clock: &*around.clock, seen: &AtomicU64::new(0) };
    let Some(lease) = Lease::acquire(backend, was, &claim, std::future::pending()).await? else {
        return Ok(false);
    };
    let moved = move_records(around, was, id).await;
    // Also if it came to no good end: the next start does all of this again.
    lease.give_back(backend).await;
    moved?;
    tracing::info!(was, id, "the subscriber has a new id and keeps its position");
    Ok(true)
}

/// Moves what was recorded under an old id, whose lease is held.
async fn move_records(around: &Surroundings, was: &str, id: &str) -> Result<(), BackendError> {
    let backend = &around.backend;
    let old_state = names::state(was);
    let prefix = names::everything(was);
    let records = backend.list_records(&prefix).await?;
    let renamed = |record: &Record| {
        let rest = record.name.as_str().strip_prefix(&prefix).unwrap_or(record.name.as_str());
        RecordName::trusted(format!("{}{rest}", names::everything(id)))
    };
    let (state, rest): (Vec<_>, Vec<_>) = records.into_iter().partition(|record| record.name == old_state);
    let copy = |record: &Record| RecordWrite::put(renamed(record), record.value.clone());
    let under_new_id = |record: &Record| {
        let mut state: StateDoc = store::parse(record)?;
        state.former.push(Former::for_ever(was));
        Ok::<_, BackendError>(RecordWrite::put(renamed(record), json(&state)))
    };
    // The state comes last: before it is there, the next start does all of this again.
    for chunk in rest.chunks(PER_WRITE) {
        write_all(around, chunk.iter().map(copy).collect()).await?;
    }
    let mut writes = state.iter().map(under_new_id).collect::<Result<Vec<_>, _>>()?;
    writes.extend(state.iter().map(|record| RecordWrite::delete(record.name.clone())));
    write_all(around, writes).await?;
    for chunk in rest.chunks(PER_WRITE) {
        write_all(around, chunk.iter().map(|record| RecordWrite::delete(record.name.clone())).collect()).await?;
    }
    Ok(())
}

async fn write_all(around: &Surroundings, writes: Vec<RecordWrite>) -> Result<(), BackendError> {
    match around.backend.write_records(writes).await {
        Ok(_) => Ok(()),
        Err(RecordError::Backend(error)) => Err(error),
        Err(RecordError::Conflict { name }) => {
            let message = format!("record `{name}` was written by somebody else during the adoption; start again");
            Err(BackendError::new(BackendErrorKind::Unavailable, message))
        }
    }
}
