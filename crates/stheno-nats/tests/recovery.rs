//! Delivery after an outage costs the server a few messages an event, whoever stored the events, as nats-server itself counts.

mod common;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use common::{LIMIT, bounded, open, placed};
use serde_json::json;
use stheno_core::{
    AnyEvent, App, Catalog, Cx, EventDescriptor, Failure, KeyRule, KeySource, NewEvent, Start, Subscriber,
    SubscriberDef,
    app::Running,
    backend::{Append, Backend, Query},
};
use stheno_nats::NatsOptions;
use stheno_testkit::{ManualClock, nats::NatsServer};

const HOUR: Duration = Duration::from_secs(3_600);
const OF_ORDER: KeyRule = KeyRule::new(&[KeySource::Body { kind: "order", pointer: "/id" }]);

/// Who has stored the events.
#[derive(Debug, Clone, Copy, PartialEq)]
enum By {
    /// One of ours: the key stands beside them.
    Us,
    /// Another program: only the catalog says which key they have.
    Others,
}

/// Fails with the first attempt at some events, and keeps the sequences of what it handled, by key.
#[derive(Clone)]
struct Handler {
    fails: fn(u64) -> bool,
    handled: Arc<Mutex<HashMap<String, Vec<u64>>>>,
}

#[async_trait]
impl Subscriber for Handler {
    type Event = AnyEvent;

    async fn handle(&self, event: AnyEvent, cx: Cx) -> Result<(), Failure> {
        if cx.attempt() == 1 && (self.fails)(event.sequence) {
            return Err(Failure::new("the mail server is down"));
        }
        let key = event.key.as_ref().map(ToString::to_string).unwrap_or_default();
        self.handled.lock().unwrap().entry(key).or_default().push(event.sequence);
        Ok(())
    }
}

impl Handler {
    fn new(fails: fn(u64) -> bool) -> Self {
        Self { fails, handled: Arc::default() }
    }

    /// Waits until so many were handled, and each key has its events in order.
    async fn until(&self, running: &Running, events: usize) {
        bounded("all are handled", async {
            while self.handled.lock().unwrap().values().map(Vec::len).sum::<usize>() < events {
                running.settle(LIMIT).await.expect("what is handled is recorded");
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
        running.settle(LIMIT).await.expect("what is handled is recorded");
        for (key, sequences) in &*self.handled.lock().unwrap() {
            assert!(sequences.is_sorted_by(|one, next| one < next), "{key}: {sequences:?}");
        }
    }
}

/// A server with this many events of each of several keys, one key after the other.
async fn filled(by: By, keys: u64, each: u64) -> NatsServer {
    let server = NatsServer::start();
    let log = open(NatsOptions::from_url(&server.url()).expect("the address of a server")).await;
    let events: Vec<NewEvent> = (0..keys * each)
        .map(|number| {
            let mut event = placed(number % keys);
            event.key = event.key.filter(|_| by == By::Us);
            event
        })
        .collect();
    for batch in events.chunks(500) {
        log.append(Append::batch(batch.to_vec())).await.expect("the log takes the events");
    }
    log.close().await;
    server
}

async fn start(server: &NatsServer, clock: &ManualClock, handler: &Handler, retry: Duration) -> Running {
    let log = open(NatsOptions::from_url(&server.url()).expect("the address of a server")).await;
    let catalog = Catalog::new("test.orders", "test", "1")
        .event(EventDescriptor::declared("order.placed", "", "test").key(OF_ORDER));
    let subscriber = SubscriberDef::new("test.mails", handler.clone()).on("order.placed").start(Start::Beginning);
    let subscriber = subscriber.retry(retry, 2 * HOUR, 24 * HOUR);
    let app = App::new(log).catalog(catalog).without_unknown_names().clock(Arc::new(clock.clone()));
    app.subscribe(subscriber).start().await.expect("the app starts")
}

fn messages(server: &NatsServer) -> u64 {
    server.messages().expect("the server says what it has sent")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_in_ten_that_fails_costs_less_than_three_messages_an_event() {
    for by in [By::Us, By::Others] {
        let server = filled(by, 3_000, 1).await;
        let (clock, handler) = (ManualClock::new(), Handler::new(|sequence| sequence % 10 == 0));
        let before = messages(&server);
        let running = start(&server, &clock, &handler, Duration::from_millis(1)).await;
        running.settle(LIMIT).await.expect("all were tried");
        clock.advance(Duration::from_secs(1));
        handler.until(&running, 3_000).await;
        let each = (messages(&server) - before) as f64 / 3_000.0;
        running.stop().await;
        assert!(each <= 3.0, "{by:?}: {each} messages an event");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_with_more_events_than_stay_in_memory_is_read_back_for_less_than_three_messages_an_event() {
    for by in [By::Us, By::Others] {
        let server = filled(by, 10, 400).await;
        let (clock, handler) = (ManualClock::new(), Handler::new(|sequence| sequence <= 10));
        let running = start(&server, &clock, &handler, HOUR).await;
        running.settle(LIMIT).await.expect("all keys wait");
        assert!(handler.handled.lock().unwrap().is_empty(), "everything waits behind what has failed");
        let before = messages(&server);
        clock.advance(2 * HOUR);
        handler.until(&running, 4_000).await;
        let each = (messages(&server) - before) as f64 / 4_000.0;
        running.stop().await;
        assert!(each <= 3.0, "{by:?}: {each} messages an event");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_wait_when_a_host_starts_are_read_back_without_reading_the_log_for_each_of_them() {
    for by in [By::Us, By::Others] {
        let server = filled(by, 300, 4).await;
        let (clock, handler) = (ManualClock::new(), Handler::new(|sequence| sequence <= 300));
        let running = start(&server, &clock, &handler, HOUR).await;
        running.settle(LIMIT).await.expect("all keys wait");
        running.stop().await;
        clock.advance(2 * HOUR);
        let before = messages(&server);
        let running = start(&server, &clock, &handler, HOUR).await;
        handler.until(&running, 1_200).await;
        let each = (messages(&server) - before) as f64 / 1_200.0;
        running.stop().await;
        assert!(each <= 8.0, "{by:?}: {each} messages an event");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_that_lie_close_together_are_read_together_and_what_is_gone_is_found_by_itself() {
    let server = filled(By::Us, 7, 30).await;
    let log = open(NatsOptions::from_url(&server.url()).expect("the address of a server")).await;
    let (stream, _) = common::names(&log).await;
    for sequence in [20, 21] {
        common::ask(
            &common::client(&server).await,
            &format!("STREAM.MSG.DELETE.{stream}"),
            &json!({ "seq": sequence }),
        )
        .await;
    }
    let single = |sequence: u64| Query::all().after(sequence - 1).upto(sequence).limit(1);
    let mut queries: Vec<Query> = (1..=60).rev().chain([150, 3, 205, 999]).map(single).collect();
    queries.insert(5, Query::all().key(placed(3).key.expect("it has a key")).limit(2));
    let before = messages(&server);
    let pages = log.read_each(queries.clone()).await;
    let asked = messages(&server) - before;
    assert_eq!(pages.len(), queries.len());
    for (query, page) in queries.iter().zip(pages) {
        let (one, together) = (log.read(query.clone()).await.unwrap(), page.unwrap());
        let [one, together] = [one, together].map(|page| (common::sequences(&page.events), page.covered, page.end));
        assert_eq!(one, together, "{query:?}");
    }
    assert!(asked < 120, "{asked} messages for 60 events that lie close together and a few others");
}
