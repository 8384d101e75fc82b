//! What the tests of this crate share: events, a clock that the test moves, and child processes.

#![allow(dead_code, reason = "every test file uses a part of it")]

pub mod child;

use std::{
    future::Future,
    path::{Path, PathBuf},
    pin::Pin,
    sync::Arc,
    task::Poll,
    time::Duration,
};

use stheno_core::{
    Clock, EventId, EventName, Key, NewEvent, PatternSet, RecordedEvent, Timestamp, async_trait,
    backend::{Append, Backend, Page, Query, RecordName, Tail},
};
use stheno_sqlite::{SqliteBackend, SqliteOptions};
use tokio::sync::watch;

/// Longer than anything here takes; a test that waits for this has failed.
pub const BOUND: Duration = Duration::from_secs(60);

pub fn event(name: &str) -> NewEvent {
    NewEvent::new(EventName::new(name).unwrap(), r#"{"id":"order_1"}"#)
}

pub fn with_id(name: &str, id: &str) -> NewEvent {
    let mut event = event(name);
    event.id = EventId::new(id).unwrap();
    event
}

pub fn keyed(name: &str, key: &str) -> NewEvent {
    let mut event = event(name);
    event.key = Some(Key::parse(key).unwrap());
    event
}

pub fn expecting(key: &str, expected: u64) -> NewEvent {
    let mut event = keyed("order.placed", key);
    event.expected = Some(expected);
    event
}

pub fn patterns(patterns: &[&str]) -> PatternSet {
    PatternSet::parse(patterns).unwrap()
}

pub fn record(name: &str) -> RecordName {
    RecordName::trusted(name)
}

/// A log file in a directory of its own.
pub struct TestFile {
    pub directory: tempfile::TempDir,
    pub path: PathBuf,
}

impl TestFile {
    pub fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("stheno.db");
        Self { directory, path }
    }

    pub fn options(&self) -> SqliteOptions {
        SqliteOptions::file(&self.path)
    }

    pub async fn open(&self) -> Arc<SqliteBackend> {
        SqliteBackend::open(self.options()).await.unwrap()
    }
}

pub async fn open(path: &Path) -> Arc<SqliteBackend> {
    SqliteBackend::open(SqliteOptions::file(path)).await.unwrap()
}

pub async fn append(log: &SqliteBackend, event: NewEvent) -> u64 {
    log.append(Append::one(event)).await.unwrap()[0].sequence.unwrap()
}

/// Every event of a query, page after page, in its direction.
pub async fn read_all(log: &SqliteBackend, query: Query) -> Vec<Arc<RecordedEvent>> {
    pages(log, query).await.into_iter().flat_map(|page| page.events).collect()
}

/// Every page of a query.
pub async fn pages(log: &SqliteBackend, mut query: Query) -> Vec<Page> {
    let mut pages = Vec::new();
    loop {
        let page = log.read(query.clone()).await.unwrap();
        let (covered, end) = (page.covered, page.end);
        pages.push(page);
        if end {
            return pages;
        }
        match query.direction {
            stheno_core::backend::Direction::Forward => {
                assert!(covered > query.after, "a page that is not the last one moves on");
                query.after = covered;
            }
            stheno_core::backend::Direction::Backward => {
                assert!(query.upto.is_none_or(|upto| covered <= upto), "a page that is not the last one moves on");
                query.upto = Some(covered - 1);
            }
        }
    }
}

pub fn sequences(events: &[Arc<RecordedEvent>]) -> Vec<u64> {
    events.iter().map(|event| event.sequence).collect()
}

/// Reads a tail until it has brought this many events.
pub async fn take(tail: &mut dyn Tail, count: usize) -> Vec<Arc<RecordedEvent>> {
    let mut events = Vec::new();
    let taking = async {
        while events.len() < count {
            events.extend(tail.next().await.unwrap().events);
        }
    };
    tokio::time::timeout(BOUND, taking).await.expect("the tail brings what is in the log");
    events
}

/// Polls all futures, in order, until all are done.
pub async fn all<T>(futures: Vec<impl Future<Output = T>>) -> Vec<T> {
    let mut pending: Vec<(Pin<Box<_>>, Option<T>)> =
        futures.into_iter().map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|context| {
        for (future, result) in &mut pending {
            if result.is_none()
                && let Poll::Ready(value) = future.as_mut().poll(context)
            {
                *result = Some(value);
            }
        }
        if pending.iter().all(|(_, result)| result.is_some()) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    pending.into_iter().map(|(_, result)| result.unwrap()).collect()
}

/// A clock that the test moves, forwards or backwards.
#[derive(Clone)]
pub struct TestClock(Arc<watch::Sender<Timestamp>>);

impl TestClock {
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(Timestamp::from_micros(1_800_000_000_000_000))))
    }

    pub fn advance(&self, by: Duration) {
        self.0.send_modify(|now| *now = now.plus(by));
    }

    pub fn set_back(&self, by: Duration) {
        let micros = i64::try_from(by.as_micros()).unwrap();
        self.0.send_modify(|now| *now = Timestamp::from_micros(now.as_micros() - micros));
    }
}

#[async_trait]
impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.0.borrow()
    }

    async fn sleep_until(&self, time: Timestamp) {
        let _ = self.0.subscribe().wait_for(|now| *now >= time).await;
    }
}

/// Flips eight bytes in the first quarter of each of these pages of a file, as a failing disk does.
pub fn flip(path: &Path, pages: std::ops::Range<u64>) {
    use std::io::{Read, Seek, SeekFrom, Write};
    const PAGE: u64 = 4_096;
    let mut file = std::fs::OpenOptions::new().read(true).write(true).open(path).unwrap();
    for page in pages {
        let mut bytes = [0; 8];
        file.seek(SeekFrom::Start(page * PAGE)).unwrap();
        file.read_exact(&mut bytes).unwrap();
        file.seek(SeekFrom::Start(page * PAGE)).unwrap();
        file.write_all(&bytes.map(|byte| !byte)).unwrap();
    }
}
