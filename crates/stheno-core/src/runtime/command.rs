//! What an operator asks of a running subscriber: left as a record, done by whoever holds its lease.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::{
    backend::{Backend, BackendError, Record, RecordError, RecordName, RecordWrite},
    delivery::{commit::json, names},
    event::recorded::EventId,
    runtime::{
        alarm::{Alarm, Verdict},
        store,
        supervisors::Supervisors,
    },
};

/// How often commands of other processes are looked for.
const POLL: Duration = Duration::from_secs(1);
/// A command whose record is still there after this long is passed on again: the worker may have lost its lease, or the
/// backend, before it could carry it out.
const AGAIN: Duration = Duration::from_secs(3);

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

/// Looks for commands and passes them on. Runs on the control thread, for as long as the app does.
pub(crate) async fn watch(
    backend: Arc<dyn Backend>,
    alarm: Arc<Alarm>,
    asked: Arc<Notify>,
    supervisors: Arc<Supervisors>,
) {
    // Records that were passed on and are not gone yet, and when.
    let mut passed: HashMap<RecordName, Instant> = HashMap::new();
    let mut unreadable = Unreadable::default();
    loop {
        let _ = tokio::time::timeout(POLL, asked.notified()).await;
        let records = match backend.list_records(names::COMMANDS).await {
            Ok(records) => records,
            Err(error) if alarm.judge(&error) == Verdict::Retry => {
                tracing::debug!(%error, "commands could not be read; trying again");
                continue;
            }
            Err(_) => return,
        };
        unreadable.keep(&records);
        passed.retain(|name, at| at.elapsed() < AGAIN && records.iter().any(|record| record.name == *name));
        for record in records.into_iter().filter(|record| !passed.contains_key(&record.name)).collect::<Vec<_>>() {
            let subscriber = names::commanded(&record.name);
            let Some(worker) = subscriber.and_then(|subscriber| supervisors.commands_of(&subscriber)) else { continue };
            match store::parse(&record) {
                Ok(command) => {
                    passed.insert(record.name.clone(), Instant::now());
                    // A worker that does not listen has stopped; the next holder finds the record.
                    let _ = worker.send(Asked { command, record: record.name });
                }
                Err(error) if unreadable.is_new(&record.name) => {
                    tracing::warn!(record = %record.name, %error, "a command cannot be read, and is left where it is");
                }
                Err(_) => {}
            }
        }
    }
}

/// Commands that cannot be read: each is said once.
#[derive(Default)]
struct Unreadable(HashSet<RecordName>);

impl Unreadable {
    /// Whether it was not said yet; it is from now on.
    fn is_new(&mut self, record: &RecordName) -> bool {
        self.0.insert(record.clone())
    }

    /// Forgets those that are gone.
    fn keep(&mut self, records: &[Record]) {
        self.0.retain(|name| records.iter().any(|record| record.name == *name));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Revision;

    #[test]
    fn a_command_that_cannot_be_read_is_said_once() {
        let name = RecordName::trusted("command/probe.all/1");
        let record = Record::new(name.clone(), Revision(1), "{");
        let mut unreadable = Unreadable::default();
        assert!(unreadable.is_new(&name));
        unreadable.keep(&[record]);
        assert!(!unreadable.is_new(&name));
        unreadable.keep(&[]);
        assert!(unreadable.is_new(&name), "another one of this name");
    }
}
