//! Appending under trouble: servers that end, freeze and come back, many publishers, and what is refused beforehand.

mod common;

use std::{sync::Arc, time::Duration};

use common::{a_log, bounded, everything, open, placed, sequences, shared, stored};
use stheno_core::backend::{Append, AppendErrorKind, Appended, Backend, BackendErrorKind, RecordName, RecordWrite};
use stheno_testkit::nats::{NatsServer, NatsServerOptions};

#[tokio::test]
async fn more_appends_than_fit_under_way_all_come_to_an_end() {
    let log = open(a_log(shared())).await;
    let appending: Vec<_> = (0..6_000)
        .map(|number| {
            let log = Arc::clone(&log);
            tokio::spawn(async move { stored(&log, placed(number)).await })
        })
        .collect();
    let mut answered = Vec::new();
    for task in appending {
        answered.push(bounded("every append comes to an end", task).await.expect("the task ends"));
    }
    answered.sort_unstable();
    assert_eq!(sequences(&everything(&log).await), answered);
}

#[tokio::test]
async fn an_append_outlives_a_server_that_is_killed_and_comes_back() {
    let server = NatsServer::start();
    let log = open(a_log(&server)).await;
    let first = stored(&log, placed("before")).await;
    server.kill();
    let appending: Vec<_> = (0..20)
        .map(|number| {
            let log = Arc::clone(&log);
            tokio::spawn(async move { stored(&log, placed(number)).await })
        })
        .collect();
    let batch = tokio::spawn({
        let log = Arc::clone(&log);
        async move { log.append(Append::batch(vec![placed("x"), placed("y")])).await }
    });
    let back = tokio::task::spawn_blocking(move || {
        server.start_again();
        server
    });
    let _server = back.await.expect("the server starts");
    let mut answered = vec![first];
    for task in appending {
        answered.push(bounded("the append is taken", task).await.expect("the task ends"));
    }
    let batch = bounded("the batch is taken", batch).await.expect("the task ends").expect("the log takes the batch");
    answered.extend(batch.iter().filter_map(|one| one.sequence));
    answered.sort_unstable();
    assert_eq!(sequences(&everything(&log).await), answered, "each is stored once");
}

#[tokio::test]
async fn an_answer_that_never_came_is_no_second_event_and_no_conflict() {
    let server = Arc::new(NatsServer::start());
    let log = open(a_log(&server)).await;
    for round in 0..3 {
        let mut event = placed(round);
        event.expected = Some(0);
        server.pause();
        let appending = tokio::spawn({
            let log = Arc::clone(&log);
            let event = event.clone();
            async move { log.append(Append::one(event)).await }
        });
        // It is on the frozen server's socket now; what becomes of it there, nobody knows.
        tokio::time::sleep(Duration::from_millis(50)).await;
        server.resume();
        if round == 1 {
            server.kill();
            server.start_again();
        }
        let appended = bounded("the append is taken", appending).await.expect("the task ends");
        let appended = appended.expect("one's own append is no conflict");
        assert_eq!(appended, [Appended::stored(round + 1)], "round {round}");
    }
    assert_eq!(everything(&log).await.len(), 3);
}

#[tokio::test]
async fn a_server_that_stays_away_is_an_error_that_says_what_is_known() {
    let server = NatsServer::start();
    let log = open(a_log(&server).patience(Duration::from_secs(1))).await;
    server.kill();
    let error = log.append(Append::one(placed(1))).await.expect_err("nobody takes it");
    assert!(
        matches!(error.kind(), AppendErrorKind::Unknown | AppendErrorKind::Backend(BackendErrorKind::Unavailable)),
        "{error:?}"
    );
}

#[tokio::test]
async fn what_is_too_large_is_refused_before_it_is_sent() {
    let server = NatsServerOptions::new().config("max_payload: 64KB").start();
    let log = open(a_log(&server)).await;
    let limit = log.abilities().max_body;
    assert!((32_000..64_000).contains(&limit), "{limit}");
    let mut event = placed(1);
    event.body = vec![b'x'; limit + 1].into();
    for batch in [Append::one(event.clone()), Append::batch(vec![event, placed(2)])] {
        let error = log.append(batch).await.expect_err("it is too large");
        assert_eq!(error.kind(), AppendErrorKind::TooLarge { index: 0, length: limit + 1, limit });
    }
    let mut headers = placed(3);
    headers.body = vec![b'x'; limit].into();
    for number in 0..3_000 {
        headers.headers.set(&format!("x{number}"), "").expect("a legal header");
    }
    let error = log.append(Append::batch(vec![placed(4), headers])).await.expect_err("its headers make it too large");
    assert!(matches!(error.kind(), AppendErrorKind::TooLarge { index: 1, limit: 65_536, .. }), "{error:?}");
    assert_eq!(everything(&log).await.len(), 0);
}

#[tokio::test]
async fn a_record_that_is_too_large_is_refused_before_it_is_sent() {
    let log = open(a_log(shared())).await;
    let value = vec![0; log.abilities().max_body + 64 * 1024];
    let error = log.write_records(vec![RecordWrite::put(RecordName::trusted("large"), value)]).await;
    let error = error.expect_err("it is too large");
    assert!(format!("{error:?}").contains("max_payload"), "{error:?}");
    assert_eq!(log.list_records("").await.expect("records can be listed"), []);
}
