//! How long a connection waits for a lock that another connection holds.
//!
//! Until version 0.41, rusqlite takes a plain function as a busy handler, and a plain function has nowhere to keep a
//! time-out. So the time-outs of a process stand in a table, and each place of the table has a function of its own.

use std::{
    cell::Cell,
    sync::OnceLock,
    thread,
    time::{Duration, Instant},
};

use rusqlite::Connection;

/// How long a connection sleeps before it tries again. Commits take about as long, so waiting longer would only let the
/// other one in first again.
pub(crate) const LOCK_RETRY: Duration = Duration::from_millis(1);
/// Different time-outs that a process can have at once. Most have one.
const PLACES: usize = 8;
/// The longest time-out that SQLite itself takes: it counts milliseconds in 32 bits.
const LONGEST: Duration = Duration::from_millis(i32::MAX as u64);

type Table = [OnceLock<Duration>; PLACES];
type Handler = fn(i32) -> bool;

/// A place belongs to the first time-out that needed one, for as long as the process runs.
static TIMEOUTS: Table = [const { OnceLock::new() }; PLACES];
/// The function that waits as long as the place of the same number says.
const HANDLERS: [Handler; PLACES] =
    [wait::<0>, wait::<1>, wait::<2>, wait::<3>, wait::<4>, wait::<5>, wait::<6>, wait::<7>];

thread_local! {
    /// When the wait of this thread began. A thread waits for one lock at a time.
    static SINCE: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Lets a connection wait this long for a lock. When every place is taken by other time-outs it waits in SQLite's own
/// steps, which grow to 100 ms.
pub(crate) fn set(connection: &mut Connection, timeout: Duration) -> rusqlite::Result<()> {
    match place_of(&TIMEOUTS, timeout) {
        Some(place) => connection.busy_handler(Some(HANDLERS[place])),
        None => connection.busy_timeout(timeout.min(LONGEST)),
    }
}

/// The place of a time-out in a table, which is its own from now on.
fn place_of(table: &Table, timeout: Duration) -> Option<usize> {
    table.iter().position(|place| *place.get_or_init(|| timeout) == timeout)
}

fn wait<const PLACE: usize>(tries: i32) -> bool {
    let timeout = TIMEOUTS[PLACE].get().copied().unwrap_or_default();
    let now = Instant::now();
    let since = SINCE.get().filter(|_| tries > 0).unwrap_or(now);
    SINCE.set(Some(since));
    let patient = now.duration_since(since) < timeout;
    if patient {
        thread::sleep(LOCK_RETRY);
    }
    patient
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_timeout_has_one_place_and_the_ninth_has_none() {
        let table: Table = [const { OnceLock::new() }; PLACES];
        let seconds = |seconds| place_of(&table, Duration::from_secs(seconds));
        let places: Vec<_> = (1..=9).map(seconds).collect();
        assert_eq!(places[..8], [0, 1, 2, 3, 4, 5, 6, 7].map(Some));
        assert_eq!(places[8], None);
        assert_eq!((1..=9).map(seconds).collect::<Vec<_>>(), places, "the same again");
    }

    #[test]
    fn a_wait_is_over_at_once_without_a_timeout_and_begins_anew_at_the_first_try() {
        let (none, day) = (Duration::ZERO, Duration::from_secs(24 * 60 * 60));
        let [none, day] = [none, day].map(|timeout| HANDLERS[place_of(&TIMEOUTS, timeout).unwrap()]);
        assert!(!none(0));
        assert!(day(0) && day(1));
        assert!(!none(0) && !none(1));
        assert!(day(2), "its own time-out, whatever another function of this thread has");
    }
}
