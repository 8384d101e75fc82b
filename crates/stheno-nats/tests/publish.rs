//! Appending under trouble: servers that end, freeze and come back, many publishers, and what is refused beforehand.

mod common;

use std::{sync::Arc, time::Duration};

use common::{a_log, ask, bounded, client, everything, names, open, placed, sequences, shared, stored};
use serde_json::json;
use stheno_core::{
    Timestamp,
    backend::{Append, AppendErrorKind, Appended, Backend, BackendErrorKind, Query, RecordName, RecordWrite},
};
use stheno_nats::{NatsBackend, NatsOptions, ServerSync};
use stheno_testkit::nats::{NatsClusterOptions, NatsServer, NatsServerOptions};

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
async fn a_log_that_was_deleted_is_said_to_be_that_to_who_appends() {
    for group_commit in [false, true] {
        let log = open(a_log(shared()).patience(Duration::from_secs(1)).group_commit(group_commit)).await;
        let (stream, _) = names(&log).await;
        ask(&client(shared()).await, &format!("STREAM.DELETE.{stream}"), &json!(null)).await;
        for batch in [Append::one(placed(1)), Append::batch(vec![placed(2), placed(3)])] {
            let error = log.append(batch).await.expect_err("there is no log");
            assert_eq!(error.kind(), AppendErrorKind::Backend(BackendErrorKind::LogChanged), "{error}");
        }
    }
}

/// As while a cluster elects the leader of the stream: nobody listens, and the answer comes at once.
#[tokio::test]
async fn a_batch_is_tried_for_as_long_as_a_single_event() {
    let log = open(a_log(shared())).await;
    let (stream, _) = names(&log).await;
    let client = client(shared()).await;
    let config = ask(&client, &format!("STREAM.INFO.{stream}"), &json!(null)).await["config"].clone();
    ask(&client, &format!("STREAM.DELETE.{stream}"), &json!(null)).await;
    let appending = [Append::one(placed(1)), Append::batch(vec![placed(2), placed(3)])].map(|batch| {
        let log = Arc::clone(&log);
        tokio::spawn(async move { log.append(batch).await.expect("somebody listens again").len() })
    });
    tokio::time::sleep(Duration::from_secs(3)).await;
    ask(&client, &format!("STREAM.CREATE.{stream}"), &config).await;
    for (task, events) in appending.into_iter().zip([1, 2]) {
        assert_eq!(bounded("the append is taken", task).await.expect("the task ends"), events);
    }
}

#[tokio::test]
async fn records_do_not_wait_behind_appends_that_wait_for_a_leader() {
    let patience = Duration::from_secs(20);
    // More events, and more batches, than may be under way at once.
    for (batches, events) in [(6, 1_000), (20, 2)] {
        let log = open(a_log(shared()).patience(patience)).await;
        let (stream, _) = names(&log).await;
        ask(&client(shared()).await, &format!("STREAM.DELETE.{stream}"), &json!(null)).await;
        let appending: Vec<_> = (0..batches)
            .map(|batch| {
                let batch = Append::batch((0..events).map(|number| placed(batch * events + number)).collect());
                let log = Arc::clone(&log);
                tokio::spawn(async move { log.append(batch).await })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(500)).await;
        for writes in [1, 2] {
            let puts = (0..writes).map(|number| RecordWrite::put(RecordName::trusted(format!("lease-{number}")), "x"));
            let written = tokio::time::timeout(patience / 4, log.write_records(puts.collect())).await;
            written.expect("no record waits").expect("the records are written");
        }
        assert!(appending.iter().all(|append| !append.is_finished()), "the appends wait for their patience");
        appending.iter().for_each(|append| append.abort());
    }
}

#[tokio::test]
async fn more_than_a_frozen_server_takes_up_comes_to_an_end_too() {
    let server = NatsServer::start();
    let log = open(a_log(&server).patience(Duration::from_secs(1))).await;
    server.pause();
    // More than fits between the client and the server: not even sending it ends.
    let batches: Vec<_> = (0..12)
        .map(|batch| {
            let log = Arc::clone(&log);
            let large = (0..1_000).map(|number| {
                let mut event = placed(format!("{batch}-{number}"));
                event.body = vec![b'x'; 2_000].into();
                event
            });
            let large = Append::batch(large.collect());
            tokio::spawn(async move { log.append(large).await })
        })
        .collect();
    for batch in batches {
        let error =
            bounded("a batch comes to an end", batch).await.expect("the task ends").expect_err("nobody takes it");
        assert!(
            matches!(error.kind(), AppendErrorKind::Unknown | AppendErrorKind::Backend(BackendErrorKind::Unavailable)),
            "{error:?}"
        );
    }
}

/// A user who publishes and may not read: `schedule.*` is where a message goes that has to wait, and where ids are asked for.
async fn a_conflict_of_a_publisher_is_one(schedules: bool) {
    let allowed = if schedules { "\"log.>\", \"schedule.>\"" } else { "\"log.>\"" };
    let users = format!(
        r#"authorization {{ users: [
            {{ user: admin, password: a }}
            {{ user: publisher, password: p, permissions: {{
                publish: {{ allow: [{allowed}, "$JS.API.INFO", "$JS.API.STREAM.INFO.>"] }}
                subscribe: {{ allow: ["_INBOX.>"] }}
            }} }}
        ] }}"#
    );
    let server = NatsServerOptions::new().config(&users).start();
    let login = |login: &str| NatsOptions::from_url(&server.url().replace("//", &format!("//{login}@"))).unwrap();
    let admin = open(login("admin:a")).await;
    let publisher = open(login("publisher:p").manage(false)).await;
    let read = publisher.read(Query::all()).await.expect_err("it may not");
    assert_eq!(read.kind(), BackendErrorKind::Permission);

    let expecting = |expected: u64| {
        let mut event = placed("order");
        event.expected = Some(expected);
        event
    };
    let first = expecting(0);
    assert_eq!(stored(&publisher, first.clone()).await, 1);
    // What it repeats is known by its id, whatever it expects.
    let again = publisher.append(Append::one(first)).await.expect("one's own append is no conflict");
    assert!(again[0].duplicate, "{again:?}");
    for (expected, actual) in [(0, 1), (7, 1)] {
        let error = publisher.append(Append::one(expecting(expected))).await.expect_err("another was expected");
        assert_eq!(error.kind(), AppendErrorKind::Conflict { index: 0, expected, actual });
    }
    let batch = Append::batch(vec![placed("other"), expecting(0)]);
    let error = publisher.append(batch).await.expect_err("another was expected");
    assert_eq!(error.kind(), AppendErrorKind::Conflict { index: 1, expected: 0, actual: 1 });
    let batch = Append::batch(vec![placed("order"), expecting(1)]);
    let error = publisher.append(batch).await.expect_err("the batch moves the key on");
    assert_eq!(error.kind(), AppendErrorKind::Conflict { index: 1, expected: 1, actual: 1 });
    assert_eq!(stored(&publisher, expecting(1)).await, 2);
    if schedules {
        let mut later = expecting(1);
        later.not_before = Some(Timestamp::now().plus(Duration::from_secs(3_600)));
        let error = publisher.append(Append::one(later)).await.expect_err("another was expected");
        assert_eq!(error.kind(), AppendErrorKind::Conflict { index: 0, expected: 1, actual: 2 });
    }
    assert_eq!(sequences(&everything(&admin).await), [1, 2], "asking stores nothing");
}

#[tokio::test]
async fn a_conflict_of_a_user_who_may_not_read_is_a_conflict() {
    a_conflict_of_a_publisher_is_one(true).await;
    a_conflict_of_a_publisher_is_one(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn racing_appends_of_users_who_may_not_read_are_one_success_and_conflicts_on_three_servers_too() {
    let users = r#"accounts {
        APP { jetstream: enabled, users: [
            { user: admin, password: a }
            { user: publisher, password: p, permissions: {
                publish: { allow: ["log.>", "schedule.>", "$JS.API.INFO", "$JS.API.STREAM.INFO.>"] }
                subscribe: { allow: ["_INBOX.>"] }
            } }
        ] }
    }"#;
    let start = move || NatsClusterOptions::new().lines(users).start();
    let cluster = tokio::task::spawn_blocking(start).await.expect("the cluster starts");
    let login = |login: &str| NatsOptions::from_url(&cluster.url().replace("//", &format!("//{login}@"))).unwrap();
    let admin = open(login("admin:a").replicas(3).sync(ServerSync::Always)).await;
    let publisher = open(login("publisher:p").manage(false)).await;
    for last in 0..5 {
        let racing = (0..8).map(|_| {
            let log = Arc::clone(&publisher);
            let mut event = placed("order");
            event.expected = Some(last);
            tokio::spawn(async move { log.append(Append::one(event)).await })
        });
        let mut won = 0;
        for append in racing.collect::<Vec<_>>() {
            match bounded("an append is answered", append).await.expect("the task ends") {
                Ok(appended) => won += usize::from(appended == [Appended::stored(last + 1)]),
                Err(error) => {
                    let conflict = AppendErrorKind::Conflict { index: 0, expected: last, actual: last + 1 };
                    assert_eq!(error.kind(), conflict, "{error:?}");
                }
            }
        }
        assert_eq!(won, 1);
    }
    assert_eq!(everything(&admin).await.len(), 5);
    what_the_server_is_asked_about_leaves_it_whole(&admin).await;
}

/// Conflicts and duplicates, alone, in a batch, and among appends that go out together: the server is asked about each.
async fn what_the_server_is_asked_about_leaves_it_whole(log: &Arc<NatsBackend>) {
    let known = everything(log).await[0].id.clone();
    let again = |order: u32| {
        let mut event = placed(order);
        event.id = known.clone();
        event
    };
    let mut wrong = placed("order");
    wrong.expected = Some(1);
    let error = log.append(Append::one(wrong)).await.expect_err("another was expected");
    assert_eq!(error.kind(), AppendErrorKind::Conflict { index: 0, expected: 1, actual: 5 });
    let error = log.append(Append::batch(vec![again(1), placed("new")])).await.expect_err("one of them is known");
    assert_eq!(error.kind(), AppendErrorKind::MixedDuplicates);
    let appending = (0..200).map(|number| {
        let (log, event) = (Arc::clone(log), if number % 50 == 40 { again(number) } else { placed(number) });
        tokio::spawn(async move { log.append(Append::one(event)).await })
    });
    let mut duplicates = 0;
    for append in appending.collect::<Vec<_>>() {
        let appended = bounded("an append is answered", append).await.expect("the task ends").expect("it is taken");
        duplicates += usize::from(appended[0].duplicate);
    }
    assert_eq!(duplicates, 4);
    assert_eq!(everything(log).await.len(), 5 + 196);
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
