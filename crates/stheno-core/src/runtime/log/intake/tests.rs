//! Who is waited for, who reads alone, and what is not read at all, on a log that counts how it is read.

use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;

use super::*;
use crate::{
    backend::{
        Abilities, Append, AppendError, Appended, LogInfo, Page, Record, RecordError, RecordName, RecordWrite, Revision,
    },
    event::recorded::RecordedEvent,
    headers::Headers,
    runtime::log::{batch::HEAVY, no_log::NoLog},
    time::Timestamp,
};

/// A log of so many full pages, which counts how it is read.
#[derive(Default)]
struct Long {
    pages: u64,
    reads: AtomicU64,
    tails: AtomicU64,
}

impl Long {
    fn page(&self, after: u64) -> Page {
        let full = after < self.last();
        let event = RecordedEvent::from_stored(
            after,
            "id".into(),
            "order.placed".into(),
            None,
            None,
            Timestamp::from_micros(0),
            Timestamp::from_micros(0),
            Headers::new(),
            Bytes::new(),
        );
        let event = Arc::new(event);
        let events = std::iter::repeat_n(event, if full { BATCH } else { 0 }).collect();
        Page::new(events, if full { after + BATCH as u64 } else { after }, !full)
    }

    fn last(&self) -> u64 {
        self.pages * BATCH as u64
    }
}

struct LongTail(Arc<Long>, u64);

#[async_trait]
impl Tail for LongTail {
    async fn next(&mut self) -> Result<Page, BackendError> {
        let page = self.0.page(self.1);
        if page.end {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        self.1 = page.covered;
        Ok(page)
    }
}

struct Shown(Arc<Long>);

#[async_trait]
impl Backend for Shown {
    async fn read(&self, query: Query) -> Result<Page, BackendError> {
        self.0.reads.fetch_add(1, Ordering::Relaxed);
        Ok(self.0.page(query.after))
    }

    async fn tail(&self, query: Query) -> Result<Box<dyn Tail>, BackendError> {
        self.0.tails.fetch_add(1, Ordering::Relaxed);
        Ok(Box::new(LongTail(Arc::clone(&self.0), query.after)))
    }

    fn abilities(&self) -> Abilities {
        NoLog.abilities()
    }

    async fn info(&self) -> Result<LogInfo, BackendError> {
        NoLog.info().await
    }

    async fn append(&self, batch: Append) -> Result<Vec<Appended>, AppendError> {
        NoLog.append(batch).await
    }

    async fn get_record(&self, name: &RecordName) -> Result<Option<Record>, BackendError> {
        NoLog.get_record(name).await
    }

    async fn list_records(&self, prefix: &str) -> Result<Vec<Record>, BackendError> {
        NoLog.list_records(prefix).await
    }

    async fn write_records(&self, writes: Vec<RecordWrite>) -> Result<Vec<Revision>, RecordError> {
        NoLog.write_records(writes).await
    }

    async fn close(&self) {}
}

fn shared(pages: u64) -> (Arc<Long>, Arc<SharedIntake>) {
    let log = Arc::new(Long { pages, ..Long::default() });
    let shared = SharedIntake::new(Arc::new(Shown(Arc::clone(&log))), PatternSet::all(), Arc::default());
    tokio::runtime::Handle::current().spawn(Arc::clone(&shared).read());
    (log, shared)
}

fn feed(shared: &Arc<SharedIntake>, from: u64) -> Feed {
    shared.feed(&tokio::runtime::Handle::current(), PatternSet::all(), from)
}

/// Takes everything up to the end of the log, each page after a wait.
async fn drain(feed: &mut Feed, mut position: u64, log: &Long, wait: Duration) {
    while position < log.last() {
        let batch = feed.batches.recv().await.expect("the reader goes on");
        assert!(batch.after <= position && batch.covered > position, "no gap, and something new");
        position = batch.covered;
        tokio::time::sleep(wait).await;
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_a_little_slower_is_waited_for_and_all_read_together() {
    let (log, shared) = shared(200);
    let (mut quick, mut slow) = (feed(&shared, 0), feed(&shared, 0));
    let slower = Duration::from_millis(2);
    tokio::join!(drain(&mut quick, 0, &log, Duration::ZERO), drain(&mut slow, 0, &log, slower));
    assert_eq!((log.tails.load(Ordering::Relaxed), log.reads.load(Ordering::Relaxed)), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn who_stands_still_holds_the_others_up_for_a_moment_and_catches_up_with_a_reader_that_goes_on() {
    let (log, shared) = shared(200);
    let (mut quick, mut stuck) = (feed(&shared, 0), feed(&shared, 0));
    let began = Instant::now();
    drain(&mut quick, 0, &log, Duration::ZERO).await;
    assert!(began.elapsed() <= WAIT * 2, "{:?}", began.elapsed());
    drain(&mut stuck, 0, &log, Duration::ZERO).await;
    let (tails, reads) = (log.tails.load(Ordering::Relaxed), log.reads.load(Ordering::Relaxed));
    assert_eq!((tails, reads), (2, 1), "the shared reader, a look, and a reader that goes on");
}

#[tokio::test(start_paused = true)]
async fn what_nobody_listens_to_is_not_read() {
    let (log, shared) = shared(200);
    let one = feed(&shared, 0);
    tokio::time::sleep(Duration::from_millis(5)).await;
    drop(one);
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert!(shared.ring().batches.len() <= AHEAD / BATCH + QUEUE + 2);
    assert_eq!(log.reads.load(Ordering::Relaxed), 0);
}

#[tokio::test(start_paused = true)]
async fn who_is_behind_and_has_nothing_to_read_looks_now_and_then() {
    let (log, shared) = shared(1);
    // What the other has read beyond the end is gone.
    let (_ahead, mut behind) = (feed(&shared, log.last() + 9), feed(&shared, log.last()));
    let nothing = tokio::time::timeout(RETRY * 10, behind.batches.recv()).await;
    assert!(nothing.is_err(), "an empty batch moves nobody");
    assert!((2..=12).contains(&log.reads.load(Ordering::Relaxed)), "{:?}", log.reads);
}

#[test]
fn large_events_weigh_more() {
    let event = |bytes: usize| {
        let (at, body) = (Timestamp::from_micros(0), Bytes::from(vec![b' '; bytes]));
        RecordedEvent::from_stored(1, "i".into(), "a.b".into(), None, None, at, at, Headers::new(), body)
    };
    let weight = |bytes| Batch::new(0, 1, vec![Arc::new(event(bytes))]).weight;
    assert_eq!((weight(0), weight(HEAVY), weight(10 * HEAVY)), (2, 3, 12));
}
