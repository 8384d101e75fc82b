//! Under which names delivery keeps its records.

use crate::{backend::RecordName, delivery::lane::LaneId};

/// Notes kept for one subscriber.
pub(crate) const NOTES: u64 = 1024;

pub(crate) fn state(subscriber: &str) -> RecordName {
    RecordName::trusted(format!("sub/{subscriber}/state"))
}

pub(crate) fn lease(subscriber: &str) -> RecordName {
    RecordName::trusted(format!("lease/{subscriber}"))
}

pub(crate) fn lanes(subscriber: &str) -> String {
    format!("sub/{subscriber}/lane/")
}

pub(crate) fn lane(subscriber: &str, lane: &LaneId) -> RecordName {
    match lane {
        LaneId::Key(key) => RecordName::escaped(&lanes(subscriber), key.as_str()),
        // No key begins with `=`, which only escapes do.
        LaneId::Event(sequence) => RecordName::trusted(format!("{}=/{sequence:020}", lanes(subscriber))),
    }
}

pub(crate) fn dead_letters(subscriber: &str) -> String {
    format!("sub/{subscriber}/dead/")
}

pub(crate) fn dead_letter(subscriber: &str, sequence: u64) -> RecordName {
    RecordName::trusted(format!("{}{sequence:020}", dead_letters(subscriber)))
}

pub(crate) fn notes(subscriber: &str) -> String {
    format!("sub/{subscriber}/note/")
}

pub(crate) fn note(subscriber: &str, number: u64) -> RecordName {
    RecordName::trusted(format!("{}{:04}", notes(subscriber), number % NOTES))
}

/// What every command begins with.
pub(crate) const COMMANDS: &str = "command/";

pub(crate) fn commands(subscriber: &str) -> String {
    format!("{COMMANDS}{subscriber}/")
}

/// The subscriber that a command is for.
pub(crate) fn commanded(name: &RecordName) -> Option<&str> {
    name.as_str().strip_prefix(COMMANDS)?.split_once('/').map(|(subscriber, _)| subscriber)
}

/// Every record of a subscriber but its lease.
pub(crate) fn everything(subscriber: &str) -> String {
    format!("sub/{subscriber}/")
}
