//! Appending to the log: duplicates, expectations, and the rows.
//!
//! Everything that can be refused is looked at before the first row is written, so that a refused batch leaves nothing
//! behind and its neighbours in the commit go on.

use std::collections::{HashMap, HashSet};

use rusqlite::OptionalExtension;
use stheno_core::{
    NewEvent, Timestamp,
    backend::{AppendError, AppendErrorKind, Appended},
};

use crate::{pending::Pending, row::headers_text, scheduled, writing::Writing};

/// Most events in one batch.
pub(crate) const MAX_BATCH: usize = 1_000;

/// A batch and who waits for it.
pub(crate) type AppendOp = Pending<Vec<NewEvent>, Vec<Appended>, AppendError>;

/// Appends a batch, all of it or nothing.
pub(crate) fn append(
    writing: &mut Writing<'_>,
    events: &[NewEvent],
) -> rusqlite::Result<Result<Vec<Appended>, AppendError>> {
    let now = writing.now;
    let due = |event: &NewEvent| event.not_before.filter(|time| *time > now);
    let refused = |kind| Ok(Err(AppendError::new(kind)));

    if events.len() > 1 && events.iter().any(|event| due(event).is_some()) {
        return refused(AppendErrorKind::ScheduledInBatch);
    }
    match known(writing, events)? {
        Known::None => {}
        Known::All(appended) => return Ok(Ok(appended)),
        Known::Some => return refused(AppendErrorKind::MixedDuplicates),
    }
    if let Some(conflict) = conflict(writing, events)? {
        return refused(conflict);
    }
    let mut appended = Vec::with_capacity(events.len());
    for event in events {
        appended.push(match due(event) {
            Some(due) => {
                scheduled::schedule(writing, event, due)?;
                Appended::scheduled()
            }
            None => Appended::stored(store(writing, event)?),
        });
    }
    Ok(Ok(appended))
}

/// How many events of a batch are known already.
enum Known {
    None,
    All(Vec<Appended>),
    Some,
}

fn known(writing: &mut Writing<'_>, events: &[NewEvent]) -> rusqlite::Result<Known> {
    if events.len() > 1 {
        let ids: HashSet<_> = events.iter().map(|event| &event.id).collect();
        if ids.len() < events.len() {
            return Ok(Known::Some);
        }
    }
    let mut duplicates = Vec::new();
    for event in events {
        duplicates.extend(duplicate_of(writing, event.id.as_str())?);
    }
    Ok(match duplicates.len() {
        0 if !events.is_empty() => Known::None,
        count if count == events.len() => Known::All(duplicates),
        _ => Known::Some,
    })
}

/// The event of this id that is in the log within the window, or scheduled.
fn duplicate_of(writing: &mut Writing<'_>, id: &str) -> rusqlite::Result<Option<Appended>> {
    // Within the window there is one at most, and it is the last of its id.
    let newest = &mut writing.statements.newest_of_id;
    let newest = newest.query_row([id], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))).optional()?;
    if let Some((sequence, stored)) = newest
        && stored > writing.known_after.as_micros()
    {
        return Ok(Some(Appended::duplicate(Some(sequence.cast_unsigned()))));
    }
    let may_be_scheduled = writing.next_due.is_some();
    let scheduled = may_be_scheduled && scheduled::is_scheduled(writing.connection, id)?;
    Ok(scheduled.then(|| Appended::duplicate(None)))
}

/// The first expectation that does not hold. An event is expected to meet the log as the events before it leave it.
fn conflict(writing: &Writing<'_>, events: &[NewEvent]) -> rusqlite::Result<Option<AppendErrorKind>> {
    if events.iter().all(|event| event.expected.is_none()) {
        return Ok(None);
    }
    // What the batch itself has appended to a key by then. Sequences have no gaps, so they are known beforehand.
    let mut own = HashMap::new();
    let sequences = writing.last.cast_unsigned() + 1..;
    for ((index, event), sequence) in events.iter().enumerate().zip(sequences) {
        let Some(key) = &event.key else { continue };
        if let Some(expected) = event.expected {
            let actual = match own.get(key) {
                Some(sequence) => *sequence,
                None => last_of_key(writing, key.as_str())?,
            };
            if actual != expected {
                return Ok(Some(AppendErrorKind::Conflict { index, expected, actual }));
            }
        }
        own.insert(key, sequence);
    }
    Ok(None)
}

/// The sequence of the last event of a key; 0 when there is none.
fn last_of_key(writing: &Writing<'_>, key: &str) -> rusqlite::Result<u64> {
    let mut statement = writing.connection.prepare_cached(
        "SELECT sequence FROM events INDEXED BY events_key WHERE key = ?1 ORDER BY sequence DESC LIMIT 1",
    )?;
    let last: Option<i64> = statement.query_row([key], |row| row.get(0)).optional()?;
    Ok(last.unwrap_or(0).cast_unsigned())
}

/// Writes one event and returns its sequence.
fn store(writing: &mut Writing<'_>, event: &NewEvent) -> rusqlite::Result<u64> {
    writing.note_clock_step()?;
    let name = writing.names.intern(writing.connection, event.name.as_str())?;
    writing.last = writing.statements.insert.insert((
        name,
        writing.now.as_micros(),
        event.time.filter(|time| *time != writing.now).map(Timestamp::as_micros),
        event.id.as_str(),
        event.key.as_ref().map(|key| key.as_str()),
        event.source.as_deref(),
        headers_text(&event.headers),
        &event.body[..],
    ))?;
    Ok(writing.last.cast_unsigned())
}
