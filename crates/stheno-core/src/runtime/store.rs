//! Reading what delivery has recorded.

use std::sync::Arc;

use serde::de::DeserializeOwned;

use crate::{
    backend::{Backend, BackendError, BackendErrorKind, Record, Revision},
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
    if let Some((state, _)) = &state
        && state.format > FORMAT
    {
        let message = format!("subscriber `{subscriber}` was last run by a newer version of Stheno; update this host");
        return Err(BackendError::new(BackendErrorKind::NewerSchema, message));
    }
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

pub(crate) async fn lanes(backend: &Arc<dyn Backend>, subscriber: &str) -> Result<Vec<LaneDoc>, BackendError> {
    list(backend, &names::lanes(subscriber)).await
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

async fn list<T: DeserializeOwned>(backend: &Arc<dyn Backend>, prefix: &str) -> Result<Vec<T>, BackendError> {
    backend.list_records(prefix).await?.iter().map(parse).collect()
}

pub(crate) fn parse<T: DeserializeOwned>(record: &Record) -> Result<T, BackendError> {
    serde_json::from_slice(&record.value).map_err(|error| {
        let message = format!("record `{}` cannot be read; was it written by a newer version of Stheno?", record.name);
        BackendError::new(BackendErrorKind::Corrupt, message).with_source(error)
    })
}
