//! The SQLite that a program is linked with: other crates of the program choose it.

mod common;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use common::{TestFile, append, event};
use stheno_core::backend::{Append, AppendErrorKind, Backend, BackendErrorKind};
use stheno_sqlite::{SqliteBackend, once::rusqlite};
use tracing::{Event, Metadata, Subscriber, field::Visit, span};

/// What is said while this is the subscriber of a thread.
#[derive(Clone, Default)]
struct Said(Arc<Mutex<String>>);

impl Subscriber for Said {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= tracing::Level::WARN
    }

    fn event(&self, event: &Event<'_>) {
        event.record(&mut Fields(&mut self.0.lock().unwrap()));
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

struct Fields<'a>(&'a mut String);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        self.0.push_str(&format!("{field}={value:?} "));
    }
}

#[tokio::test]
async fn an_old_sqlite_is_warned_of_when_a_file_is_opened_and_a_new_one_is_not() {
    let (file, said) = (TestFile::new(), Said::default());
    tracing::subscriber::set_global_default(said.clone()).expect("no other test of this process does so");
    file.open().await.close().await;
    let said = said.0.lock().unwrap().clone();
    let old = rusqlite::version_number() < 3_051_003;
    assert_eq!(said.contains("older than 3.51.3"), old, "SQLite {}: {said}", rusqlite::version());
    assert_eq!(said.contains("stheno.db"), old, "{said}");
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
