//! Appending: what can be refused beforehand, single events, and what a refusal of the server comes to.

use std::sync::Arc;

use async_nats::header;
use stheno_core::{
    Key, NewEvent, Timestamp,
    backend::{Append, AppendError, AppendErrorKind, Appended},
};

use crate::{
    api::Which,
    batch,
    encode::{self, Outgoing},
    error::{Trouble, code},
    group,
    log::Log,
    message::Stored,
    probe,
    publish::{self, Ack, Tries},
    schedule,
};

/// Most events in one batch: the server takes no more all or nothing.
pub(crate) const MAX_BATCH: usize = 1_000;
/// What headers may take of the server's largest message.
pub(crate) const HEADER_ROOM: usize = 24 * 1024;
/// How often an append is begun anew whose expectation was refused and yet holds.
const RACES: usize = 20;

/// The longest body: what was chosen, or what the server takes with its headers.
pub(crate) fn max_body(log: &Log) -> usize {
    log.options.max_body.min(log.writing.link.max_payload().saturating_sub(HEADER_ROOM))
}

/// Appends a batch, all of it or nothing.
///
/// What is rare is boxed here and below: each publish has a future of its own on the heap, and the allocator is slow with
/// those of more than a kilobyte.
pub(crate) async fn append(log: &Arc<Log>, batch: Append) -> Result<Vec<Appended>, AppendError> {
    let _inside = log.gate.enter()?;
    batch.check(MAX_BATCH, max_body(log))?;
    let events = batch.events;
    check_times(&events)?;
    let _room = log.appends.room(events.len()).await?;
    match &events[..] {
        [] => Ok(Vec::new()),
        [event] => Ok(vec![single(log, event).await?]),
        events => Box::pin(batch::append(log, events)).await,
    }
}

async fn single(log: &Arc<Log>, event: &NewEvent) -> Result<Appended, AppendError> {
    if let Some(due) = due(event, Timestamp::now()) {
        return Box::pin(schedule::append(log, event, due)).await;
    }
    fits(log, event, &|| outgoing(log, event))?;
    match log.options.gathers() && event.expected.is_none() {
        true => Box::pin(group::append(log, event.clone())).await,
        false => one(log, event, Tries::begin(log)).await,
    }
}

/// An event as it is sent.
pub(crate) fn outgoing(log: &Log, event: &NewEvent) -> Outgoing {
    encode::event(event, &log.subjects, log.options.headers)
}

/// Refuses times that no server keeps.
fn check_times(events: &[NewEvent]) -> Result<(), AppendError> {
    let too_far = |event: &NewEvent| event.not_before.is_some_and(|time| time > schedule::LATEST);
    events
        .iter()
        .position(too_far)
        .map_or(Ok(()), |index| Err(AppendError::new(AppendErrorKind::TooFarAhead { index, latest: schedule::LATEST })))
}

/// When an event is to be stored, unless that is now.
pub(crate) fn due(event: &NewEvent, now: Timestamp) -> Option<Timestamp> {
    event.not_before.filter(|time| *time > now)
}

/// Appends one event to be stored now, after these tries.
pub(crate) async fn one(log: &Log, event: &NewEvent, mut tries: Tries) -> Result<Appended, AppendError> {
    for _ in 0..RACES {
        match publish::publish(log, &mut tries, || outgoing(log, event)).await {
            // It is stored, whether or not it can be said where.
            Ok(ack) => {
                let stored = stored(log, event, ack, &tries).await;
                return stored.map_err(|trouble| AppendError::unknown(log.explain(trouble)));
            }
            Err(trouble) if is_conflict(&trouble) => {
                let settled = Box::pin(conflict(log, event)).await.map_err(|trouble| tries.failed(log, trouble))?;
                match settled {
                    Some(Settled::Known(sequence)) => return Ok(duplicate(sequence, &tries)),
                    Some(Settled::Conflict(kind)) => return Err(AppendError::new(kind)),
                    // It holds now: whoever was in the way is gone.
                    None => {}
                }
            }
            Err(trouble) => return Err(tries.failed(log, trouble)),
        }
    }
    Err(tries.failed(log, Trouble::NoResponders))
}

/// Refuses a message that its headers make larger than the server takes; most are far from it.
pub(crate) fn fits(log: &Log, event: &NewEvent, outgoing: &impl Fn() -> Outgoing) -> Result<(), AppendError> {
    let limit = log.writing.link.max_payload();
    if event.body.len() + HEADER_ROOM <= limit && event.headers.is_empty() {
        return Ok(());
    }
    let length = outgoing().size();
    match length > limit {
        true => Err(AppendError::new(AppendErrorKind::TooLarge { index: 0, length, limit })),
        false => Ok(()),
    }
}

pub(crate) fn is_conflict(trouble: &Trouble) -> bool {
    trouble.code().is_some_and(|code| code::WRONG_LAST_SEQUENCE.contains(&code))
}

/// What an acknowledgement says.
async fn stored(log: &Log, event: &NewEvent, ack: Ack, tries: &Tries) -> Result<Appended, Trouble> {
    match ack.duplicate {
        false => Ok(Appended::stored(ack.seq)),
        true => Ok(duplicate(Box::pin(position(log, event, ack.seq)).await?, tries)),
    }
}

/// An event that was there already: by an earlier try of ours, or of somebody.
pub(crate) fn duplicate(sequence: Option<u64>, tries: &Tries) -> Appended {
    match sequence {
        Some(sequence) if tries.unanswered => Appended::stored(sequence),
        sequence => Appended::duplicate(sequence),
    }
}

/// Where an event stands whose id was first seen in the message of a sequence. One that is, or was, scheduled has no
/// position that could be known; nor has any for a user who publishes and may not read.
///
/// An answer that names the place of another event, or one that the stream has not reached, is not the stream's.
pub(crate) async fn position(log: &Log, event: &NewEvent, sequence: u64) -> Result<Option<u64>, Trouble> {
    let which = Which { seq: Some(sequence), ..Which::default() };
    let there = match log.writing.message(log.stream(), which).await {
        Err(Trouble::Denied(_)) => return Ok(None),
        there => there?,
    };
    let foreign = || Trouble::not_ours(&format!("the place of `{}`", event.id), sequence.to_string().as_bytes());
    match &there {
        Some(message) if is_another(message, event) => return Err(foreign()),
        None if log.writing.stream(log.stream()).await?.is_some_and(|info| info.state.last_seq < sequence) => {
            return Err(foreign());
        }
        _ => {}
    }
    Ok(there.filter(|there| !log.subjects.is_scheduled(there.subject.as_str())).map(|there| there.sequence))
}

/// Whether a message has the id of another event.
fn is_another(message: &Stored, event: &NewEvent) -> bool {
    let id = message.headers.as_ref().and_then(|headers| headers.get(header::NATS_MESSAGE_ID));
    id.is_some_and(|id| id.as_str() != event.id.as_str())
}

/// What a refused expectation comes to.
pub(crate) enum Settled {
    /// The event is there already, at this position.
    Known(Option<u64>),
    Conflict(AppendErrorKind),
}

async fn conflict(log: &Log, event: &NewEvent) -> Result<Option<Settled>, Trouble> {
    // A single server looks at the expectation before the id, a cluster after it.
    if let Some(sequence) = known(log, event).await? {
        return Ok(Some(Settled::Known(sequence)));
    }
    Ok(broken(log, 0, event).await?.map(Settled::Conflict))
}

/// Whether the id of an event is known, and where the event is.
pub(crate) async fn known(log: &Log, event: &NewEvent) -> Result<Option<Option<u64>>, Trouble> {
    match probe::sequence_of(log, event).await? {
        Some(sequence) => Ok(Some(position(log, event, sequence).await?)),
        None => Ok(None),
    }
}

/// The expectation of an event, if it does not hold.
pub(crate) async fn broken(log: &Log, index: usize, event: &NewEvent) -> Result<Option<AppendErrorKind>, Trouble> {
    let (Some(expected), Some(key)) = (event.expected, &event.key) else { return Ok(None) };
    let actual = last_of(log, event, key).await?;
    Ok((actual != expected).then_some(AppendErrorKind::Conflict { index, expected, actual }))
}

/// The sequence of the last event of the key of this event; 0 for none. A user who publishes and
/// may not read learns it from the server's refusals.
pub(crate) async fn last_of(log: &Log, event: &NewEvent, key: &Key) -> Result<u64, Trouble> {
    match log.writing.last(log.stream(), &log.subjects.of_key(key)).await {
        Err(Trouble::Denied(_)) => {}
        last => return Ok(last?.map_or(0, |last| last.sequence)),
    }
    for _ in 0..RACES {
        if let Some(last) = probe::last_of(log, event, key).await? {
            return Ok(last);
        }
        tokio::time::sleep(publish::AGAIN).await;
    }
    Err(Trouble::NoResponders)
}
