//! Records: compare-and-set, all or none, prefixes, expiry, revisions.

mod common;

use std::{sync::Arc, time::Duration};

use common::{TestClock, TestFile, all, append, event, record};
use stheno_core::backend::{Backend, Expect, RecordError, RecordName, RecordWrite, Revision};
use stheno_sqlite::{SqliteBackend, SqliteOptions};

async fn write(log: &SqliteBackend, writes: Vec<RecordWrite>) -> Result<Vec<Revision>, RecordName> {
    log.write_records(writes).await.map_err(|error| match error {
        RecordError::Conflict { name } => name,
        error => panic!("{error}"),
    })
}

async fn put(log: &SqliteBackend, name: &str, value: &str) -> Revision {
    write(log, vec![RecordWrite::put(record(name), value.to_owned())]).await.unwrap()[0]
}

async fn get(log: &SqliteBackend, name: &str) -> Option<(String, Revision)> {
    let found = log.get_record(&record(name)).await.unwrap()?;
    assert_eq!(found.name, record(name));
    Some((String::from_utf8(found.value.to_vec()).unwrap(), found.revision))
}

async fn names(log: &SqliteBackend, prefix: &str) -> Vec<String> {
    let found = log.list_records(prefix).await.unwrap();
    found.into_iter().map(|record| record.name.to_string()).collect()
}

#[tokio::test]
async fn a_record_is_written_read_and_deleted() {
    let file = TestFile::new();
    let log = file.open().await;
    assert_eq!(get(&log, "a").await, None);
    let first = put(&log, "a", "one").await;
    assert_eq!(get(&log, "a").await, Some(("one".to_owned(), first)));
    let second = put(&log, "a", "two").await;
    assert!(second > first);
    log.close().await;

    let log = file.open().await;
    assert_eq!(get(&log, "a").await, Some(("two".to_owned(), second)));
    let deleted = write(&log, vec![RecordWrite::delete(record("a"))]).await.unwrap()[0];
    assert!(deleted > second);
    assert_eq!(get(&log, "a").await, None);
}

#[tokio::test]
async fn a_revision_never_repeats_also_not_after_a_deletion_and_a_restart() {
    let file = TestFile::new();
    let log = file.open().await;
    let mut revisions = vec![put(&log, "a", "one").await];
    revisions.extend(write(&log, vec![RecordWrite::delete(record("a"))]).await.unwrap());
    log.close().await;
    let log = file.open().await;
    revisions.push(put(&log, "a", "one").await);
    let several = vec![RecordWrite::put(record("b"), "x"), RecordWrite::put(record("a"), "y")];
    revisions.extend(write(&log, several).await.unwrap());
    assert!(revisions.is_sorted_by(|one, next| one < next), "{revisions:?}");
}

#[tokio::test]
async fn a_write_happens_only_if_the_record_is_as_expected() {
    let log = SqliteBackend::memory().unwrap();
    let absent = || vec![RecordWrite::put(record("a"), "new").expect(Expect::Absent)];
    let at = |revision| vec![RecordWrite::put(record("a"), "new").expect(Expect::Revision(revision))];
    assert_eq!(write(&log, at(Revision(1))).await, Err(record("a")));
    let first = write(&log, absent()).await.unwrap()[0];
    assert_eq!(write(&log, absent()).await, Err(record("a")));
    let second = write(&log, at(first)).await.unwrap()[0];
    assert_eq!(write(&log, at(first)).await, Err(record("a")));
    assert_eq!(get(&log, "a").await, Some(("new".to_owned(), second)));

    let delete = |revision| vec![RecordWrite::delete(record("a")).expect(Expect::Revision(revision))];
    assert_eq!(write(&log, delete(first)).await, Err(record("a")));
    write(&log, delete(second)).await.unwrap();
    assert_eq!(write(&log, delete(second)).await, Err(record("a")));
    write(&log, vec![RecordWrite::delete(record("a"))]).await.unwrap();
    assert_eq!(get(&log, "a").await, None);
}

#[tokio::test]
async fn writes_happen_all_or_none_and_the_first_that_is_not_as_expected_is_named() {
    let log = SqliteBackend::memory().unwrap();
    let before = put(&log, "a", "before").await;
    let writes = vec![
        RecordWrite::put(record("new"), "x").expect(Expect::Absent),
        RecordWrite::put(record("a"), "after").expect(Expect::Revision(before)),
        RecordWrite::delete(record("b")).expect(Expect::Revision(before)),
        RecordWrite::put(record("c"), "x").expect(Expect::Revision(before)),
    ];
    assert_eq!(write(&log, writes).await, Err(record("b")));
    assert_eq!(names(&log, "").await, ["a"]);
    assert_eq!(get(&log, "a").await, Some(("before".to_owned(), before)));
    assert_eq!(write(&log, vec![]).await, Ok(vec![]));
}

#[tokio::test]
async fn writes_to_one_record_see_each_other() {
    let log = SqliteBackend::memory().unwrap();
    let writes = vec![
        RecordWrite::put(record("a"), "one").expect(Expect::Absent),
        RecordWrite::delete(record("a")),
        RecordWrite::put(record("a"), "two").expect(Expect::Absent),
    ];
    let revisions = write(&log, writes).await.unwrap();
    assert_eq!(get(&log, "a").await, Some(("two".to_owned(), revisions[2])));

    let twice = |name: &str| RecordWrite::put(record(name), "x").expect(Expect::Absent);
    assert_eq!(write(&log, vec![twice("b"), twice("b")]).await, Err(record("b")));
    assert_eq!(names(&log, "").await, ["a"]);
}

#[tokio::test]
async fn records_are_listed_by_prefix_sorted_by_name() {
    let log = SqliteBackend::memory().unwrap();
    for name in ["sub/b/state", "sub/a/state", "sub/a/dead/1", "sub/a", "sub/a.b", "lease/a", "SUB/a", "sub0"] {
        put(&log, name, name).await;
    }
    assert_eq!(names(&log, "sub/").await, ["sub/a", "sub/a.b", "sub/a/dead/1", "sub/a/state", "sub/b/state"]);
    assert_eq!(names(&log, "sub/a/").await, ["sub/a/dead/1", "sub/a/state"]);
    assert_eq!(names(&log, "").await.len(), 8);
    assert_eq!(names(&log, "none/").await, [""; 0]);
    let listed = log.list_records("lease/").await.unwrap();
    assert_eq!(listed[0].value, "lease/a");
    // A prefix is text and no pattern.
    assert_eq!(names(&log, "sub%").await, [""; 0]);
    assert_eq!(names(&log, "su_").await, [""; 0]);
}

#[tokio::test]
async fn an_expired_record_is_as_if_it_had_been_deleted() {
    let clock = TestClock::new();
    let log = SqliteBackend::open(SqliteOptions::memory().clock(Arc::new(clock.clone()))).await.unwrap();
    let minute = Duration::from_secs(60);
    let put_short = || vec![RecordWrite::put(record("a"), "short").expires(minute)];
    let first = write(&log, put_short()).await.unwrap()[0];
    put(&log, "b", "long").await;
    clock.advance(minute - Duration::from_micros(1));
    assert_eq!(get(&log, "a").await, Some(("short".to_owned(), first)));
    clock.advance(Duration::from_micros(1));
    assert_eq!(get(&log, "a").await, None);
    assert_eq!(names(&log, "").await, ["b"]);

    let at_first = vec![RecordWrite::put(record("a"), "x").expect(Expect::Revision(first))];
    assert_eq!(write(&log, at_first).await, Err(record("a")));
    let absent = vec![RecordWrite::put(record("a"), "again").expect(Expect::Absent)];
    let second = write(&log, absent).await.unwrap()[0];
    assert!(second > first);
    // Written without expiry, it stays.
    clock.advance(minute * 1_000);
    assert_eq!(get(&log, "a").await, Some(("again".to_owned(), second)));

    // A write that says nothing of expiry takes an earlier one away.
    write(&log, put_short()).await.unwrap();
    put(&log, "a", "for good").await;
    clock.advance(minute * 1_000);
    assert_eq!(get(&log, "a").await.map(|(value, _)| value).as_deref(), Some("for good"));
}

#[tokio::test]
async fn of_many_who_write_at_one_revision_one_wins() {
    let file = TestFile::new();
    let log = file.open().await;
    let before = put(&log, "a", "before").await;
    let rivals = (0..32)
        .map(|number| {
            let write = RecordWrite::put(record("a"), number.to_string()).expect(Expect::Revision(before));
            log.write_records(vec![write])
        })
        .collect();
    let answers = all(rivals).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    let conflicts =
        answers.iter().filter(|answer| matches!(answer, Err(RecordError::Conflict { name }) if *name == record("a")));
    assert_eq!(conflicts.count(), 31);
}

#[tokio::test]
async fn records_and_events_are_committed_side_by_side() {
    let file = TestFile::new();
    let log = file.open().await;
    for round in 0..20 {
        let (sequence, _) = tokio::join!(append(&log, event("order.placed")), put(&log, "a", "x"));
        assert_eq!(sequence, round + 1);
    }
}

#[tokio::test]
async fn a_record_that_is_no_small_document_is_refused() {
    let log = SqliteBackend::memory().unwrap();
    let huge = RecordWrite::put(record("a"), vec![0; 64 * 1024 * 1024 + 1]);
    assert!(matches!(log.write_records(vec![huge]).await, Err(RecordError::Backend(_))));
}
