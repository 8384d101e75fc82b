//! The SQLite that a program is linked with: other crates of the program choose it.

mod common;

use std::time::Duration;

use common::{TestFile, append, event};
use stheno_core::backend::{Append, AppendErrorKind, Backend, BackendErrorKind};
use stheno_sqlite::{SqliteBackend, once::rusqlite};
use stheno_testkit::Warnings;

#[tokio::test]
async fn an_old_sqlite_is_warned_of_when_a_file_is_opened_and_a_new_one_is_not() {
    let (file, warnings) = (TestFile::new(), Warnings::default());
    tracing::subscriber::set_global_default(warnings.clone()).expect("no other test of this process does so");
    file.open().await.close().await;
    let old = rusqlite::version_number() < 3_051_003;
    let said = warnings.about("");
    assert_eq!(!warnings.about("older than 3.51.3").is_empty(), old, "SQLite {}: {said:?}", rusqlite::version());
    assert_eq!(!warnings.about("stheno.db").is_empty(), old, "{said:?}");
}

/// Until 0.41, rusqlite has room for one time-out per function: nine logs need more than there are.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logs_of_one_process_wait_for_a_lock_as_long_as_each_was_told() {
    let file = TestFile::new();
    let open =
        async |millis| SqliteBackend::open(file.options().busy_timeout(Duration::from_millis(millis))).await.unwrap();
    let (mut hasty, mut patient) = (Vec::new(), Vec::new());
    for number in 0..5 {
        hasty.push(open(1 + number).await);
        // Half a minute is longer than the hasty ones take on any machine.
        patient.push(open(30_000 + number).await);
    }
    let hand = rusqlite::Connection::open(&file.path).unwrap();
    hand.execute_batch("BEGIN IMMEDIATE").unwrap();
    let waiting: Vec<_> = patient
        .into_iter()
        .map(|log| tokio::spawn(async move { log.append(Append::one(event("order.placed"))).await }))
        .collect();
    for log in &hasty {
        let refused = log.append(Append::one(event("order.placed"))).await.unwrap_err();
        assert_eq!(refused.kind(), AppendErrorKind::Backend(BackendErrorKind::Unavailable));
    }
    assert!(waiting.iter().all(|waiting| !waiting.is_finished()), "they have more time");
    hand.execute_batch("COMMIT").unwrap();
    for waiting in waiting {
        waiting.await.unwrap().unwrap();
    }
    assert_eq!(append(&hasty[0], event("order.placed")).await, 6);
}
