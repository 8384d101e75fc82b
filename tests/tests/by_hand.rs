//! What operators do by hand to the file of a log, as its processes show it: rows that are deleted, tables that are changed, backups
//! that are put beside what is left of the file before.

use std::{
    fs,
    path::{Path, PathBuf},
};

use stheno::{Bus, BusExt as _, Outgoing, backend::BackendErrorKind, medusa::OrderPlaced, sqlite::once::rusqlite};
use stheno_system_tests::{Host, LogFile};

/// Events of a log before anything is done to it.
const ORDERS: u64 = 112;

fn start(log: &LogFile) -> Host {
    Host::start(env!("CARGO_BIN_EXE_small-host"), log, &[("STHENO_URL", &log.url())])
}

/// A host that runs and has begun the first of many orders.
async fn running(log: &LogFile) -> Host {
    let bus = Bus::connect(&log.url()).await.unwrap();
    let orders = (0..ORDERS).map(|number| {
        let body = serde_json::json!({ "id": format!("order_{number}"), "note": "x".repeat(3_000) });
        Outgoing::raw("order.placed", &body).as_received()
    });
    bus.publish_all(orders).send().await.unwrap();
    bus.backend().close().await;
    let mut host = start(log);
    host.says("begun order_0").await;
    host
}

async fn stopped(host: Host) {
    host.terminate().await;
    let (status, said) = host.end().await;
    assert_eq!(status.code(), Some(0), "{said}");
}

fn by_hand(log: &LogFile, change: &str) {
    let hand = rusqlite::Connection::open(log.beside("stheno.db")).unwrap();
    hand.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
    hand.execute_batch(change).unwrap_or_else(|error| panic!("{change}: {error}"));
}

/// That nobody opens the log: neither a host nor a publisher. Gives what the host says.
async fn is_refused(log: &LogFile, what: &str) -> String {
    let (status, said) = start(log).end().await;
    assert_eq!(status.code(), Some(78), "{what}: {said}");
    let refused = Bus::connect(&log.url()).await.expect_err(what);
    assert_eq!(refused.kind(), BackendErrorKind::Corrupt, "{what}: {refused}");
    said
}

/// That a host goes on with the log.
async fn is_gone_on_with(log: &LogFile, what: &str) {
    let bus = Bus::connect(&log.url()).await.unwrap();
    bus.publish(OrderPlaced::new("order_new")).await.unwrap();
    bus.backend().close().await;
    let mut host = start(log);
    assert!(host.next_line().await.is_some_and(|line| line.starts_with("begun")), "{what}");
    host.terminate().await;
    let (status, said) = host.end().await;
    assert_eq!(status.code(), Some(0), "{what}: {said}");
}

const DELETIONS: [(&str, &str); 4] = [
    ("DELETE FROM events", "the events 1 to 112 are gone from the table `events`"),
    ("DELETE FROM events WHERE sequence > 60", "the events 61 to 112 are gone from the table `events`"),
    ("DELETE FROM events WHERE sequence = 112", "event 112 is gone from the table `events`"),
    ("DELETE FROM records", "are gone from the table `records`, which say where subscribers stand"),
];

#[tokio::test]
async fn rows_that_are_deleted_while_nobody_runs_are_missed_by_the_next_start() {
    for (change, part) in DELETIONS {
        let log = LogFile::new();
        stopped(running(&log).await).await;
        by_hand(&log, change);
        let said = is_refused(&log, change).await;
        assert!(
            said.contains(part) && said.contains("by hand") && said.contains("stheno.db-damaged"),
            "{change}: {said}"
        );
        fs::remove_file(log.beside("stheno.db-damaged")).unwrap();
        is_gone_on_with(&log, change).await;
    }
}

#[tokio::test]
async fn rows_that_are_deleted_under_a_running_host_end_it_and_are_missed_by_the_next_start() {
    let one = |change: &'static str, is_stopped: bool| async move {
        let log = LogFile::new();
        let host = running(&log).await;
        by_hand(&log, change);
        if is_stopped {
            host.terminate().await;
        }
        let (status, said) = host.end_by_itself().await;
        assert_eq!(status.code(), Some(70), "{change}: {said}");
        let said = is_refused(&log, change).await;
        assert!(said.contains("are gone") || said.contains("is gone"), "{change}: {said}");
        fs::remove_file(log.beside("stheno.db-damaged")).unwrap();
        is_gone_on_with(&log, change).await;
    };
    let all: Vec<_> = DELETIONS
        .into_iter()
        .flat_map(|(change, _)| [true, false].map(|is_stopped| tokio::spawn(one(change, is_stopped))))
        .collect();
    for one in all {
        one.await.unwrap();
    }
}

#[tokio::test]
async fn events_that_make_room_may_be_deleted_while_a_host_runs() {
    let log = LogFile::new();
    let host = running(&log).await;
    by_hand(&log, "DELETE FROM events WHERE sequence BETWEEN 2 AND 100; DELETE FROM events WHERE sequence = 105");
    stopped(host).await;
    is_gone_on_with(&log, "room").await;
}

#[tokio::test]
async fn what_is_added_to_the_tables_ends_a_running_host_until_it_is_taken_away() {
    let one = |(change, undo): (&'static str, &'static str)| async move {
        let log = LogFile::new();
        let host = running(&log).await;
        by_hand(&log, change);
        let (status, said) = host.end_by_itself().await;
        assert_eq!(status.code(), Some(70), "{change}: {said}");
        assert!(said.contains("by hand") && !said.contains("was moved, replaced"), "{change}: {said}");
        assert!(is_refused(&log, change).await.contains("undo that"), "{change}");
        by_hand(&log, undo);
        is_gone_on_with(&log, change).await;
    };
    let changes = [
        ("ALTER TABLE events ADD COLUMN note TEXT", "ALTER TABLE events DROP COLUMN note"),
        ("CREATE TRIGGER mine AFTER DELETE ON records BEGIN SELECT 1; END", "DROP TRIGGER mine"),
        ("DROP INDEX events_name", "CREATE INDEX events_name ON events (name)"),
    ];
    let all: Vec<_> = changes.into_iter().map(|change| tokio::spawn(one(change))).collect();
    for one in all {
        one.await.unwrap();
    }
}

#[tokio::test]
async fn a_dropped_table_of_events_is_not_said_to_be_a_file_that_was_moved() {
    let log = LogFile::new();
    let host = running(&log).await;
    by_hand(&log, "DROP TABLE events");
    let (status, said) = host.end_by_itself().await;
    assert_eq!(status.code(), Some(70), "{said}");
    assert!(said.contains("the table `events` is missing") && !said.contains("was moved, replaced"), "{said}");
    assert!(is_refused(&log, "dropped").await.contains("the table `events` is missing"));
}

/// A backup of the log, from before what the host did last.
async fn backup(log: &LogFile) -> PathBuf {
    let copy = log.beside("backup.db");
    let bus = Bus::connect(&log.url()).await.unwrap();
    bus.backend().backup(&copy).await.unwrap();
    for number in 0..20 {
        bus.publish(OrderPlaced::new(format!("late_{number}"))).await.unwrap();
    }
    // Another process has it open.
    bus.backend().close().await;
    copy
}

fn put(from: &Path, to: &Path, in_place: bool) {
    if in_place {
        fs::copy(from, to).unwrap();
    } else {
        fs::rename(from, to).unwrap();
    }
}

/// Refused for the write-ahead log, and gone on with once that is moved aside.
async fn is_refused_until_moved_aside(log: &LogFile, what: &str) {
    let file = log.beside("stheno.db");
    let whole = fs::read(&file).unwrap();
    for _ in 0..2 {
        let said = is_refused(log, what).await;
        for part in ["`-wal` file beside it belongs to another file", "stheno.db-shm aside", "start again"] {
            assert!(said.contains(part), "{what}: {part}: {said}");
        }
    }
    assert!(fs::read(&file).unwrap() == whole, "{what}: nothing was moved into it");
    assert!(!log.beside("stheno.db-damaged").exists(), "{what}");
    for companion in ["stheno.db-wal", "stheno.db-shm"] {
        fs::rename(log.beside(companion), log.beside(&format!("aside.{companion}"))).unwrap();
    }
    is_gone_on_with(log, what).await;
}

#[tokio::test]
async fn a_backup_over_a_file_whose_host_was_killed_is_not_mixed_with_what_the_host_left() {
    for in_place in [false, true] {
        let what = format!("in place: {in_place}");
        let log = LogFile::new();
        let host = running(&log).await;
        let copy = backup(&log).await;
        host.kill().await;
        put(&copy, &log.beside("stheno.db"), in_place);
        is_refused_until_moved_aside(&log, &what).await;
    }
}

#[tokio::test]
async fn a_backup_over_the_file_of_a_running_host_ends_it_and_is_not_mixed_with_what_it_wrote() {
    for in_place in [false, true] {
        let what = format!("in place: {in_place}");
        let log = LogFile::new();
        let host = running(&log).await;
        let copy = backup(&log).await;
        put(&copy, &log.beside("stheno.db"), in_place);
        let whole = fs::read(log.beside("stheno.db")).unwrap();
        let (status, said) = host.end_by_itself().await;
        assert_eq!(status.code(), Some(70), "{what}: {said}");
        assert!(fs::read(log.beside("stheno.db")).unwrap() == whole, "{what}: nothing was moved into it");
        is_refused_until_moved_aside(&log, &what).await;
    }
}
