//! Runtimes: a time that stands still, several runtimes at once, one that blocks, one that goes away, and closing.

mod common;

use std::{sync::Arc, sync::mpsc, thread, time::Duration};

use common::{BOUND, TestFile, append, event, read_all, record, sequences, with_id};
use stheno_core::backend::{
    Append, AppendErrorKind, Backend, BackendErrorKind, Query, RecordError, RecordWrite, Revision,
};
use stheno_sqlite::SqliteBackend;
use tokio::runtime::{Builder, Runtime};

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn everything_works_while_the_time_of_the_runtime_stands_still() {
    let file = TestFile::new();
    let log = file.open().await;
    let mut tail = log.tail(Query::all()).await.unwrap();
    for _ in 0..10 {
        append(&log, event("order.placed")).await;
    }
    assert_eq!(sequences(&common::take(&mut *tail, 10).await), (1..=10).collect::<Vec<u64>>());
    let revisions = log.write_records(vec![RecordWrite::put(record("a"), "x")]).await.unwrap();
    assert_eq!(revisions, [Revision(1)]);
    assert_eq!(log.list_records("").await.unwrap().len(), 1);
    log.close().await;
}

#[test]
fn several_runtimes_use_one_log_at_once() {
    let file = TestFile::new();
    let log = runtime().block_on(file.open());
    thread::scope(|scope| {
        for number in 0..4 {
            let log = &log;
            scope.spawn(move || {
                runtime().block_on(async {
                    for _ in 0..100 {
                        append(log, event(&format!("runtime.n{number}"))).await;
                    }
                });
            });
        }
    });
    let events = runtime().block_on(read_all(&log, Query::all()));
    assert_eq!(sequences(&events), (1..=400).collect::<Vec<u64>>());
}

#[test]
fn a_runtime_whose_tasks_block_holds_up_nobody_else() {
    let file = TestFile::new();
    let log = runtime().block_on(file.open());
    let (release, blocked) = mpsc::channel::<()>();
    let (begun, begins) = mpsc::channel();
    let blocking = {
        let log = Arc::clone(&log);
        thread::spawn(move || {
            runtime().block_on(async move {
                // Its appends are under way when its only thread blocks.
                let appends =
                    (0..50).map(|number| log.append(Append::one(with_id("order.placed", &number.to_string()))));
                let mut appends = Box::pin(common::all(appends.collect()));
                let polled = std::future::poll_fn(|context| {
                    std::task::Poll::Ready(std::future::Future::poll(appends.as_mut(), context).is_pending())
                });
                assert!(polled.await);
                begun.send(()).unwrap();
                blocked.recv().unwrap();
                appends.await.into_iter().map(|answer| answer.unwrap()[0].sequence.unwrap()).collect::<Vec<u64>>()
            })
        })
    };
    begins.recv().unwrap();
    runtime().block_on(async {
        for _ in 0..100 {
            let appended = tokio::time::timeout(BOUND, append(&log, event("cart.updated")));
            appended.await.expect("the answer does not wait for the other runtime");
        }
    });
    release.send(()).unwrap();
    let appended = blocking.join().unwrap();
    assert!(appended.is_sorted());
    assert_eq!(runtime().block_on(read_all(&log, Query::all())).len(), 150);
}

#[test]
fn a_runtime_that_goes_away_in_the_middle_leaves_the_log_usable() {
    let file = TestFile::new();
    let log = runtime().block_on(file.open());
    for round in 0..40 {
        let doomed = runtime();
        for number in 0..20 {
            let log = Arc::clone(&log);
            let id = format!("{round}/{number}");
            doomed.spawn(async move { log.append(Append::one(with_id("order.placed", &id))).await });
        }
        // Lets the tasks begin, and some of them end.
        doomed.block_on(async {
            for _ in 0..round {
                tokio::task::yield_now().await;
            }
        });
        drop(doomed);
        runtime().block_on(async {
            let appended = log.append(Append::one(with_id("cart.updated", &format!("after/{round}"))));
            match tokio::time::timeout(BOUND, appended).await.expect("the log answers") {
                Ok(_) => {}
                // Its place was in the queue of the runtime that went away.
                Err(error) => {
                    assert_eq!(error.kind(), AppendErrorKind::Backend(BackendErrorKind::Unavailable));
                    append(&log, with_id("cart.updated", &format!("after/{round}"))).await;
                }
            }
        });
    }
    let events = runtime().block_on(read_all(&log, Query::all()));
    assert_eq!(sequences(&events), (1..=events.len() as u64).collect::<Vec<u64>>());
    assert_eq!(events.iter().filter(|event| event.name.as_str() == "cart.updated").count(), 40);
}

#[test]
fn an_append_on_a_runtime_that_has_ended_is_refused_and_the_next_one_is_taken() {
    let file = TestFile::new();
    let log = runtime().block_on(file.open());
    let ended = runtime();
    let handle = ended.handle().clone();
    ended.shutdown_background();
    let refused = {
        // Such as a task that appends while its runtime is being shut down.
        let _on_the_ended_one = handle.enter();
        let mut append = log.append(Append::one(event("order.placed")));
        let polled = append.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));
        match polled {
            std::task::Poll::Ready(answer) => answer.unwrap_err(),
            std::task::Poll::Pending => panic!("nobody is left who could answer"),
        }
    };
    assert_eq!(refused.kind(), AppendErrorKind::Backend(BackendErrorKind::Unavailable));
    let appended = runtime().block_on(async { tokio::time::timeout(BOUND, append(&log, event("order.placed"))).await });
    assert_eq!(appended.expect("the log answers"), 1);
}

#[tokio::test]
async fn closing_finishes_what_is_under_way_and_refuses_what_comes_later() {
    let file = TestFile::new();
    for log in [file.open().await, SqliteBackend::memory().unwrap()] {
        let begun = (0..50).map(|_| log.append(Append::one(event("order.placed"))));
        let mut begun = Box::pin(common::all(begun.collect()));
        let polled = std::future::poll_fn(|context| {
            std::task::Poll::Ready(std::future::Future::poll(begun.as_mut(), context).is_pending())
        });
        assert!(polled.await);
        let (answers, (), ()) = tokio::join!(begun, log.close(), log.close());
        for answer in answers {
            answer.unwrap();
        }
        log.close().await;

        let closed = BackendErrorKind::Closed;
        let refused = log.append(Append::one(event("order.placed"))).await.unwrap_err();
        assert_eq!(refused.kind(), AppendErrorKind::Backend(closed));
        assert_eq!(log.read(Query::all()).await.unwrap_err().kind(), closed);
        assert_eq!(log.info().await.unwrap_err().kind(), closed);
        assert_eq!(log.get_record(&record("a")).await.unwrap_err().kind(), closed);
        assert_eq!(log.list_records("").await.unwrap_err().kind(), closed);
        let refused = log.write_records(vec![RecordWrite::put(record("a"), "x")]).await.unwrap_err();
        assert!(matches!(refused, RecordError::Backend(error) if error.kind() == closed));
    }
    // Everything is in the one file; nothing is left beside it.
    let left: Vec<_> =
        std::fs::read_dir(file.directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["stheno.db"]);
    assert_eq!(read_all(&*file.open().await, Query::all()).await.len(), 50);
}

#[tokio::test]
async fn closing_waits_for_no_tail_that_waits() {
    let file = TestFile::new();
    let log = file.open().await;
    let mut tail = log.tail(Query::all()).await.unwrap();
    let waiting = tokio::spawn(async move {
        loop {
            if let Err(error) = tail.next().await {
                return error.kind();
            }
        }
    });
    tokio::time::timeout(BOUND, log.close()).await.unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(10), waiting).await.unwrap().unwrap();
    assert_eq!(ended, BackendErrorKind::Closed);
}
