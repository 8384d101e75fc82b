//! Mirrors of the log and of the records answer for them, as far as they have come and with what they have. Nothing of that is
//! believed: no event is passed over, and no record is missed.

mod common;

use std::{collections::HashSet, time::Duration};

use async_trait::async_trait;
use common::{LIMIT, a_log, bounded, client, everything, mirrors, names, open, placed, sequences, shared, stored};
use serde_json::json;
use stheno_core::{
    AnyEvent, App, Cx, EventName, Failure, Key, NewEvent, PatternSet, Start, Subscriber, SubscriberDef,
    backend::{Backend, Expect, Query, RecordName, RecordWrite},
    delivery::why::Why,
    runtime::operator::Operator,
};
use stheno_nats::{NatsBackend, NatsOptions};
use stheno_testkit::nats::NatsClusterOptions;
use tokio::sync::watch;

const ORDERS: u64 = 50;

fn canceled(order: u64) -> NewEvent {
    let mut event = placed(order);
    event.name = EventName::new("order.canceled").expect("a legal name");
    event
}

fn key(order: u64) -> Key {
    Key::new("order", &order.to_string()).expect("a legal key")
}

/// Fails with each placed order once, and notes what it has handled.
#[derive(Clone, Default)]
struct FailsOnce(watch::Sender<HashSet<u64>>);

impl FailsOnce {
    /// Those of these events that are not handled in time.
    async fn never_handled(&self, there: &HashSet<u64>) -> Vec<u64> {
        let mut handled = self.0.subscribe();
        let all = handled.wait_for(|handled| there.is_subset(handled));
        // Which are missing is said below.
        let _ = tokio::time::timeout(LIMIT, all).await;
        let mut lost: Vec<_> = there.difference(&self.0.borrow()).copied().collect();
        lost.sort_unstable();
        lost
    }
}

#[async_trait]
impl Subscriber for FailsOnce {
    type Event = AnyEvent;

    async fn handle(&self, event: AnyEvent, cx: Cx) -> Result<(), Failure> {
        if event.name.as_str() == "order.placed" && cx.attempt() == 1 {
            return Err(Failure::new("not yet").retry_after(Duration::from_millis(700)));
        }
        self.0.send_if_modified(|handled| handled.insert(event.sequence));
        Ok(())
    }
}

/// Two events of each key, of which the first fails at first, and everything is handled.
async fn all_are_handled(options: &NatsOptions, mirrored: impl AsyncFnOnce()) {
    let log = open(options.clone()).await;
    let subscriber = FailsOnce::default();
    let def = SubscriberDef::new("test.once", subscriber.clone()).on(">").start(Start::Beginning);
    let app = App::new(open(options.clone()).await).without_unknown_names().subscribe(def);
    let running = app.start().await.expect("the app starts");
    mirrored().await;
    let mut there = HashSet::new();
    for order in 0..ORDERS {
        there.insert(stored(&log, placed(order)).await);
        there.insert(stored(&log, canceled(order)).await);
    }
    assert_eq!(subscriber.never_handled(&there).await, Vec::<u64>::new(), "never handled");
    running.settle(LIMIT).await.expect("it comes to an end");
    let operator = Operator::new(App::new(open(options.clone()).await).bus());
    for sequence in there {
        let why = operator.why("test.once", sequence).await.expect("it is answered");
        assert!(matches!(why, Why::Handled), "{sequence}: {why}");
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_is_handled_beside_mirrors_that_are_made_after_the_host_started() {
    let options = a_log(shared());
    let log = open(options.clone()).await;
    // So that the mirrors have something to answer with.
    stored(&log, placed("first")).await;
    let (stream, published) = names(&log).await;
    let prefix = published.trim_end_matches(".events").to_owned();
    all_are_handled(&options, async || {
        let client = client(shared()).await;
        mirrors::mirror(&client, &stream, &prefix).await;
        mirrors::answers(&client, &stream, &format!("{stream}-some")).await;
        mirrors::answers(&client, &stream, &format!("{stream}-behind")).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_and_keys_are_read_whole_beside_mirrors() {
    let log = open(a_log(shared())).await;
    let (stream, published) = names(&log).await;
    let client = client(shared()).await;
    // A mirror answers from when it was whole for the first time.
    mirrors::mirror(&client, &stream, published.trim_end_matches(".events")).await;
    for order in 0..ORDERS {
        stored(&log, placed(order)).await;
        stored(&log, canceled(order)).await;
    }
    for kind in ["some", "late", "behind"] {
        mirrors::answers(&client, &stream, &format!("{stream}-{kind}")).await;
    }
    let all: Vec<u64> = (1..=2 * ORDERS).collect();
    let pattern = |pattern| Query::new(PatternSet::parse([pattern]).expect("a legal pattern"));
    for order in 0..ORDERS {
        let [first, second] = [2 * order + 1, 2 * order + 2];
        let read = |query: Query| async { log.read(query).await.expect("the log can be read") };
        let page = read(Query::all().key(key(order)).limit(64)).await;
        assert_eq!((sequences(&page.events), page.covered, page.end), (vec![first, second], 2 * ORDERS, true));
        let page = read(Query::all().key(key(order)).after(first).upto(second).limit(64)).await;
        assert_eq!((sequences(&page.events), page.covered), (vec![second], second));
        assert_eq!(sequences(&read(Query::all().key(key(order)).backward().limit(1)).await.events), [second]);
        assert_eq!(sequences(&read(Query::all().limit(200)).await.events), all);
        assert_eq!(sequences(&read(pattern("order.canceled").limit(200)).await.events).len(), all.len() / 2);
        let nothing = read(pattern("order.completed").limit(200)).await;
        assert_eq!((nothing.events.len(), nothing.covered), (0, 2 * ORDERS));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_read_from_their_bucket_beside_its_mirrors() {
    let options = a_log(shared());
    let log = open(options.clone()).await;
    let name = |number: u64| RecordName::trusted(format!("sub/test/letter/{number}"));
    let put = |number: u64| RecordWrite::put(name(number), number.to_string());
    log.write_records(vec![put(0)]).await.expect("it is written");
    let (stream, published) = names(&log).await;
    let client = client(shared()).await;
    mirrors::mirror(&client, &stream, published.trim_end_matches(".events")).await;
    let bucket = format!("KV_{stream}-records");
    mirrors::answers(&client, &bucket, &format!("{bucket}-behind")).await;
    for number in 0..ORDERS {
        let expect = |expect| {
            let mut write = put(number);
            write.expect = expect;
            write
        };
        let revision = if number == 0 {
            log.write_records(vec![put(0)]).await.expect("it is written")[0]
        } else {
            log.write_records(vec![expect(Expect::Absent)]).await.expect("nothing is there")[0]
        };
        let found = log.get_record(&name(number)).await.expect("it can be asked").expect("it is there");
        assert_eq!((found.revision, &found.value[..]), (revision, number.to_string().as_bytes()));
        let listed = log.list_records("sub/test/").await.expect("they can be listed");
        assert_eq!(listed.len() as u64, number + 1);
        log.write_records(vec![expect(Expect::Revision(revision))]).await.expect("its revision is known");
    }
}

/// A log with one copy on one server of a cluster, and its only mirror on another.
#[tokio::test(flavor = "multi_thread")]
async fn a_mirror_that_is_frozen_or_behind_holds_up_nothing_and_hides_nothing() {
    let start = || NatsClusterOptions::new().lines("server_tags: [ $NATS_NAME ]\n").start();
    let cluster = tokio::task::spawn_blocking(start).await.expect("the cluster starts");
    let options = NatsOptions::from_url(&cluster.url()).expect("the address of a cluster").replicas(1);
    let log = open(options).await;
    let home = tokio::task::block_in_place(|| cluster.leader("EVENTS"));
    // Connected to the server of the log, so that the other may freeze.
    let options = NatsOptions::from_url(&format!("nats://127.0.0.1:{}", home.port())).expect("an address").replicas(1);
    stored(&log, placed("first")).await;
    let log = open(options).await;
    let away = cluster.nodes().iter().find(|node| node.name() != home.name()).expect("there are others");
    let client = async_nats::connect(format!("nats://127.0.0.1:{}", home.port())).await.expect("a client");
    let config = json!({ "mirror": { "name": "EVENTS" }, "placement": { "tags": [away.name()] } });
    mirrors::make(&client, "COPY", config).await;
    mirrors::answers(&client, "EVENTS", "COPY").await;
    for round in 0..5 {
        away.pause();
        let mut last = 0;
        for order in 10 * round..10 * round + 10 {
            stored(&log, placed(order)).await;
            last = stored(&log, canceled(order)).await;
            // While it is frozen, and the cluster may elect a leader.
            let page = read(&log, Query::all().key(key(order)).limit(64)).await;
            assert_eq!(sequences(&page.events), [last - 1, last], "{page:?}");
        }
        // It wakes up, and does not know yet what has come.
        away.resume();
        for order in 10 * round..10 * round + 10 {
            let page = read(&log, Query::all().key(key(order)).limit(64)).await;
            assert_eq!((page.events.len(), page.covered), (2, last), "{page:?}");
            assert_eq!(read(&log, Query::all().after(last - 1).limit(64)).await.events.len(), 1);
        }
    }
    assert_eq!(everything(&log).await.len() as u64, 2 * ORDERS + 1);
}

/// Reads until the servers have elected those who lead them.
async fn read(log: &NatsBackend, query: Query) -> stheno_core::backend::Page {
    let read = async {
        loop {
            if let Ok(page) = log.read(query.clone()).await {
                break page;
            }
        }
    };
    bounded("the log is read", read).await
}
