//! Under which names delivery, and the runtime around it, keep their records.

use std::borrow::Cow;

use crate::{backend::RecordName, delivery::lane_id::LaneId, name::EventName};

/// Notes kept for one subscriber.
pub(crate) const NOTES: u64 = 1024;

/// What the records of every subscriber begin with.
pub(crate) const SUBSCRIBERS: &str = "sub/";

/// What the id of a backfill has between the id of its subscriber and a number.
const BACKFILL: &str = ".backfill-";

/// The id of the backfill that hands over what a subscriber had passed over by this epoch.
pub(crate) fn backfill(subscriber: &str, epoch: u64) -> String {
    format!("{subscriber}{BACKFILL}{epoch}")
}

/// The part of the id of a backfill that names its subscriber, and its number.
fn backfilled(id: &str) -> Option<(&str, &str)> {
    let (subscriber, number) = id.rsplit_once(BACKFILL)?;
    is_number(number).then_some((subscriber, number))
}

/// Whether this is the id of a backfill.
pub(crate) fn is_backfill(id: &str) -> bool {
    backfilled(id).is_some()
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The path of a subscriber's records. Those of a backfill lie below those of its subscriber: who may write these may write
/// them too.
fn path(id: &str) -> Cow<'_, str> {
    match backfilled(id) {
        Some((subscriber, number)) => Cow::Owned(format!("{subscriber}/backfill/{number}")),
        None => Cow::Borrowed(id),
    }
}

/// The subscriber whose path this is.
fn id(path: &str) -> Option<String> {
    match path.split_once('/') {
        None => Some(path.to_owned()),
        Some((subscriber, rest)) => {
            let number = rest.strip_prefix("backfill/").filter(|number| is_number(number))?;
            Some(format!("{subscriber}{BACKFILL}{number}"))
        }
    }
}

pub(crate) fn state(subscriber: &str) -> RecordName {
    below(subscriber, "state")
}

/// What a host says of a subscriber.
pub(crate) fn spec(subscriber: &str) -> RecordName {
    match backfilled(subscriber) {
        Some(_) => below(subscriber, "spec"),
        None => RecordName::trusted(format!("{SPECS}{subscriber}")),
    }
}

/// What the records begin with that hosts write of their subscribers.
pub(crate) const SPECS: &str = "spec/";

/// The subscriber of which a host says this, unless it is a backfill.
pub(crate) fn specified(name: &RecordName) -> Option<String> {
    Some(name.as_str().strip_prefix(SPECS)?.to_owned())
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
    match backfilled(subscriber) {
        Some(_) => below(subscriber, "lease"),
        None => RecordName::trusted(format!("lease/{subscriber}")),
    }
}

fn below(subscriber: &str, what: &str) -> RecordName {
    RecordName::trusted(format!("{}{what}", everything(subscriber)))
}

pub(crate) fn lanes(subscriber: &str) -> String {
    format!("{}lane/", everything(subscriber))
}

pub(crate) fn lane(subscriber: &str, lane: &LaneId) -> RecordName {
    match lane {
        LaneId::Key(key) => RecordName::escaped(&lanes(subscriber), key.as_str()),
        // No key begins with `=`, which only escapes do.
        LaneId::Event(sequence) => RecordName::trusted(format!("{}=/{sequence:020}", lanes(subscriber))),
    }
}

pub(crate) fn dead_letters(subscriber: &str) -> String {
    format!("{}dead/", everything(subscriber))
}

pub(crate) fn dead_letter(subscriber: &str, sequence: u64) -> RecordName {
    RecordName::trusted(format!("{}{sequence:020}", dead_letters(subscriber)))
}

pub(crate) fn notes(subscriber: &str) -> String {
    format!("{}note/", everything(subscriber))
}

pub(crate) fn note(subscriber: &str, number: u64) -> RecordName {
    RecordName::trusted(format!("{}{:04}", notes(subscriber), number % NOTES))
}

/// What every command begins with.
pub(crate) const COMMANDS: &str = "command/";

pub(crate) fn commands(subscriber: &str) -> String {
    format!("{COMMANDS}{}/", path(subscriber))
}

/// The subscriber that a command is for.
pub(crate) fn commanded(name: &RecordName) -> Option<String> {
    id(name.as_str().strip_prefix(COMMANDS)?.rsplit_once('/')?.0)
}

/// What a subscriber passed over, by the epoch in which it was noticed.
pub(crate) fn missed(subscriber: &str, epoch: u64) -> RecordName {
    RecordName::trusted(format!("{}{epoch:020}", all_missed(subscriber)))
}

pub(crate) fn all_missed(subscriber: &str) -> String {
    format!("{}missed/", everything(subscriber))
}

/// Every record of a subscriber but its lease, what hosts say of it and its commands; of a backfill, every record but its
/// commands.
pub(crate) fn everything(subscriber: &str) -> String {
    format!("{SUBSCRIBERS}{}/", path(subscriber))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_records_of_a_backfill_lie_below_those_of_its_subscriber() {
        let backfill = backfill("receipts.send", 7);
        assert_eq!(backfill, "receipts.send.backfill-7");
        let own = [state(&backfill), lease(&backfill), spec(&backfill), dead_letter(&backfill, 3), note(&backfill, 1)];
        for name in own {
            assert!(name.as_str().starts_with("sub/receipts.send/backfill/7/"), "{name}");
            assert!(!name.as_str().starts_with(&lanes("receipts.send")), "{name}");
        }
        assert!(commands(&backfill).starts_with(&commands("receipts.send")));
    }

    #[test]
    fn a_subscriber_is_found_by_its_records() {
        for id in ["receipts.send", "receipts.send.backfill-7", "a", "a.backfill-x", "a.backfill-"] {
            let command = RecordName::trusted(format!("{}0190", commands(id)));
            assert_eq!(commanded(&command).as_deref(), Some(id));
        }
        assert_eq!(specified(&spec("receipts.send")).as_deref(), Some("receipts.send"));
        assert_eq!(specified(&spec("receipts.send.backfill-7")), None);
    }
}
