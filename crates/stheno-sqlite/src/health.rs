//! Whether an open log can still be used: its files are the ones that were opened, and no damage was found.
//!
//! What is found once counts for as long as the log is open, whoever finds it: a log that is damaged, or whose file was
//! replaced, takes nothing more.

use std::sync::{Arc, OnceLock};

use crate::{
    connect,
    error::{self, Trouble},
    options::SqliteOptions,
    place::{LogFile, Seen},
    signal::Signal,
};

/// What is known about the state of an open log.
pub(crate) struct Health {
    /// The absolute path, or `memory`.
    pub(crate) place: String,
    /// `None` in memory.
    file: Option<LogFile>,
    options: SqliteOptions,
    /// Tells those who wait.
    signal: Arc<Signal>,
    /// The damage that was found first.
    damage: OnceLock<Trouble>,
}

impl Health {
    pub(crate) fn new(place: String, file: Option<LogFile>, options: SqliteOptions, signal: Arc<Signal>) -> Self {
        Self { place, file, options, signal, damage: OnceLock::new() }
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
        if !trouble.is_damage() {
            return trouble;
        }
        let first = self.damage.get_or_init(|| trouble).clone();
        self.signal.damaged();
        first
    }

    /// Refuses a log that cannot be used any more. Asked before anything is written: what is written to a file that was
    /// moved or deleted would be lost without a sound.
    pub(crate) fn check(&self) -> Result<(), Trouble> {
        self.check_damage()?;
        let Some(file) = &self.file else { return Ok(()) };
        match file.look() {
            Seen::Same => Ok(()),
            Seen::Replaced => Err(self.changed()),
            // `VACUUM` makes a file shorter too, so its pages decide.
            Seen::Shorter => {
                self.check_pages(file)?;
                file.accept_length();
                Ok(())
            }
        }
    }

    /// Refuses a log in which damage was found.
    pub(crate) fn check_damage(&self) -> Result<(), Trouble> {
        self.damage.get().map_or(Ok(()), |damage| Err(damage.clone()))
    }

    /// Whether closing may move the write-ahead log into the file and delete it. Not if the file is damaged, since what is
    /// there is all that is left to rescue, nor if another file is in its place.
    pub(crate) fn may_tidy_up(&self) -> bool {
        let is_replaced = self.file.as_ref().is_some_and(|file| !file.is_ours_or_nobodys());
        self.damage.get().is_none() && !is_replaced
    }

    fn changed(&self) -> Trouble {
        self.signal.changed();
        error::log_changed(&self.place)
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
