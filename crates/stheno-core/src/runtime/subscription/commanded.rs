//! Commands of operators are found in the log and passed on to those who run the subscribers.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::Notify;

use crate::{
    backend::{Backend, Record, RecordName},
    delivery::names,
    runtime::{
        alarm::{Alarm, Verdict},
        operator::command::Asked,
        store,
        subscription::supervisors::Supervisors,
    },
};

/// How often commands of other processes are looked for.
const POLL: Duration = Duration::from_secs(1);
/// A command whose record is still there after this long is passed on again: the worker may have lost its lease, or the
/// backend, before it could carry it out.
const AGAIN: Duration = Duration::from_secs(3);

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
