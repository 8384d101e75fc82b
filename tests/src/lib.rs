//! What the tests across crates share: logs of their own, handlers that remember what they saw, and waits with a bound.

pub mod attempts;
pub mod large;

use std::{env, future::Future, path::PathBuf, sync::Arc, time::Duration};

use stheno::{
    AnyEvent, Cx, Failure, Start, Subscriber, SubscriberDef, app::Running, async_trait, backend::Backend,
    sqlite::SqliteBackend,
};
use tempfile::TempDir;
use tokio::sync::watch;

pub use host::Host;

mod host;

/// No test waits longer than this for anything: what has not come by then does not come.
pub const LIMIT: Duration = Duration::from_secs(30);

/// A log in memory.
pub fn memory() -> Arc<dyn Backend> {
    SqliteBackend::memory().expect("a log in memory needs nothing that could be missing")
}

/// The log at an address of a nats-server.
pub async fn nats(url: &str) -> Arc<dyn Backend> {
    stheno::open_backend(url).await.unwrap_or_else(|error| panic!("{error:?}"))
}

/// The Python that `cargo xtask test` has installed, with what tests need of it.
pub fn python() -> PathBuf {
    installed("STHENO_PYTHON", "test-python/bin/python")
}

/// What a variable names, else what `cargo xtask test` has put into the target directory.
pub fn installed(variable: &str, path: &str) -> PathBuf {
    let named = env::var_os(variable).map(PathBuf::from);
    let found = named.or_else(|| {
        let test = env::current_exe().ok()?;
        test.ancestors().map(|folder| folder.join(path)).find(|path| path.exists())
    });
    found.unwrap_or_else(|| panic!("this test needs {path}: run `cargo xtask test`, or name it in {variable}"))
}

/// A file that a log can be in; gone with this value.
pub struct LogFile {
    folder: TempDir,
}

impl LogFile {
    /// A file that does not exist yet.
    #[expect(clippy::new_without_default, reason = "a default value that makes a folder on the disk would surprise")]
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder can be made") }
    }

    /// The folder it is in, for what a test keeps beside the log.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("sqlite://{}", self.beside("stheno.db").display())
    }

    /// Opens the log once more, as another process would.
    pub async fn open(&self) -> Arc<dyn Backend> {
        stheno::open_backend(&self.url()).await.expect("a file of its own can be opened")
    }
}

/// What handlers saw, in the order they saw it. Clones write to the same list.
#[derive(Clone, Default)]
pub struct Seen(watch::Sender<Vec<String>>);

impl Seen {
    /// Adds a line.
    pub fn note(&self, line: impl Into<String>) {
        self.0.send_modify(|lines| lines.push(line.into()));
    }

    /// Everything so far.
    pub fn lines(&self) -> Vec<String> {
        self.0.borrow().clone()
    }

    /// Everything, once there are this many lines.
    pub async fn at_least(&self, lines: usize) -> Vec<String> {
        let mut receiver = self.0.subscribe();
        let reached = tokio::time::timeout(LIMIT, receiver.wait_for(|seen| seen.len() >= lines)).await;
        match reached {
            Ok(seen) => seen.expect("this value keeps the sender").clone(),
            Err(_) => panic!("{lines} lines were expected, and there are only {:?}", self.lines()),
        }
    }
}

/// Something that is closed until it is opened, for all who wait there.
#[derive(Clone, Default)]
pub struct Gate(watch::Sender<bool>);

impl Gate {
    /// Lets everybody through, now and later.
    pub fn open(&self) {
        self.0.send_replace(true);
    }

    /// Whether it is open.
    pub fn is_open(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns once it is open.
    pub async fn pass(&self) {
        self.0.subscribe().wait_for(|open| *open).await.expect("this value keeps the sender");
    }
}

/// A subscriber of a closure: from the beginning of the log, with waits between attempts that a test can sit out.
#[track_caller]
pub fn subscriber<F, Fut>(id: &str, pattern: &str, handle: F) -> SubscriberDef
where
    F: Fn(AnyEvent, Cx) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<(), Failure>> + Send + 'static,
{
    let (initial, cap, total) = (Duration::from_millis(5), Duration::from_millis(20), Duration::from_secs(60));
    SubscriberDef::new(id, Closure(handle)).on(pattern).start(Start::Beginning).retry(initial, cap, total)
}

/// A subscriber that notes the id in the payload of every event, and does nothing else.
#[track_caller]
pub fn noting(id: &str, pattern: &str, seen: &Seen) -> SubscriberDef {
    let seen = seen.clone();
    subscriber(id, pattern, move |event, _| {
        seen.note(order_of(&event));
        async { Ok(()) }
    })
}

/// `order_1/placed`: what an event says of which order.
pub fn order_of(event: &AnyEvent) -> String {
    let id = event.key.as_ref().map_or("?", |key| key.id());
    format!("{id}/{}", event.name.as_str().rsplit('.').next().unwrap_or_default())
}

struct Closure<F>(F);

#[async_trait]
impl<F, Fut> Subscriber for Closure<F>
where
    F: Fn(AnyEvent, Cx) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<(), Failure>> + Send + 'static,
{
    type Event = AnyEvent;

    async fn handle(&self, event: AnyEvent, cx: Cx) -> Result<(), Failure> {
        (self.0)(event, cx).await
    }
}

/// Waits until everything that can be handled now is handled and recorded.
pub async fn settle(running: &Running) {
    running.settle(LIMIT).await.unwrap_or_else(|busy| panic!("{busy}"));
}

/// Waits until a question about the log is answered with what is expected: for answers that no one announces.
pub async fn eventually<T, Fut>(mut ask: impl FnMut() -> Fut, is_right: impl Fn(&T) -> bool) -> T
where
    T: std::fmt::Debug,
    Fut: Future<Output = T>,
{
    let deadline = tokio::time::Instant::now() + LIMIT;
    loop {
        let answer = ask().await;
        if is_right(&answer) {
            return answer;
        }
        assert!(tokio::time::Instant::now() < deadline, "the last answer was {answer:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
