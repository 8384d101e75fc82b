//! The file of a log without its write-ahead log: what it has by itself, and whether a write-ahead log can be its own.
//!
//! Nothing in SQLite's form ties the two together: a `-wal` file that was left beside a file that took the place of another is
//! read into it, page by page. So the question is asked before SQLite sees them.

use std::{fs::File, io, path::Path, sync::Mutex, thread, time::Duration};

use rusqlite::{Connection, OpenFlags};

use crate::{
    beside::{Beside, Doubt},
    note::{Moved, Note},
    place::{self, Identity},
    session::lock,
    span,
};

/// How often a file is looked at that seems to be another one: somebody may be writing to it right now.
const TRIES: u32 = 4;
const BETWEEN_TRIES: Duration = Duration::from_millis(20);
/// What the file of a database begins with.
const MAGIC: &[u8] = b"SQLite format 3\0";
const WHOLE_COPY: &str = "the file is a copy that was made as a whole, without a `-wal` file";

/// What a file has by itself.
#[derive(Debug, Default)]
pub(crate) struct Alone {
    /// Whether its header says that it has a write-ahead log; `None` if it is no database.
    pub(crate) has_write_ahead_log: Option<bool>,
    /// The log in it, if its tables are there already.
    pub(crate) log: Option<(String, Moved)>,
}

impl Alone {
    pub(crate) fn look(path: &Path) -> Self {
        let has_write_ahead_log =
            header(path).ok().filter(|header| header.starts_with(MAGIC)).map(|header| header[19] == 2);
        Self { has_write_ahead_log, log: log(path) }
    }

    /// What the file of an open log has; nothing if it is not the one that was noted.
    pub(crate) fn look_for(path: &Path, note: &Note) -> Option<Self> {
        for _ in 0..TRIES {
            let alone = Self::look(path);
            if alone.differs_from(note).is_none() {
                return Some(alone);
            }
            thread::sleep(BETWEEN_TRIES);
        }
        None
    }

    /// How far it reaches.
    pub(crate) fn reach(&self) -> Moved {
        self.log.as_ref().map(|(_, reach)| *reach).unwrap_or_default()
    }

    /// Why it is not the file that was noted, or is older than it was then; nothing if it may be that file.
    pub(crate) fn differs_from(&self, note: &Note) -> Option<&'static str> {
        match (&self.log, note.files) {
            _ if self.has_write_ahead_log == Some(false) => Some(WHOLE_COPY),
            (Some((log_id, _)), _) if *log_id != note.log_id => {
                Some("the file is another log than the one it was written for")
            }
            (Some((_, reach)), Some(files))
                if reach.last < files.moved.last || reach.revision < files.moved.revision =>
            {
                Some("the file is an older state of the log than the one it was written for")
            }
            _ => None,
        }
    }
}

/// What was noted of a log before it was opened, and whether that is of what is there now.
#[derive(Debug, Clone)]
pub(crate) struct Noted {
    pub(crate) note: Note,
    pub(crate) of: Of,
}

/// What the file at the place of a noted log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    /// The noted one.
    This,
    /// A backup that was put in its place, which ends where it ends.
    Restored,
    /// A copy of the noted one, with the note beside it.
    Copied,
}

impl Noted {
    /// Before the file is opened, which changes its header.
    pub(crate) fn read(path: &Path, beside: &Beside) -> Option<Self> {
        let (note, (file, _)) = (beside.note()?, place::identity(path)?);
        let of = if note.is_replaced_by(file) || Alone::look(path).differs_from(&note).is_some() {
            Of::Restored
        } else if note.is_of(file) {
            Of::This
        } else {
            Of::Copied
        };
        Some(Self { note, of })
    }
}

/// Why the write-ahead log beside a file is not its own, as far as that is certain.
pub(crate) fn foreign_ahead(path: &Path, beside: &Beside) -> Option<&'static str> {
    let mut why = None;
    for _ in 0..TRIES {
        why = Some(foreign_ahead_now(path, beside)?);
        thread::sleep(BETWEEN_TRIES);
    }
    why
}

fn foreign_ahead_now(path: &Path, beside: &Beside) -> Option<&'static str> {
    let (ahead, length) = place::identity(&beside.companion("-wal"))?;
    let (file, _) = place::identity(path)?;
    if length == 0 {
        return None;
    }
    let (note, alone) = (beside.note(), Alone::look(path));
    match note {
        None if alone.has_write_ahead_log == Some(false) => Some(WHOLE_COPY),
        None => None,
        // The very file that was beside the noted one.
        Some(note) if note.files.is_some_and(|files| files.ahead == ahead) && !note.is_same_file(file) => {
            Some("it was written for a file that was at this place before")
        }
        Some(note) => alone.differs_from(&note).filter(|_| {
            let is_noted = note.files.is_some_and(|files| files.ahead == ahead);
            // Both may have been copied from elsewhere, and the note be of a third.
            is_noted
                || alone.has_write_ahead_log == Some(false)
                || alone.log.as_ref().is_some_and(|(id, _)| *id == note.log_id)
        }),
    }
}

/// Whether a log as a connection reads it, with its write-ahead log, can have come of what the file has alone: it is the same log,
/// reaches no less far, and is whole.
pub(crate) fn agrees(path: &Path, connection: &Connection, doubt: Doubt) -> bool {
    let Some((log_id, before)) = log(path) else { return true };
    let is_later =
        |(of, now): (String, Moved)| of == log_id && now.last >= before.last && now.revision >= before.revision;
    // Pages of two logs may fit together, but the indexes in them do not.
    let look = match doubt {
        Doubt::Whose => "PRAGMA integrity_check(1)",
        Doubt::Written => "PRAGMA quick_check(1)",
    };
    let is_whole = || connection.query_row(look, [], |row| row.get::<_, String>(0)).is_ok_and(|pages| pages == "ok");
    state(connection).is_ok_and(is_later) && is_whole()
}

/// How far a file reaches without its write-ahead log.
pub(crate) fn reach(path: &Path) -> Moved {
    log(path).map(|(_, reach)| reach).unwrap_or_default()
}

/// The log in a file without its write-ahead log.
fn log(path: &Path) -> Option<(String, Moved)> {
    state(&connect(path)?).ok()
}

/// The last event in the file of a log without its write-ahead log; nothing if the file is not whole by itself.
pub(crate) fn end_of_file_alone(path: &Path) -> Option<u64> {
    let connection = connect(path)?;
    let pages: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).ok()?;
    let last = span::last_sequence(&connection).ok()?;
    (pages == "ok").then(|| last.cast_unsigned())
}

/// What nobody changes needs neither a lock nor a write-ahead log, and is not written to.
fn connect(path: &Path) -> Option<Connection> {
    let path = path.to_str()?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.".contains(&byte);
    let escape = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    let address = format!("file:{}?immutable=1", path.bytes().map(escape).collect::<String>());
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(address, flags).ok()
}

fn state(connection: &Connection) -> rusqlite::Result<(String, Moved)> {
    let last = span::last_sequence(connection)?.cast_unsigned();
    connection.query_row("SELECT log_id, revision FROM meta", [], |row| {
        Ok((row.get(0)?, Moved { last, revision: row.get::<_, i64>(1)?.cast_unsigned() }))
    })
}

/// Files whose header was read. Closing one would drop the locks that SQLite holds on it anywhere in this process, so each stays
/// open for as long as it has a name.
static READ: Mutex<Vec<(Identity, File)>> = Mutex::new(Vec::new());

/// The first bytes of a file. SQLite has no question that they answer.
fn header(path: &Path) -> io::Result<[u8; 20]> {
    let (identity, _) = place::identity(path).ok_or(io::ErrorKind::NotFound)?;
    let mut files = lock(&READ);
    files.retain(|(_, file)| has_name(file));
    let at = match files.iter().position(|(known, _)| *known == identity) {
        Some(at) => at,
        None => {
            files.push((identity, File::open(path)?));
            files.len() - 1
        }
    };
    read_start(&files[at].1)
}

#[cfg(unix)]
fn read_start(file: &File) -> io::Result<[u8; 20]> {
    let mut bytes = [0; 20];
    std::os::unix::fs::FileExt::read_exact_at(file, &mut bytes, 0)?;
    Ok(bytes)
}

#[cfg(not(unix))]
fn read_start(mut file: &File) -> io::Result<[u8; 20]> {
    use std::io::{Read as _, Seek as _, SeekFrom};
    let mut bytes = [0; 20];
    file.seek(SeekFrom::Start(0))?;
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

#[cfg(unix)]
fn has_name(file: &File) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    file.metadata().is_ok_and(|metadata| metadata.nlink() > 0)
}

#[cfg(not(unix))]
fn has_name(_: &File) -> bool {
    true
}
