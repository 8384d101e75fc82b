//! Lanes are read back from the log, many in one trip.

use std::sync::Arc;

use crate::{
    backend::{Backend, BackendError, BackendErrorKind, Page, Query},
    delivery::{LOAD_BYTES, attempt::Load},
    event::recorded::RecordedEvent,
    pattern::PatternSet,
    runtime::missed::Missed,
};

/// What a lane's events are, and how far they were read.
type Lane = (Vec<Arc<RecordedEvent>>, u64);

/// Reads what several lanes need, in their order.
pub(super) async fn read_back(
    log: &dyn Backend,
    loads: &[Load],
    patterns: &PatternSet,
    missed: Option<&Missed>,
) -> Vec<Result<Lane, BackendError>> {
    let by_sequence = log.abilities().foreign;
    let asked: Vec<Vec<Query>> = loads.iter().map(|load| queries(load, patterns, by_sequence)).collect();
    let counts: Vec<usize> = asked.iter().map(Vec::len).collect();
    let mut pages = log.read_each(asked.into_iter().flatten().collect()).await.into_iter();
    let mut read = Vec::with_capacity(loads.len());
    for (load, count) in loads.iter().zip(counts) {
        let pages = pages.by_ref().take(count).collect();
        let page = match by_sequence && !load.sequences.is_empty() {
            true => joined(log, load, pages).await,
            false => pages.into_iter().next().unwrap_or_else(|| Err(not_answered())),
        };
        let page = match page {
            Ok(page) => is_whole(log, load, &page).await.map(|()| page),
            failed => failed,
        };
        let matching = |event: &Arc<RecordedEvent>| {
            (load.key.is_some() || patterns.matches(&event.name)) && missed.is_none_or(|missed| missed.has(event))
        };
        read.push(page.map(|page| {
            // A read without anything left has come as far as it was asked to.
            let covered = if page.end { load.upto } else { page.covered };
            (page.events.into_iter().filter(matching).collect(), covered)
        }));
    }
    read
}

/// What a read asks the log for. What has no key is asked for by its sequence, whatever its name; so are events that are known,
/// where looking under a key takes several questions.
fn queries(load: &Load, patterns: &PatternSet, by_sequence: bool) -> Vec<Query> {
    let single = |sequence: &u64| Query::all().after(sequence - 1).upto(*sequence).limit(1);
    if by_sequence && !load.sequences.is_empty() {
        return load.sequences.iter().map(single).collect();
    }
    let query = Query::new(PatternSet::all()).after(load.after).upto(load.upto).limit(load.limit).bytes(LOAD_BYTES);
    vec![match &load.key {
        Some(key) => Query { patterns: patterns.clone(), ..query.key(key.clone()) },
        None => query,
    }]
}

/// One page of what was asked for one by one. An event that is gone is left out.
async fn joined(log: &dyn Backend, load: &Load, pages: Vec<Result<Page, BackendError>>) -> Result<Page, BackendError> {
    let mut events = Vec::with_capacity(pages.len());
    let mut missing = Vec::new();
    for (page, sequence) in pages.into_iter().zip(&load.sequences) {
        let found = page?.events;
        if found.is_empty() {
            missing.push(*sequence);
        }
        events.extend(found);
    }
    if !missing.is_empty() {
        // They have passed by here. Who answers may not have them yet.
        if log.info().await?.last < load.upto {
            return Err(not_yet(load));
        }
        for sequence in missing {
            events.extend(there(log, sequence).await?);
        }
        events.sort_unstable_by_key(|event| event.sequence);
    }
    if let Some(key) = &load.key
        && let Some(event) = events.iter().find(|event| event.key.as_ref() != Some(key))
    {
        return Err(no_longer_of(key.as_str(), event));
    }
    Ok(Page::new(events, load.upto, true))
}

fn not_answered() -> BackendError {
    BackendError::new(BackendErrorKind::Other, "the backend has not answered each of several queries")
}

/// An error if the log has something of a lane that the page has not: what would be taken for gone is there.
async fn is_whole(log: &dyn Backend, load: &Load, page: &Page) -> Result<(), BackendError> {
    has_its_key(log, load, page).await?;
    // What was handed over stands further than what is read: it is being stored just now, or was taken out of the log.
    let stands = !page.end && page.covered <= load.after;
    if stands || (page.end && page.covered < load.upto && there(log, load.upto).await?.is_some()) {
        return Err(not_yet(load));
    }
    Ok(())
}

fn not_yet(load: &Load) -> BackendError {
    let message = format!("the log has not yet come to {}, which it has handed over", load.upto);
    BackendError::new(BackendErrorKind::Unavailable, message)
}

/// An error if the event that has to come first is in the log and not among those of its key: nobody knows any more what
/// else the key has.
async fn has_its_key(log: &dyn Backend, load: &Load, page: &Page) -> Result<(), BackendError> {
    let (Some(known), Some(key)) = (load.known, &load.key) else { return Ok(()) };
    let is_missing =
        (page.end || page.covered >= known) && page.events.first().is_none_or(|first| first.sequence != known);
    if !is_missing {
        return Ok(());
    }
    match there(log, known).await? {
        None => Ok(()),
        Some(event) if event.key.as_ref() == Some(key) => {
            let message = format!("event {known} of `{key}` is in the log and was not found there");
            Err(BackendError::new(BackendErrorKind::Unavailable, message))
        }
        Some(event) => Err(no_longer_of(key.as_str(), &event)),
    }
}

/// An event that was taken as one of a key is not any more.
fn no_longer_of(key: &str, event: &RecordedEvent) -> BackendError {
    let message = format!(
        "event {} `{}` was taken as one of `{key}`, and no catalog of this host, and none that is recorded, says so; what \
         follows it waits: start a host with the catalog of that event",
        event.sequence, event.name
    );
    BackendError::new(BackendErrorKind::Other, message)
}

/// The event of a sequence, if the log has it.
async fn there(log: &dyn Backend, sequence: u64) -> Result<Option<Arc<RecordedEvent>>, BackendError> {
    let page = log.read(Query::all().after(sequence - 1).upto(sequence).limit(1)).await?;
    Ok(page.events.into_iter().next())
}
