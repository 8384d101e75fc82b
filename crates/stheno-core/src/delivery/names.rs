//! Under which names delivery, and the runtime around it, keep their records.

use crate::{backend::RecordName, delivery::lane::LaneId, name::EventName};

/// Notes kept for one subscriber.
pub(crate) const NOTES: u64 = 1024;

/// What the records of every subscriber begin with.
pub(crate) const SUBSCRIBERS: &str = "sub/";

pub(crate) fn state(subscriber: &str) -> RecordName {
    RecordName::trusted(format!("sub/{subscriber}/state"))
}

/// The subscriber whose state this is, if it is one.
pub(crate) fn stated(name: &RecordName) -> Option<&str> {
    name.as_str().strip_prefix(SUBSCRIBERS)?.strip_suffix("/state")
}

/// What a host says of a subscriber.
pub(crate) fn spec(subscriber: &str) -> RecordName {
    RecordName::trusted(format!("spec/{subscriber}"))
}

/// What the records of the catalogs begin with that hosts know.
pub(crate) const CATALOGS: &str = "catalog/";

pub(crate) fn catalog(name: &str) -> RecordName {
    RecordName::escaped(CATALOGS, name)
}

/// What the records of names begin with that no catalog knows.
pub(crate) const UNKNOWN: &str = "unknown/";

pub(crate) fn unknown(name: &EventName) -> RecordName {
    RecordName::escaped(UNKNOWN, name.as_str())
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

/// What a subscriber passed over, by the epoch in which it was noticed.
pub(crate) fn missed(subscriber: &str, epoch: u64) -> RecordName {
    RecordName::trusted(format!("{}{epoch:020}", all_missed(subscriber)))
}

pub(crate) fn all_missed(subscriber: &str) -> String {
    format!("sub/{subscriber}/missed/")
}

/// Every record of a subscriber but its lease.
pub(crate) fn everything(subscriber: &str) -> String {
    format!("sub/{subscriber}/")
}
