//! Backups: a whole log at one moment, made while everybody goes on, that never takes the place of a file.

mod common;

use std::{fs, path::Path, sync::Arc};

use common::{BOUND, TestFile, all, append, event, open, read_all, record, sequences, with_id};
use stheno_core::backend::{Append, Backend, BackendErrorKind, Expect, Query, RecordError, RecordWrite};
use stheno_sqlite::{SqliteBackend, once::rusqlite};

/// The names of what is in a folder, without what SQLite and Stheno keep beside an open log.
fn files(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> =
        names.filter(|name| !["-wal", "-shm", "-acknowledged"].iter().any(|suffix| name.ends_with(suffix))).collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_backup_is_the_log_with_its_records_and_goes_on_where_it_was() {
    let file = TestFile::new();
    let log = file.open().await;
    for _ in 0..3 {
        append(&log, event("order.placed")).await;
    }
    // A sequence never repeats, also when its event is gone.
    rusqlite::Connection::open(&file.path).unwrap().execute("DELETE FROM events WHERE sequence = 3", []).unwrap();
    let at = log.write_records(vec![RecordWrite::put(record("a"), "1")]).await.unwrap()[0];
    let copy = file.directory.path().join("copy.db");
    log.backup(&copy).await.unwrap();
    append(&log, event("order.placed")).await;

    let restored = open(&copy).await;
    let (before, after) = (log.info().await.unwrap(), restored.info().await.unwrap());
    assert_eq!((after.log_id, after.last), (before.log_id, 3), "the same log, at an earlier moment");
    assert_eq!(sequences(&read_all(&restored, Query::all()).await), [1, 2]);
    let next = RecordWrite::put(record("a"), "2").expect(Expect::Revision(at));
    assert!(restored.write_records(vec![next]).await.unwrap()[0] > at);
    assert_eq!(append(&restored, event("order.placed")).await, 4);
    restored.close().await;
    log.close().await;
    assert_eq!(files(file.directory.path()), ["copy.db", "stheno.db"]);
}

#[tokio::test]
async fn a_backup_needs_nothing_beside_it_and_is_readable_by_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let file = TestFile::new();
    let log = file.open().await;
    append(&log, event("order.placed")).await;
    let copy = file.directory.path().join("copy.db");
    log.backup(&copy).await.unwrap();
    assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    let elsewhere = TestFile::new();
    fs::copy(&copy, &elsewhere.path).unwrap();
    assert_eq!(read_all(&*elsewhere.open().await, Query::all()).await.len(), 1);
}

#[tokio::test]
async fn a_file_that_is_there_stays_as_it_is() {
    let file = TestFile::new();
    let log = file.open().await;
    append(&log, event("order.placed")).await;
    let there = file.directory.path().join("there");
    for content in ["somebody's", ""] {
        fs::write(&there, content).unwrap();
        assert_eq!(log.backup(&there).await.unwrap_err().kind(), BackendErrorKind::Other);
        assert_eq!(fs::read_to_string(&there).unwrap(), content);
    }
    let link = file.directory.path().join("link");
    std::os::unix::fs::symlink(file.directory.path().join("nowhere"), &link).unwrap();
    for refused in [&file.path, &link, file.directory.path(), Path::new("/"), &there.join("below")] {
        assert!(log.backup(refused).await.is_err(), "{}", refused.display());
    }
    assert!(log.backup(&file.directory.path().join("missing/copy.db")).await.is_err());
    assert_eq!(append(&log, event("order.placed")).await, 2, "the log goes on");
    assert_eq!(files(file.directory.path()), ["link", "stheno.db", "there"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn backups_under_load_are_each_one_moment_of_the_log() {
    let file = TestFile::new();
    let log = file.open().await;
    // A second connection of its own, as another process has.
    let beside = file.open().await;
    let (name, stop) = (record("counter"), Arc::new(std::sync::atomic::AtomicBool::new(false)));
    log.write_records(vec![RecordWrite::put(name.clone(), "0")]).await.unwrap();
    let writers: Vec<_> = [Arc::clone(&log), beside]
        .into_iter()
        .enumerate()
        .map(|(who, log)| {
            let (stop, name) = (Arc::clone(&stop), name.clone());
            tokio::spawn(async move {
                let mut acknowledged = 0;
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    let batch =
                        (0..3).map(|at| with_id("order.placed", &format!("{who}/{acknowledged}/{at}"))).collect();
                    log.append(Append::batch(batch)).await.unwrap();
                    match log.write_records(vec![RecordWrite::put(name.clone(), "1")]).await {
                        Ok(_) | Err(RecordError::Conflict { .. }) => acknowledged += 1,
                        Err(error) => panic!("{error:?}"),
                    }
                }
                acknowledged
            })
        })
        .collect();
    let mut ends = Vec::new();
    for number in 0..5 {
        let before = log.info().await.unwrap().last;
        let copy = file.directory.path().join(format!("{number}.db"));
        log.backup(&copy).await.unwrap();
        let restored = open(&copy).await;
        restored.check().await.unwrap();
        let events = read_all(&restored, Query::all()).await;
        assert!(events.len() as u64 >= before, "what was acknowledged before is in it");
        assert_eq!(sequences(&events), (1..=events.len() as u64).collect::<Vec<_>>());
        assert_eq!(events.len() % 3, 0, "batches are in it as a whole");
        ends.push(events.len());
        restored.close().await;
    }
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    for writer in writers {
        assert!(writer.await.unwrap() > 0);
    }
    assert!(ends.is_sorted(), "{ends:?}");
    assert_eq!(files(file.directory.path()).len(), 6);
}

#[tokio::test]
async fn two_backups_to_one_name_make_one() {
    let file = TestFile::new();
    let log = file.open().await;
    append(&log, event("order.placed")).await;
    let copy = file.directory.path().join("copy.db");
    let made = all(vec![log.backup(&copy), log.backup(&copy)]).await;
    assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 1, "{made:?}");
    assert_eq!(read_all(&*open(&copy).await, Query::all()).await.len(), 1);
}

#[tokio::test]
async fn a_backup_of_a_damaged_log_fails_and_is_an_alarm() {
    let file = TestFile::new();
    let log = file.open().await;
    for number in 0..200 {
        let mut event = with_id("order.placed", &format!("{number}"));
        event.body = vec![b'x'; 4_000].into();
        append(&log, event).await;
    }
    log.close().await;
    let log = file.open().await;
    common::flip(&file.path, 100..108);
    let copy = file.directory.path().join("copy.db");
    assert_eq!(log.backup(&copy).await.unwrap_err().kind(), BackendErrorKind::Corrupt);
    let refused = log.append(Append::one(event("order.placed"))).await.unwrap_err();
    assert_eq!(refused.kind(), stheno_core::backend::AppendErrorKind::Backend(BackendErrorKind::Corrupt));
    assert_eq!(files(file.directory.path()), ["stheno.db", "stheno.db-damaged"]);
}

#[tokio::test]
async fn a_name_that_would_be_taken_for_a_part_of_a_log_is_refused() {
    let file = TestFile::new();
    let log = file.open().await;
    append(&log, event("order.placed")).await;
    let folder = file.directory.path();
    for suffix in ["-wal", "-shm", "-journal", "-damaged", "-acknowledged"] {
        for of in ["copy.db", "stheno.db", ""] {
            let target = folder.join(format!("{of}{suffix}"));
            let there = target.exists();
            let refused = log.backup(&target).await.expect_err("it is refused");
            assert_eq!(refused.kind(), BackendErrorKind::Other);
            assert!(there || refused.to_string().contains("belongs to the log"), "{refused}");
            assert_eq!(target.exists(), there, "{suffix}");
        }
        // What is left of another log beside the target would be taken for a part of the copy.
        let left = folder.join(format!("copy.db{suffix}"));
        fs::write(&left, "left").unwrap();
        let refused = log.backup(&folder.join("copy.db")).await.expect_err("it is refused");
        assert!(refused.to_string().contains(&left.display().to_string()), "{refused}");
        assert!(!folder.join("copy.db").exists());
        fs::remove_file(left).unwrap();
    }
    log.backup(&folder.join("copy.db")).await.unwrap();
    let refused = SqliteBackend::open(stheno_sqlite::SqliteOptions::file(folder.join("other.db-wal"))).await;
    assert_eq!(refused.expect_err("nor is a log called so").kind(), BackendErrorKind::Address);
    assert_eq!(append(&log, event("order.placed")).await, 2, "the log goes on");
}

#[tokio::test]
async fn the_log_itself_is_never_written_over_whatever_it_is_called() {
    let file = TestFile::new();
    let log = file.open().await;
    append(&log, event("order.placed")).await;
    let folder = file.directory.path();
    let (link, hard) = (folder.join("link.db"), folder.join("hard.db"));
    std::os::unix::fs::symlink(&file.path, &link).unwrap();
    fs::hard_link(&file.path, &hard).unwrap();
    let dots = folder.join("..").join(folder.file_name().unwrap()).join("stheno.db");
    for target in [&file.path, &link, &hard, &dots] {
        let refused = log.backup(target).await.expect_err("it is there");
        assert!(refused.to_string().contains("there is such a file already"), "{refused}");
    }
    assert_eq!(append(&log, event("order.placed")).await, 2);
    assert_eq!(read_all(&log, Query::all()).await.len(), 2);
}

#[tokio::test]
async fn a_closed_log_and_one_in_memory_say_that_there_is_no_backup() {
    let file = TestFile::new();
    let copy = file.directory.path().join("copy.db");
    assert_eq!(SqliteBackend::memory().unwrap().backup(&copy).await.unwrap_err().kind(), BackendErrorKind::Other);
    let log = file.open().await;
    log.close().await;
    assert_eq!(log.backup(&copy).await.unwrap_err().kind(), BackendErrorKind::Closed);
    assert!(!copy.exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_the_log_gives_a_backup_up_and_leaves_nothing_behind() {
    let file = TestFile::new();
    let log = file.open().await;
    let hand = rusqlite::Connection::open(&file.path).unwrap();
    hand.execute_batch(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
         INSERT INTO events (name, stored, id, body) SELECT 1, 0, 'id-' || i, randomblob(1500) FROM n",
    )
    .unwrap();
    drop(hand);
    let copy = file.directory.path().join("copy.db");
    let (copying, to) = (Arc::clone(&log), copy.clone());
    let copying = tokio::spawn(async move { copying.backup(&to).await });
    let begun = async {
        while files(file.directory.path()).len() < 2 && !copying.is_finished() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(BOUND, begun).await.unwrap();
    log.close().await;
    match copying.await.unwrap() {
        Err(error) => {
            assert_eq!(error.kind(), BackendErrorKind::Closed);
            assert_eq!(files(file.directory.path()), ["stheno.db"]);
        }
        // It was quicker than the closing.
        Ok(()) => assert_eq!(files(file.directory.path()), ["copy.db", "stheno.db"]),
    }
}
