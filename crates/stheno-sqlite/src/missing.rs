//! What a log lacks when it is opened: events that publishers were told of, and rows that somebody has deleted by hand.

use rusqlite::Connection;
use stheno_core::{Timestamp, shown::shown};

use crate::{
    alone::{Noted, Of},
    beside::Beside,
    error::Trouble,
    marks::{self, Counted},
    options::SyncMode,
    refusal::events_that,
    sign::{Damage, Part},
};

/// Refuses a log that ends before the event up to which publishers were told that theirs is in it. The note was read before
/// `last`, since other processes go on.
pub(crate) fn refuse_lost_end(
    place: &str,
    beside: &Beside,
    noted: &Noted,
    last: u64,
    sync: SyncMode,
) -> Result<(), Trouble> {
    let acknowledged = noted.note.last;
    if acknowledged <= last {
        return Ok(());
    }
    let lost = last + 1;
    match noted.of {
        Of::Restored => {
            tracing::warn!(
                place = %shown(place),
                "this file was put in the place of the one that was written to, as a backup is, and it ends with event {last}: {} \
                 not in it; publish again what is missing, with the same ids",
                events_that(lost, acknowledged, "was acknowledged and is", "were acknowledged and are")
            );
            beside.forget();
            Ok(())
        }
        _ if sync == SyncMode::Normal => {
            // That is what was chosen: a power failure may take the newest events.
            tracing::warn!(
                place,
                "{}, as a power failure may do with `sync=normal`; publish again what is missing, with the same ids",
                events_that(lost, acknowledged, "was acknowledged and is gone", "were acknowledged and are gone")
            );
            beside.forget();
            Ok(())
        }
        Of::Copied => Err(Trouble::copy_lost_end(place, lost, acknowledged)),
        Of::This => {
            let found = events_that(lost, acknowledged, "was acknowledged", "were acknowledged");
            let damage = Damage { part: Part::LostEnd, found, at: Timestamp::now(), last: acknowledged };
            beside.mark(&damage);
            Err(Trouble::refused_for(place, &damage, beside, None))
        }
    }
}

/// Refuses a log from which rows were deleted that stay, and leaves the sign of it.
pub(crate) fn refuse_deleted_rows(
    place: &str,
    beside: &Beside,
    connection: &mut Connection,
    noted: Option<&Noted>,
) -> Result<(), Trouble> {
    let explain = |error| Trouble::explain(place, error);
    let revision = noted.filter(|noted| noted.of != Of::Restored).and_then(|noted| noted.note.revision);
    let snapshot = connection.unchecked_transaction().map_err(explain)?;
    let missing = marks::missing(&snapshot, Counted::Until(revision));
    drop(snapshot);
    match missing {
        Ok(None) => {
            // An error leaves it to the next start.
            let _ = marks::count_anew(connection);
            Ok(())
        }
        Ok(Some(found)) => {
            let damage = Damage { part: Part::Rows, found, at: Timestamp::now(), last: 0 };
            beside.mark(&damage);
            leave_to_the_sign(beside, Some(connection));
            Err(Trouble::refused_for(place, &damage, beside, None))
        }
        // Whoever reads these pages finds it.
        Err(error) => match explain(error) {
            trouble if trouble.is_damage_of_pages() => Ok(()),
            trouble => Err(trouble),
        },
    }
}

/// Takes what is there for what should be there, once there is a sign: when an operator deletes it the log goes on with that.
pub(crate) fn leave_to_the_sign(beside: &Beside, connection: Option<&mut Connection>) {
    if let Some(connection) = connection.filter(|_| beside.is_marked()) {
        // An error means that the next start finds it again.
        let _ = marks::accept(connection);
    }
}
