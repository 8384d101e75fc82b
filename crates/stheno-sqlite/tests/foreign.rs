//! A file that takes the place of another, with what is left of the other one beside it: the two are never mixed, and the way back
//! that the error names leads back.

mod common;

use std::{
    fs::{self, OpenOptions},
    path::{Path, PathBuf},
    sync::Arc,
};

use common::{
    TestFile, append,
    child::{Running, command, role, say},
    event, open, read_all, record, with_id,
};
use stheno_core::backend::{Append, Backend, BackendErrorKind, Query, RecordWrite};
use stheno_sqlite::{SqliteBackend, SqliteOptions, once::rusqlite};

/// Events after each use of a log, the last of which is a crash.
const ENDS: [u64; 3] = [10, 30, 50];

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

async fn fill(log: &SqliteBackend, upto: u64) {
    for number in log.info().await.unwrap().last..upto {
        let mut event = with_id("order.placed", &format!("event-{number}"));
        event.body = vec![b'x'; 3_000].into();
        append(log, event).await;
    }
    log.write_records(vec![RecordWrite::put(record("sub/a/state"), format!("{upto}"))]).await.unwrap();
}

/// Does what the child does, if this process is one: publishes and waits to be killed.
async fn publishes() -> bool {
    let Some((_, path)) = role() else { return false };
    let log = open(&path).await;
    fill(&log, ENDS[2]).await;
    say("published");
    std::future::pending().await
}

/// A log whose process was killed, and copies of how it was before: a backup, and the file itself.
async fn crashed(test: &str) -> (TestFile, PathBuf, PathBuf) {
    let file = TestFile::new();
    let [backup, plain] = ["backup.db", "plain.db"].map(|name| file.directory.path().join(name));
    let log = file.open().await;
    fill(&log, ENDS[0]).await;
    log.backup(&backup).await.unwrap();
    log.close().await;
    fs::copy(&file.path, &plain).unwrap();
    let log = file.open().await;
    fill(&log, ENDS[1]).await;
    log.close().await;
    let mut child = Running::start(command(test, "publish", &file.path));
    assert_eq!(child.next_line().as_deref(), Some("published"));
    child.kill();
    (file, backup, plain)
}

/// A log of its own with so many events.
async fn another(file: &TestFile, events: u64) -> PathBuf {
    let path = file.directory.path().join("another.db");
    let log = open(&path).await;
    fill(&log, events).await;
    log.close().await;
    path
}

/// Puts a file in the place of another, as `mv` and `cp` do.
fn put(from: &Path, to: &Path, in_place: bool) {
    if in_place {
        fs::copy(from, to).unwrap();
        fs::remove_file(from).unwrap();
    } else {
        fs::rename(from, to).unwrap();
    }
}

fn move_aside(path: &Path) {
    for suffix in ["-wal", "-shm"] {
        fs::rename(beside(path, suffix), beside(path, &format!(".old{suffix}"))).unwrap();
    }
}

/// That the log is refused for the write-ahead log beside it, changes nothing, and is opened once that is moved aside.
async fn is_refused_until_moved_aside(path: &Path, events: u64, what: &str) {
    let (main, ahead) = (fs::read(path).unwrap(), fs::read(beside(path, "-wal")).unwrap());
    for _ in 0..2 {
        let refused = SqliteBackend::open(SqliteOptions::file(path)).await.expect_err(what);
        let said = refused.to_string();
        assert_eq!(refused.kind(), BackendErrorKind::Corrupt, "{what}: {said}");
        for part in ["belongs to another file", "stheno.db-wal", "stheno.db-shm aside", "start again"] {
            assert!(said.contains(part), "{what}: {part}: {said}");
        }
    }
    assert!(
        fs::read(path).unwrap() == main && fs::read(beside(path, "-wal")).unwrap() == ahead,
        "{what}: left as it is"
    );
    assert!(!beside(path, "-damaged").exists(), "{what}");
    move_aside(path);
    let log = open(path).await;
    log.check().await.unwrap();
    log.find_damage().await.unwrap();
    assert_eq!(read_all(&log, Query::all()).await.len() as u64, events, "{what}");
    assert_eq!(append(&log, event("order.placed")).await, events + 1, "{what}");
    log.close().await;
    open(path).await.close().await;
}

#[tokio::test]
async fn a_backup_that_is_put_beside_the_write_ahead_log_of_what_was_there_is_not_mixed_with_it() {
    const TEST: &str = "a_backup_that_is_put_beside_the_write_ahead_log_of_what_was_there_is_not_mixed_with_it";
    if publishes().await {
        return;
    }
    for which in ["backup", "plain copy", "opened backup", "another log"] {
        for in_place in [false, true] {
            for is_noted in [true, false] {
                let what = format!("{which}, in place: {in_place}, noted: {is_noted}");
                let (file, backup, plain) = crashed(TEST).await;
                let (from, events) = match which {
                    "backup" => (backup, ENDS[0]),
                    "plain copy" => (plain, ENDS[0]),
                    "opened backup" => {
                        // Other pages than the file has, and a header as it has.
                        let log = open(&backup).await;
                        fill(&log, 70).await;
                        log.close().await;
                        (backup, 70)
                    }
                    _ => (another(&file, 60).await, 60),
                };
                put(&from, &file.path, in_place);
                if !is_noted {
                    fs::remove_file(beside(&file.path, "-acknowledged")).unwrap();
                }
                is_refused_until_moved_aside(&file.path, events, &what).await;
            }
        }
    }
}

#[tokio::test]
async fn after_a_crash_a_file_with_its_own_write_ahead_log_is_opened_also_where_both_were_copied_to() {
    const TEST: &str = "after_a_crash_a_file_with_its_own_write_ahead_log_is_opened_also_where_both_were_copied_to";
    if publishes().await {
        return;
    }
    let (file, ..) = crashed(TEST).await;
    let elsewhere = TestFile::new();
    for suffix in ["", "-wal", "-acknowledged"] {
        fs::copy(beside(&file.path, suffix), beside(&elsewhere.path, suffix)).unwrap();
    }
    for file in [file, elsewhere] {
        assert_eq!(read_all(&*file.open().await, Query::all()).await.len() as u64, ENDS[2]);
    }
}

#[tokio::test]
async fn another_log_that_takes_the_place_of_an_open_one_is_not_opened_beside_its_write_ahead_log() {
    let file = TestFile::new();
    let log = file.open().await;
    fill(&log, ENDS[0]).await;
    let other = another(&file, 60).await;
    fs::rename(&other, &file.path).unwrap();
    let before = fs::read(&file.path).unwrap();
    let refused = SqliteBackend::open(file.options()).await.expect_err("while it is open");
    assert!(refused.to_string().contains("belongs to another file"), "{refused}");
    log.close().await;
    assert!(fs::read(&file.path).unwrap() == before, "nothing was moved into it");
    is_refused_until_moved_aside(&file.path, 60, "after it was closed").await;
}

/// An open log over whose file another one was copied, in place.
async fn overwritten(file: &TestFile, which: &str) -> (Arc<SqliteBackend>, u64) {
    let log = file.open().await;
    fill(&log, ENDS[0]).await;
    let backup = file.directory.path().join("backup.db");
    log.backup(&backup).await.unwrap();
    log.close().await;
    let log = file.open().await;
    fill(&log, ENDS[1]).await;
    let (other, events) = match which {
        "backup" => (backup, ENDS[0]),
        _ => (another(file, 60).await, 60),
    };
    fs::copy(other, &file.path).unwrap();
    (log, events)
}

#[tokio::test]
async fn a_log_over_whose_file_another_was_copied_moves_nothing_into_it_when_it_is_closed() {
    for which in ["backup", "another log"] {
        for close in [true, false] {
            let file = TestFile::new();
            let (log, events) = overwritten(&file, which).await;
            let before = fs::read(&file.path).unwrap();
            if close {
                log.close().await;
            }
            drop(log);
            assert!(fs::read(&file.path).unwrap() == before, "{which}: nothing was moved into it");
            if close {
                is_refused_until_moved_aside(&file.path, events, which).await;
            }
        }
    }
}

#[tokio::test]
async fn a_log_over_whose_file_another_was_copied_moves_nothing_into_it_however_much_is_published() {
    if rusqlite::version_number() < 3_051_000 {
        eprintln!("SQLite {} moves it by itself; nothing to test", rusqlite::version());
        return;
    }
    for which in ["backup", "another log"] {
        let file = TestFile::new();
        let (log, _) = overwritten(&file, which).await;
        let before = fs::read(&file.path).unwrap();
        let mut taken = 0;
        // More than what is moved at once.
        while taken < 100 {
            let mut event = with_id("order.placed", &format!("more-{taken}"));
            event.body = vec![b'x'; 500_000].into();
            if log.append(Append::one(event)).await.is_err() {
                break;
            }
            taken += 1;
        }
        assert!(fs::read(&file.path).unwrap() == before, "{which}: after {taken}");
        assert!(taken < 100, "{which}: it was never looked at");
        let found = log.find_damage().await.unwrap_err();
        assert!(!found.kind().may_pass(), "{which}: {found}");
    }
}

#[tokio::test]
async fn a_copied_directory_whose_write_ahead_log_was_cut_is_refused_until_an_operator_says_so() {
    const TEST: &str = "a_copied_directory_whose_write_ahead_log_was_cut_is_refused_until_an_operator_says_so";
    if publishes().await {
        return;
    }
    for how in ["cut", "emptied", "not copied"] {
        let (file, ..) = crashed(TEST).await;
        let copied = TestFile::new();
        for suffix in ["", "-wal", "-shm", "-acknowledged"] {
            fs::copy(beside(&file.path, suffix), beside(&copied.path, suffix)).unwrap();
        }
        let ahead = beside(&copied.path, "-wal");
        let length = fs::metadata(&ahead).unwrap().len();
        match how {
            "cut" => OpenOptions::new().write(true).open(&ahead).unwrap().set_len(length / 2).unwrap(),
            "emptied" => fs::write(&ahead, "").unwrap(),
            _ => fs::remove_file(&ahead).unwrap(),
        }
        for _ in 0..2 {
            let refused = SqliteBackend::open(copied.options()).await.expect_err(how);
            let said = refused.to_string();
            assert_eq!(refused.kind(), BackendErrorKind::Corrupt, "{how}: {said}");
            for part in
                ["to 50 were acknowledged, and they are gone", "delete", "stheno.db-acknowledged", "the same ids"]
            {
                assert!(said.contains(part), "{how}: {part}: {said}");
            }
            assert!(!beside(&copied.path, "-damaged").exists(), "{how}");
        }
        fs::remove_file(beside(&copied.path, "-acknowledged")).unwrap();
        let log = copied.open().await;
        let left = read_all(&log, Query::all()).await.len() as u64;
        assert!((ENDS[1]..ENDS[2]).contains(&left), "{how}: {left}");
        assert_eq!(append(&log, event("order.placed")).await, left + 1, "{how}");
    }
}

#[tokio::test]
async fn an_empty_database_in_the_place_of_a_log_does_not_become_one() {
    const TEST: &str = "an_empty_database_in_the_place_of_a_log_does_not_become_one";
    if publishes().await {
        return;
    }
    for is_damaged in [false, true] {
        let (file, ..) = crashed(TEST).await;
        if is_damaged {
            // Its sign is deleted by whoever believes to have rescued the log.
            common::flip(&file.path, 3..6);
            let log = file.open().await;
            assert!(log.check().await.is_err());
            log.close().await;
            fs::remove_file(beside(&file.path, "-damaged")).unwrap();
        }
        for suffix in ["", "-wal", "-shm"] {
            fs::remove_file(beside(&file.path, suffix)).unwrap();
        }
        let empty = rusqlite::Connection::open(&file.path).unwrap();
        empty.execute_batch("CREATE TABLE a (b); DROP TABLE a; VACUUM").unwrap();
        drop(empty);
        let before = fs::read(&file.path).unwrap();
        assert!(!before.is_empty());
        let refused = SqliteBackend::open(file.options()).await.expect_err("it is no new log");
        assert_eq!(refused.kind(), BackendErrorKind::Corrupt);
        assert!(refused.to_string().contains("stheno.db-acknowledged"), "{refused}");
        assert!(fs::read(&file.path).unwrap() == before);
        fs::remove_file(beside(&file.path, "-acknowledged")).unwrap();
        assert_eq!(append(&*file.open().await, event("order.placed")).await, 1, "an operator says that it is");
    }
}

#[tokio::test]
async fn the_file_that_was_there_before_can_be_put_back() {
    const TEST: &str = "the_file_that_was_there_before_can_be_put_back";
    if publishes().await {
        return;
    }
    let (file, backup, _) = crashed(TEST).await;
    let aside = file.directory.path().join("aside.db");
    fs::rename(&file.path, &aside).unwrap();
    fs::rename(&backup, &file.path).unwrap();
    SqliteBackend::open(file.options()).await.expect_err("a backup beside a foreign write-ahead log");
    fs::rename(&aside, &file.path).unwrap();
    let log = file.open().await;
    assert_eq!(read_all(&log, Query::all()).await.len() as u64, ENDS[2]);
    log.close().await;
    file.open().await;
}

#[tokio::test]
async fn a_single_event_that_is_lost_is_named_as_one() {
    const TEST: &str = "a_single_event_that_is_lost_is_named_as_one";
    if publishes().await {
        return;
    }
    let (file, ..) = crashed(TEST).await;
    let ahead = beside(&file.path, "-wal");
    let length = fs::metadata(&ahead).unwrap().len();
    // As many pages less as it takes to lose an event; the last commit is that of the record.
    let mut said = String::new();
    for pages in 1..20 {
        let copied = TestFile::new();
        for suffix in ["", "-wal", "-acknowledged"] {
            fs::copy(beside(&file.path, suffix), beside(&copied.path, suffix)).unwrap();
        }
        let cut = OpenOptions::new().write(true).open(beside(&copied.path, "-wal")).unwrap();
        cut.set_len(length - pages * 4_120).unwrap();
        if let Err(refused) = SqliteBackend::open(copied.options()).await {
            said = refused.to_string();
            break;
        }
    }
    assert!(said.contains("event 50 was acknowledged, and it is gone"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_that_move_much_into_one_file_do_not_take_each_other_for_strangers() {
    let file = TestFile::new();
    let logs = [file.open().await, file.open().await];
    let writing = logs.clone().into_iter().enumerate().map(|(who, log)| {
        tokio::spawn(async move {
            for number in 0..60 {
                let mut event = with_id("order.placed", &format!("{who}/{number}"));
                event.body = vec![b'x'; 1_000_000].into();
                append(&log, event).await;
                if number % 10 == 0 {
                    log.find_damage().await.unwrap();
                }
            }
            log.find_damage().await.unwrap();
        })
    });
    for writer in writing.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    for log in logs {
        log.close().await;
    }
    for companion in ["-wal", "-acknowledged", "-damaged"] {
        assert!(!beside(&file.path, companion).exists(), "{companion}: it was put away in order");
    }
    assert_eq!(file.open().await.info().await.unwrap().last, 120);
}
