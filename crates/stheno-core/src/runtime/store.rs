//! Reading what delivery has recorded.

use std::sync::Arc;

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    backend::{Backend, BackendError, BackendErrorKind, Record, RecordCursor, Revision},
    delivery::{
        doc::{DeadLetter, FORMAT, LaneDoc, Note, StateDoc},
        names,
    },
};

/// What is recorded of a subscriber's delivery.
pub(crate) struct Recorded {
    pub(crate) state: Option<(StateDoc, Revision)>,
    pub(crate) lanes: Vec<LaneDoc>,
}

pub(crate) async fn load(backend: &Arc<dyn Backend>, subscriber: &str) -> Result<Recorded, BackendError> {
    let state = match backend.get_record(&names::state(subscriber)).await? {
        Some(record) => Some((parse::<StateDoc>(&record)?, record.revision)),
        None => None,
    };
    Ok(Recorded { state, lanes: list(backend, &names::lanes(subscriber)).await? })
}

pub(crate) async fn state(backend: &Arc<dyn Backend>, subscriber: &str) -> Result<Option<StateDoc>, BackendError> {
    Ok(load_state(backend, subscriber).await?.map(|(state, _)| state))
}

async fn load_state(
    backend: &Arc<dyn Backend>,
    subscriber: &str,
) -> Result<Option<(StateDoc, Revision)>, BackendError> {
    match backend.get_record(&names::state(subscriber)).await? {
        Some(record) => Ok(Some((parse(&record)?, record.revision))),
        None => Ok(None),
    }
}

/// The first lanes of a subscriber, and whether there are no others.
pub(crate) async fn first_lanes(
    backend: &dyn Backend,
    subscriber: &str,
    most: usize,
) -> Result<(Vec<LaneDoc>, bool), BackendError> {
    let page = backend.read_records(&names::lanes(subscriber), None, most).await?;
    let mut lanes: Vec<LaneDoc> = page.records.iter().map(parse).collect::<Result<_, _>>()?;
    lanes.sort_by_key(|lane| lane.from);
    Ok((lanes, page.next.is_none()))
}

/// One dead letter.
pub(crate) async fn letter(
    backend: &dyn Backend,
    subscriber: &str,
    sequence: u64,
) -> Result<Option<DeadLetter>, BackendError> {
    backend.get_record(&names::dead_letter(subscriber, sequence)).await?.as_ref().map(parse).transpose()
}

pub(crate) async fn dead_letters(
    backend: &Arc<dyn Backend>,
    subscriber: &str,
) -> Result<Vec<DeadLetter>, BackendError> {
    list(backend, &names::dead_letters(subscriber)).await
}

pub(crate) async fn notes(backend: &Arc<dyn Backend>, subscriber: &str) -> Result<Vec<Note>, BackendError> {
    list(backend, &names::notes(subscriber)).await
}

/// How many records are read at once where memory must not depend on how many there are.
pub(crate) const PAGE: usize = 256;

/// Records read page by page.
pub(crate) struct Pages {
    prefix: String,
    next: Option<RecordCursor>,
    is_over: bool,
}

impl Pages {
    /// Those whose names begin with a prefix.
    pub(crate) fn of(prefix: String) -> Self {
        Self { prefix, next: None, is_over: false }
    }

    /// The next page, which may be empty; `None` after the last one.
    pub(crate) async fn next(&mut self, backend: &dyn Backend) -> Result<Option<Vec<Record>>, BackendError> {
        if self.is_over {
            return Ok(None);
        }
        let page = backend.read_records(&self.prefix, self.next.as_ref(), PAGE).await?;
        (self.is_over, self.next) = (page.next.is_none(), page.next);
        Ok(Some(page.records))
    }
}

/// The events of all dead letters of a subscriber; why not, if one cannot be read.
pub(crate) async fn dead_sequences(
    backend: &dyn Backend,
    subscriber: &str,
) -> Result<Result<Vec<u64>, BackendError>, BackendError> {
    let mut sequences = Vec::new();
    let mut pages = Pages::of(names::dead_letters(subscriber));
    while let Some(records) = pages.next(backend).await? {
        for record in &records {
            match parse::<DeadLetter>(record) {
                Ok(letter) => sequences.push(letter.sequence),
                Err(error) => return Ok(Err(error)),
            }
        }
    }
    Ok(Ok(sequences))
}

/// Whether a subscriber has a dead letter.
pub(crate) async fn has_dead(backend: &dyn Backend, subscriber: &str) -> Result<bool, BackendError> {
    let mut pages = Pages::of(names::dead_letters(subscriber));
    while let Some(records) = pages.next(backend).await? {
        if !records.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// How many dead letters a subscriber has, readable or not.
pub(crate) async fn count_dead(backend: &dyn Backend, subscriber: &str) -> Result<u64, BackendError> {
    let mut count = 0;
    let mut pages = Pages::of(names::dead_letters(subscriber));
    while let Some(records) = pages.next(backend).await? {
        count += records.len() as u64;
    }
    Ok(count)
}

async fn list<T: DeserializeOwned>(backend: &Arc<dyn Backend>, prefix: &str) -> Result<Vec<T>, BackendError> {
    backend.list_records(prefix).await?.iter().map(parse).collect()
}

/// What a record says. Every document of ours is read here.
///
/// # Errors
/// When a newer version of Stheno wrote it in a format that this one does not know ([`FORMAT`] has the rule), or when it cannot
/// be read.
pub(crate) fn parse<T: DeserializeOwned>(record: &Record) -> Result<T, BackendError> {
    refuse_newer(record)?;
    serde_json::from_slice(&record.value).map_err(|error| {
        let message = format!("record `{}` cannot be read; was it written by a newer version of Stheno?", record.name);
        BackendError::new(BackendErrorKind::Corrupt, message).with_source(error)
    })
}

/// The same where something else may stand in the record, which is then as good as nothing.
///
/// # Errors
/// When a newer version of Stheno wrote it: that is never nothing.
pub(crate) fn parse_if_ours<T: DeserializeOwned>(record: &Record) -> Result<Option<T>, BackendError> {
    refuse_newer(record)?;
    Ok(serde_json::from_slice(&record.value).ok())
}

/// # Errors
/// When a newer version of Stheno wrote the record in a format that this one does not know.
pub(crate) fn refuse_newer(record: &Record) -> Result<(), BackendError> {
    #[derive(Deserialize)]
    struct Stamp {
        #[serde(default)]
        format: Option<Value>,
    }
    // What is no object has no format: it can only be read or not.
    let stamp = serde_json::from_slice::<Stamp>(&record.value).ok().and_then(|stamp| stamp.format);
    let is_known = |format: &Value| format.as_u64().is_some_and(|format| format <= u64::from(FORMAT));
    match stamp {
        Some(format) if !is_known(&format) => {
            let message = format!(
                "record `{}` was written by a newer version of Stheno (format {format}, and this one reads {FORMAT}); update this \
                 program",
                record.name
            );
            Err(BackendError::new(BackendErrorKind::NewerSchema, message))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        backend::RecordName,
        runtime::{
            host::{CatalogSpec, SubscriberSpec},
            missed::Missed,
            operator::command::Command,
            subscription::lease::LeaseDoc,
            unknown::UnknownName,
        },
    };

    fn kind<T: DeserializeOwned>(value: &'static str) -> BackendErrorKind {
        let record = Record::new(RecordName::trusted("x"), Revision(1), value);
        parse::<T>(&record).err().expect("it is refused").kind()
    }

    #[test]
    fn a_document_of_a_newer_format_is_refused_as_that_whatever_it_is_and_has() {
        for value in
            [r#"{"format":2}"#, r#"{"a":{},"format":99,"epoch":1,"holder":"h","free":true}"#, r#"{"format":"2"}"#]
        {
            let kinds = [
                kind::<StateDoc>(value),
                kind::<LaneDoc>(value),
                kind::<DeadLetter>(value),
                kind::<Note>(value),
                kind::<LeaseDoc>(value),
                kind::<Command>(value),
                kind::<SubscriberSpec>(value),
                kind::<CatalogSpec>(value),
                kind::<Missed>(value),
                kind::<UnknownName>(value),
            ];
            assert!(kinds.iter().all(|kind| *kind == BackendErrorKind::NewerSchema), "{value}: {kinds:?}");
        }
    }

    #[test]
    fn a_document_without_a_format_is_of_the_first_one() {
        let record = |value: &'static str| Record::new(RecordName::trusted("x"), Revision(1), value);
        let lease = r#"{"holder":"h","epoch":7,"free":true,"unknown":1}"#;
        assert_eq!(parse::<LeaseDoc>(&record(lease)).unwrap().epoch, 7);
        assert_eq!(parse::<Command>(&record("\"pause\"")).unwrap(), Command::Pause);
        assert_eq!(
            parse::<Command>(&record(r#"{"redrive":{"sequence":3}}"#)).unwrap(),
            Command::Redrive { sequence: 3 }
        );
        assert_eq!(kind::<LeaseDoc>("{"), BackendErrorKind::Corrupt);
        assert!(parse_if_ours::<LeaseDoc>(&record("no lease")).unwrap().is_none());
        assert!(parse_if_ours::<LeaseDoc>(&record(r#"{"format":2}"#)).is_err());
    }
}
