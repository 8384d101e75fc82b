//! A copy of the log as it is at one moment, while everybody goes on using it.
//!
//! SQLite makes the copy in one read transaction (`VACUUM INTO`), so appends neither wait for it nor get into it halfway.
//! It is written under another name, read to its end and checked, written through to the disk, and only then gets its
//! name: whatever goes wrong before leaves nothing behind, and no file is ever written over.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use rusqlite::{Connection, ErrorCode, InterruptHandle, OpenFlags};
use stheno_core::backend::{BackendError, BackendErrorKind};
use uuid::Uuid;

use crate::{
    beside::sync_directory_of,
    companions::{COMPANIONS, suffixed},
    connect,
    error::{self, Trouble},
    health::Health,
    marks,
    options::SqliteOptions,
    place,
    schema::{self, Found},
    session::lock,
    signal::{Signal, State},
};

/// Copies the log of a path. Given up when the log is closed, or the caller goes away.
pub(crate) async fn of_file(
    path: PathBuf,
    to: PathBuf,
    options: SqliteOptions,
    health: Arc<Health>,
    signal: &Signal,
) -> Result<(), BackendError> {
    let running = Running::default();
    let ended = Ending(running.clone());
    let mut news = signal.listen();
    let closed = async move {
        // The sender lives as long as the signal.
        let _ = news.wait_for(|news| news.state == State::Closed).await;
    };
    let place = health.place.clone();
    let mut copying = tokio::task::spawn_blocking(move || copy(&path, &to, &options, &health, &running));
    let copied = tokio::select! {
        copied = &mut copying => copied,
        () = closed => {
            drop(ended);
            copying.await
        }
    };
    match copied {
        Ok(copied) => copied.map_err(BackendError::from),
        Err(_) => Err(Trouble::vanished(&place).into()),
    }
}

fn copy(path: &Path, to: &Path, options: &SqliteOptions, health: &Health, running: &Running) -> Result<(), Trouble> {
    health.check()?;
    let copy = Unfinished::beside(to)?;
    let source = connect::open_for_copying(path, options).map_err(|error| health.explain(error))?;
    running.now(&source)?;
    let log_id: String =
        source.query_row("SELECT log_id FROM meta", [], |row| row.get(0)).map_err(|error| health.explain(error))?;
    let name = copy.path.to_str().ok_or_else(|| refused(to, "its path is not UTF-8, which SQLite needs"))?;
    source.execute("VACUUM INTO ?1", [name]).map_err(|error| match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => health.explain(error),
        _ => failed(to, error),
    })?;
    drop(source);
    // A copy is what it is: its newest event is the newest one that was there.
    let marked = Connection::open_with_flags(&copy.path, OpenFlags::SQLITE_OPEN_READ_WRITE);
    marked.and_then(|copy| marks::lower_newest(&copy)).map_err(|error| failed(to, error))?;
    check(&copy.path, to, &log_id, running)?;
    copy.finish(to)
}

/// Opens the copy as a database of its own, and reads all of it.
fn check(copy: &Path, to: &Path, log_id: &str, running: &Running) -> Result<(), Trouble> {
    let opened = Connection::open_with_flags(copy, OpenFlags::SQLITE_OPEN_READ_ONLY);
    let copy = opened.map_err(|error| failed(to, error))?;
    running.now(&copy)?;
    let look = || {
        let found = schema::inspect(&copy)?;
        let of: String = copy.query_row("SELECT log_id FROM meta", [], |row| row.get(0))?;
        let pages: String = copy.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
        Ok((found, of, pages))
    };
    match look().map_err(|error| failed(to, error))? {
        (Found::Current, of, pages) if of == log_id && pages == "ok" => Ok(()),
        (_, _, pages) => Err(refused(to, &format!("the copy is not what the log is ({pages}); look at its disk"))),
    }
}

/// The file a copy is written to before it has its name. Deleted when it is dropped.
struct Unfinished {
    path: PathBuf,
}

impl Unfinished {
    fn beside(to: &Path) -> Result<Self, Trouble> {
        if fs::symlink_metadata(to).is_ok() {
            return Err(exists(to));
        }
        let Some(name) = to.file_name() else { return Err(refused(to, "it does not name a file")) };
        if let Some(of) = place::companion_of(to) {
            let why = format!(
                "a file called like this belongs to the log `{of}`, and SQLite or Stheno would take it for that; choose another name"
            );
            return Err(refused(to, &why));
        }
        for suffix in COMPANIONS {
            let left = suffixed(to, suffix);
            if fs::symlink_metadata(&left).is_ok() {
                let why =
                    format!("{} is there, and would be taken for a part of the copy; move it away", left.display());
                return Err(refused(to, &why));
            }
        }
        let name = format!(".{}.{}.unfinished", name.to_string_lossy(), Uuid::now_v7());
        let path = to.with_file_name(name);
        // SQLite writes into an empty file, which only its owner may read: bodies hold tokens and addresses.
        connect::make_private(&path).map_err(|error| not_written(to, &error))?;
        Ok(Self { path })
    }

    /// Gives the copy its name, unless a file has it.
    fn finish(self, to: &Path) -> Result<(), Trouble> {
        let written = |result: io::Result<()>| result.map_err(|error| not_written(to, &error));
        written(File::open(&self.path).and_then(|file| file.sync_all()))?;
        match fs::hard_link(&self.path, to) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(exists(to)),
            // Some file systems have no links, such as the ones of memory sticks.
            Err(_) if fs::symlink_metadata(to).is_err() => written(fs::rename(&self.path, to))?,
            Err(_) => return Err(exists(to)),
        }
        sync_directory_of(to);
        Ok(())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        let journal = format!("{}-journal", self.path.display());
        for path in [self.path.as_path(), Path::new(&journal)] {
            // It is not there any more when it was renamed.
            let _ = fs::remove_file(path);
        }
    }
}

/// The connection that copies or checks at the moment, so that it can be interrupted.
#[derive(Clone, Default)]
struct Running(Arc<Mutex<Progress>>);

#[derive(Default)]
struct Progress {
    connection: Option<InterruptHandle>,
    ended: bool,
}

impl Running {
    /// An error if nobody wants the copy any more.
    fn now(&self, connection: &Connection) -> Result<(), Trouble> {
        let mut progress = lock(&self.0);
        progress.connection = Some(connection.get_interrupt_handle());
        if progress.ended { Err(error::closed()) } else { Ok(()) }
    }
}

/// Interrupts what is running when it is dropped.
struct Ending(Running);

impl Drop for Ending {
    fn drop(&mut self) {
        let mut progress = lock(&self.0.0);
        progress.ended = true;
        if let Some(connection) = &progress.connection {
            connection.interrupt();
        }
    }
}

fn failed(to: &Path, error: rusqlite::Error) -> Trouble {
    match error.sqlite_error_code() {
        Some(ErrorCode::OperationInterrupted) => error::closed(),
        _ => {
            let what = format!("the backup {} could not be written; is there room on its disk?", to.display());
            Trouble::elsewhere(what, error)
        }
    }
}

fn exists(to: &Path) -> Trouble {
    refused(to, "there is such a file already; name a new one")
}

fn not_written(to: &Path, error: &io::Error) -> Trouble {
    refused(to, &format!("it cannot be written ({error}); its directory has to exist and to be writable"))
}

fn refused(to: &Path, why: &str) -> Trouble {
    Trouble::new(BackendErrorKind::Other, format!("no backup was made to {}: {why}", to.display()))
}
