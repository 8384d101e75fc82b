//! The contract, put together from its parts.

use std::{
    fmt,
    path::Path,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use rusqlite::Connection;
use stheno_core::{
    EventId, NewEvent,
    backend::{
        Abilities, Append, AppendError, Appended, Backend, BackendError, BackendErrorKind, Direction, LogInfo, Page,
        Query, Record, RecordCursor, RecordError, RecordName, RecordPage, RecordWrite, Revision, Tail,
    },
};
use tokio::sync::OnceCell;

use crate::{
    append, backup,
    beside::Beside,
    connect::{self, Opened},
    count,
    error::{self, Trouble},
    examine::Examiner,
    health::Health,
    missing,
    options::SqliteOptions,
    place::{LogFile, Place},
    read,
    readers::Readers,
    records, scheduled,
    session::Session,
    signal::{Signal, State},
    span,
    tail::SqliteTail,
    watch::Watcher,
    writer::Writer,
};

/// The embedded backend: a log and records in one SQLite file, or in memory.
///
/// A backup is a log of its own:
///
/// ```
/// use stheno_core::{EventName, NewEvent, backend::{Append, Backend}};
/// use stheno_sqlite::{SqliteBackend, SqliteOptions};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// let (file, copy) = (folder.path().join("stheno.db"), folder.path().join("copy.db"));
/// let log = SqliteBackend::open(SqliteOptions::file(&file)).await?;
/// log.append(Append::one(NewEvent::new(EventName::new("order.placed")?, r#"{"id":"order_1"}"#))).await?;
/// log.backup(&copy).await?;
/// assert_eq!(SqliteBackend::open(SqliteOptions::file(&copy)).await?.info().await?.last, 1);
/// assert!(log.backup(&copy).await.is_err(), "it takes the place of no file");
/// # Ok(())
/// # }
/// ```
pub struct SqliteBackend {
    options: SqliteOptions,
    health: Arc<Health>,
    signal: Arc<Signal>,
    examiner: Arc<Examiner>,
    readers: Arc<Readers>,
    /// `None` in memory, where nobody else writes.
    watcher: Option<Arc<Watcher>>,
    /// Dropped after those before it: the last connection moves the write-ahead log into the file.
    writer: Arc<Writer>,
    /// Set once it is closed; of several calls at once, one closes and the others wait for it.
    closed: OnceCell<()>,
}

impl SqliteBackend {
    /// Opens a log, and makes it when the file does not exist.
    ///
    /// # Errors
    /// [`BackendError`] of kind `Address` (directory missing, network file system, a database of another program),
    /// `Permission`, `NewerSchema`, `Corrupt` (not a database, or a damaged one; also one that was found damaged before and
    /// whose sign of it, `stheno.db-damaged`, no operator has deleted), `Unavailable` (another process holds it),
    /// `Full`. The file of another program is never changed.
    pub async fn open(options: SqliteOptions) -> Result<Arc<Self>, BackendError> {
        options.check()?;
        let opened = tokio::task::spawn_blocking(move || Self::open_blocking(options));
        match opened.await {
            Ok(opened) => Ok(Arc::new(opened?)),
            Err(_) => Err(Trouble::vanished("the given address").into()),
        }
    }

    /// A new log in memory, with the default options.
    ///
    /// # Errors
    /// When memory is short.
    pub fn memory() -> Result<Arc<Self>, BackendError> {
        Ok(Arc::new(Self::open_blocking(SqliteOptions::memory())?))
    }

    async fn finish(&self) {
        self.writer.finish().await;
        self.readers.finish().await;
        self.signal.closed();
        let (writer, readers, watcher) = (Arc::clone(&self.writer), Arc::clone(&self.readers), self.watcher.clone());
        let examiner = Arc::clone(&self.examiner);
        let let_go = move || {
            examiner.end();
            readers.let_go();
            if let Some(watcher) = watcher {
                watcher.let_go();
            }
            // Last, because the last connection moves the write-ahead log into the file.
            writer.let_go();
        };
        // It can only fail when the runtime is shut down, which lets go of everything too.
        let _ = tokio::task::spawn_blocking(let_go).await;
    }

    /// Reads the whole log and checks that it is whole: pages, indexes, constraints. That takes as long as reading it takes.
    ///
    /// # Errors
    /// [`BackendError`] of kind `Corrupt` says the first thing that is wrong.
    pub async fn check(&self) -> Result<(), BackendError> {
        let (path, options) = (self.watcher.as_ref().map(|watcher| watcher.path.clone()), self.options.clone());
        let check = move |session: &mut Session| {
            let look = |connection: &Connection| {
                connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get::<_, String>(0))
            };
            match path {
                // A connection that remembers no page reads what is on the disk.
                Some(path) => look(&connect::open_reader(&path, &options)?),
                None => look(&session.connection),
            }
        };
        match self.readers.with(check).await?.as_str() {
            "ok" => Ok(()),
            wrong => Err(self.health.note(Trouble::damaged(&self.health.place, wrong)).into()),
        }
    }

    fn open_blocking(options: SqliteOptions) -> Result<Self, Trouble> {
        let Opened { mut connection, path, noted } = connect::open(&options)?;
        let place = path.as_ref().map_or_else(|| "memory".to_owned(), |path| path.display().to_string());
        let explain = |error| Trouble::explain(&place, error);
        let log_id: String = connection.query_row("SELECT log_id FROM meta", [], |row| row.get(0)).map_err(explain)?;
        let last = span::last_sequence(&connection).map_err(explain)?.cast_unsigned();
        if let Some(path) = &path {
            let beside = Beside::of(path);
            let noted = noted.filter(|noted| noted.note.log_id == log_id);
            if let Some(noted) = &noted {
                missing::refuse_lost_end(&place, &beside, noted, last, options.sync)?;
            }
            missing::refuse_deleted_rows(&place, &beside, &mut connection, noted.as_ref())?;
        }
        let due = scheduled::next_due(&connection).map_err(explain)?;

        let signal = Arc::new(Signal::new(last, due));
        let session = Arc::new(Mutex::new(Some(Session::new(connection))));
        let file = path.clone().map(LogFile::at);
        let health = Arc::new(Health::new(place, log_id, file, options.clone(), Arc::clone(&signal)));
        health.begin();
        let examiner = Arc::new(Examiner::new(Arc::clone(&health), options.clone()));
        let (readers, watcher) = match path {
            Some(path) => {
                let readers = Readers::of_file(path.clone(), options.clone(), Arc::clone(&health));
                let (examiner, signal) = (Arc::clone(&examiner), Arc::clone(&signal));
                let watcher = Watcher::new(path, Arc::clone(&health), examiner, options.clone(), signal);
                (readers, Some(Arc::new(watcher)))
            }
            None => (Readers::sharing(Arc::clone(&session), Arc::clone(&health)), None),
        };
        let writer = Writer::new(
            Arc::clone(&health),
            Arc::clone(&examiner),
            Arc::clone(&options.clock),
            options.dedup_window,
            Arc::clone(&signal),
            session,
        );
        let (writer, readers, closed) = (Arc::new(writer), Arc::new(readers), OnceCell::new());
        Ok(Self { options, health, signal, examiner, readers, watcher, writer, closed })
    }
}

#[async_trait]
impl Backend for SqliteBackend {
    fn abilities(&self) -> Abilities {
        let shared = matches!(self.options.place, Place::File(_));
        Abilities::new(self.options.durability(), append::MAX_BATCH, self.options.max_body, shared)
    }

    async fn info(&self) -> Result<LogInfo, BackendError> {
        let (first, last) = self.readers.with(|session| ends(&session.connection)).await?;
        let (log_id, place) = (self.health.log_id.clone(), self.health.place.clone());
        Ok(LogInfo::new(log_id, "sqlite", place, first, last, self.options.dedup_window))
    }

    async fn append(&self, batch: Append) -> Result<Vec<Appended>, AppendError> {
        batch.check(append::MAX_BATCH, self.options.max_body)?;
        self.writer.append(batch.events).await
    }

    async fn read(&self, query: Query) -> Result<Page, BackendError> {
        self.readers.with(move |session| read::page(session, &query)).await
    }

    async fn count(&self, query: Query) -> Result<u64, BackendError> {
        self.readers.with(move |session| count::count(session, &query)).await
    }

    async fn read_each(&self, queries: Vec<Query>) -> Vec<Result<Page, BackendError>> {
        let asked = queries.len();
        let pages = self.readers.with(move |session| {
            let mut pages = Vec::with_capacity(queries.len());
            for query in &queries {
                pages.push(read::page(session, query)?);
            }
            Ok(pages)
        });
        match pages.await {
            Ok(pages) => pages.into_iter().map(Ok).collect(),
            // One that fails fails them all: it is the file, and not what was asked.
            Err(error) => {
                let (kind, message) = (error.kind(), error.to_string());
                let mut errors = vec![Err(error)];
                errors.resize_with(asked, || Err(BackendError::new(kind, message.clone())));
                errors
            }
        }
    }

    async fn tail(&self, query: Query) -> Result<Box<dyn Tail>, BackendError> {
        // Listening begins before the log is looked at, so that nothing falls between.
        let news = self.signal.listen();
        if news.borrow().state == State::Closed {
            return Err(error::closed().into());
        }
        let (_, last) = self.readers.with(|session| ends(&session.connection)).await?;
        if query.after > last {
            // Its position is from another log, or from a later state of this one.
            return Err(error::log_changed(&self.health.place).into());
        }
        let mut query = query;
        query.direction = Direction::Forward;
        Ok(Box::new(SqliteTail {
            query,
            health: Arc::clone(&self.health),
            readers: Arc::clone(&self.readers),
            writer: Arc::clone(&self.writer),
            watcher: self.watcher.clone(),
            clock: Arc::clone(&self.options.clock),
            news,
            begun: false,
        }))
    }

    async fn scheduled(&self, id: &EventId) -> Result<Option<NewEvent>, BackendError> {
        let id = id.clone();
        self.readers.with(move |session| scheduled::find(session, &id)).await
    }

    async fn get_record(&self, name: &RecordName) -> Result<Option<Record>, BackendError> {
        self.health.check_damage()?;
        let (name, now) = (name.clone(), self.options.clock.now());
        self.readers.with(move |session| records::get(&session.connection, &name, now)).await
    }

    async fn list_records(&self, prefix: &str) -> Result<Vec<Record>, BackendError> {
        self.health.check_damage()?;
        let (prefix, now) = (prefix.to_owned(), self.options.clock.now());
        self.readers.with(move |session| records::list(&session.connection, &prefix, now)).await
    }

    async fn read_records(
        &self,
        prefix: &str,
        after: Option<&RecordCursor>,
        limit: usize,
    ) -> Result<RecordPage, BackendError> {
        self.health.check_damage()?;
        let (prefix, after, now) = (prefix.to_owned(), after.cloned(), self.options.clock.now());
        self.readers.with(move |session| records::page(&session.connection, &prefix, after.as_ref(), limit, now)).await
    }

    async fn write_records(&self, writes: Vec<RecordWrite>) -> Result<Vec<Revision>, RecordError> {
        records::check(&writes)?;
        self.writer.write_records(writes).await
    }

    async fn backup(&self, to: &Path) -> Result<(), BackendError> {
        let Some(watcher) = &self.watcher else {
            let message = "a log in memory has no file to back up; it is gone when the process ends";
            return Err(BackendError::new(BackendErrorKind::Other, message));
        };
        if self.closed.initialized() {
            return Err(error::closed().into());
        }
        let (options, health) = (self.options.clone(), Arc::clone(&self.health));
        backup::of_file(watcher.path.clone(), to.to_owned(), options, health, &self.signal).await
    }

    async fn find_damage(&self) -> Result<(), BackendError> {
        if self.closed.initialized() {
            return Err(error::closed().into());
        }
        Ok(self.examiner.look_at_last().await?)
    }

    async fn close(&self) {
        self.closed.get_or_init(|| self.finish()).await;
    }
}

impl fmt::Debug for SqliteBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteBackend").field("place", &self.health.place).field("options", &self.options).finish()
    }
}

/// The first and last sequence of the log.
fn ends(connection: &Connection) -> rusqlite::Result<(u64, u64)> {
    let snapshot = connection.unchecked_transaction()?;
    let last = span::last_sequence(&snapshot)?.cast_unsigned();
    let first: Option<i64> =
        snapshot.prepare_cached("SELECT min(sequence) FROM events")?.query_row([], |row| row.get(0))?;
    Ok((first.map_or(last + 1, i64::cast_unsigned), last))
}
