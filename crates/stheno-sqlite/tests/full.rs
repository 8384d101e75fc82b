//! A full disk: every waiter is told, nothing acknowledged is lost, and writing goes on once there is room.

mod common;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use common::{TestFile, all, append, event, read_all, record, with_id};
use stheno_core::{
    NewEvent,
    backend::{Append, AppendErrorKind, Backend, BackendErrorKind, Query, RecordError, RecordWrite},
};
use stheno_sqlite::{SqliteBackend, SqliteOptions, once::rusqlite};

const FULL: AppendErrorKind = AppendErrorKind::Backend(BackendErrorKind::Full);

fn large(id: &str) -> NewEvent {
    let mut event = with_id("order.placed", id);
    event.body = vec![b'x'; 16 * 1024].into();
    event
}

/// Appends large events until there is no room; the ids that were acknowledged.
async fn fill(log: &SqliteBackend) -> Vec<String> {
    let mut acknowledged = Vec::new();
    for number in 0..10_000 {
        let id = format!("filler-{number}");
        match log.append(Append::one(large(&id))).await {
            Ok(_) => acknowledged.push(id),
            Err(error) => {
                assert_eq!(error.kind(), FULL);
                return acknowledged;
            }
        }
    }
    panic!("ten thousand events fit where there is no room for them");
}

async fn holds_exactly(log: &SqliteBackend, acknowledged: &[String]) {
    let events = read_all(log, Query::all()).await;
    let ids: Vec<&str> = events.iter().map(|event| event.id.as_str()).collect();
    assert_eq!(ids, acknowledged);
}

#[tokio::test]
async fn a_log_at_its_largest_refuses_and_keeps_what_it_acknowledged() {
    let file = TestFile::new();
    let options = || file.options().max_size(2 * 1024 * 1024);
    let log = SqliteBackend::open(options()).await.unwrap();
    let mut acknowledged = fill(&log).await;
    assert!(acknowledged.len() > 10, "{}", acknowledged.len());
    holds_exactly(&log, &acknowledged).await;

    // Everybody who waited for the commit that failed is told.
    let begun = (0..8).map(|number| log.append(Append::one(large(&format!("refused-{number}"))))).collect();
    for answer in all(begun).await {
        assert_eq!(answer.unwrap_err().kind(), FULL);
    }
    let writes = vec![RecordWrite::put(record("a"), vec![0; 64 * 1024])];
    let refused = log.write_records(writes).await.unwrap_err();
    assert!(matches!(refused, RecordError::Backend(error) if error.kind() == BackendErrorKind::Full));
    holds_exactly(&log, &acknowledged).await;
    log.close().await;

    // A restart with more room goes on.
    let log = SqliteBackend::open(options().max_size(4 * 1024 * 1024)).await.unwrap();
    holds_exactly(&log, &acknowledged).await;
    assert_eq!(append(&log, large("refused-0")).await, acknowledged.len() as u64 + 1);
    acknowledged.push("refused-0".to_owned());
    holds_exactly(&log, &acknowledged).await;
}

#[tokio::test]
async fn a_name_that_was_new_in_a_refused_commit_is_new_again() {
    let file = TestFile::new();
    let log = SqliteBackend::open(file.options().max_size(2 * 1024 * 1024)).await.unwrap();
    let acknowledged = fill(&log).await;
    let mut refused = large("refused");
    refused.name = stheno_core::EventName::new("brand.new").unwrap();
    assert_eq!(log.append(Append::one(refused)).await.unwrap_err().kind(), FULL);
    // Room is made by hand, as a later retention would.
    let hand = rusqlite::Connection::open(&file.path).unwrap();
    hand.execute("DELETE FROM events WHERE sequence <= 20", []).unwrap();
    append(&log, event("another.new")).await;
    append(&log, event("brand.new")).await;
    let names: Vec<String> = read_all(&log, Query::all().after(acknowledged.len() as u64))
        .await
        .iter()
        .map(|one| one.name.to_string())
        .collect();
    assert_eq!(names, ["another.new", "brand.new"]);
}

/// A file system of two megabytes, unmounted when it is dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: &Path) -> Option<Self> {
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=2m", "tmpfs"]).arg(at).status();
        mounted.is_ok_and(|status| status.success()).then(|| Self(at.to_owned()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[tokio::test]
async fn a_disk_that_is_full_refuses_and_takes_more_once_there_is_room() {
    let directory = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(directory.path()) else {
        // Only root may mount. The tests above hold the same with a limit of SQLite's own, wherever they run.
        eprintln!("not shown here: a disk that is really full, because this user may not mount one");
        return;
    };
    let path = disk.0.join("stheno.db");
    let ballast = disk.0.join("ballast");
    fs::write(&ballast, vec![0; 1024 * 1024]).unwrap();
    let log = common::open(&path).await;
    let mut acknowledged = fill(&log).await;
    holds_exactly(&log, &acknowledged).await;
    let begun = (0..8).map(|number| log.append(Append::one(large(&format!("refused-{number}"))))).collect();
    for answer in all(begun).await {
        assert_eq!(answer.unwrap_err().kind(), FULL);
    }
    holds_exactly(&log, &acknowledged).await;

    fs::remove_file(&ballast).unwrap();
    append(&log, large("refused-0")).await;
    acknowledged.push("refused-0".to_owned());
    holds_exactly(&log, &acknowledged).await;
    log.close().await;
    let log = SqliteBackend::open(SqliteOptions::file(&path)).await.unwrap();
    holds_exactly(&log, &acknowledged).await;
    log.close().await;
}
