//! Whether an open log can still be used: its files are the ones that were opened, and no damage was found.
//!
//! What is found once counts for as long as the log is open, whoever finds it: a log that is damaged, or whose file was
//! replaced, takes nothing more. Damage leaves a sign beside the file (`beside`), which every other process finds when it looks
//! here, and every later one when it opens the log.

use std::sync::{Arc, OnceLock};

use rusqlite::Connection;
use stheno_core::Timestamp;

use crate::{
    alone::{self, Alone},
    beside::Beside,
    connect,
    error::{self, Trouble},
    marks::{self, Counted},
    missing,
    options::SqliteOptions,
    place::{LogFile, Seen},
    sign::{Damage, Part},
    signal::Signal,
    wal,
};

/// What is known about the state of an open log.
pub(crate) struct Health {
    /// The absolute path, or `memory`.
    pub(crate) place: String,
    pub(crate) log_id: String,
    /// `None` in memory.
    pub(crate) file: Option<LogFile>,
    /// What stands beside the file.
    beside: Option<Beside>,
    options: SqliteOptions,
    /// Tells those who wait.
    signal: Arc<Signal>,
    /// The damage that was found first.
    damage: OnceLock<Trouble>,
}

impl Health {
    pub(crate) fn new(
        place: String,
        log_id: String,
        file: Option<LogFile>,
        options: SqliteOptions,
        signal: Arc<Signal>,
    ) -> Self {
        let beside = file.as_ref().map(|file| Beside::of(&file.path));
        Self { place, log_id, file, beside, options, signal, damage: OnceLock::new() }
    }

    /// What an error of SQLite means. Damage is remembered.
    pub(crate) fn explain(&self, error: rusqlite::Error) -> Trouble {
        self.note(Trouble::explain(&self.place, error))
    }

    /// Remembers a trouble that is damage. Everybody hears of the damage that was found first.
    pub(crate) fn note(&self, trouble: Trouble) -> Trouble {
        // A file that is gone cannot be opened, and one that another is being moved over may look damaged.
        if self.file.as_ref().is_some_and(|file| file.look() == Seen::Replaced) {
            return self.changed();
        }
        if trouble.is_damage() && self.is_overwritten() {
            return self.remember(self.changed());
        }
        if trouble.is_damage() { self.remember(trouble) } else { trouble }
    }

    /// Ends the use of the log. The first reason counts.
    fn remember(&self, trouble: Trouble) -> Trouble {
        let first = self.damage.get_or_init(|| self.leave_a_sign(trouble)).clone();
        self.signal.damaged();
        first
    }

    /// Refuses a log that cannot be used any more. Asked before anything is written: what is written to a file that was
    /// moved or deleted would be lost without a sound.
    pub(crate) fn check(&self) -> Result<(), Trouble> {
        self.check_damage()?;
        let (Some(file), Some(beside)) = (&self.file, &self.beside) else { return Ok(()) };
        match file.look() {
            Seen::Same => {}
            Seen::Replaced => return Err(self.changed()),
            // `VACUUM` makes a file shorter too, so its pages decide.
            Seen::Shorter => {
                self.check_pages(file)?;
                file.accept_length();
            }
        }
        match beside.damage() {
            None => Ok(()),
            // Found by another process.
            Some(damage) => Err(self.note(Trouble::refused_for(&self.place, &damage, beside, None))),
        }
    }

    /// Refuses a log in which damage was found.
    pub(crate) fn check_damage(&self) -> Result<(), Trouble> {
        self.damage.get().map_or(Ok(()), |damage| Err(damage.clone()))
    }

    /// Refuses a log whose write-ahead log does not have what was written to it. The connection may have no transaction.
    pub(crate) fn check_write_ahead_log(&self, connection: &Connection) -> Result<(), Trouble> {
        let Some(path) = self.file.as_ref().and_then(LogFile::write_ahead_log) else { return Ok(()) };
        match wal::what_is_wrong(connection, path) {
            Ok(None) => Ok(()),
            Ok(Some(wrong)) => Err(self.note(Trouble::write_ahead_log_damaged(&self.place, &wrong))),
            Err(error) => self.only_damage(self.explain(error)),
        }
    }

    /// Looks at every page with a connection that remembers none, at the tables, and at the write-ahead log.
    pub(crate) fn examine(&self, connection: &Connection) -> Result<(), Trouble> {
        match connect::probe(connection, &self.place) {
            Ok(log_id) if log_id == self.log_id => {}
            Ok(_) => return Err(self.remember(self.changed())),
            Err(trouble) => {
                return match self.note(trouble) {
                    trouble if trouble.is_of_another_file() => Err(self.remember(self.changed())),
                    trouble if trouble.may_pass() => Ok(()),
                    trouble => Err(self.remember(trouble)),
                };
            }
        }
        self.check_file().map_err(|trouble| self.remember(trouble))?;
        self.check_rows(connection)?;
        self.check_write_ahead_log(connection)?;
        match connection.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0)) {
            Ok(pages) if pages == "ok" => Ok(()),
            Ok(wrong) => Err(self.note(Trouble::damaged(&self.place, &wrong))),
            Err(error) => self.only_damage(self.explain(error)),
        }
    }

    /// Refuses a log from which somebody has deleted rows that stay.
    fn check_rows(&self, connection: &Connection) -> Result<(), Trouble> {
        let missing = || {
            let snapshot = connection.unchecked_transaction()?;
            marks::missing(&snapshot, Counted::Always)
        };
        match missing() {
            Ok(None) => Ok(()),
            Ok(Some(found)) => Err(self.note(Trouble::rows_deleted(&self.place, &found))),
            Err(error) => self.only_damage(self.explain(error)),
        }
    }

    /// Notes which files the log has.
    pub(crate) fn begin(&self) {
        if let (Some(file), Some(beside)) = (&self.file, &self.beside) {
            beside.begin(&self.log_id, self.signal.last(), || alone::reach(&file.path));
        }
    }

    /// Notes up to which event publishers are about to be told that theirs is in the log, and up to which record.
    pub(crate) fn acknowledge(&self, last: i64, revision: Option<i64>) {
        if let Some(beside) = &self.beside {
            beside.acknowledge(last.cast_unsigned());
            if let Some(revision) = revision {
                beside.recorded(revision.cast_unsigned());
            }
        }
    }

    /// Refuses a log whose file somebody else has written to, unless all of it is in order. Asked before anything is moved into it:
    /// the write-ahead log of one file would spoil another that was copied over it. The connection may have no transaction.
    pub(crate) fn check_file(&self) -> Result<(), Trouble> {
        let (Some(file), Some(beside)) = (&self.file, &self.beside) else { return Ok(()) };
        let (Some(stamp), Some(note)) = (beside.unknown_stamp(), beside.own_note()) else { return Ok(()) };
        let Some(alone) = Alone::look_for(&file.path, &note) else { return Err(self.changed()) };
        // An older SQLite moves the write-ahead log by itself, and so this happens all the time.
        if wal::tells_extent() {
            self.check_pages(file)?;
        }
        beside.accept_file(alone.reach(), Some(stamp));
        Ok(())
    }

    /// Whether another file was copied over this one, in place.
    fn is_overwritten(&self) -> bool {
        let (Some(file), Some(beside)) = (&self.file, &self.beside) else { return false };
        let note = beside.unknown_stamp().and_then(|_| beside.own_note());
        note.is_some_and(|note| Alone::look_for(&file.path, &note).is_none())
    }

    /// Notes what is in the file, after something was moved into it.
    pub(crate) fn moved(&self) {
        if let (Some(file), Some(beside)) = (&self.file, &self.beside) {
            beside.accept_file(alone::reach(&file.path), None);
        }
    }

    /// Looks at what the log says of itself before it is closed in order.
    pub(crate) fn settle(&self, connection: &mut Connection) -> Result<(), Trouble> {
        match marks::settle(connection) {
            Ok(Some(found)) if self.file.is_some() => Err(self.note(Trouble::rows_deleted(&self.place, &found))),
            // What could not be written is counted anew at the next start.
            _ => Ok(()),
        }
    }

    /// Forgets what was acknowledged, if the log was put away: its file has everything.
    pub(crate) fn put_away(&self) {
        if let (Some(file), Some(beside)) = (&self.file, &self.beside)
            && file.is_put_away()
            && self.may_tidy_up()
        {
            beside.forget();
        }
    }

    /// Whether closing may move the write-ahead log into the file and delete it. Not if damage was found, by this process or
    /// another, since what is there is all that is left to rescue, nor if another file is in its place.
    pub(crate) fn may_tidy_up(&self) -> bool {
        let is_replaced = self.file.as_ref().is_some_and(|file| !file.is_ours_or_nobodys());
        let is_marked = self.beside.as_ref().is_some_and(Beside::is_marked);
        self.damage.get().is_none() && !is_replaced && !is_marked
    }

    fn changed(&self) -> Trouble {
        self.signal.changed();
        error::log_changed(&self.place)
    }

    /// Other troubles of looking pass, and whoever uses the log meets them too.
    pub(crate) fn only_damage(&self, trouble: Trouble) -> Result<(), Trouble> {
        if trouble.may_pass() { Ok(()) } else { Err(trouble) }
    }

    /// Leaves the sign that keeps every process from opening the log again, and says which part of it is damaged.
    fn leave_a_sign(&self, trouble: Trouble) -> Trouble {
        let (Some(file), Some(beside)) = (&self.file, &self.beside) else { return trouble };
        if !trouble.leaves_a_sign() || beside.is_marked() {
            return trouble;
        }
        let (part, found) = if trouble.is_of_deleted_rows() {
            (Part::Rows, trouble.found())
        } else if trouble.is_damage_of_write_ahead_log() {
            (Part::WriteAhead, trouble.found())
        } else {
            match self.wrong_ahead(file) {
                Some(wrong) => (Part::WriteAhead, wrong),
                None => (Part::File, trouble.found()),
            }
        };
        // Another process may have told publishers more than this one has seen.
        let noted = beside.note().filter(|note| note.log_id == self.log_id).map_or(0, |note| note.last);
        let last = self.signal.last().max(noted);
        beside.mark(&Damage { part, found: found.clone(), at: Timestamp::now(), last });
        if part == Part::Rows {
            missing::leave_to_the_sign(beside, connect::open_for_copying(&file.path, &self.options).ok().as_mut());
        }
        match part {
            Part::WriteAhead => Trouble::write_ahead_log_damaged(&self.place, &found).caused_by(&trouble),
            _ => trouble,
        }
    }

    /// What is wrong with the write-ahead log, if that is what keeps pages from being read.
    fn wrong_ahead(&self, file: &LogFile) -> Option<String> {
        let path = file.write_ahead_log()?;
        let connection = connect::open_reader(&file.path, &self.options).ok();
        let wrong = connection.and_then(|connection| wal::what_is_wrong(&connection, path).ok()?);
        // It may keep a new connection from reading anything. If the file is whole by itself, it is not the file.
        wrong.or_else(|| alone::end_of_file_alone(&file.path).map(|_| "pages in it cannot be read".to_owned()))
    }

    /// Looks at every page with a connection that remembers none.
    fn check_pages(&self, file: &LogFile) -> Result<(), Trouble> {
        let look = || {
            let connection = connect::open_reader(&file.path, &self.options)?;
            connection.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0))
        };
        match look().map_err(|error| self.explain(error))?.as_str() {
            "ok" => Ok(()),
            wrong => Err(self.note(Trouble::damaged(&self.place, wrong))),
        }
    }
}
