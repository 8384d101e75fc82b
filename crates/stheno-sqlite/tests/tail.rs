//! Tails: new events without gap or repeat, and what a tail does when there are none.

mod common;

use std::{sync::Arc, time::Duration};

use common::{BOUND, TestFile, append, event, patterns, sequences, take};
use stheno_core::backend::{Append, AppendErrorKind, Backend, BackendErrorKind, Page, Query, Tail};
use stheno_sqlite::{SqliteBackend, once::rusqlite};
use tokio::time::Instant;

async fn next(tail: &mut dyn Tail) -> Page {
    tokio::time::timeout(BOUND, tail.next()).await.expect("a tail does not wait for long").unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tail_brings_every_event_once_while_many_write() {
    let file = TestFile::new();
    let log = file.open().await;
    let mut everything = log.tail(Query::all()).await.unwrap();
    let mut some = log.tail(Query::new(patterns(&["order.placed"]))).await.unwrap();
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let log = Arc::clone(&log);
            let name = if writer % 2 == 0 { "order.placed" } else { "cart.updated" };
            tokio::spawn(async move {
                for _ in 0..100 {
                    append(&log, event(name)).await;
                }
            })
        })
        .collect();
    let everything = take(&mut *everything, 800).await;
    assert_eq!(sequences(&everything), (1..=800).collect::<Vec<u64>>());
    let some = take(&mut *some, 400).await;
    let expected = everything.iter().filter(|event| event.name.as_str() == "order.placed");
    assert_eq!(sequences(&some), expected.map(|event| event.sequence).collect::<Vec<_>>());
    for writer in writers {
        writer.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_is_cancelled_loses_nothing() {
    let file = TestFile::new();
    let log = file.open().await;
    let writer = Arc::clone(&log);
    let writing = tokio::spawn(async move {
        for _ in 0..200 {
            append(&writer, event("order.placed")).await;
        }
    });
    let mut tail = log.tail(Query::all()).await.unwrap();
    let mut events = Vec::new();
    let (mut cancelled, since) = (0, std::time::Instant::now());
    while events.len() < 200 {
        assert!(since.elapsed() < BOUND);
        // Given up at every point a call can stand at: at once, in the middle of a read, while it waits.
        let patience = Duration::from_micros(cancelled % 7 * 50);
        match tokio::time::timeout(patience, tail.next()).await {
            Ok(page) => events.extend(page.unwrap().events),
            Err(_) => cancelled += 1,
        }
    }
    assert!(cancelled > 0);
    assert_eq!(sequences(&events), (1..=200).collect::<Vec<u64>>());
    writing.await.unwrap();
}

#[tokio::test]
async fn a_tail_begins_behind_its_position_and_reads_only_forwards() {
    let log = SqliteBackend::memory().unwrap();
    for _ in 0..5 {
        append(&log, event("order.placed")).await;
    }
    let mut tail = log.tail(Query::all().after(3).backward()).await.unwrap();
    assert_eq!(sequences(&take(&mut *tail, 2).await), [4, 5]);
    append(&log, event("order.placed")).await;
    assert_eq!(sequences(&take(&mut *tail, 1).await), [6]);
}

#[tokio::test(start_paused = true)]
async fn a_tail_without_news_says_so_after_about_a_second() {
    let file = TestFile::new();
    for log in [file.open().await, SqliteBackend::memory().unwrap()] {
        append(&log, event("order.placed")).await;
        let mut tail = log.tail(Query::all()).await.unwrap();
        assert_eq!(next(&mut *tail).await.events.len(), 1);
        let before = Instant::now();
        let page = next(&mut *tail).await;
        let waited = before.elapsed();
        assert_eq!((page.events.len(), page.covered, page.end), (0, 1, true));
        assert!(waited >= Duration::from_millis(900) && waited <= Duration::from_millis(1_500), "{waited:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_append_of_this_process_wakes_a_tail_at_once() {
    let log = SqliteBackend::memory().unwrap();
    let mut tail = log.tail(Query::all()).await.unwrap();
    let writer = Arc::clone(&log);
    let before = Instant::now();
    let (page, _) = tokio::join!(next(&mut *tail), async move {
        tokio::time::sleep(Duration::from_millis(300)).await;
        append(&writer, event("order.placed")).await
    });
    assert_eq!((page.events.len(), page.covered), (1, 1));
    // Only the sleep moved the time.
    assert_eq!(before.elapsed().as_millis() / 10, 30);
}

#[tokio::test]
async fn events_that_do_not_match_move_what_a_page_covers() {
    let log = SqliteBackend::memory().unwrap();
    let mut tail = log.tail(Query::new(patterns(&["order.*"]))).await.unwrap();
    append(&log, event("cart.updated")).await;
    let page = next(&mut *tail).await;
    assert_eq!((page.events.len(), page.covered), (0, 1));
    append(&log, event("order.placed")).await;
    let page = next(&mut *tail).await;
    assert_eq!((sequences(&page.events), page.covered), (vec![2], 2));
}

#[tokio::test(start_paused = true)]
async fn a_tail_with_an_end_stops_there() {
    let log = SqliteBackend::memory().unwrap();
    let mut tail = log.tail(Query::all().upto(2)).await.unwrap();
    for _ in 0..3 {
        append(&log, event("order.placed")).await;
    }
    let page = next(&mut *tail).await;
    assert_eq!((sequences(&page.events), page.covered, page.end), (vec![1, 2], 2, true));
    let page = next(&mut *tail).await;
    assert_eq!((page.events.len(), page.covered, page.end), (0, 2, true));
}

#[tokio::test]
async fn a_tail_sees_what_is_written_through_another_connection() {
    let file = TestFile::new();
    // Two backends on one file know nothing of each other, just as two processes.
    let (here, there) = (file.open().await, file.open().await);
    let mut tail = here.tail(Query::all()).await.unwrap();
    let before = Instant::now();
    let (events, _) = tokio::join!(take(&mut *tail, 1), append(&there, event("order.placed")));
    assert_eq!(sequences(&events), [1]);
    assert!(before.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_position_behind_the_end_of_the_log_is_from_another_log() {
    let log = SqliteBackend::memory().unwrap();
    append(&log, event("order.placed")).await;
    assert!(log.tail(Query::all().after(1)).await.is_ok());
    let refused = log.tail(Query::all().after(2)).await.err().unwrap();
    assert_eq!(refused.kind(), BackendErrorKind::LogChanged);
}

#[tokio::test]
async fn a_file_that_was_replaced_is_an_error_and_not_silence() {
    let file = TestFile::new();
    let log = file.open().await;
    append(&log, event("order.placed")).await;
    let mut tail = log.tail(Query::all()).await.unwrap();
    take(&mut *tail, 1).await;

    let other = file.directory.path().join("other.db");
    common::open(&other).await.close().await;
    std::fs::rename(&other, &file.path).unwrap();
    assert_eq!(ended(&mut *tail).await, BackendErrorKind::LogChanged);
    let refused = log.append(Append::one(event("order.placed"))).await.unwrap_err();
    assert_eq!(refused.kind(), AppendErrorKind::Backend(BackendErrorKind::LogChanged));
}

#[tokio::test]
async fn a_log_that_was_restored_in_place_is_an_error_and_not_silence() {
    let another_log = "UPDATE meta SET log_id = 'another'";
    let an_older_state =
        "DELETE FROM events WHERE sequence > 1; UPDATE sqlite_sequence SET seq = 1 WHERE name = 'events'";
    for restored in [another_log, an_older_state] {
        let file = TestFile::new();
        let log = file.open().await;
        append(&log, event("order.placed")).await;
        append(&log, event("order.placed")).await;
        let mut tail = log.tail(Query::all()).await.unwrap();
        take(&mut *tail, 2).await;
        rusqlite::Connection::open(&file.path).unwrap().execute_batch(restored).unwrap();
        assert_eq!(ended(&mut *tail).await, BackendErrorKind::LogChanged, "{restored}");
    }
}

/// The kind of error a tail ends with.
async fn ended(tail: &mut dyn Tail) -> BackendErrorKind {
    let ended = async {
        loop {
            if let Err(error) = tail.next().await {
                return error.kind();
            }
        }
    };
    tokio::time::timeout(BOUND, ended).await.expect("the tail ends")
}

#[tokio::test]
async fn a_closed_log_ends_its_tails() {
    let log = SqliteBackend::memory().unwrap();
    let mut tail = log.tail(Query::all()).await.unwrap();
    let (ended, ()) = tokio::join!(ended(&mut *tail), log.close());
    assert_eq!(ended, BackendErrorKind::Closed);
    assert_eq!(log.tail(Query::all()).await.err().unwrap().kind(), BackendErrorKind::Closed);
}
