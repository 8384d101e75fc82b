//! What an operator asks of a running subscriber: left as a record, done by whoever holds its lease.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    backend::{Backend, BackendError, RecordError, RecordName, RecordWrite},
    delivery::{commit::json, names},
    event::recorded::EventId,
    runtime::store,
};

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Command {
    /// Hand this dead letter, and what is parked behind it, back to the handler.
    Redrive { sequence: u64 },
    /// Give this dead letter up for good, and hand back what is parked behind it.
    Discard { sequence: u64 },
    /// Go on after this sequence, as a new run.
    Rewind { after: u64 },
    /// Stand still.
    Pause,
    /// Go on.
    Resume,
}

/// A command and the record that has to go once it is done.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) command: Command,
    pub(crate) record: RecordName,
}

/// Leaves a command for whoever holds the lease.
pub(crate) async fn ask(backend: &Arc<dyn Backend>, subscriber: &str, command: &Command) -> Result<(), BackendError> {
    let name = format!("{}{}", names::commands(subscriber), EventId::random());
    let write = RecordWrite::put(RecordName::trusted(name), json(command));
    match backend.write_records(vec![write]).await {
        Ok(_) | Err(RecordError::Conflict { .. }) => Ok(()),
        Err(RecordError::Backend(error)) => Err(error),
    }
}

/// What a subscriber was asked and nobody has done yet, in the order it was asked in.
pub(crate) async fn left(backend: &Arc<dyn Backend>, subscriber: &str) -> Result<Vec<Asked>, BackendError> {
    let records = backend.list_records(&names::commands(subscriber)).await?;
    // Their names are in the order they were asked in.
    let of_it = records.into_iter().filter(|record| names::commanded(&record.name).as_deref() == Some(subscriber));
    // One that cannot be read is said where commands are watched.
    let asked = of_it.map(|record| {
        let command = store::parse_if_ours(&record)?;
        Ok(command.map(|command| Asked { command, record: record.name }))
    });
    asked.filter_map(Result::transpose).collect()
}

/// Where an operator wants a subscriber to go on, if it was asked to: the last time it was asked, and the record of that.
pub(crate) fn rewind(left: &[Asked]) -> Option<(u64, RecordName)> {
    left.iter().rev().find_map(|asked| match asked.command {
        Command::Rewind { after } => Some((after, asked.record.clone())),
        _ => None,
    })
}
