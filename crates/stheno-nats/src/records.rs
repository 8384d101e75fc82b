//! Records: small documents in a key-value bucket, written by compare-and-set, several of them all or none.
//!
//! A revision is twice the sequence of the message, and one more for a deletion: so a deleted record's revision never
//! matches one that is there, although the server would compare the same sequence.

use std::{collections::HashMap, time::Duration};

use async_nats::{HeaderMap, HeaderName, HeaderValue, header};

use futures_util::future::try_join_all;
use serde_json::Value;
use stheno_core::{
    Timestamp,
    backend::{
        BackendError, BackendErrorKind, Expect, Record, RecordCursor, RecordError, RecordName, RecordPage, RecordWrite,
        Revision,
    },
};
use tokio::time::Instant;

use crate::{
    api::{Question, StreamInfo},
    append, batch,
    encode::Outgoing,
    error::{self, Trouble, code},
    log::Log,
    message::Stored,
    publish, record_list,
    record_subject::RecordSubjects,
    schedule,
};

/// Most writes at once: the server takes no more all or nothing.
const MAX_WRITES: usize = 1_000;
/// What headers may take of the server's largest message.
const HEADER_ROOM: usize = 4 * 1024;
/// For how long a write is tried again that was certainly not done.
const AGAIN: Duration = Duration::from_secs(5);
/// For how long a write is tried again of which nobody knows whether it was done.
const UNANSWERED: Duration = Duration::from_secs(12);
/// How often a write is begun anew whose expectation was refused and yet holds.
const RACES: usize = 20;
/// How long it may take to see whether the bucket is there, when nobody listens for it.
const LOOK: Duration = Duration::from_secs(1);
/// What marks a deletion, as key-value tools know it.
const OPERATION: HeaderName = HeaderName::from_static("KV-Operation");
const DELETED: &str = "DEL";
/// Tells the writes of one call from all others: whoever was not told whether they were done looks for it. It stands on the one that is
/// looked at alone: a batch has hundreds of records, and each header is parsed and kept.
const WRITE: &str = "stheno-write";
/// How long the mark of a deletion stays, in seconds: nobody needs it, and the server keeps no less than a second.
const MARK_STAYS: u64 = 1;
const EXPIRES: HeaderName = HeaderName::from_static("Nats-TTL");

/// How a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum There {
    Nothing,
    /// The mark of a deletion, at this sequence.
    Mark(u64),
    Record(u64),
}

impl There {
    fn is(self, expect: Expect) -> bool {
        match (expect, self) {
            (Expect::Revision(revision), There::Record(sequence)) => revision == written(sequence),
            (Expect::Revision(_), _) | (Expect::Absent, There::Record(_)) => false,
            _ => true,
        }
    }
}

fn written(sequence: u64) -> Revision {
    Revision(sequence.saturating_mul(2))
}

/// The sequence of a revision that can be there.
fn sequence(revision: Revision) -> u64 {
    // That of a deletion is never there: the server will see that nothing has the highest sequence of all.
    if revision.0.is_multiple_of(2) { revision.0 / 2 } else { u64::MAX }
}

fn is_mark(stored: &Stored) -> bool {
    // Key-value tools mark with `DEL` and `PURGE`.
    stored.header("KV-Operation").is_some_and(|operation| operation != "PUT")
}

fn bucket_stream(log: &Log) -> String {
    format!("KV_{}", log.options.bucket())
}

fn subjects(log: &Log) -> RecordSubjects {
    RecordSubjects::of_bucket(&log.options.bucket(), log.options.domain())
}

fn record(name: RecordName, stored: Stored) -> Record {
    Record::new(name, written(stored.sequence), stored.body)
}

/// What trouble with the records means. Nobody listens any more for a bucket that was deleted, as when the server is away.
async fn explain(log: &Log, trouble: Trouble) -> BackendError {
    let stream = bucket_stream(log);
    let gone = match &trouble {
        Trouble::NoResponders => is_gone(log, &stream).await,
        trouble => trouble.code() == Some(code::STREAM_NOT_FOUND),
    };
    if gone {
        return error::records_gone(&log.place, &stream);
    }
    log.explain(trouble)
}

async fn is_gone(log: &Log, stream: &str) -> bool {
    let asked = log.writing.call::<StreamInfo>(Question::STREAM, stream, &Value::Null);
    let looked = tokio::time::timeout(LOOK, asked).await;
    looked.is_ok_and(|looked| looked.is_err_and(|trouble| trouble.code() == Some(code::STREAM_NOT_FOUND)))
}

/// One record.
pub(crate) async fn get(log: &Log, name: &RecordName) -> Result<Option<Record>, BackendError> {
    log.check_open()?;
    let last = log.writing.last(&bucket_stream(log), &subjects(log).of(name.as_str())).await;
    let last = match last {
        Ok(last) => last,
        Err(trouble) => return Err(explain(log, trouble).await),
    };
    Ok(last.filter(|stored| !is_mark(stored)).map(|stored| record(name.clone(), stored)))
}

/// The records whose name begins with a prefix, sorted by name.
pub(crate) async fn list(log: &Log, prefix: &str) -> Result<Vec<Record>, BackendError> {
    log.check_open()?;
    let until = Instant::now() + AGAIN.saturating_mul(2);
    let bucket = bucket_stream(log);
    loop {
        match record_list::newest(log, &bucket, &subjects(log).beginning(prefix)).await {
            Ok(found) => {
                log.rollups.look(log, &bucket).await;
                let subjects = subjects(log);
                let mut records: Vec<_> = found
                    .into_iter()
                    .filter(|stored| !is_mark(stored))
                    .filter_map(|stored| Some(record(subjects.name(stored.subject.as_str())?, stored)))
                    .filter(|record| record.name.as_str().starts_with(prefix))
                    .collect();
                records.sort_unstable_by(|a, b| a.name.cmp(&b.name));
                return Ok(records);
            }
            Err(trouble) if trouble.passes() && Instant::now() < until => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Err(trouble) => return Err(explain(log, trouble).await),
        }
    }
}

/// Some of the records whose name begins with a prefix, in the order in which they were written.
pub(crate) async fn page(
    log: &Log,
    prefix: &str,
    after: Option<&RecordCursor>,
    limit: usize,
) -> Result<RecordPage, BackendError> {
    log.check_open()?;
    let until = Instant::now() + AGAIN.saturating_mul(2);
    let (bucket, subjects) = (bucket_stream(log), subjects(log));
    let after = match after {
        Some(after) => after.as_str().parse().map_err(|_| {
            let message =
                format!("`{}` is no place in the records of {}; begin with the first page", after.as_str(), log.place);
            BackendError::new(BackendErrorKind::Other, message)
        })?,
        None => 0,
    };
    loop {
        match record_list::page(log, &bucket, &subjects.beginning(prefix), after, limit.max(1)).await {
            Ok((found, next)) => {
                log.rollups.look(log, &bucket).await;
                let named = |stored: Stored| Some(record(subjects.name(stored.subject.as_str())?, stored));
                let records = found.into_iter().filter(|stored| !is_mark(stored)).filter_map(named);
                let records = records.filter(|record| record.name.as_str().starts_with(prefix)).collect();
                return Ok(RecordPage::new(records, next.map(|next| RecordCursor::new(next.to_string()))));
            }
            Err(trouble) if trouble.passes() && Instant::now() < until => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Err(trouble) => return Err(explain(log, trouble).await),
        }
    }
}

/// Writes and deletes records, all of them or none.
pub(crate) async fn write(log: &Log, writes: &[RecordWrite]) -> Result<Vec<Revision>, RecordError> {
    let _inside = log.gate.enter()?;
    check(log, writes)?;
    if writes.is_empty() {
        return Ok(Vec::new());
    }
    let _room = log.records.room(writes.len()).await?;
    let begun = Instant::now();
    let until = begun + AGAIN;
    let id = uuid::Uuid::now_v7().simple().to_string();
    // What is written without any expectation could be written over what somebody else has written meanwhile.
    let guarded = guard(writes);
    let mut unanswered = false;
    // Marks of deletions that stand where nothing is expected.
    let mut marks = HashMap::new();
    let mut races = 0;
    loop {
        match send(log, writes, &marks, &id).await {
            Ok(revisions) => return Ok(revisions),
            // If it was done after all, the next try is a conflict with it.
            Err(trouble) if trouble.is_unknown() && guarded.is_some() && begun.elapsed() < UNANSWERED => {
                unanswered = true;
                if matches!(trouble, Trouble::Garbled(_)) {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
            Err(trouble) if unanswered && append::is_conflict(&trouble) => {
                unanswered = false;
                match done(log, writes, guarded, &id).await {
                    Ok(Some(revisions)) => return Ok(revisions),
                    Ok(None) => {}
                    Err(trouble) => return Err(explain(log, trouble).await.into()),
                }
            }
            Err(trouble) if append::is_conflict(&trouble) && races < RACES => {
                races += 1;
                match conflict(log, writes, &mut marks).await {
                    Ok(Some(name)) => return Err(RecordError::Conflict { name }),
                    Ok(None) => {}
                    Err(trouble) => return Err(explain(log, trouble).await.into()),
                }
            }
            // Not done, and may pass.
            Err(trouble) if !trouble.is_unknown() && trouble.passes() && Instant::now() < until => {
                // Unless something else said that nobody listens: then a conflict is with what was done.
                unanswered |= matches!(trouble, Trouble::NoResponders) && guarded.is_some();
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Err(trouble) => return Err(explain(log, trouble).await.into()),
        }
    }
}

fn check(log: &Log, writes: &[RecordWrite]) -> Result<(), BackendError> {
    let limit = log.writing.link.max_payload().saturating_sub(HEADER_ROOM);
    let refuse = |message| Err(BackendError::new(BackendErrorKind::Other, message));
    if writes.len() > MAX_WRITES {
        return refuse(format!(
            "{} records are written at once and at most {MAX_WRITES} are written all or none; write them in parts",
            writes.len()
        ));
    }
    match writes.iter().find(|write| write.value.as_ref().is_some_and(|value| value.len() > limit)) {
        Some(write) => refuse(format!(
            "record `{}` is over {limit} bytes, which is what the nats-server takes; split it, or raise `max_payload`",
            write.name
        )),
        None => Ok(()),
    }
}

/// The write that is looked at to know whether all were done: one that expects something, and stays if it can.
fn guard(writes: &[RecordWrite]) -> Option<usize> {
    let guards = || writes.iter().enumerate().filter(|(_, write)| write.expect != Expect::Any);
    guards().find(|(_, write)| write.value.is_some()).or_else(|| guards().next()).map(|(index, _)| index)
}

/// The revisions of writes that were done although nobody was told.
async fn done(
    log: &Log,
    writes: &[RecordWrite],
    guard: Option<usize>,
    id: &str,
) -> Result<Option<Vec<Revision>>, Trouble> {
    let Some((index, write)) = guard.and_then(|index| Some((index, writes.get(index)?))) else { return Ok(None) };
    let last = log.writing.last(&bucket_stream(log), &subjects(log).of(write.name.as_str())).await?;
    let ours = last.filter(|stored| stored.header(WRITE) == Some(id));
    Ok(ours.map(|stored| revisions(stored.sequence.saturating_sub(index as u64), writes)))
}

/// Writes that were done together have sequences one after the other.
fn revisions(first: u64, writes: &[RecordWrite]) -> Vec<Revision> {
    let revision = |(sequence, write): (u64, &RecordWrite)| match write.value {
        Some(_) => written(sequence),
        None => Revision(written(sequence).0 + 1),
    };
    (first..).zip(writes).map(revision).collect()
}

async fn send(
    log: &Log,
    writes: &[RecordWrite],
    marks: &HashMap<RecordName, u64>,
    id: &str,
) -> Result<Vec<Revision>, Trouble> {
    let subjects = subjects(log);
    let looked_at = guard(writes).unwrap_or(0);
    let outgoing = |(index, write): (usize, &RecordWrite)| {
        let mut message = message(write, &subjects, marks);
        if index == looked_at {
            message.headers.insert(WRITE, id);
        }
        message
    };
    let (link, stream) = (&log.writing.link, bucket_stream(log));
    let target = log.target_of(&stream);
    let last = match writes {
        [write] => publish::send(link, target, outgoing((0, write))).await?.seq,
        writes => {
            let _room = log.records.batch().await?;
            batch::send(link, target, writes.iter().enumerate().map(outgoing), batch::AT_ONCE).await?.seq
        }
    };
    Ok(revisions((last + 1).saturating_sub(writes.len() as u64), writes))
}

fn message(write: &RecordWrite, subjects: &RecordSubjects, marks: &HashMap<RecordName, u64>) -> Outgoing {
    let mut headers = HeaderMap::new();
    let expected = match write.expect {
        Expect::Revision(revision) => Some(sequence(revision)),
        Expect::Absent => Some(marks.get(&write.name).copied().unwrap_or(0)),
        _ => None,
    };
    if let Some(expected) = expected {
        headers.insert(header::NATS_EXPECTED_LAST_SUBJECT_SEQUENCE, HeaderValue::from(expected));
    }
    if write.value.is_none() {
        headers.insert(OPERATION, DELETED);
        headers.insert(EXPIRES, format!("{MARK_STAYS}s"));
    } else if let Some(expires) = write.expires {
        // The server counts in seconds, and nothing goes before its time. What it cannot count to does not expire.
        if Timestamp::now().plus(expires) < schedule::LATEST {
            let seconds = expires.as_secs() + u64::from(expires.subsec_nanos() > 0);
            headers.insert(EXPIRES, format!("{}s", seconds.max(1)));
        }
    }
    let body = write.value.clone().unwrap_or_default();
    Outgoing { subject: subjects.written(write.name.as_str()).into(), headers, body }
}

/// The first record that is not as expected, if any is not. Notes marks that stand where nothing is expected.
async fn conflict(
    log: &Log,
    writes: &[RecordWrite],
    marks: &mut HashMap<RecordName, u64>,
) -> Result<Option<RecordName>, Trouble> {
    let (stream, subjects) = (bucket_stream(log), subjects(log));
    let expecting: Vec<_> = writes.iter().filter(|write| write.expect != Expect::Any).collect();
    let found = try_join_all(expecting.iter().map(|write| {
        let (stream, subject) = (&stream, subjects.of(write.name.as_str()));
        async move {
            Ok::<_, Trouble>(match log.writing.last(stream, &subject).await? {
                None => There::Nothing,
                Some(stored) if is_mark(&stored) => There::Mark(stored.sequence),
                Some(stored) => There::Record(stored.sequence),
            })
        }
    }));
    marks.clear();
    for (write, there) in expecting.iter().zip(found.await?) {
        if !there.is(write.expect) {
            return Ok(Some(write.name.clone()));
        }
        if let There::Mark(sequence) = there {
            marks.insert(write.name.clone(), sequence);
        }
    }
    Ok(None)
}
