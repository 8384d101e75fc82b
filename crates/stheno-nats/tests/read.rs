//! Reading under trouble: consumers that are deleted, servers that end and freeze, messages that break a client, logs that
//! are not what they were. Never a gap, never a repeat.

mod common;

use std::{sync::Arc, time::Duration};

use common::{
    a_log, ask, bounded, client, everything, names, open, placed, publish_raw, sequences, shared, stored, take,
};
use serde_json::json;
use stheno_core::{
    PatternSet, Timestamp,
    backend::{Append, Backend, BackendErrorKind, Query, Tail},
};
use stheno_nats::{NatsBackend, NatsOptions};
use stheno_testkit::nats::NatsServer;

/// After how long a reader hears at most that its server says nothing.
const NOTICED: Duration = Duration::from_secs(15);

/// Writes so many events, one after the other, while a test does something else.
fn writing(log: &Arc<NatsBackend>, events: usize) -> tokio::task::JoinHandle<()> {
    let log = Arc::clone(log);
    tokio::spawn(async move {
        for number in 0..events {
            stored(&log, placed(number)).await;
        }
    })
}

/// Every sequence that a tail gives, while it is troubled: errors pass.
async fn patient_take(tail: &mut dyn Tail, events: usize) -> Vec<u64> {
    let mut all = Vec::new();
    bounded(&format!("a tail gives {events} events"), async {
        while all.len() < events {
            match tail.next().await {
                Ok(page) => all.extend(page.events.iter().map(|event| event.sequence)),
                Err(error) => assert_eq!(error.kind(), BackendErrorKind::Unavailable, "{error:?}"),
            }
        }
    })
    .await;
    all
}

#[tokio::test]
async fn a_consumer_that_is_deleted_under_load_leaves_neither_gap_nor_repeat() {
    const EVENTS: usize = 2_000;
    let server = NatsServer::start();
    let log = open(a_log(&server)).await;
    let (stream, _) = names(&log).await;
    let mut tail = log.tail(Query::all()).await.unwrap();
    let writer = writing(&log, EVENTS);
    let client = client(&server).await;
    let deleting = async {
        let mut deleted = 0;
        while !writer.is_finished() || deleted == 0 {
            let names = ask(&client, &format!("CONSUMER.NAMES.{stream}"), &json!({})).await;
            for name in names["consumers"].as_array().into_iter().flatten().filter_map(|name| name.as_str()) {
                let answer = ask(&client, &format!("CONSUMER.DELETE.{stream}.{name}"), &json!(null)).await;
                deleted += usize::from(answer["success"] == true);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        deleted
    };
    let (given, deleted) = tokio::join!(patient_take(&mut *tail, EVENTS), deleting);
    assert!(deleted > 0, "a consumer was deleted while events came");
    assert_eq!(given, sequences(&everything(&log).await));
}

#[tokio::test]
async fn a_server_that_is_killed_and_comes_back_leaves_neither_gap_nor_repeat() {
    const EVENTS: usize = 600;
    let server = Arc::new(NatsServer::start());
    let log = open(a_log(&server)).await;
    let mut tail = log.tail(Query::all()).await.unwrap();
    let writer = writing(&log, EVENTS);
    let killing = tokio::task::spawn_blocking({
        let server = Arc::clone(&server);
        move || {
            for _ in 0..3 {
                std::thread::sleep(Duration::from_millis(60));
                server.kill();
                server.start_again();
            }
        }
    });
    let given = patient_take(&mut *tail, EVENTS).await;
    writer.await.unwrap();
    killing.await.unwrap();
    assert_eq!(given, sequences(&everything(&log).await));
}

#[tokio::test]
async fn a_frozen_server_is_waited_for_and_noticed() {
    let server = NatsServer::start();
    let log = open(a_log(&server)).await;
    let first = stored(&log, placed(1)).await;
    let mut tail = log.tail(Query::all()).await.unwrap();
    assert_eq!(sequences(&take(&mut *tail, 1).await), [first]);
    server.pause();
    let noticed = async {
        loop {
            if let Err(error) = tail.next().await {
                break error;
            }
        }
    };
    let error = tokio::time::timeout(NOTICED, noticed).await.expect("a server that says nothing is noticed");
    assert_eq!(error.kind(), BackendErrorKind::Unavailable);
    // Nor does waiting for it add up afterwards, when the connection is already known to be lost.
    for _ in 0..2 {
        let read = tokio::time::timeout(NOTICED, log.read(Query::all())).await.expect("a read comes to an end");
        assert_eq!(read.expect_err("nothing can be read").kind(), BackendErrorKind::Unavailable);
    }
    server.resume();
    let second = stored(&log, placed(2)).await;
    assert_eq!(patient_take(&mut *tail, 1).await, [second]);
}

#[tokio::test]
async fn a_message_that_breaks_a_client_is_read_all_the_same() {
    let server = NatsServer::start();
    let log = open(a_log(&server)).await;
    let mut tail = log.tail(Query::all()).await.unwrap();
    let (_, published) = names(&log).await;
    stored(&log, placed("before")).await;
    let subject = format!("{published}.order.placed");
    // Not UTF-8; no colon; a name no client takes; a bare carriage return in a value.
    for headers in [
        &b"NATS/1.0\r\nx-a: caf\xe9\r\n\r\n"[..],
        b"NATS/1.0\r\nnonsense\r\n\r\n",
        b"NATS/1.0\r\nb\xffd: 1\r\n\r\n",
        b"NATS/1.0\r\nx-b: a\rb\r\nx-c: 1\r\n\r\n",
    ] {
        publish_raw(&server, &subject, headers, br#"{"id":"raw"}"#);
    }
    let last = stored(&log, placed("after")).await;
    let given = patient_take(&mut *tail, 6).await;
    assert_eq!(given, (1..=6).collect::<Vec<_>>());
    assert_eq!(last, 6);
    // And in pages, forwards and backwards.
    let forward = everything(&log).await;
    assert_eq!(sequences(&forward), given);
    assert!(
        forward[1..5].iter().all(|event| event.body == br#"{"id":"raw"}"#[..] && event.name.as_str() == "order.placed")
    );
    let mut backward = Vec::new();
    let mut query = Query::all().backward();
    loop {
        let page = log.read(query.clone()).await.expect("the log can be read");
        backward.extend(sequences(&page.events));
        if page.end {
            break;
        }
        query = query.upto(page.covered - 1);
    }
    assert_eq!(backward, [6, 5, 4, 3, 2, 1]);
    // The connection that publishes never noticed.
    stored(&log, placed("still")).await;
}

#[tokio::test]
async fn a_stream_that_is_made_anew_is_an_alarm_and_the_end() {
    let server = NatsServer::start();
    let options = a_log(&server);
    let log = open(options.clone()).await;
    for number in 0..5 {
        stored(&log, placed(number)).await;
    }
    let mut tail = log.tail(Query::all()).await.unwrap();
    take(&mut *tail, 5).await;
    let before = log.info().await.unwrap();
    let (stream, _) = names(&log).await;
    let deleted = ask(&client(&server).await, &format!("STREAM.DELETE.{stream}"), &json!(null)).await;
    assert_eq!(deleted["success"], true);
    bounded("the tail notices", async {
        loop {
            match tail.next().await {
                Err(error) if error.kind() == BackendErrorKind::LogChanged => break,
                Err(error) => assert_eq!(error.kind(), BackendErrorKind::Unavailable, "{error:?}"),
                Ok(page) => assert!(page.events.is_empty()),
            }
        }
    })
    .await;
    let anew = open(options).await;
    assert_ne!(anew.info().await.unwrap().log_id, before.log_id);
    stored(&anew, placed("new")).await;
    let error = log.tail(Query::all().after(1)).await.err().expect("the stream is another");
    assert_eq!(error.kind(), BackendErrorKind::LogChanged);
    bounded("who reads pages notices too", async {
        while let Ok(page) = log.read(Query::all()).await {
            assert_eq!(page.events.len(), 1, "what is there is read");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        assert_eq!(log.read(Query::all()).await.unwrap_err().kind(), BackendErrorKind::LogChanged);
    })
    .await;
    let error = anew.tail(Query::all().after(5)).await.err().expect("the log is shorter than that");
    assert_eq!(error.kind(), BackendErrorKind::LogChanged);
}

#[tokio::test]
async fn a_purged_log_goes_on_behind_what_is_gone() {
    let log = open(a_log(shared())).await;
    for number in 0..5 {
        stored(&log, placed(number)).await;
    }
    let mut tail = log.tail(Query::all()).await.unwrap();
    take(&mut *tail, 5).await;
    let (stream, _) = names(&log).await;
    let purged = ask(&client(shared()).await, &format!("STREAM.PURGE.{stream}"), &json!({})).await;
    assert_eq!(purged["purged"], 5);
    let info = log.info().await.unwrap();
    assert_eq!((info.first, info.last), (6, 5));
    let next = stored(&log, placed("next")).await;
    assert_eq!(next, 6);
    assert_eq!(sequences(&take(&mut *tail, 1).await), [6]);
    let mut anew = log.tail(Query::all().after(2)).await.unwrap();
    assert_eq!(sequences(&take(&mut *anew, 1).await), [6]);
}

/// Deletes one message, as anybody can who may.
async fn erase(log: &NatsBackend, sequence: u64) {
    let (stream, _) = names(log).await;
    let erased =
        ask(&client(shared()).await, &format!("STREAM.MSG.DELETE.{stream}"), &json!({ "seq": sequence })).await;
    assert_eq!(erased["success"], true, "{erased}");
}

async fn schedule(log: &NatsBackend, events: u64) {
    for _ in 0..events {
        let mut later = placed("later");
        later.not_before = Some(Timestamp::now().plus(Duration::from_secs(3_600)));
        log.append(Append::one(later)).await.expect("it is scheduled");
    }
}

#[tokio::test]
async fn a_batch_whose_last_event_is_erased_is_read_all_the_same() {
    let log = open(a_log(shared())).await;
    log.append(Append::batch((1..=3).map(placed).collect())).await.expect("the log takes the batch");
    erase(&log, 3).await;
    assert_eq!(sequences(&everything(&log).await), [1, 2]);
    let backward = log.read(Query::all().backward()).await.expect("the log can be read");
    assert_eq!(sequences(&backward.events), [2, 1]);
    let info = log.info().await.unwrap();
    assert_eq!((info.first, info.last), (1, 3));
    let mut tail = log.tail(Query::all()).await.unwrap();
    assert_eq!(sequences(&take(&mut *tail, 2).await), [1, 2]);
    bounded("the tail comes to the end", async { while tail.next().await.expect("the tail goes on").covered < 3 {} })
        .await;
    // And when something that is no event yet stands behind it.
    schedule(&log, 1).await;
    assert_eq!(sequences(&everything(&log).await), [1, 2]);
}

#[tokio::test]
async fn a_log_does_not_end_before_an_event_that_was_erased_whatever_is_scheduled_behind_it() {
    let log = open(a_log(shared())).await;
    for number in 1..=5 {
        stored(&log, placed(number)).await;
    }
    // 6 to 14 wait for their time, and are no events yet.
    erase(&log, 5).await;
    schedule(&log, 9).await;
    let info = log.info().await.unwrap();
    assert_eq!((info.first, info.last), (1, 5));
    assert_eq!(sequences(&everything(&log).await), [1, 2, 3, 4]);
    // An event among them that is erased, and more behind it than are looked at one by one.
    let event = stored(&log, placed("among")).await;
    assert_eq!(event, 15);
    schedule(&log, 300).await;
    assert_eq!(log.info().await.unwrap().last, 15);
    erase(&log, 15).await;
    assert_eq!(log.info().await.unwrap().last, 15);
    assert_eq!(log.read(Query::all()).await.unwrap().covered, 15);
    // As whoever takes a subscriber over sees it, who knows nothing yet.
    let (stream, published) = names(&log).await;
    let prefix = published.split('.').next().unwrap_or_default();
    let options = NatsOptions::from_url(&shared().url()).unwrap().stream(stream).prefix(prefix);
    assert_eq!(open(options).await.info().await.unwrap().last, 15);
}

#[tokio::test]
async fn filters_that_overlap_or_are_many_give_each_event_once() {
    let log = open(a_log(shared())).await;
    let names: Vec<_> = (0..40).map(|number| format!("kind{number}.done")).collect();
    let events = names.iter().map(|name| {
        let mut event = placed(name);
        event.name = name.parse().expect("a legal name");
        event
    });
    log.append(Append::batch(events.collect())).await.expect("the log takes the batch");
    stored(&log, placed("other")).await;
    for patterns in [vec!["*.done".to_owned(), "kind1.*".to_owned()], names] {
        let query = Query::new(PatternSet::parse(&patterns).expect("legal patterns"));
        let mut tail = log.tail(query.clone()).await.unwrap();
        let given = sequences(&take(&mut *tail, 40).await);
        assert_eq!(given, (1..=40).collect::<Vec<_>>());
        assert_eq!(sequences(&log.read(query).await.unwrap().events), given);
    }
}

#[tokio::test]
async fn a_tail_that_nobody_reads_holds_up_nobody_and_loses_nothing() {
    const EVENTS: usize = 30_000;
    let log = open(a_log(shared())).await;
    let mut idle = log.tail(Query::all()).await.unwrap();
    idle.next().await.unwrap();
    let appending = (0..30).map(|batch| {
        let log = Arc::clone(&log);
        let events = (0..1_000).map(|number| placed(batch * 1_000 + number)).collect();
        async move { log.append(Append::batch(events)).await.expect("the log takes the batch") }
    });
    for append in appending {
        append.await;
    }
    let mut other = log.tail(Query::all()).await.unwrap();
    assert_eq!(take(&mut *other, EVENTS).await.len(), EVENTS);
    assert_eq!(sequences(&take(&mut *idle, EVENTS).await), (1..=EVENTS as u64).collect::<Vec<_>>());
}
