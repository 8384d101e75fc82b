//! Why a log is not opened, or not gone on with, in words: what was found, what is lost, and what to do.

use std::path::Path;

use stheno_core::backend::BackendErrorKind;

use crate::{
    beside::Beside,
    error::Trouble,
    sign::{Damage, Part},
};

/// The events of a stretch: `event 3`, or `the events 3 to 7`.
pub(crate) fn events(from: u64, to: u64) -> String {
    if from == to { format!("event {from}") } else { format!("the events {from} to {to}") }
}

/// The same, with the verb for one and the verb for several.
pub(crate) fn events_that(from: u64, to: u64, one: &str, several: &str) -> String {
    format!("{} {}", events(from, to), if from == to { one } else { several })
}

impl Trouble {
    /// A log whose file is missing or empty, while another file of it is here.
    pub(crate) fn left_behind(place: &str, left: &Path) -> Self {
        let message = format!(
            "the file {place} is missing or empty, and {} has what is left of the log that was there; nothing was changed; put the \
             file back, or restore a backup; to begin a new log here, move the files away that begin as {place} does (`-wal`, \
             `-shm`, `-acknowledged`)",
            left.display()
        );
        Self::new(BackendErrorKind::Corrupt, message)
    }

    /// A write-ahead log that was left beside a file which took the place of its own.
    pub(crate) fn foreign_write_ahead_log(place: &str, why: &str) -> Self {
        let message = format!(
            "the log at {place} is not opened: the `-wal` file beside it belongs to another file ({why}), and SQLite would mix the \
             two; nothing was changed; stop every process that uses the log, move {place}-wal and {place}-shm aside (keep them: with \
             the file that was there before they have what was published last), and start again"
        );
        Self::new(BackendErrorKind::Corrupt, message)
    }

    /// A copy that ends before what its note says.
    pub(crate) fn copy_lost_end(place: &str, from: u64, to: u64) -> Self {
        let message = format!(
            "the log at {place} is not opened: it is a copy that lacks its end: {}: its `-wal` file was not copied, or was cut; \
             nothing was changed; copy the file and its `-wal` file again, while no process uses them, or restore a backup; to go on \
             without what is missing, delete {place}-acknowledged and start again; it can be published again then, with the same ids",
            events_that(from, to, "was acknowledged, and it is gone", "were acknowledged, and they are gone"),
        );
        Self::new(BackendErrorKind::Corrupt, message)
    }

    /// A log that is not opened, because damage was found and no operator has dealt with it. `whole` is the last event of the
    /// file without its write-ahead log, if the file is whole by itself.
    pub(crate) fn refused_for(place: &str, damage: &Damage, beside: &Beside, whole: Option<u64>) -> Self {
        let Damage { found, at, last, .. } = damage;
        let sign = beside.sign().display();
        let copy = format!("stop every process that uses it, and keep a copy of {place} and its `-wal` file");
        let backup = format!(
            "restore a backup (move {place} away, with the files beside it that end in `-wal`, `-shm`, `-acknowledged` and \
             `-damaged`)"
        );
        let gone = if found.starts_with("event ") { "it is gone" } else { "they are gone" };
        let message = match damage.part {
            Part::WriteAhead => {
                let main = match whole {
                    Some(end) if end < *last => format!(
                        "the file itself is whole and ends with event {end}; of {}, which publishers were told of, those before the \
                         damage are left in the `-wal` file",
                        events(end + 1, *last),
                    ),
                    Some(end) => format!("the file itself is whole and ends with event {end}"),
                    None => format!("events up to {last} were acknowledged"),
                };
                format!(
                    "the log at {place} is not opened: its `-wal` file was found damaged at {at} ({found}), and not the file \
                     itself; {main}; {copy}; then {backup}, or delete {sign} to go on with what is left: the damaged rest of the \
                     `-wal` file is lost then, and what was acknowledged in it"
                )
            }
            Part::LostEnd => format!(
                "the log at {place} is not opened: {found}, and {gone}: its `-wal` file was cut short, emptied or damaged \
                 while no process looked; the file itself was left as it is; {copy}; then {backup}, or delete {sign} to go on \
                 without them; they can be published again then, with the same ids"
            ),
            Part::Rows => format!(
                "the log at {place} is not opened: {found}: somebody has deleted them by hand, or a rescue has left them out; nothing \
                 was changed; {copy}; then {backup}, or put back what is missing and delete {sign}, or delete {sign} to go on without \
                 it: events can be published again then, with the same ids, and subscribers without records begin anew"
            ),
            Part::File => format!(
                "the log at {place} is not opened: it was found damaged at {at} ({found}); {copy}, and look at it with `sqlite3 \
                 {place} 'PRAGMA integrity_check'`; then {backup}, or rescue what is left with `sqlite3 {place} .recover` into a \
                 new file and put that in its place; delete {sign} when the log is whole again"
            ),
        };
        Self::of_damage_of_pages(message)
    }

    /// Rows that were deleted by hand from a log that is open.
    pub(crate) fn rows_deleted(place: &str, found: &str) -> Self {
        let message = format!(
            "rows were deleted by hand from the log at {place}, and nothing more is written to it; stop every process that uses it; \
             the next start says what to do; found: {found}"
        );
        Self::of_deleted_rows(message)
    }
}
