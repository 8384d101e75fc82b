//! Opening connections: what is checked before a file is used, and how SQLite is set.

use std::{
    io,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use rusqlite::{Connection, ErrorCode, MAIN_DB, OpenFlags, config::DbConfig};
use stheno_core::{Timestamp, backend::BackendErrorKind, shown::shown};

use crate::{
    alone::{self, Noted},
    beside::Beside,
    error::Trouble,
    options::{SqliteOptions, SyncMode},
    patience::{self, LOCK_RETRY},
    place::{self, Place},
    schema::{self, Found},
    sign::{Damage, Part},
    wal,
};

/// Pages in the write-ahead log at which a commit moves them into the file. Four times SQLite's default: hot index pages
/// are then moved once for many commits.
pub(crate) const CHECKPOINT_PAGES: u32 = 4000;
/// To this size the write-ahead log is cut after a burst.
const WAL_SIZE_LIMIT: i64 = 64 * 1024 * 1024;
/// Memory for pages, per connection, in KiB. More makes commits slower: SQLite then looks through all of it at each one.
const CACHE_KIB: i32 = 8 * 1024;
/// Room for every statement a connection uses.
const STATEMENTS: usize = 64;
/// Every connection is used by one thread at a time, so SQLite needs no mutex of its own.
const FLAGS: OpenFlags = OpenFlags::SQLITE_OPEN_READ_WRITE.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);

/// A checked log, ready to be written.
pub(crate) struct Opened {
    pub(crate) connection: Connection,
    /// The absolute path; `None` in memory.
    pub(crate) path: Option<PathBuf>,
    /// What was noted of it before.
    pub(crate) noted: Option<Noted>,
}

/// Opens the log for writing and makes it when it does not exist.
pub(crate) fn open(options: &SqliteOptions) -> Result<Opened, Trouble> {
    match &options.place {
        Place::File(path) => {
            let path = place::resolve(path)?;
            let shown = path.display().to_string();
            let beside = Beside::of(&path);
            if let Some(damage) = beside.damage() {
                let whole = (damage.part == Part::WriteAhead).then(|| alone::end_of_file_alone(&path)).flatten();
                return Err(Trouble::refused_for(&shown, &damage, &beside, whole));
            }
            if let Some(left) = beside.left_behind() {
                return Err(Trouble::left_behind(&shown, &left));
            }
            if let Some(why) = alone::foreign_ahead(&path, &beside) {
                beside.replaced();
                return Err(Trouble::foreign_write_ahead_log(&shown, why));
            }
            let noted = Noted::read(&path, &beside);
            let doubt = beside.doubt();
            let is_foreign = || doubt.is_some() && alone::end_of_file_alone(&path).is_some();
            let foreign = || {
                let why = "the file is whole by itself, and with the `-wal` file it is not";
                Trouble::foreign_write_ahead_log(&shown, why)
            };
            let agrees = |connection: &Connection| doubt.is_none_or(|doubt| alone::agrees(&path, connection, doubt));
            let mut is_ours = false;
            // Before it is opened, which may change it.
            let length = beside.whole_length();
            let opened = open_file(&path, options, &beside, &mut is_ours).and_then(|connection| {
                match length.map(|length| within_a_page(&connection, length)).transpose()? {
                    Some(true) => {
                        Err(Refusal::Trouble(Trouble::damaged(&shown, "the file ends within a page: it was cut short")))
                    }
                    _ => Ok(connection),
                }
            });
            match opened {
                Ok(connection) if !agrees(&connection) && is_foreign() => Err(foreign()),
                Ok(connection) => Ok(Opened { connection, path: Some(path), noted }),
                Err(refusal) => {
                    let trouble = refusal.into_trouble(&shown);
                    if is_ours && trouble.is_damage() && is_foreign() {
                        return Err(foreign());
                    }
                    if is_ours && trouble.is_damage_of_pages() {
                        // Processes that have it open may not have seen it yet.
                        let (found, at) = (trouble.found(), Timestamp::now());
                        beside.mark(&Damage { part: Part::File, found, at, last: 0 });
                    }
                    Err(trouble)
                }
            }
        }
        Place::Memory => {
            let connection = open_memory(options).map_err(|error| Trouble::explain("memory", error))?;
            Ok(Opened { connection, path: None, noted: None })
        }
    }
}

/// Opens one more connection to a log that [`open`] has checked, for writing the log into another file.
pub(crate) fn open_for_copying(path: &Path, options: &SqliteOptions) -> rusqlite::Result<Connection> {
    let mut connection = Connection::open_with_flags(path, FLAGS)?;
    configure(&mut connection, options)?;
    Ok(connection)
}

/// Opens one more connection to a log that [`open`] has checked, for reading only.
pub(crate) fn open_reader(path: &Path, options: &SqliteOptions) -> rusqlite::Result<Connection> {
    let connection = open_for_copying(path, options)?;
    // Not opened read-only: readers of a write-ahead log have to write to its shared memory.
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// Looks whether a connection leads to a log whose tables are as they were made, and says which log it is.
pub(crate) fn probe(connection: &Connection, place: &str) -> Result<String, Trouble> {
    let explain = |error| Trouble::explain(place, error);
    schema::check(schema::inspect(connection).map_err(explain)?, place)?;
    schema::probe(connection, place)?;
    connection.query_row("SELECT log_id FROM meta", [], |row| row.get(0)).map_err(explain)
}

/// Whether a file of this length ends within a page. SQLite reads what is missing of it as zeros, and finds nothing wrong.
fn within_a_page(connection: &Connection, length: u64) -> rusqlite::Result<bool> {
    let page_size = connection.query_row("PRAGMA page_size", [], |row| row.get::<_, i64>(0))?.unsigned_abs();
    Ok(!length.is_multiple_of(page_size.max(1)))
}

/// Why a file could not be opened.
enum Refusal {
    Sqlite(rusqlite::Error),
    Trouble(Trouble),
}

impl Refusal {
    fn into_trouble(self, place: &str) -> Trouble {
        match self {
            Refusal::Trouble(trouble) => trouble,
            // The directory is there and the path is no directory, so what is left is permission.
            Refusal::Sqlite(error) if error.sqlite_error_code() == Some(ErrorCode::CannotOpen) => read_only(place),
            Refusal::Sqlite(error) => Trouble::explain(place, error),
        }
    }
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        Refusal::Sqlite(error)
    }
}

impl From<Trouble> for Refusal {
    fn from(trouble: Trouble) -> Self {
        Refusal::Trouble(trouble)
    }
}

/// Opens a file, and says on the way whether it is a log.
fn open_file(path: &Path, options: &SqliteOptions, beside: &Beside, is_ours: &mut bool) -> Result<Connection, Refusal> {
    let shown = path.display().to_string();
    // Before others may be making the log.
    let was_there = beside.note().is_some();
    // A file that is there keeps its permissions, and one that cannot be made is for the opening to say.
    let _ = make_private(path);
    let mut connection = Connection::open_with_flags(path, FLAGS | OpenFlags::SQLITE_OPEN_CREATE)?;
    // Also when it is refused: nothing is moved from its write-ahead log then.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    patience::set(&mut connection, options.busy_timeout)?;
    // Before anything that writes: a file that is not ours stays as it is.
    *is_ours = schema::is_ours(&connection);
    let found = schema::inspect(&connection)?;
    schema::check(found, &shown)?;
    if found == Found::Empty
        && was_there
        && let Some(left) = beside.left()
    {
        return Err(Trouble::left_behind(&shown, &left).into());
    }
    if connection.is_readonly(MAIN_DB)? {
        return Err(read_only(&shown).into());
    }
    use_write_ahead_log(&connection, options.busy_timeout, &shown)?;
    configure(&mut connection, options)?;
    if found == Found::Empty {
        schema::create(&mut connection, options.clock.now())?;
        schema::check(schema::inspect(&connection)?, &shown)?;
    }
    schema::probe(&connection, &shown)?;
    limit_size(&connection, options)?;
    warn_of_old_sqlite(&shown);
    Ok(connection)
}

/// SQLite before this version may damage a file that several processes write to, if one commits while another moves the
/// write-ahead log into the file a second time (the "WAL-reset bug"). Other crates of the program may ask for such a
/// version.
const WAL_RESET_FIXED: i32 = 3_051_003;

fn warn_of_old_sqlite(place: &str) {
    if rusqlite::version_number() < WAL_RESET_FIXED {
        tracing::warn!(
            place = %shown(place),
            sqlite = rusqlite::version(),
            "this program has a SQLite older than 3.51.3, which may in rare cases damage a log that several processes use; \
             use the log from one process, or update the crate that asks for it (`cargo tree -i libsqlite3-sys`)"
        );
    }
}

/// Makes a new file that only its owner may read: bodies hold what nobody else should see, such as tokens and addresses.
/// The files that SQLite makes beside it have the same permissions.
pub(crate) fn make_private(path: &Path) -> io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

fn open_memory(options: &SqliteOptions) -> rusqlite::Result<Connection> {
    let mut connection = Connection::open_in_memory_with_flags(FLAGS)?;
    configure(&mut connection, options)?;
    schema::create(&mut connection, options.clock.now())?;
    limit_size(&connection, options)?;
    Ok(connection)
}

fn configure(connection: &mut Connection, options: &SqliteOptions) -> rusqlite::Result<()> {
    patience::set(connection, options.busy_timeout)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // One plan per statement, whatever is bound. Without it SQLite prepares some statements anew at every call, to plan
    // for the bound values: that took half the time of an append.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    let synchronous = match options.sync {
        SyncMode::Full => "FULL",
        SyncMode::Normal => "NORMAL",
    };
    connection.pragma_update(None, "synchronous", synchronous)?;
    // On macOS only this reaches the platter; elsewhere it changes nothing.
    connection.pragma_update(None, "fullfsync", options.sync == SyncMode::Full)?;
    // Before the write-ahead log is moved into the file it is looked at, where this SQLite lets us (see `writer`).
    let checkpoint = if wal::tells_extent() { 0 } else { CHECKPOINT_PAGES };
    connection.pragma_update(None, "wal_autocheckpoint", checkpoint)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.pragma_update(None, "journal_size_limit", WAL_SIZE_LIMIT)?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    // A damaged page becomes an error at once, and nothing stored in the file can call functions.
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "trusted_schema", false)
}

fn use_write_ahead_log(connection: &Connection, timeout: Duration, place: &str) -> Result<(), Refusal> {
    let since = Instant::now();
    loop {
        let mode = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get::<_, String>(0));
        match mode {
            Ok(mode) if mode == "wal" => return Ok(()),
            Ok(_) => {
                let message = format!(
                    "the file system of {place} has no shared memory for SQLite's write-ahead log; use a local disk"
                );
                return Err(Trouble::new(BackendErrorKind::Address, message).into());
            }
            // Two processes that make one file at once: SQLite does not call the busy handler for this switch.
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && since.elapsed() < timeout => {
                thread::sleep(LOCK_RETRY);
            }
            Err(error) => return Err(error.into()),
        }
    }
}

fn limit_size(connection: &Connection, options: &SqliteOptions) -> rusqlite::Result<()> {
    let Some(bytes) = options.max_size else { return Ok(()) };
    let page_size: u64 = connection.query_row("PRAGMA page_size", [], |row| row.get::<_, i64>(0))?.unsigned_abs();
    // SQLite takes 32 bits, and never less than what is there already.
    let pages = (bytes / page_size.max(1)).clamp(1, u64::from(u32::MAX - 1));
    connection.pragma_update_and_check(None, "max_page_count", pages.cast_signed(), |_| Ok(()))
}

fn read_only(place: &str) -> Trouble {
    Trouble::new(
        BackendErrorKind::Permission,
        format!(
            "{place} cannot be opened for writing; let this user write both the file and its directory (a `-wal` and a \
             `-shm` file are made beside it)"
        ),
    )
}
