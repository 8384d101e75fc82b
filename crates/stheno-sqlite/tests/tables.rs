//! Tables and rows that somebody has changed by hand: an error that does not pass, wherever it is met first.

mod common;

use std::{path::PathBuf, sync::Arc};

use common::{TestFile, append, event, keyed, record};
use stheno_core::{
    NewEvent,
    backend::{Append, AppendErrorKind, Backend, BackendError, BackendErrorKind, Query, RecordError, RecordWrite},
};
use stheno_sqlite::{SqliteBackend, once::rusqlite};

const TABLES: [&str; 6] = ["meta", "names", "events", "clock_steps", "scheduled", "records"];

/// A log with something in every table but `clock_steps`, which needs a clock that is set back.
async fn filled(file: &TestFile) -> Arc<SqliteBackend> {
    let log = file.open().await;
    append(&log, keyed("order.placed", "order:1")).await;
    let mut later = event("order.placed");
    later.not_before = Some(stheno_core::Timestamp::now().plus(std::time::Duration::from_secs(3_600)));
    log.append(Append::one(later)).await.unwrap();
    log.write_records(vec![RecordWrite::put(record("a"), "1")]).await.unwrap();
    log
}

fn by_hand(file: &TestFile, change: &str) {
    rusqlite::Connection::open(&file.path)
        .unwrap()
        .execute_batch(change)
        .unwrap_or_else(|error| panic!("{change}: {error}"));
}

fn lasts(kind: BackendErrorKind) -> bool {
    !kind.may_pass()
}

/// That no use of the log is tried for ever, and that a new start is refused.
async fn is_refused(file: &TestFile, log: Arc<SqliteBackend>, change: &str) {
    let found = log.find_damage().await.unwrap_err();
    assert!(lasts(found.kind()), "{change}: {found:?}");
    match log.append(Append::one(event("order.placed"))).await.unwrap_err().kind() {
        AppendErrorKind::Backend(kind) => assert!(lasts(kind), "{change}: {kind:?}"),
        other => panic!("{change}: {other:?}"),
    }
    match log.write_records(vec![RecordWrite::put(record("b"), "1")]).await.unwrap_err() {
        RecordError::Backend(error) => assert!(lasts(error.kind()), "{change}: {error:?}"),
        other => panic!("{change}: {other:?}"),
    }
    log.close().await;
    let refused = SqliteBackend::open(file.options()).await.unwrap_err();
    assert_eq!(refused.kind(), BackendErrorKind::Corrupt, "{change}: {refused:?}");
    let sign = PathBuf::from(format!("{}-damaged", file.path.display()));
    assert!(!sign.exists(), "{change}: what was changed by hand can be changed back");
}

#[tokio::test]
async fn a_table_that_is_dropped_or_gets_other_columns_ends_the_use_of_the_log() {
    let columns = ["log_id", "name", "body", "sequence", "due", "value"];
    for (table, column) in TABLES.into_iter().zip(columns) {
        for change in [
            format!("DROP TABLE {table}"),
            format!("ALTER TABLE {table} RENAME COLUMN {column} TO other"),
            format!("ALTER TABLE {table} RENAME TO other"),
        ] {
            let file = TestFile::new();
            let log = filled(&file).await;
            by_hand(&file, &change);
            is_refused(&file, log, &change).await;
        }
    }
}

#[tokio::test]
async fn an_index_that_is_dropped_ends_the_use_of_the_log() {
    for index in ["events_id", "events_name", "events_key", "scheduled_due", "records_expires"] {
        let file = TestFile::new();
        let log = filled(&file).await;
        let change = format!("DROP INDEX {index}");
        by_hand(&file, &change);
        is_refused(&file, log, &change).await;
    }
}

#[tokio::test]
async fn tables_that_are_emptied_so_that_they_contradict_each_other_end_the_use_of_the_log() {
    for change in [
        "DELETE FROM meta",
        "DELETE FROM names",
        "DELETE FROM sqlite_sequence",
        "UPDATE sqlite_sequence SET seq = 0",
        "INSERT INTO events (sequence, name, stored, id, body) VALUES (0, 1, 0, 'x', x'')",
        "INSERT INTO events (sequence, name, stored, id, body) VALUES (-5, 1, 0, 'x', x'')",
    ] {
        let file = TestFile::new();
        let log = filled(&file).await;
        by_hand(&file, change);
        is_refused(&file, log, change).await;
    }
}

#[tokio::test]
async fn a_table_is_missed_by_the_next_call_that_needs_it() {
    let file = TestFile::new();
    let log = filled(&file).await;
    by_hand(&file, "DROP TABLE records");
    let error = log.get_record(&record("a")).await.unwrap_err();
    assert_eq!(error.kind(), BackendErrorKind::Corrupt);
    let place = file.path.canonicalize().unwrap().display().to_string();
    let said = stheno_core::shown::shown_error(&error);
    assert!(said.contains(&place) && said.contains("no such table: records"), "{said}");
    // What is found once counts.
    assert_eq!(log.get_record(&record("a")).await.unwrap_err().kind(), BackendErrorKind::Corrupt);
}

#[tokio::test]
async fn a_log_that_was_emptied_gives_no_sequence_a_second_time() {
    let file = TestFile::new();
    let log = filled(&file).await;
    by_hand(&file, "DELETE FROM events; DELETE FROM sqlite_sequence");
    let refused = log.append(Append::one(event("order.placed"))).await.unwrap_err();
    assert_eq!(refused.kind(), AppendErrorKind::Backend(BackendErrorKind::LogChanged));
}

#[tokio::test]
async fn a_file_that_becomes_another_log_or_another_database_is_noticed() {
    for is_a_log in [true, false] {
        let file = TestFile::new();
        let log = filled(&file).await;
        // As if another file had been copied over it in place.
        let change = match is_a_log {
            true => "UPDATE meta SET log_id = 'another'",
            false => "DROP TABLE meta; PRAGMA application_id = 0; PRAGMA user_version = 0",
        };
        by_hand(&file, change);
        assert_eq!(log.find_damage().await.unwrap_err().kind(), BackendErrorKind::LogChanged, "{is_a_log}");
        let refused = log.append(Append::one(event("order.placed"))).await.unwrap_err();
        assert!(matches!(refused.kind(), AppendErrorKind::Backend(kind) if lasts(kind)), "{is_a_log}: {refused:?}");
    }
}

/// What reading says of a log in which one row was changed.
async fn read(change: &str) -> Result<Vec<NewEvent>, BackendError> {
    let file = TestFile::new();
    let log = filled(&file).await;
    append(&log, keyed("order.placed", "order:2")).await;
    log.close().await;
    by_hand(&file, change);
    let log = file.open().await;
    let page = log.read(Query::all()).await?;
    Ok(page.events.iter().map(|event| NewEvent::new(event.name.clone(), event.body.clone())).collect())
}

#[tokio::test]
async fn a_row_that_delivery_could_not_record_is_refused_where_it_is_read() {
    for (change, part) in [
        ("UPDATE events SET key = 'nocolon' WHERE sequence = 2", "event 2: key `nocolon` has no colon"),
        ("UPDATE events SET key = '' WHERE sequence = 2", "event 2"),
        ("UPDATE events SET key = 'order:' WHERE sequence = 2", "event 2"),
        ("UPDATE events SET key = 'Order:1' WHERE sequence = 2", "event 2"),
        ("UPDATE events SET key = 'order:' || char(0) || 'x' WHERE sequence = 2", "event 2"),
        ("UPDATE events SET key = 'order:' || hex(randomblob(600)) WHERE sequence = 2", "event 2"),
        ("UPDATE events SET id = '' WHERE sequence = 2", "event 2: an event id is empty"),
        ("UPDATE events SET id = 'a b' WHERE sequence = 2", "event 2"),
        ("UPDATE events SET id = 'a' || char(0) WHERE sequence = 2", "event 2"),
        ("UPDATE events SET headers = '[1]' WHERE sequence = 2", ""),
        ("UPDATE names SET name = 'order.*'", "name number 1"),
        ("UPDATE names SET name = 'order placed'", "name number 1"),
        ("UPDATE names SET name = ''", "name number 1"),
        ("UPDATE names SET name = 'order' || char(0)", "name number 1"),
    ] {
        let error = read(change).await.expect_err(change);
        assert_eq!(error.kind(), BackendErrorKind::Corrupt, "{change}");
        let said = stheno_core::shown::shown_error(&error);
        assert!(said.contains("a row that Stheno never wrote") && said.contains(part), "{change}: {said}");
    }
}

#[tokio::test]
async fn times_of_every_size_are_read() {
    for time in [i64::MIN, -1, 0, i64::MAX] {
        let change = format!("UPDATE events SET time = {time}, stored = {time} WHERE sequence = 2");
        assert_eq!(read(&change).await.unwrap().len(), 2, "{time}");
    }
}
