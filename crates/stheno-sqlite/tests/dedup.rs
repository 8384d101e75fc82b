//! The dedup window: how long an id is known.

mod common;

use std::{sync::Arc, time::Duration};

use common::{TestClock, TestFile, append, read_all, with_id};
use stheno_core::backend::{Append, Appended, Backend, Query};
use stheno_sqlite::{SqliteBackend, SqliteOptions};

async fn append_one(log: &SqliteBackend, id: &str) -> Appended {
    log.append(Append::one(with_id("order.placed", id))).await.unwrap()[0]
}

#[tokio::test]
async fn an_id_is_known_within_the_window_and_new_after_it() {
    let clock = TestClock::new();
    let options = SqliteOptions::memory().dedup_window(Duration::from_secs(60)).clock(Arc::new(clock.clone()));
    let log = SqliteBackend::open(options).await.unwrap();
    assert_eq!(log.info().await.unwrap().dedup_window, Duration::from_secs(60));

    assert_eq!(append_one(&log, "a").await, Appended::stored(1));
    clock.advance(Duration::from_secs(59));
    assert_eq!(append_one(&log, "a").await, Appended::duplicate(Some(1)));
    clock.advance(Duration::from_secs(1));
    assert_eq!(append_one(&log, "a").await, Appended::stored(2));
    // The window counts from the newest one.
    clock.advance(Duration::from_secs(59));
    assert_eq!(append_one(&log, "a").await, Appended::duplicate(Some(2)));
    assert_eq!(read_all(&log, Query::all()).await.len(), 2);
}

#[tokio::test]
async fn the_window_outlives_the_process_that_appended() {
    let file = TestFile::new();
    let log = file.open().await;
    append(&log, with_id("order.placed", "a")).await;
    log.close().await;
    let log = file.open().await;
    assert_eq!(append_one(&log, "a").await, Appended::duplicate(Some(1)));
}

#[tokio::test]
async fn without_a_window_every_append_is_stored() {
    let log = SqliteBackend::open(SqliteOptions::memory().dedup_window(Duration::ZERO)).await.unwrap();
    assert_eq!(append_one(&log, "a").await, Appended::stored(1));
    assert_eq!(append_one(&log, "a").await, Appended::stored(2));
}

#[tokio::test]
async fn a_clock_that_was_set_back_does_not_make_an_id_new() {
    let clock = TestClock::new();
    let log = SqliteBackend::open(SqliteOptions::memory().clock(Arc::new(clock.clone()))).await.unwrap();
    append_one(&log, "a").await;
    clock.set_back(Duration::from_secs(7 * 24 * 60 * 60));
    assert_eq!(append_one(&log, "a").await, Appended::duplicate(Some(1)));
}
