//! Damage that comes while a log is open: from the moment it is found nothing more is written, and everybody who waits
//! hears of it. What may pass is no damage.

mod common;

use std::{
    fs::{self, OpenOptions},
    path::{Path, PathBuf},
    sync::Arc,
};

use common::{BOUND, TestFile, append, event, flip, open, read_all, record, with_id};
use stheno_core::backend::{
    Append, AppendErrorKind, Backend, BackendError, BackendErrorKind, Query, RecordError, RecordWrite,
};
use stheno_sqlite::{SqliteBackend, once::rusqlite};

const EVENTS: u64 = 300;
const PAGE: u64 = 4_096;

/// A log of some megabytes, closed and opened again, so that everything is in the file and nothing in memory.
async fn opened(file: &TestFile) -> Arc<SqliteBackend> {
    let log = file.open().await;
    for number in 0..EVENTS {
        let mut event = with_id("order.placed", &format!("event-{number}"));
        event.body = vec![b'x'; 4_000].into();
        append(&log, event).await;
    }
    log.close().await;
    file.open().await
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Reads the log to its end, page after page.
async fn read(log: &SqliteBackend) -> Result<usize, BackendError> {
    let (mut query, mut events) = (Query::all(), 0);
    loop {
        let page = log.read(query.clone()).await?;
        events += page.events.len();
        if page.end {
            return Ok(events);
        }
        query.after = page.covered;
    }
}

/// What an append, a record write, and a tail say now.
async fn says(log: &SqliteBackend) -> [BackendErrorKind; 3] {
    let appended = match log.append(Append::one(event("order.placed"))).await.unwrap_err().kind() {
        AppendErrorKind::Backend(kind) => kind,
        other => panic!("{other:?}"),
    };
    let written = match log.write_records(vec![RecordWrite::put(record("a"), "1")]).await.unwrap_err() {
        RecordError::Backend(error) => error.kind(),
        other => panic!("{other:?}"),
    };
    let tailed = match log.tail(Query::all().after(1)).await {
        Err(error) => error.kind(),
        Ok(mut tail) => tokio::time::timeout(BOUND, tail.next()).await.unwrap().unwrap_err().kind(),
    };
    [appended, written, tailed]
}

const CORRUPT: [BackendErrorKind; 3] = [BackendErrorKind::Corrupt; 3];
const CHANGED: [BackendErrorKind; 3] = [BackendErrorKind::LogChanged; 3];

#[tokio::test]
async fn flipped_bytes_that_a_read_finds_end_writing() {
    let file = TestFile::new();
    let log = opened(&file).await;
    flip(&file.path, 100..108);
    let error = read(&log).await.unwrap_err();
    assert_eq!(error.kind(), BackendErrorKind::Corrupt);
    let said = error.to_string();
    let place = file.path.canonicalize().unwrap().display().to_string();
    assert!(said.contains(&place) && said.contains("PRAGMA integrity_check") && said.contains("backup"), "{said}");
    assert_eq!(says(&log).await, CORRUPT);
    assert_eq!(log.get_record(&record("a")).await.unwrap_err().kind(), BackendErrorKind::Corrupt);
}

#[tokio::test]
async fn a_tail_that_waits_hears_of_damage_that_another_read_finds() {
    let file = TestFile::new();
    let log = opened(&file).await;
    let mut tail = log.tail(Query::all().after(EVENTS)).await.unwrap();
    assert!(tail.next().await.unwrap().events.is_empty());
    let waiting = tokio::spawn(async move {
        loop {
            if let Err(error) = tail.next().await {
                return error.kind();
            }
        }
    });
    flip(&file.path, 100..108);
    assert!(read(&log).await.is_err());
    assert_eq!(tokio::time::timeout(BOUND, waiting).await.unwrap().unwrap(), BackendErrorKind::Corrupt);
}

#[tokio::test]
async fn a_check_that_finds_damage_ends_writing() {
    let file = TestFile::new();
    let log = opened(&file).await;
    log.check().await.unwrap();
    flip(&file.path, 100..108);
    assert_eq!(log.check().await.unwrap_err().kind(), BackendErrorKind::Corrupt);
    assert_eq!(says(&log).await, CORRUPT);
}

#[tokio::test]
async fn a_file_that_was_cut_short_is_noticed_by_the_next_append() {
    for (length, expected) in [(0, CHANGED), (PAGE, CORRUPT), (100 * PAGE, CORRUPT), (100 * PAGE + 100, CORRUPT)] {
        let file = TestFile::new();
        let log = opened(&file).await;
        // All its pages are in memory, and show nothing.
        assert_eq!(read(&log).await.unwrap() as u64, EVENTS);
        append(&log, event("order.placed")).await;
        OpenOptions::new().write(true).open(&file.path).unwrap().set_len(length).unwrap();
        assert_eq!(says(&log).await, expected, "{length}");
    }
}

#[tokio::test]
async fn a_file_that_a_vacuum_made_shorter_is_whole() {
    let file = TestFile::new();
    let log = opened(&file).await;
    append(&log, event("order.placed")).await;
    let before = fs::metadata(&file.path).unwrap().len();
    let hand = rusqlite::Connection::open(&file.path).unwrap();
    hand.execute("DELETE FROM events WHERE sequence <= 200", []).unwrap();
    hand.execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    assert!(fs::metadata(&file.path).unwrap().len() < before);
    for sequence in [EVENTS + 2, EVENTS + 3] {
        assert_eq!(append(&log, event("order.placed")).await, sequence);
    }
    assert_eq!(read(&log).await.unwrap() as u64, EVENTS - 200 + 3);
}

#[tokio::test]
async fn a_file_that_was_moved_deleted_or_replaced_ends_writing() {
    for change in ["moved", "deleted", "replaced"] {
        let file = TestFile::new();
        let log = opened(&file).await;
        let other = file.directory.path().join("other.db");
        match change {
            "moved" => fs::rename(&file.path, &other).unwrap(),
            "deleted" => fs::remove_file(&file.path).unwrap(),
            _ => {
                open(&other).await.close().await;
                fs::rename(&other, &file.path).unwrap();
            }
        }
        assert_eq!(says(&log).await, CHANGED, "{change}");
    }
}

#[tokio::test]
async fn a_write_ahead_log_that_was_deleted_ends_writing_and_what_was_acknowledged_is_kept() {
    for deleted in ["-wal", "-shm"] {
        let file = TestFile::new();
        let log = opened(&file).await;
        append(&log, event("order.placed")).await;
        fs::remove_file(beside(&file.path, deleted)).unwrap();
        assert_eq!(says(&log).await, CHANGED, "{deleted}");
        log.close().await;
        assert_eq!(read_all(&*file.open().await, Query::all()).await.len() as u64, EVENTS + 1, "{deleted}");
    }
}

#[tokio::test]
async fn damage_in_the_write_ahead_log_ends_writing() {
    let file = TestFile::new();
    let log = opened(&file).await;
    for _ in 0..20 {
        append(&log, event("order.placed")).await;
    }
    let path = beside(&file.path, "-wal");
    let length = fs::metadata(&path).unwrap().len();
    // Every page in it, but not its header.
    let mut bytes = fs::read(&path).unwrap();
    bytes[32..].fill(0xff);
    assert_eq!(bytes.len() as u64, length);
    fs::write(&path, bytes).unwrap();
    assert_eq!(read(&log).await.unwrap_err().kind(), BackendErrorKind::Corrupt);
    assert_eq!(says(&log).await, CORRUPT);
}

#[tokio::test]
async fn a_header_that_was_overwritten_is_found_by_a_new_connection() {
    let file = TestFile::new();
    let log = opened(&file).await;
    let text = "this is no database ".repeat(100);
    let mut bytes = fs::read(&file.path).unwrap();
    bytes[..text.len()].copy_from_slice(text.as_bytes());
    fs::write(&file.path, bytes).unwrap();
    // A connection that reads for the first time.
    assert_eq!(read(&log).await.unwrap_err().kind(), BackendErrorKind::Corrupt);
    assert_eq!(says(&log).await, CORRUPT);
}

#[tokio::test]
async fn a_damaged_log_is_left_as_it_is_when_it_is_closed() {
    let file = TestFile::new();
    let log = opened(&file).await;
    append(&log, event("order.placed")).await;
    flip(&file.path, 100..108);
    assert!(read(&log).await.is_err());
    let (before, ahead) = (fs::read(&file.path).unwrap(), fs::read(beside(&file.path, "-wal")).unwrap());
    assert!(!ahead.is_empty());
    log.close().await;
    assert!(fs::read(&file.path).unwrap() == before, "nothing was moved into it");
    assert!(fs::read(beside(&file.path, "-wal")).unwrap() == ahead, "what is left to rescue is still there");
}

#[tokio::test]
async fn a_log_that_another_connection_holds_is_not_damaged() {
    let file = TestFile::new();
    let log = SqliteBackend::open(file.options().busy_timeout(std::time::Duration::from_millis(20))).await.unwrap();
    append(&log, event("order.placed")).await;
    let hand = rusqlite::Connection::open(&file.path).unwrap();
    hand.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = log.append(Append::one(event("order.placed"))).await.unwrap_err();
    assert_eq!(refused.kind(), AppendErrorKind::Backend(BackendErrorKind::Unavailable));
    hand.execute_batch("ROLLBACK").unwrap();
    assert_eq!(append(&log, event("order.placed")).await, 2);
}
