//! The contract, put together from its parts.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use stheno_core::{
    EventId, NewEvent,
    backend::{
        Abilities, Append, AppendError, Appended, Backend, BackendError, BackendErrorKind, Direction, LogInfo, Page,
        Query, Record, RecordCursor, RecordError, RecordName, RecordPage, RecordWrite, Revision, Tail,
    },
};
use tokio::{sync::OnceCell, time::Instant};

use crate::{
    api::Api,
    append,
    dial::Dial,
    error,
    io::Io,
    link::Link,
    log::Log,
    options::NatsOptions,
    provision::{self, Found},
    read, read_each, records, schedule, server, span,
    subject::Subjects,
    tail::NatsTail,
};

/// How long closing waits for what is under way.
const FINISH: Duration = Duration::from_secs(10);
/// The wait before it is tried again to open a log whose servers elect a leader.
const AGAIN: Duration = Duration::from_millis(250);

/// The JetStream backend: the log in a stream, the records in a key-value bucket.
pub struct NatsBackend {
    log: Arc<Log>,
    /// Of several calls at once, one closes and the others wait for it.
    closed: OnceCell<()>,
    /// The connections live on its thread.
    _io: Io,
}

impl NatsBackend {
    /// Connects, and makes the stream and the bucket when they are missing (unless
    /// [`manage`](NatsOptions::manage)`(false)`).
    ///
    /// # Errors
    /// [`BackendError`] of kind `Address` (a server that is too old or takes messages of less than 64 KiB, JetStream not
    /// enabled, a stream that differs from what was chosen, field by field, a dedup window in which an append could be
    /// stored twice), `Permission`, `Unavailable` (no server answers), `NewerSchema`.
    pub async fn open(options: NatsOptions) -> Result<Arc<Self>, BackendError> {
        options.check()?;
        let io = Io::start()?;
        let dial = Arc::new(Dial::new(options.clone())?);
        let handle = io.handle().clone();
        let opened = io.run(async move {
            let writing = Link::open("writing", Arc::clone(&dial), &handle).await?;
            server::check(&writing.client(), &options.place())?;
            let reading = Link::open("reading", dial, &handle).await?;
            let (writing, reading) = (Api::new(writing, &options.api_prefix), Api::new(reading, &options.api_prefix));
            let subjects = Subjects::new(&options.prefix);
            let found = ready(&writing, &options, &subjects).await?;
            Ok(Log::new(options, subjects, found, (writing, reading), handle))
        });
        let log = opened.await.unwrap_or_else(|| Err(error::closed()))?;
        Ok(Arc::new(Self { log: Arc::new(log), closed: OnceCell::new(), _io: io }))
    }

    async fn finish(&self) {
        // What has not come to its end by then is answered as closed.
        let _ = tokio::time::timeout(FINISH, self.log.gate.close()).await;
        tokio::join!(self.log.writing.link.close(), self.log.reading.link.close());
    }
}

/// Looks whether JetStream is there, and what of the log. A cluster that elects a leader just now is waited for.
async fn ready(api: &Api, options: &NatsOptions, subjects: &Subjects) -> Result<Found, BackendError> {
    let until = Instant::now() + options.patience;
    loop {
        let found = async {
            server::check_jetstream(api, options).await?;
            provision::provision(api, options, subjects).await
        };
        match found.await {
            Err(error) if error.kind() == BackendErrorKind::Unavailable && Instant::now() < until => {
                tracing::debug!(%error, "the log cannot be opened yet; trying again");
                tokio::time::sleep(AGAIN).await;
            }
            found => return found,
        }
    }
}

#[async_trait]
impl Backend for NatsBackend {
    fn abilities(&self) -> Abilities {
        Abilities::new(self.log.options.durability(), append::MAX_BATCH, append::max_body(&self.log), true).foreign()
    }

    async fn info(&self) -> Result<LogInfo, BackendError> {
        let log = &self.log;
        log.check_open()?;
        let explain = |trouble| log.explain(trouble);
        let info = log.writing.stream(log.stream()).await.map_err(explain)?;
        let Some(info) = info else { return Err(error::log_changed(&log.place, "was deleted")) };
        let (first, last) = span::ends(log, info.state).await.map_err(explain)?;
        let place = format!("{}/{}", log.place, log.stream());
        Ok(LogInfo::new(provision::log_id(&info), "nats", place, first, last, log.dedup_window))
    }

    async fn append(&self, batch: Append) -> Result<Vec<Appended>, AppendError> {
        append::append(&self.log, batch).await
    }

    async fn read(&self, query: Query) -> Result<Page, BackendError> {
        read::page(&self.log, &query).await
    }

    async fn read_each(&self, queries: Vec<Query>) -> Vec<Result<Page, BackendError>> {
        read_each::pages(&self.log, queries).await
    }

    async fn tail(&self, query: Query) -> Result<Box<dyn Tail>, BackendError> {
        self.log.check_open()?;
        // A position beyond the end is from another log, or from a later state of this one.
        self.log.check_identity(query.after).await?;
        let mut query = query;
        query.direction = Direction::Forward;
        Ok(Box::new(NatsTail::new(Arc::clone(&self.log), query)))
    }

    async fn scheduled(&self, id: &EventId) -> Result<Option<NewEvent>, BackendError> {
        schedule::find(&self.log, id).await
    }

    async fn get_record(&self, name: &RecordName) -> Result<Option<Record>, BackendError> {
        records::get(&self.log, name).await
    }

    async fn list_records(&self, prefix: &str) -> Result<Vec<Record>, BackendError> {
        records::list(&self.log, prefix).await
    }

    async fn read_records(
        &self,
        prefix: &str,
        after: Option<&RecordCursor>,
        limit: usize,
    ) -> Result<RecordPage, BackendError> {
        records::page(&self.log, prefix, after, limit).await
    }

    async fn write_records(&self, writes: Vec<RecordWrite>) -> Result<Vec<Revision>, RecordError> {
        records::write(&self.log, &writes).await
    }

    async fn close(&self) {
        self.closed.get_or_init(|| self.finish()).await;
    }
}

impl fmt::Debug for NatsBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NatsBackend").field("place", &self.log.place).field("options", &self.log.options).finish()
    }
}
