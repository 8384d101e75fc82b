//! Rows that somebody deletes by hand, and tables that somebody adds something to: missed while the log is open and at the next
//! start, and no later than that.

mod common;

use std::{fs, path::PathBuf, sync::Arc, time::Duration};

use common::{
    TestFile, append,
    child::{Running, command, role, say},
    event, read_all, record, sequences,
};
use stheno_core::backend::{Append, AppendErrorKind, Backend, BackendErrorKind, Query, RecordWrite};
use stheno_sqlite::{SqliteBackend, once::rusqlite};

const EVENTS: u64 = 10;
const RECORDS: [&str; 3] = ["sub/one/state", "sub/two/state", "catalogs"];

async fn fill(log: &SqliteBackend) {
    for _ in 0..EVENTS {
        append(log, event("order.placed")).await;
    }
    for name in RECORDS {
        log.write_records(vec![RecordWrite::put(record(name), "1")]).await.unwrap();
    }
}

async fn filled(file: &TestFile) -> Arc<SqliteBackend> {
    let log = file.open().await;
    fill(&log).await;
    log
}

fn by_hand(file: &TestFile, change: &str) {
    let hand = rusqlite::Connection::open(&file.path).unwrap();
    hand.execute_batch(change).unwrap_or_else(|error| panic!("{change}: {error}"));
}

fn sign(file: &TestFile) -> PathBuf {
    PathBuf::from(format!("{}-damaged", file.path.display()))
}

async fn refusal(file: &TestFile, what: &str) -> String {
    let refused = SqliteBackend::open(file.options()).await.expect_err(what);
    assert_eq!(refused.kind(), BackendErrorKind::Corrupt, "{what}: {refused}");
    refused.to_string()
}

/// A log that a process has filled that was killed.
fn crashed(test: &str) -> TestFile {
    let file = TestFile::new();
    let mut child = Running::start(command(test, "fill", &file.path));
    assert_eq!(child.next_line().as_deref(), Some("filled"));
    child.kill();
    file
}

/// Does what the child does, if this process is one.
async fn fills() -> bool {
    let Some((_, path)) = role() else { return false };
    let log = common::open(&path).await;
    fill(&log).await;
    // Records that change without being added, as hosts do all the time.
    log.write_records(vec![RecordWrite::put(record(RECORDS[0]), "2")]).await.unwrap();
    say("filled");
    std::future::pending().await
}

const DELETIONS: [(&str, &str); 6] = [
    ("DELETE FROM events", "the events 1 to 10 are gone from the table `events`"),
    ("DELETE FROM events WHERE sequence > 6", "the events 7 to 10 are gone from the table `events`"),
    ("DELETE FROM events WHERE sequence > 9", "event 10 is gone from the table `events`"),
    ("DELETE FROM records", "3 of 3 records are gone from the table `records`"),
    ("DELETE FROM records WHERE name LIKE 'sub/one/%'", "1 of 3 records are gone from the table `records`"),
    ("DELETE FROM events; DELETE FROM records", "are gone"),
];

/// That nobody opens the log before the sign is deleted, and that it goes on then.
async fn is_refused_until_the_sign_is_deleted(file: &TestFile, change: &str, part: &str) {
    let said = refusal(file, change).await;
    for part in [part, "by hand", "restore a backup", "stheno.db-damaged"] {
        assert!(said.contains(part), "{change}: {part}: {said}");
    }
    refusal(file, change).await;
    fs::remove_file(sign(file)).unwrap();
    let log = file.open().await;
    assert_eq!(append(&log, event("order.placed")).await, EVENTS + 1, "{change}: no sequence is given twice");
    log.find_damage().await.unwrap();
    log.close().await;
    file.open().await.close().await;
    assert!(!sign(file).exists(), "{change}");
}

#[tokio::test]
async fn rows_that_are_deleted_while_nobody_uses_the_log_are_missed_by_the_next_start() {
    for (change, part) in DELETIONS {
        let file = TestFile::new();
        filled(&file).await.close().await;
        by_hand(&file, change);
        is_refused_until_the_sign_is_deleted(&file, change, part).await;
    }
}

#[tokio::test]
async fn rows_that_are_deleted_after_a_crash_are_missed_by_the_next_start() {
    const TEST: &str = "rows_that_are_deleted_after_a_crash_are_missed_by_the_next_start";
    if fills().await {
        return;
    }
    let whole = crashed(TEST);
    assert_eq!(
        read_all(&*whole.open().await, Query::all()).await.len() as u64,
        EVENTS,
        "a crash alone deletes nothing"
    );
    for (change, part) in DELETIONS {
        let file = crashed(TEST);
        by_hand(&file, change);
        is_refused_until_the_sign_is_deleted(&file, change, part).await;
    }
}

#[tokio::test]
async fn rows_that_are_deleted_while_the_log_is_open_end_its_use() {
    for (change, part) in DELETIONS {
        let file = TestFile::new();
        let log = filled(&file).await;
        log.find_damage().await.unwrap();
        by_hand(&file, change);
        let found = log.find_damage().await.expect_err(change);
        assert_eq!(found.kind(), BackendErrorKind::Corrupt, "{change}");
        assert!(found.to_string().contains(part), "{change}: {found}");
        let refused = log.append(Append::one(event("order.placed"))).await.unwrap_err();
        assert_eq!(refused.kind(), AppendErrorKind::Backend(BackendErrorKind::Corrupt), "{change}");
        log.close().await;
        is_refused_until_the_sign_is_deleted(&file, change, part).await;
    }
}

#[tokio::test]
async fn records_that_are_deleted_right_before_the_log_is_closed_are_missed() {
    let file = TestFile::new();
    let log = filled(&file).await;
    by_hand(&file, "DELETE FROM records");
    // As a host would that begins anew.
    log.write_records(vec![RecordWrite::put(record(RECORDS[0]), "1")]).await.unwrap();
    log.close().await;
    is_refused_until_the_sign_is_deleted(&file, "closed", "3 of 4 records are gone").await;
}

#[tokio::test]
async fn what_was_deleted_can_be_put_back() {
    let file = TestFile::new();
    let log = filled(&file).await;
    let copy = file.directory.path().join("copy.db");
    log.backup(&copy).await.unwrap();
    log.close().await;
    by_hand(&file, "DELETE FROM events WHERE sequence > 6; DELETE FROM records");
    refusal(&file, "deleted").await;
    let from = copy.display();
    by_hand(
        &file,
        &format!(
            "ATTACH '{from}' AS copy; INSERT OR IGNORE INTO main.events SELECT * FROM copy.events;
             INSERT OR IGNORE INTO main.records SELECT * FROM copy.records"
        ),
    );
    fs::remove_file(sign(&file)).unwrap();
    let log = file.open().await;
    assert_eq!(read_all(&log, Query::all()).await.len() as u64, EVENTS);
    assert!(log.get_record(&record(RECORDS[2])).await.unwrap().is_some());
    assert_eq!(append(&log, event("order.placed")).await, EVENTS + 1);
    log.find_damage().await.unwrap();
    log.close().await;
    // And are missed again.
    by_hand(&file, "DELETE FROM records");
    assert!(refusal(&file, "again").await.contains("3 of 3 records are gone"));
}

#[tokio::test]
async fn old_events_and_single_ones_may_be_deleted_at_any_time() {
    let file = TestFile::new();
    let log = filled(&file).await;
    by_hand(&file, "DELETE FROM events WHERE sequence <= 4");
    log.find_damage().await.unwrap();
    by_hand(&file, "DELETE FROM events WHERE sequence IN (6, 8)");
    log.find_damage().await.unwrap();
    log.close().await;
    by_hand(&file, "DELETE FROM events WHERE sequence < 9");
    let log = file.open().await;
    assert_eq!(sequences(&read_all(&log, Query::all()).await), [9, 10]);
    log.find_damage().await.unwrap();
    log.close().await;
    file.open().await;
}

#[tokio::test]
async fn records_that_stheno_deletes_or_that_expire_are_not_missed() {
    let file = TestFile::new();
    let log = filled(&file).await;
    let lease = RecordWrite::put(record("lease"), "1").expires(Duration::from_millis(1));
    log.write_records(vec![lease, RecordWrite::delete(record(RECORDS[0]))]).await.unwrap();
    log.write_records(vec![RecordWrite::put(record(RECORDS[1]), "2").expires(Duration::from_millis(1))]).await.unwrap();
    log.write_records(vec![RecordWrite::put(record("more"), "1"), RecordWrite::delete(record("none"))]).await.unwrap();
    log.find_damage().await.unwrap();
    log.close().await;
    let log = file.open().await;
    log.find_damage().await.unwrap();
    let all = ["more", RECORDS[2]].map(|name| RecordWrite::delete(record(name)));
    log.write_records(all.to_vec()).await.unwrap();
    log.find_damage().await.unwrap();
    log.close().await;
    file.open().await.close().await;
}

#[tokio::test]
async fn a_log_of_an_older_program_that_counts_nothing_is_taken_as_it_is() {
    let file = TestFile::new();
    filled(&file).await.close().await;
    by_hand(&file, "DELETE FROM sqlite_sequence WHERE name LIKE 'stheno.%'");
    let log = file.open().await;
    log.find_damage().await.unwrap();
    log.write_records(vec![RecordWrite::put(record("more"), "1")]).await.unwrap();
    log.close().await;
    // It takes a turn, and deletes a record as it may.
    by_hand(&file, "DELETE FROM records WHERE name = 'catalogs'; UPDATE meta SET revision = revision + 1");
    let log = file.open().await;
    log.find_damage().await.unwrap();
    log.close().await;
    by_hand(&file, "DELETE FROM records WHERE name = 'more'");
    assert!(refusal(&file, "counted").await.contains("1 of 3 records are gone"));
}

/// What somebody does to the tables, and how it is undone.
const CHANGES: [(&str, &str, &str); 8] = [
    (
        "ALTER TABLE events ADD COLUMN note TEXT",
        "ALTER TABLE events DROP COLUMN note",
        "the table `events` was changed",
    ),
    (
        "ALTER TABLE records ADD COLUMN note TEXT",
        "ALTER TABLE records DROP COLUMN note",
        "the table `records` was changed",
    ),
    ("CREATE INDEX mine ON events (stored)", "DROP INDEX mine", "the index `mine` was added to the table `events`"),
    ("CREATE UNIQUE INDEX mine ON records (revision)", "DROP INDEX mine", "the index `mine` was added"),
    (
        "CREATE TRIGGER mine AFTER INSERT ON events BEGIN DELETE FROM events WHERE sequence < 0; END",
        "DROP TRIGGER mine",
        "the trigger `mine` was added to the table `events`",
    ),
    (
        "DROP INDEX events_key; CREATE INDEX events_keys ON events (key) WHERE key IS NOT NULL",
        "DROP INDEX events_keys; CREATE INDEX events_key ON events (key) WHERE key IS NOT NULL",
        "the index `events_key` is missing",
    ),
    (
        "ALTER TABLE clock_steps RENAME TO steps",
        "ALTER TABLE steps RENAME TO clock_steps",
        "the table `clock_steps` is missing",
    ),
    (
        "ALTER TABLE names RENAME COLUMN name TO other",
        "ALTER TABLE names RENAME COLUMN other TO name",
        "the table `names` was changed",
    ),
];

#[tokio::test]
async fn tables_that_are_changed_end_the_use_of_the_log_until_that_is_undone() {
    for (change, undo, part) in CHANGES {
        let file = TestFile::new();
        let log = filled(&file).await;
        log.find_damage().await.unwrap();
        by_hand(&file, change);
        let found = log.find_damage().await.expect_err(change);
        assert!(found.to_string().contains(part), "{change}: {found}");
        log.close().await;
        let said = refusal(&file, change).await;
        assert!(said.contains(part) && said.contains("undo that"), "{change}: {said}");
        assert!(!sign(&file).exists(), "{change}: it can be undone");
        by_hand(&file, undo);
        let log = file.open().await;
        log.find_damage().await.unwrap();
        assert_eq!(append(&log, event("order.placed")).await, EVENTS + 1, "{change}");
    }
}

#[tokio::test]
async fn tables_of_others_in_the_file_are_left_alone() {
    let file = TestFile::new();
    let log = filled(&file).await;
    by_hand(
        &file,
        "CREATE TABLE mine (a); CREATE INDEX mine_a ON mine (a); CREATE VIEW late AS SELECT * FROM events; ANALYZE",
    );
    log.find_damage().await.unwrap();
    log.close().await;
    file.open().await.find_damage().await.unwrap();
}

#[tokio::test]
async fn a_table_of_events_that_is_dropped_is_said_to_be_missing_and_not_to_be_another_file() {
    let file = TestFile::new();
    let log = filled(&file).await;
    by_hand(&file, "DROP TABLE events");
    let refused = log.append(Append::one(event("order.placed"))).await.unwrap_err();
    assert_eq!(refused.kind(), AppendErrorKind::Backend(BackendErrorKind::Corrupt));
    let said = stheno_core::shown::shown_error(&refused);
    assert!(said.contains("by hand") && said.contains("the table `events` is missing"), "{said}");

    let file = TestFile::new();
    let log = filled(&file).await;
    let mut tail = log.tail(Query::all().after(EVENTS)).await.unwrap();
    by_hand(&file, "DROP TABLE events");
    let ended = async {
        loop {
            if let Err(error) = tail.next().await {
                return error;
            }
        }
    };
    let error = tokio::time::timeout(common::BOUND, ended).await.unwrap();
    assert_eq!(error.kind(), BackendErrorKind::Corrupt, "{error}");
}

#[tokio::test]
async fn events_that_wait_for_their_time_are_missed_when_they_are_deleted_and_not_when_their_time_comes() {
    let file = TestFile::new();
    let clock = common::TestClock::new();
    let log = SqliteBackend::open(file.options().clock(Arc::new(clock.clone()))).await.unwrap();
    for hours in 1..=3 {
        let mut later = event("order.placed");
        later.not_before = Some(stheno_core::Clock::now(&clock).plus(Duration::from_secs(hours * 3_600)));
        log.append(Append::one(later)).await.unwrap();
    }
    log.find_damage().await.unwrap();
    clock.advance(Duration::from_secs(3_700));
    append(&log, event("order.placed")).await;
    log.find_damage().await.unwrap();
    log.close().await;
    by_hand(&file, "DELETE FROM scheduled WHERE position = 2");
    assert!(refusal(&file, "deleted").await.contains("1 of 2 events that waited for their time are gone"));
    fs::remove_file(sign(&file)).unwrap();
    let log = SqliteBackend::open(file.options().clock(Arc::new(clock.clone()))).await.unwrap();
    by_hand(&file, "DELETE FROM scheduled");
    assert_eq!(log.find_damage().await.unwrap_err().kind(), BackendErrorKind::Corrupt);
}

#[tokio::test]
async fn a_log_that_somebody_emptied_altogether_is_no_new_one() {
    let file = TestFile::new();
    filled(&file).await.close().await;
    by_hand(&file, "DELETE FROM events; DELETE FROM records; DELETE FROM sqlite_sequence");
    assert!(refusal(&file, "emptied").await.contains("no last sequence"));
}
