//! What an operator asks of a running subscriber: left as a record, done by whoever holds its lease.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    backend::{Backend, BackendError, Record, RecordError, RecordName, RecordWrite, Revision},
    delivery::{commit::json, doc::DeadLetter, names},
    event::recorded::EventId,
    runtime::{operator::letters::LetterFilter, store},
};

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Command {
    /// Hand this dead letter, and what is parked behind it, back to the handler.
    Redrive { sequence: u64 },
    /// Give this dead letter up for good, and hand back what is parked behind it.
    Discard { sequence: u64 },
    /// Hand back every dead letter that was there when this was asked and that the filter lets through.
    RedriveAll(Many),
    /// Give all of those up for good.
    DiscardAll(Many),
    /// Go on after this sequence, as a new run.
    Rewind { after: u64 },
    /// Stand still.
    Pause,
    /// Go on.
    Resume,
}

/// Many dead letters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Many {
    pub(crate) filter: LetterFilter,
    /// How many there were when it was asked.
    pub(crate) letters: u64,
}

impl Many {
    /// The letter in a record, if it is meant: it was there before the command, which has this revision.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn letter(&self, record: &Record, asked: Revision) -> Result<Option<DeadLetter>, BackendError> {
        let letter = Some(record).filter(|record| record.revision < asked).map(store::parse).transpose()?;
        Ok(letter.filter(|letter| self.filter.matches(letter)))
    }
}

impl Command {
    /// Whether it says where the subscriber goes on, or whether it does.
    fn steers(&self) -> bool {
        matches!(self, Self::Rewind { .. } | Self::Pause | Self::Resume)
    }

    /// The dead letter it is about.
    pub(crate) fn letter(&self) -> Option<u64> {
        match self {
            Self::Redrive { sequence } | Self::Discard { sequence } => Some(*sequence),
            _ => None,
        }
    }
}

/// A command and the record that has to go once it is done.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) command: Command,
    pub(crate) record: RecordName,
    /// The revision of that record: what has a lower one was there before.
    pub(crate) revision: Revision,
}

impl Asked {
    /// Reads the record of a command.
    pub(crate) fn read(record: &Record) -> Result<Self, BackendError> {
        let command = store::parse(record)?;
        Ok(Self { command, record: record.name.clone(), revision: record.revision })
    }
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

/// The commands of a subscriber that nobody has carried out yet and that it has to know before it begins anything, in the order
/// they were asked in. However many others there are, memory holds one page of them.
pub(crate) async fn steering(backend: &Arc<dyn Backend>, subscriber: &str) -> Result<Vec<Asked>, BackendError> {
    let mut found = Vec::new();
    let mut pages = store::Pages::of(names::commands(subscriber));
    while let Some(records) = pages.next(&**backend).await? {
        for record in records.iter().filter(|record| names::commanded(&record.name).as_deref() == Some(subscriber)) {
            // One that cannot be read is said when commands are carried out.
            let command: Option<Command> = store::parse_if_ours(record)?;
            if command.is_some_and(|command| command.steers()) {
                found.push(Asked::read(record)?);
            }
        }
    }
    // Their names are in the order they were asked in.
    found.sort_by(|a, b| a.record.cmp(&b.record));
    Ok(found)
}

/// Where an operator wants a subscriber to go on, if it was asked to: the last time it was asked, and the record of that.
pub(crate) fn rewind(left: &[Asked]) -> Option<(u64, RecordName)> {
    left.iter().rev().find_map(|asked| match asked.command {
        Command::Rewind { after } => Some((after, asked.record.clone())),
        _ => None,
    })
}
