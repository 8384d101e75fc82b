//! Several messages, all of them or none: JetStream's atomic batch.

use std::{collections::HashSet, pin::pin};

use async_nats::{HeaderMap, HeaderValue, Subject};
use futures_util::future::{Either, select, try_join_all};
use stheno_core::{
    NewEvent, Timestamp,
    backend::{AppendError, AppendErrorKind, Appended},
};

use crate::{
    append::{self, MAX_BATCH},
    encode::{self, Outgoing},
    error::{Trouble, code},
    link::{Link, PATIENCE},
    log::Log,
    publish::{self, Ack, Target, Tries, Whole},
};

/// How often a batch is begun anew that was refused for something that is gone.
const RACES: usize = 20;
const ID: async_nats::HeaderName = async_nats::HeaderName::from_static("Nats-Batch-Id");
const NUMBER: async_nats::HeaderName = async_nats::HeaderName::from_static("Nats-Batch-Sequence");
const COMMIT: async_nats::HeaderName = async_nats::HeaderName::from_static("Nats-Batch-Commit");

/// Bytes of a batch that are sent before the server has said that it begins: what it does not take was sent for nothing.
pub(crate) const AT_ONCE: usize = 256 * 1024;

/// Sends a batch once and waits for the acknowledgement of the whole, which says the sequence of its last message.
///
/// The first message is a request, as ADR-50 asks: a server that has too many batches under way says so to nothing else. What
/// follows is sent without waiting for its answer if that is at most so many bytes.
pub(crate) async fn send(
    link: &Link,
    target: Target<'_>,
    messages: impl ExactSizeIterator<Item = Outgoing>,
    at_once: usize,
) -> Result<Ack, Trouble> {
    let id = uuid::Uuid::now_v7().simple().to_string();
    let whole = Whole { id: &id, count: u64::try_from(messages.len()).unwrap_or(u64::MAX) };
    let mut parts = (1..).zip(messages).map(|(number, mut outgoing)| {
        outgoing.headers.insert(ID, id.as_str());
        outgoing.headers.insert(NUMBER, HeaderValue::from(number));
        if number == whole.count {
            outgoing.headers.insert(COMMIT, "1");
        }
        outgoing
    });
    let Some(first) = parts.next() else { return Err(Trouble::Unsent("a batch of nothing".to_owned())) };
    let parts: Vec<_> = parts.collect();
    let (subject, bytes) = (first.subject.clone(), parts.iter().map(Outgoing::size).sum::<usize>());
    if parts.is_empty() {
        return publish::commit(link, target, whole, first).await;
    }
    let mut begun = pin!(publish::begin(link, target, whole, first));
    let mut rest = pin!(follow(link, target, whole, subject, parts));
    if bytes > at_once {
        refused(begun.await)?;
        return rest.await;
    }
    // The first is sent first, since it is polled first.
    match select(begun.as_mut(), rest.as_mut()).await {
        Either::Left((begun, rest)) => {
            refused(begun)?;
            rest.await
        }
        Either::Right((Err(trouble), begun)) if trouble.code() == Some(code::BATCH_INCOMPLETE) => {
            refused(begun.await)?;
            Err(trouble)
        }
        Either::Right((committed, _)) => committed,
    }
}

/// What certainly keeps a batch from being stored, if its first message came to that. Of anything else the last one tells.
fn refused(begun: Result<(), Trouble>) -> Result<(), Trouble> {
    match begun {
        Err(trouble @ (Trouble::Refused(_) | Trouble::Denied(_) | Trouble::Unsent(_) | Trouble::Closed)) => {
            Err(trouble)
        }
        _ => Ok(()),
    }
}

/// Sends what follows the first message of a batch, which went to a subject.
async fn follow(
    link: &Link,
    target: Target<'_>,
    whole: Whole<'_>,
    first: Subject,
    mut parts: Vec<Outgoing>,
) -> Result<Ack, Trouble> {
    let Some(last) = parts.pop() else { return Err(Trouble::Unsent("a batch of one".to_owned())) };
    let mut subjects = vec![first];
    for Outgoing { subject, headers, body } in parts {
        subjects.push(subject.clone());
        match tokio::time::timeout(PATIENCE, link.send(subject, Some(headers), body)).await {
            Ok(sent) => sent?,
            // The connection is away and much is queued. Without its last message nothing of a batch is stored.
            Err(_) => return Err(Trouble::NoResponders),
        }
    }
    publish::commit(link, target, whole, last).await.map_err(|trouble| denied(link, &subjects, trouble))
}

/// A batch is incomplete when the server has refused one of its messages, which nobody waits for by itself.
fn denied(link: &Link, subjects: &[Subject], trouble: Trouble) -> Trouble {
    match trouble.code() {
        Some(code::BATCH_INCOMPLETE) => link.denial(subjects).map_or(trouble, Trouble::Denied),
        _ => trouble,
    }
}

/// Where a message stands in the batch it was stored with: its number, and whether it is the last.
pub(crate) fn number(headers: &HeaderMap) -> Option<(u64, bool)> {
    let number = headers.get(ID).and(headers.get(NUMBER))?.as_str().parse().ok()?;
    Some((number, headers.get(COMMIT).is_some()))
}

/// Appends several events, all of them or none.
pub(crate) async fn append(log: &Log, events: &[NewEvent]) -> Result<Vec<Appended>, AppendError> {
    debug_assert!(events.len() <= MAX_BATCH);
    let now = Timestamp::now();
    if events.iter().any(|event| append::due(event, now).is_some()) {
        return Err(AppendError::new(AppendErrorKind::ScheduledInBatch));
    }
    let ids: HashSet<_> = events.iter().map(|event| &event.id).collect();
    if ids.len() < events.len() {
        return Err(AppendError::new(AppendErrorKind::MixedDuplicates));
    }
    let outgoing = |event: &NewEvent| encode::event(event, &log.subjects, log.options.headers);
    for (index, event) in events.iter().enumerate() {
        append::fits(log, event, &|| outgoing(event)).map_err(|refused| at(index, refused))?;
    }
    let _room = log.appends.batch().await.map_err(|trouble| log.explain(trouble))?;
    let mut tries = Tries::begin(log);
    if let Some(kind) = own_conflict(log, events).await.map_err(|trouble| tries.failed(log, trouble))? {
        return Err(AppendError::new(kind));
    }
    let mut races = 0;
    while races < RACES {
        match send(&log.writing.link, log.target(), events.iter().map(outgoing), AT_ONCE).await {
            Ok(ack) => {
                let first = (ack.seq + 1).saturating_sub(events.len() as u64);
                return Ok((first..=ack.seq).map(Appended::stored).collect());
            }
            Err(trouble) if is_about_the_log(&trouble) => {
                races += 1;
                let settled = settle(log, events, &tries).await.map_err(|trouble| tries.failed(log, trouble))?;
                if let Some(settled) = settled {
                    return settled.map_err(AppendError::new);
                }
            }
            Err(trouble) => tries.again(log, trouble).await.map_err(|trouble| tries.failed(log, trouble))?,
        }
    }
    Err(tries.failed(log, Trouble::NoResponders))
}

fn at(index: usize, refused: AppendError) -> AppendError {
    match refused.kind() {
        AppendErrorKind::TooLarge { length, limit, .. } => {
            AppendError::new(AppendErrorKind::TooLarge { index, length, limit })
        }
        _ => refused,
    }
}

/// Whether the server refused a batch for what is in the log.
fn is_about_the_log(trouble: &Trouble) -> bool {
    append::is_conflict(trouble) || trouble.code() == Some(code::BATCH_HAS_DUPLICATE)
}

/// An event that expects something of a key the batch itself moves on before it. Nobody can know that sequence
/// beforehand, so it is a conflict, unless the batch is known already.
async fn own_conflict(log: &Log, events: &[NewEvent]) -> Result<Option<AppendErrorKind>, Trouble> {
    let mut moved = HashSet::new();
    for (index, event) in events.iter().enumerate() {
        let Some(key) = &event.key else { continue };
        if let Some(expected) = event.expected
            && moved.contains(key)
        {
            if append::known(log, event).await?.is_some() {
                return Ok(None);
            }
            let actual = append::last_of(log, event, key).await?;
            return Ok(Some(AppendErrorKind::Conflict { index, expected, actual }));
        }
        moved.insert(key);
    }
    Ok(None)
}

/// What a refused batch comes to: known already, some of it known, a conflict; or nothing, when the reason has gone.
async fn settle(
    log: &Log,
    events: &[NewEvent],
    tries: &Tries,
) -> Result<Option<Result<Vec<Appended>, AppendErrorKind>>, Trouble> {
    let known = try_join_all(events.iter().map(|event| append::known(log, event))).await?;
    let duplicates: Vec<_> = known.iter().flatten().map(|sequence| append::duplicate(*sequence, tries)).collect();
    match duplicates.len() {
        0 => {}
        count if count == events.len() => return Ok(Some(Ok(duplicates))),
        _ => return Ok(Some(Err(AppendErrorKind::MixedDuplicates))),
    }
    for (index, event) in events.iter().enumerate() {
        if let Some(kind) = append::broken(log, index, event).await? {
            return Ok(Some(Err(kind)));
        }
    }
    Ok(None)
}
