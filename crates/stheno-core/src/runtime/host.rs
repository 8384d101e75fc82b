//! What a host says of itself in the backend, so that tools know its subscribers.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    backend::{Backend, BackendError, RecordError, RecordName, RecordWrite},
    delivery::commit::json,
    runtime::{store, supervisor::Enabled},
};

/// One subscriber of a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SubscriberSpec {
    /// Its id.
    pub id: String,
    /// What it takes.
    pub patterns: Vec<String>,
    /// Whether it keeps the order of a key.
    pub ordered: bool,
    /// How it is run, in words.
    pub policy: String,
}

fn name(subscriber: &str) -> RecordName {
    RecordName::trusted(format!("spec/{subscriber}"))
}

pub(crate) async fn publish(backend: &Arc<dyn Backend>, subscribers: &[Enabled]) -> Result<(), BackendError> {
    let writes = subscribers.iter().map(|subscriber| {
        let spec = SubscriberSpec {
            id: subscriber.id.to_string(),
            patterns: subscriber.patterns.iter().map(ToString::to_string).collect(),
            ordered: subscriber.policy.ordered,
            policy: subscriber.policy.to_string(),
        };
        RecordWrite::put(name(&subscriber.id), json(&spec))
    });
    for chunk in writes.collect::<Vec<_>>().chunks(400) {
        match backend.write_records(chunk.to_vec()).await {
            Ok(_) | Err(RecordError::Conflict { .. }) => {}
            Err(RecordError::Backend(error)) => return Err(error),
        }
    }
    Ok(())
}

/// Whether a subscriber keeps the order of a key; as long as nobody says otherwise, it does.
pub(crate) async fn policy_is_ordered(backend: &Arc<dyn Backend>, subscriber: &str) -> Result<bool, BackendError> {
    match backend.get_record(&name(subscriber)).await? {
        Some(record) => Ok(store::parse::<SubscriberSpec>(&record)?.ordered),
        None => Ok(true),
    }
}
