//! Appending: order, duplicates, expectations, batches, and what is refused.

mod common;

use std::{collections::HashMap, sync::Arc, time::Duration};

use common::{TestFile, all, append, event, expecting, keyed, read_all, sequences, with_id};
use stheno_core::{
    Headers, NewEvent, Timestamp,
    backend::{Abilities, Append, AppendError, AppendErrorKind, Appended, Backend, BackendErrorKind, Query},
};
use stheno_sqlite::{SqliteBackend, SqliteOptions};

async fn append_batch(log: &SqliteBackend, events: Vec<NewEvent>) -> Result<Vec<Appended>, AppendErrorKind> {
    log.append(Append::batch(events)).await.map_err(|error: AppendError| error.kind())
}

async fn length(log: &SqliteBackend) -> usize {
    read_all(log, Query::all()).await.len()
}

#[tokio::test]
async fn an_event_comes_back_as_it_was_appended() {
    let file = TestFile::new();
    let log = file.open().await;
    let mut full = keyed("oauth.token_generated.my%2Eapp", "shopify.order:a b/é");
    full.source = Some("https://shop.example".into());
    full.time = Some(Timestamp::from_micros(1_700_000_000_123_456));
    full.headers = Headers::new();
    full.headers.set("traceparent", "00-4bf9-00f0-01").unwrap();
    full.headers.set("x-note", "a: b, c: d").unwrap();
    full.body = bytes::Bytes::from_static(b"\x00\xff not even text");
    let bare = event("order.placed");
    let before = Timestamp::now();
    append(&log, full.clone()).await;
    append(&log, bare.clone()).await;
    log.close().await;

    let log = file.open().await;
    let events = read_all(&log, Query::all()).await;
    let [one, two] = &events[..] else { panic!("{events:?}") };
    assert_eq!((one.sequence, &one.id, &one.name, &one.key), (1, &full.id, &full.name, &full.key));
    assert_eq!((&one.source, Some(one.time), &one.headers), (&full.source, full.time, &full.headers));
    assert_eq!(one.body, full.body);
    assert!(one.stored >= before && one.stored <= Timestamp::now());
    assert_eq!((two.sequence, &two.id, &two.key, &two.source), (2, &bare.id, &None, &None));
    assert_eq!((two.time, &two.headers, &two.body), (two.stored, &Headers::new(), &bare.body));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_of_one_task_keep_their_order_among_256_tasks_and_duplicates_are_stored_once() {
    let file = TestFile::new();
    let log = file.open().await;
    let tasks: Vec<_> = (0..256)
        .map(|task| {
            let log = Arc::clone(&log);
            tokio::spawn(async move {
                let mut mine = Vec::new();
                for number in 0..20 {
                    let id = format!("{task}/{number}");
                    let sequence = append(&log, with_id("order.placed", &id)).await;
                    if number % 5 == 0 {
                        let again = log.append(Append::one(with_id("order.placed", &id))).await.unwrap();
                        assert_eq!(again, [Appended::duplicate(Some(sequence))]);
                    }
                    mine.push((id, sequence));
                }
                mine
            })
        })
        .collect();
    let mut acknowledged = HashMap::new();
    for task in tasks {
        let mine = task.await.unwrap();
        assert!(mine.is_sorted_by_key(|(_, sequence)| *sequence), "{mine:?}");
        acknowledged.extend(mine);
    }
    let events = read_all(&log, Query::all()).await;
    assert_eq!(sequences(&events), (1..=256 * 20).collect::<Vec<u64>>());
    for event in events {
        assert_eq!(acknowledged.get(event.id.as_str()), Some(&event.sequence));
    }
}

#[tokio::test]
async fn appends_begun_in_order_are_in_the_log_in_order() {
    let log = SqliteBackend::memory().unwrap();
    let begun = (0..300).map(|number| log.append(Append::one(with_id("order.placed", &number.to_string())))).collect();
    let appended: Vec<u64> = all(begun).await.into_iter().map(|one| one.unwrap()[0].sequence.unwrap()).collect();
    assert_eq!(appended, (1..=300).collect::<Vec<u64>>());
    let ids: Vec<String> = read_all(&log, Query::all()).await.iter().map(|event| event.id.to_string()).collect();
    assert_eq!(ids, (0..300).map(|number| number.to_string()).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_caller_that_goes_away_loses_neither_its_event_nor_those_of_others() {
    let file = TestFile::new();
    let log = file.open().await;
    let others = (0..20).map(|_| log.append(Append::one(event("order.placed"))));
    let mut others: Vec<_> = others.collect();
    let mut gone = log.append(Append::one(with_id("order.placed", "gone")));
    // Polled once, so that it is on its way, and then dropped.
    assert!(std::future::poll_fn(|context| std::task::Poll::Ready(gone.as_mut().poll(context))).await.is_pending());
    drop(gone);
    let last = log.append(Append::one(event("order.placed")));
    others.push(last);
    for answer in all(others).await {
        answer.unwrap();
    }
    let events = read_all(&log, Query::all()).await;
    assert_eq!(events.len(), 22);
    assert!(events.iter().any(|event| event.id.as_str() == "gone"));
}

#[tokio::test]
async fn a_batch_is_stored_whole_and_in_order() {
    let log = SqliteBackend::memory().unwrap();
    let batch = (0..1_000).map(|_| event("order.placed")).collect();
    let appended = append_batch(&log, batch).await.unwrap();
    let sequences: Vec<u64> = appended.iter().map(|one| one.sequence.unwrap()).collect();
    assert_eq!(sequences, (1..=1_000).collect::<Vec<u64>>());
    assert_eq!(append_batch(&log, vec![]).await.unwrap(), []);
    assert_eq!(length(&log).await, 1_000);
}

#[tokio::test]
async fn a_batch_that_is_too_long_or_has_a_body_that_is_too_long_is_refused() {
    let log = SqliteBackend::open(SqliteOptions::memory().max_body(16)).await.unwrap();
    let Abilities { max_batch, max_body, .. } = log.abilities();
    assert_eq!((max_batch, max_body), (1_000, 16));
    let many = (0..1_001).map(|_| event("order.placed")).collect();
    let refused = append_batch(&log, many).await.unwrap_err();
    assert_eq!(refused, AppendErrorKind::TooMany { events: 1_001, limit: 1_000 });

    let mut long = event("order.placed");
    long.body = bytes::Bytes::from_static(b"17 bytes, exactly");
    let refused = append_batch(&log, vec![event("order.placed"), long]).await.unwrap_err();
    assert_eq!(refused, AppendErrorKind::TooLarge { index: 1, length: 17, limit: 16 });
    assert_eq!(length(&log).await, 0);
}

#[tokio::test]
async fn a_batch_with_a_scheduled_event_is_refused_unless_it_is_alone() {
    let log = SqliteBackend::memory().unwrap();
    let mut later = event("order.placed");
    later.not_before = Some(Timestamp::now().plus(Duration::from_secs(60)));
    let refused = append_batch(&log, vec![event("order.placed"), later.clone()]).await.unwrap_err();
    assert_eq!(refused, AppendErrorKind::ScheduledInBatch);
    assert_eq!(length(&log).await, 0);
    assert_eq!(append_batch(&log, vec![later]).await.unwrap(), [Appended::scheduled()]);

    let mut passed = event("order.placed");
    passed.not_before = Some(Timestamp::from_micros(5));
    let appended = append_batch(&log, vec![event("order.placed"), passed]).await.unwrap();
    assert_eq!(appended, [Appended::stored(1), Appended::stored(2)]);
}

#[tokio::test]
async fn a_batch_of_duplicates_is_a_success_and_a_mixed_one_is_refused() {
    let log = SqliteBackend::memory().unwrap();
    let batch = vec![with_id("order.placed", "a"), with_id("order.placed", "b")];
    assert_eq!(append_batch(&log, batch.clone()).await.unwrap(), [Appended::stored(1), Appended::stored(2)]);
    let again = append_batch(&log, batch.clone()).await.unwrap();
    assert_eq!(again, [Appended::duplicate(Some(1)), Appended::duplicate(Some(2))]);

    let mixed = vec![with_id("order.placed", "b"), with_id("order.placed", "c")];
    assert_eq!(append_batch(&log, mixed).await.unwrap_err(), AppendErrorKind::MixedDuplicates);
    let twice = vec![with_id("order.placed", "d"), with_id("order.placed", "d")];
    assert_eq!(append_batch(&log, twice).await.unwrap_err(), AppendErrorKind::MixedDuplicates);
    assert_eq!(length(&log).await, 2);
}

#[tokio::test]
async fn an_event_is_stored_only_if_the_last_one_of_its_key_is_the_expected_one() {
    let log = SqliteBackend::memory().unwrap();
    let conflict = |expected, actual| AppendErrorKind::Conflict { index: 0, expected, actual };
    assert_eq!(append(&log, event("cart.updated")).await, 1);
    assert_eq!(append_batch(&log, vec![expecting("order:1", 1)]).await.unwrap_err(), conflict(1, 0));
    assert_eq!(append(&log, expecting("order:1", 0)).await, 2);
    assert_eq!(append_batch(&log, vec![expecting("order:1", 0)]).await.unwrap_err(), conflict(0, 2));
    // Another key of the same text in another kind is another key.
    assert_eq!(append(&log, expecting("swap:1", 0)).await, 3);
    assert_eq!(append(&log, expecting("order:1", 2)).await, 4);
    assert_eq!(length(&log).await, 4);
}

#[tokio::test]
async fn an_expectation_within_a_batch_is_about_the_log_as_the_events_before_leave_it() {
    let log = SqliteBackend::memory().unwrap();
    append(&log, keyed("order.placed", "order:1")).await;
    let batch =
        vec![expecting("order:1", 1), expecting("order:2", 0), expecting("order:1", 2), expecting("order:2", 3)];
    let appended = append_batch(&log, batch).await.unwrap();
    assert_eq!(appended, [2, 3, 4, 5].map(Appended::stored));

    let batch = vec![expecting("order:1", 4), event("cart.updated"), expecting("order:1", 4)];
    let refused = append_batch(&log, batch).await.unwrap_err();
    assert_eq!(refused, AppendErrorKind::Conflict { index: 2, expected: 4, actual: 6 });
    assert_eq!(length(&log).await, 5);
    assert_eq!(append(&log, event("cart.updated")).await, 6);
}

#[tokio::test]
async fn a_repeated_append_is_a_duplicate_and_no_conflict() {
    let log = SqliteBackend::memory().unwrap();
    let first = expecting("order:1", 0);
    assert_eq!(append(&log, first.clone()).await, 1);
    append(&log, keyed("order.canceled", "order:1")).await;
    assert_eq!(append_batch(&log, vec![first]).await.unwrap(), [Appended::duplicate(Some(1))]);
}

#[tokio::test]
async fn an_expectation_without_a_key_is_refused() {
    let log = SqliteBackend::memory().unwrap();
    let mut keyless = event("order.placed");
    keyless.expected = Some(0);
    let refused = append_batch(&log, vec![keyless]).await.unwrap_err();
    assert_eq!(refused, AppendErrorKind::Backend(BackendErrorKind::Other));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_expect_the_same_one_wins_and_the_others_learn_who() {
    let file = TestFile::new();
    let log = file.open().await;
    let rivals = (0..64).map(|_| log.append(Append::one(expecting("order:1", 0)))).collect();
    let answers = all(rivals).await;
    let winners: Vec<u64> =
        answers.iter().filter_map(|answer| answer.as_ref().ok()).map(|one| one[0].sequence.unwrap()).collect();
    assert_eq!(winners, [1]);
    for answer in answers {
        if let Err(error) = answer {
            assert_eq!(error.kind(), AppendErrorKind::Conflict { index: 0, expected: 0, actual: 1 });
        }
    }
}

#[tokio::test]
async fn a_refused_append_does_not_spoil_its_neighbours_in_the_commit() {
    let file = TestFile::new();
    let log = file.open().await;
    append(&log, with_id("order.placed", "known")).await;
    let mixed = Append::batch(vec![with_id("order.placed", "known"), with_id("order.placed", "unknown")]);
    let begun = vec![
        log.append(Append::one(with_id("order.placed", "before"))),
        log.append(mixed),
        log.append(Append::one(expecting("order:1", 9))),
        log.append(Append::one(with_id("order.placed", "after"))),
    ];
    let answers: Vec<_> = all(begun).await.into_iter().map(|answer| answer.map_err(|error| error.kind())).collect();
    assert_eq!(answers[0], Ok(vec![Appended::stored(2)]));
    assert_eq!(answers[1], Err(AppendErrorKind::MixedDuplicates));
    assert_eq!(answers[2], Err(AppendErrorKind::Conflict { index: 0, expected: 9, actual: 0 }));
    assert_eq!(answers[3], Ok(vec![Appended::stored(3)]));
    assert_eq!(length(&log).await, 3);
}
