//! The write-ahead log: what is damaged in it never gets into the file, and what it has lost is never passed over in silence.

mod common;

use std::{
    fs::{self, OpenOptions},
    path::{Path, PathBuf},
    sync::Arc,
};

use common::{
    BOUND, TestFile, append,
    child::{Running, command, role, say},
    event, read_all, with_id,
};
use stheno_core::backend::{Append, AppendErrorKind, Backend, BackendError, BackendErrorKind, Query};
use stheno_sqlite::{SqliteBackend, SqliteOptions, SyncMode, once::rusqlite};
use stheno_testkit::Warnings;

/// What is there before, in the file itself.
const BEFORE: u64 = 50;
/// What is in the write-ahead log only.
const AHEAD: u64 = 20;

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn sign(file: &TestFile) -> PathBuf {
    beside(&file.path, "-damaged")
}

async fn fill(log: &SqliteBackend, from: u64, count: u64) {
    for number in from..from + count {
        let mut event = with_id("order.placed", &format!("event-{number}"));
        event.body = vec![b'x'; 3_000].into();
        append(log, event).await;
    }
}

/// A log that is open, with some events in its file and some in its write-ahead log.
async fn opened(file: &TestFile) -> Arc<SqliteBackend> {
    let log = file.open().await;
    fill(&log, 1, BEFORE).await;
    log.close().await;
    let log = file.open().await;
    fill(&log, BEFORE + 1, AHEAD).await;
    log
}

/// Waits until something has happened: a log that is dropped and not closed is put away by whoever used it last.
async fn until(happened: impl Fn() -> bool) {
    let waiting = async {
        while !happened() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(BOUND, waiting).await.expect("it happens in time");
}

async fn refused(file: &TestFile) -> BackendError {
    SqliteBackend::open(file.options()).await.expect_err("it is not opened")
}

/// Whether the SQLite of this program says how far a write-ahead log reaches, so that it can be looked at while the log is open.
/// Older ones are tested by `cargo xtask lowest`, and warned of when a log is opened.
fn tells_extent() -> bool {
    let tells = rusqlite::version_number() >= 3_051_000;
    if !tells {
        eprintln!("SQLite {} does not say how far a write-ahead log reaches; nothing to test", rusqlite::version());
    }
    tells
}

/// What can happen to a write-ahead log.
const CHANGES: [&str; 5] = ["a byte in the middle", "its header", "zeroed", "cut to half", "emptied"];

fn change(path: &Path, how: &str) {
    let mut bytes = fs::read(path).unwrap();
    let half = bytes.len() / 2;
    match how {
        "a byte in the middle" => bytes[half] ^= 1,
        "its header" => bytes[9] ^= 1,
        "zeroed" => bytes.fill(0),
        "cut to half" => bytes.truncate(half),
        _ => bytes.clear(),
    }
    // In place: another file would be a log that was replaced.
    let file = OpenOptions::new().write(true).open(path).unwrap();
    file.set_len(bytes.len() as u64).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, &bytes, 0).unwrap();
}

#[tokio::test]
async fn a_damaged_write_ahead_log_is_not_moved_into_the_file_and_the_next_open_says_so() {
    for how in CHANGES.into_iter().filter(|_| tells_extent()) {
        for close in [true, false] {
            let file = TestFile::new();
            let log = opened(&file).await;
            let path = beside(&file.path, "-wal");
            change(&path, how);
            let (main, ahead) = (fs::read(&file.path).unwrap(), fs::read(&path).unwrap());
            // Also a log that is let go without being closed is looked at.
            if close {
                log.close().await;
            }
            drop(log);
            until(|| sign(&file).exists()).await;
            assert!(fs::read(&file.path).unwrap() == main, "{how}: nothing was moved into it");
            assert!(fs::read(&path).unwrap() == ahead, "{how}: what is left to rescue is there");

            let error = refused(&file).await;
            assert_eq!(error.kind(), BackendErrorKind::Corrupt, "{how}");
            let said = error.to_string();
            let end = format!("the file itself is whole and ends with event {BEFORE}");
            let lost = format!("the events {} to {}", BEFORE + 1, BEFORE + AHEAD);
            let sign = sign(&file).canonicalize().unwrap().display().to_string();
            for part in ["its `-wal` file was found damaged", &end, &lost, &sign, "restore a backup"] {
                assert!(said.contains(part), "{how}: {part}: {said}");
            }
            assert_eq!(refused(&file).await.kind(), BackendErrorKind::Corrupt, "every time");
            if !close {
                // The connection may not be gone yet.
                continue;
            }

            fs::remove_file(self::sign(&file)).unwrap();
            let log = file.open().await;
            log.check().await.unwrap();
            let left = read_all(&log, Query::all()).await.len() as u64;
            assert!((BEFORE..BEFORE + AHEAD).contains(&left), "{how}: {left}");
            assert_eq!(append(&log, event("order.placed")).await, left + 1);
            log.close().await;
            file.open().await.close().await;
        }
    }
}

#[tokio::test]
async fn an_open_log_finds_damage_of_its_write_ahead_log_and_takes_nothing_more() {
    for how in CHANGES.into_iter().filter(|_| tells_extent()) {
        let file = TestFile::new();
        let log = opened(&file).await;
        log.find_damage().await.unwrap();
        change(&beside(&file.path, "-wal"), how);
        assert_eq!(log.find_damage().await.unwrap_err().kind(), BackendErrorKind::Corrupt, "{how}");
        let refused = log.append(Append::one(event("order.placed"))).await.unwrap_err();
        assert_eq!(refused.kind(), AppendErrorKind::Backend(BackendErrorKind::Corrupt), "{how}");
        assert!(sign(&file).exists(), "{how}");
    }
}

#[tokio::test]
async fn damage_that_comes_before_much_is_moved_into_the_file_stops_that() {
    if !tells_extent() {
        return;
    }
    let file = TestFile::new();
    let log = opened(&file).await;
    let before = fs::read(&file.path).unwrap();
    change(&beside(&file.path, "-wal"), "a byte in the middle");
    // More than what is moved at once.
    let mut number = 0;
    let refused = loop {
        let mut event = with_id("order.placed", &format!("more-{number}"));
        event.body = vec![b'x'; 500_000].into();
        match log.append(Append::one(event)).await {
            Ok(_) => number += 1,
            Err(error) => break error,
        }
        assert!(number < 100, "it was never looked at");
    };
    assert_eq!(refused.kind(), AppendErrorKind::Backend(BackendErrorKind::Corrupt));
    assert!(fs::read(&file.path).unwrap() == before);
}

#[tokio::test]
async fn a_write_ahead_log_is_moved_into_the_file_while_the_log_is_open_and_put_away_at_the_end() {
    const ROUNDS: u64 = 80;
    let file = TestFile::new();
    let log = file.open().await;
    for number in 0..ROUNDS {
        let mut event = with_id("order.placed", &format!("{number}"));
        event.body = vec![b'x'; 1_000_000].into();
        append(&log, event).await;
    }
    let ahead = fs::metadata(beside(&file.path, "-wal")).unwrap().len();
    assert!(ahead < ROUNDS * 1_000_000 / 2, "{ahead}");
    assert!(fs::metadata(&file.path).unwrap().len() > ROUNDS * 1_000_000 / 2);
    assert!(beside(&file.path, "-acknowledged").exists());
    drop(log);
    for companion in ["-wal", "-shm", "-acknowledged"] {
        until(|| !beside(&file.path, companion).exists()).await;
    }
    assert!(!sign(&file).exists());
    assert_eq!(read_all(&*file.open().await, Query::all()).await.len() as u64, ROUNDS);
}

#[tokio::test]
async fn what_one_process_found_stops_every_other_one() {
    let file = TestFile::new();
    let (finder, other) = (opened(&file).await, file.open().await);
    let mut tail = other.tail(Query::all().after(BEFORE + AHEAD)).await.unwrap();
    assert!(tail.next().await.unwrap().events.is_empty());
    common::flip(&file.path, 20..24);
    assert_eq!(finder.check().await.unwrap_err().kind(), BackendErrorKind::Corrupt);
    let heard = async {
        loop {
            if let Err(error) = tail.next().await {
                return error.kind();
            }
        }
    };
    assert_eq!(tokio::time::timeout(BOUND, heard).await.unwrap(), BackendErrorKind::Corrupt);
    let taken = other.append(Append::one(event("order.placed"))).await.unwrap_err();
    assert_eq!(taken.kind(), AppendErrorKind::Backend(BackendErrorKind::Corrupt));
    let (main, ahead) = (fs::read(&file.path).unwrap(), fs::read(beside(&file.path, "-wal")).unwrap());
    finder.close().await;
    other.close().await;
    assert!(fs::read(&file.path).unwrap() == main && fs::read(beside(&file.path, "-wal")).unwrap() == ahead);
}

/// A process that publishes, says so, and is killed.
async fn crashed(test: &str) -> TestFile {
    let file = TestFile::new();
    let mut child = Running::start(command(test, "publish", &file.path));
    assert_eq!(child.next_line().as_deref(), Some("published"));
    child.kill();
    file
}

/// Does what the child does, if this process is one.
async fn publishes() -> bool {
    let Some((_, path)) = role() else { return false };
    let log = common::open(&path).await;
    fill(&log, 1, BEFORE).await;
    say("published");
    std::future::pending().await
}

#[tokio::test]
async fn after_a_crash_a_write_ahead_log_that_has_lost_acknowledged_events_is_refused() {
    const TEST: &str = "after_a_crash_a_write_ahead_log_that_has_lost_acknowledged_events_is_refused";
    if publishes().await {
        return;
    }
    let whole = crashed(TEST).await;
    assert_eq!(read_all(&*whole.open().await, Query::all()).await.len() as u64, BEFORE, "a crash alone loses nothing");
    // Half of it has the tables and some events.
    for how in ["a byte in the middle", "cut to half"] {
        let file = crashed(TEST).await;
        change(&beside(&file.path, "-wal"), how);
        let (main, ahead) = (fs::read(&file.path).unwrap(), fs::read(beside(&file.path, "-wal")).unwrap());
        let error = refused(&file).await;
        assert_eq!(error.kind(), BackendErrorKind::Corrupt, "{how}");
        let said = error.to_string();
        let sign = sign(&file).canonicalize().unwrap().display().to_string();
        for part in [&format!("to {BEFORE} were acknowledged"), "-wal", &sign, "the same ids", "restore a backup"] {
            assert!(said.contains(part), "{how}: {part}: {said}");
        }
        assert!(fs::read(&file.path).unwrap() == main && fs::read(beside(&file.path, "-wal")).unwrap() == ahead);
        assert_eq!(refused(&file).await.kind(), BackendErrorKind::Corrupt, "every time");
        fs::remove_file(self::sign(&file)).unwrap();
        let log = file.open().await;
        let left = read_all(&log, Query::all()).await.len() as u64;
        assert!(left < BEFORE, "{how}: {left}");
        fill(&log, 1, BEFORE).await;
        assert_eq!(log.info().await.unwrap().last, BEFORE, "{how}: what was published again is there once");
    }
}

#[tokio::test]
async fn with_sync_normal_a_lost_end_is_said_and_not_refused() {
    const TEST: &str = "with_sync_normal_a_lost_end_is_said_and_not_refused";
    if publishes().await {
        return;
    }
    let file = crashed(TEST).await;
    change(&beside(&file.path, "-wal"), "cut to half");
    let warnings = Warnings::default();
    let options = SqliteOptions::file(&file.path).sync(SyncMode::Normal);
    tracing::subscriber::set_global_default(warnings.clone()).expect("no other test of this process does so");
    let log = SqliteBackend::open(options.clone()).await.unwrap();
    let path = file.path.canonicalize().unwrap().display().to_string();
    assert_eq!(
        warnings.about(&format!("to {BEFORE} were acknowledged and are gone")).len(),
        1,
        "{:?}",
        warnings.about("")
    );
    // An old SQLite is warned of, too.
    let of_the_loss = warnings.about(&path).into_iter().filter(|(_, said)| said.contains("are gone"));
    assert!(of_the_loss.count() == 1 && !sign(&file).exists());
    drop(log);
    SqliteBackend::open(options).await.unwrap();
    assert_eq!(warnings.about("are gone").len(), 1, "it is said once");
}

#[tokio::test]
async fn a_backup_in_the_place_of_a_log_that_crashed_is_opened() {
    const TEST: &str = "a_backup_in_the_place_of_a_log_that_crashed_is_opened";
    if publishes().await {
        return;
    }
    let file = crashed(TEST).await;
    let (copy, backup) = (file.directory.path().join("copy.db"), file.directory.path().join("backup.db"));
    fs::copy(&file.path, &copy).unwrap();
    fs::copy(beside(&file.path, "-wal"), beside(&copy, "-wal")).unwrap();
    let log = common::open(&copy).await;
    rusqlite::Connection::open(&copy)
        .unwrap()
        .execute_batch("DELETE FROM events WHERE sequence > 10; UPDATE sqlite_sequence SET seq = 10")
        .unwrap();
    log.backup(&backup).await.unwrap();
    // As an operator does it, who leaves what Stheno keeps beside the file.
    for companion in ["", "-wal", "-shm"] {
        fs::remove_file(beside(&file.path, companion)).unwrap();
    }
    assert!(beside(&file.path, "-acknowledged").exists());
    fs::rename(&backup, &file.path).unwrap();
    assert_eq!(read_all(&*file.open().await, Query::all()).await.len(), 10);
}

#[tokio::test]
async fn a_sign_of_damage_is_heeded_whatever_it_says_and_also_by_way_of_a_link() {
    let file = TestFile::new();
    file.open().await.close().await;
    let link = file.directory.path().join("link.db");
    std::os::unix::fs::symlink(&file.path, &link).unwrap();
    fs::write(sign(&file), "").unwrap();
    for path in [&file.path, &link] {
        let refused = SqliteBackend::open(SqliteOptions::file(path)).await.unwrap_err();
        assert_eq!(refused.kind(), BackendErrorKind::Corrupt);
        assert!(refused.to_string().contains("stheno.db-damaged"), "{refused}");
    }
    fs::remove_file(sign(&file)).unwrap();
    common::open(&link).await.close().await;
}
