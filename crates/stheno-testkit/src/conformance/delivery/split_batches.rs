//! A call with a batch that fails as a whole is made again in smaller ones, until the guilty event stands alone.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use serde_json::{Map, Value, json};
use stheno_core::{
    Batch, Body, Cx, Failure, Outgoing, PublishErrorKind, Start, Subscriber, SubscriberDef,
    app::{Running, Stopped},
    delivery::{doc::DeadReason, why::Why},
    headers::CAUSATION,
};
use tokio::sync::watch;

use crate::{
    ManualClock,
    conformance::{
        Harness,
        orders::{CANCELED, PING, ping, plain, stored},
        world::{World, publish, run_out, settle, start, until_progress},
    },
};

const ID: &str = "probe.split";
const ATTEMPTS: usize = 3;
/// Longer than any test: such a batch is only begun because it is full.
const LONG: Duration = Duration::from_secs(3600);
const SHORT: Duration = Duration::from_millis(5);

/// How a call fails that has a guilty event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fails {
    Error,
    Terminal,
    Later,
    Panic,
    TimeOut,
}

/// The sequences of each call.
type Called = watch::Sender<Vec<Vec<u64>>>;

struct Probe {
    calls: Called,
    guilty: BTreeSet<u64>,
    fails: Fails,
}

#[async_trait]
impl Subscriber for Probe {
    type Event = Batch<Body<Map<String, Value>>>;

    async fn handle(&self, batch: Self::Event, _cx: Cx) -> Result<(), Failure> {
        let sequences: Vec<_> = batch.iter().map(|item| item.recorded().sequence).collect();
        let is_guilty = sequences.iter().any(|sequence| self.guilty.contains(sequence));
        self.calls.send_modify(|calls| calls.push(sequences));
        match self.fails {
            _ if !is_guilty => Ok(()),
            Fails::Error => Err(Failure::new("one of them is guilty")),
            Fails::Terminal => Err(Failure::new("one of them is guilty").terminal()),
            Fails::Later => Err(Failure::new("one of them is guilty").retry_after(Duration::from_secs(60))),
            Fails::Panic => panic!("one of them is guilty"),
            Fails::TimeOut => std::future::pending().await,
        }
    }
}

fn probe(calls: &Called, guilty: &BTreeSet<u64>, fails: Fails) -> SubscriberDef {
    let probe = Probe { calls: calls.clone(), guilty: guilty.clone(), fails };
    let subscriber = SubscriberDef::new(ID, probe).on(PING).start(Start::Beginning).attempts(3).concurrency(1);
    subscriber.timeout(Duration::from_millis(50))
}

/// Exactly the guilty ones are dead letters, after so many attempts alone. The others were each in one call that went well, and
/// no call had more than half of the events of one that failed.
async fn only_the_guilty_are_letters(
    running: &Running,
    calls: &Called,
    all: u64,
    guilty: &BTreeSet<u64>,
    alone: usize,
) {
    let (mut well, mut by_itself, mut last) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for call in calls.borrow().iter() {
        let fails = call.iter().any(|sequence| guilty.contains(sequence));
        for sequence in call {
            let before: usize = last.insert(*sequence, call.len()).unwrap_or(usize::MAX);
            assert!(call.len() <= (before / 2).max(1), "{sequence} was called with {before}, then with {}", call.len());
            *well.entry(*sequence).or_insert(0) += usize::from(!fails);
            *by_itself.entry(*sequence).or_insert(0) += usize::from(call.len() == 1);
        }
    }
    for sequence in 1..=all {
        let why = running.operator().why(ID, sequence).await.expect("the log can be read");
        if guilty.contains(&sequence) {
            assert!(matches!(&why, Why::Dead(letter) if letter.attempts as usize == alone), "{sequence}: {why:?}");
            assert_eq!(by_itself[&sequence], alone, "{sequence}");
        } else {
            assert_eq!((why, well[&sequence]), (Why::Handled, 1), "{sequence}");
        }
    }
}

async fn splits(harness: &dyn Harness, fails: Fails, all: u64, guilty: &[u64]) {
    let world = World::new(harness).await;
    let (calls, clock, guilty) = (Called::default(), ManualClock::new(), guilty.iter().copied().collect());
    let bus = world.bus().await;
    bus.publish_all((0..all).map(ping)).await.expect("all are published");
    let app = world.app().await.clock(Arc::new(clock.clone()));
    let size = usize::try_from(all).expect("a few events");
    let running = start(app.subscribe(probe(&calls, &guilty, fails).batch(size, SHORT))).await;
    run_out(&running, &clock).await;
    let alone = if fails == Fails::Terminal { 1 } else { ATTEMPTS };
    only_the_guilty_are_letters(&running, &calls, all, &guilty, alone).await;
}

/// One guilty event of ten makes its calls return an error: it alone becomes a dead letter.
pub async fn a_batch_is_cut_until_the_guilty_event_is_alone(harness: &dyn Harness) {
    splits(harness, Fails::Error, 10, &[7]).await;
}

/// So it is with one of a hundred, although that takes more calls than an event has attempts.
pub async fn a_large_batch_is_cut_until_the_guilty_event_is_alone(harness: &dyn Harness) {
    splits(harness, Fails::Error, 100, &[64]).await;
}

/// Two guilty events are both found.
pub async fn a_batch_with_two_guilty_events_is_cut(harness: &dyn Harness) {
    splits(harness, Fails::Error, 10, &[1, 10]).await;
}

/// A failure that no retry can mend is one of the guilty event, not of its neighbours.
pub async fn a_batch_that_fails_for_good_is_cut(harness: &dyn Harness) {
    splits(harness, Fails::Terminal, 10, &[4, 5]).await;
}

/// A failure that says when to try again lets the smaller calls wait as long, and costs the neighbours no attempt.
pub async fn a_batch_that_asks_to_wait_is_cut(harness: &dyn Harness) {
    splits(harness, Fails::Later, 10, &[3]).await;
}

/// A panic of a call is cut down to the event that causes it.
pub async fn a_batch_that_panics_is_cut(harness: &dyn Harness) {
    splits(harness, Fails::Panic, 10, &[2]).await;
}

/// A call that runs into its time-out is cut down to the event that causes it.
pub async fn a_batch_that_times_out_is_cut(harness: &dyn Harness) {
    splits(harness, Fails::TimeOut, 10, &[9]).await;
}

/// Events that cannot be decoded are found without a call: the others are called once, and together.
pub async fn what_cannot_be_decoded_is_found_without_a_call(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, clock) = (Called::default(), ManualClock::new());
    for number in 1..=10 {
        let body = if number % 4 == 0 { "no JSON" } else { "{}" };
        stored(&*world.log, plain(body)).await;
    }
    let app = world.app().await.clock(Arc::new(clock.clone()));
    let running = start(app.subscribe(probe(&calls, &BTreeSet::new(), Fails::Error).batch(10, SHORT))).await;
    run_out(&running, &clock).await;
    let mut called = calls.borrow().concat();
    called.sort_unstable();
    assert_eq!(called, [1, 2, 3, 5, 6, 7, 9, 10]);
    for sequence in [4, 8] {
        let why = running.operator().why(ID, sequence).await.expect("the log can be read");
        assert!(matches!(&why, Why::Dead(letter) if letter.reason == DeadReason::Undecodable), "{why:?}");
    }
}

/// A batch of which nothing can be decoded is not handed to the handler.
pub async fn a_batch_of_which_nothing_can_be_decoded_is_not_called(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let calls = Called::default();
    for _ in 0..3 {
        stored(&*world.log, plain("no JSON")).await;
    }
    let app = world.app().await;
    let running = start(app.subscribe(probe(&calls, &BTreeSet::new(), Fails::Error).batch(3, SHORT))).await;
    settle(&running).await;
    assert!(calls.borrow().is_empty(), "{:?}", calls.borrow());
    for sequence in 1..=3 {
        let why = running.operator().why(ID, sequence).await.expect("the log can be read");
        assert!(matches!(&why, Why::Dead(letter) if letter.reason == DeadReason::Undecodable), "{why:?}");
    }
}

/// What is known of failed calls is gone after a restart. However often that happens, no innocent event becomes a letter.
pub async fn a_restart_costs_the_neighbours_of_a_guilty_event_nothing(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, clock, guilty) = (Called::default(), ManualClock::new(), BTreeSet::from([5]));
    let bus = world.bus().await;
    bus.publish_all((0..10).map(ping)).await.expect("all are published");
    for _ in 0..2 * ATTEMPTS {
        let app = world.app().await.clock(Arc::new(clock.clone()));
        let running = start(app.subscribe(probe(&calls, &guilty, Fails::Later).batch(10, SHORT))).await;
        settle(&running).await;
        assert_eq!(running.stop().await, Stopped::Drained);
        clock.advance(Duration::from_secs(60));
    }
    let app = world.app().await.clock(Arc::new(clock.clone()));
    let running = start(app.subscribe(probe(&calls, &guilty, Fails::Later).batch(10, SHORT))).await;
    run_out(&running, &clock).await;
    for sequence in 1..=10 {
        let why = running.operator().why(ID, sequence).await.expect("the log can be read");
        match guilty.contains(&sequence) {
            true => assert!(matches!(&why, Why::Dead(letter) if letter.attempts as usize == ATTEMPTS), "{why:?}"),
            false => assert_eq!(why, Why::Handled, "{sequence}"),
        }
    }
}

/// A stop begins what has gathered; if that fails, it is cut before the stop is over, and what went well is recorded.
pub async fn a_stop_cuts_a_batch_that_fails(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, guilty) = (Called::default(), BTreeSet::from([2]));
    let running = start(world.app().await.subscribe(probe(&calls, &guilty, Fails::Error).batch(100, LONG))).await;
    for number in 0..4 {
        publish(running.bus(), ping(number)).await;
    }
    until_progress(&running, ID, "all four have gathered", |progress| progress.running == 4).await;
    assert_eq!(running.stop().await, Stopped::Drained);
    assert_eq!(*calls.borrow(), [vec![1, 2, 3, 4], vec![1, 2], vec![1], vec![2], vec![3, 4]]);
    let running = start(world.app().await.subscribe(probe(&calls, &guilty, Fails::Error).batch(100, SHORT))).await;
    settle(&running).await;
    for sequence in [1, 3, 4] {
        assert_eq!(running.operator().why(ID, sequence).await.ok(), Some(Why::Handled));
    }
    assert!(!calls.borrow()[5..].concat().iter().any(|sequence| *sequence != 2), "{:?}", calls.borrow());
}

/// Fails so often, whatever it is called with.
struct Outage {
    calls: Called,
    failing: usize,
}

#[async_trait]
impl Subscriber for Outage {
    type Event = Batch<Body<Map<String, Value>>>;

    async fn handle(&self, batch: Self::Event, _cx: Cx) -> Result<(), Failure> {
        self.calls.send_modify(|calls| calls.push(batch.iter().map(|item| item.recorded().sequence).collect()));
        match self.calls.borrow().len() <= self.failing {
            true => Err(Failure::new("the database is away")),
            false => Ok(()),
        }
    }
}

/// While every call fails, one event after the other is found to fail alone; the rest of the batch stays together, and is handled
/// so when the trouble has passed.
pub async fn trouble_that_passes_leaves_most_of_a_batch_together(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, clock) = (Called::default(), ManualClock::new());
    let app = world.app().await.clock(Arc::new(clock.clone()));
    let subscriber =
        SubscriberDef::new(ID, Outage { calls: calls.clone(), failing: 4 }).on(PING).attempts(3).concurrency(1);
    let running = start(app.subscribe(subscriber.start(Start::Beginning).batch(10, LONG))).await;
    for number in 0..10 {
        publish(running.bus(), ping(number)).await;
    }
    until_progress(&running, ID, "all but the first are handled", |progress| progress.counts.handled == 9).await;
    assert_eq!(
        *calls.borrow(),
        [(1..=10).collect(), (1..=5).collect(), vec![1, 2], vec![1], vec![2], vec![3, 4], vec![5], (6..=10).collect()]
    );
    let why = running.operator().why(ID, 1).await.expect("the log can be read");
    assert!(matches!(&why, Why::Retrying(waiting) if waiting.attempts == 1), "{why:?}");
}

/// Publishes for each event of its batch, and fails if there is a guilty one.
struct Answers {
    guilty: u64,
    unnamed: watch::Sender<Vec<PublishErrorKind>>,
}

#[async_trait]
impl Subscriber for Answers {
    type Event = Batch<Body<Map<String, Value>>>;

    async fn handle(&self, batch: Self::Event, cx: Cx) -> Result<(), Failure> {
        for item in batch.iter() {
            for part in 1..=2 {
                cx.of(item).publish(Outgoing::raw(CANCELED, &json!({ "id": "all", "part": part }))).await?;
            }
        }
        if let Err(refused) = cx.publish(Outgoing::raw(CANCELED, &json!({ "id": "all" }))).await {
            self.unnamed.send_modify(|kinds| kinds.push(refused.kind().clone()));
        }
        match batch.iter().any(|item| item.recorded().sequence == self.guilty) {
            true => Err(Failure::new("one of them is guilty")),
            false => Ok(()),
        }
    }
}

/// What is published for an event of a batch is published once, however often and however the batch is cut. Without naming the
/// event nothing is published.
pub async fn what_a_batch_publishes_does_not_depend_on_how_it_is_cut(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (clock, unnamed) = (ManualClock::new(), watch::Sender::default());
    let bus = world.bus().await;
    let published = bus.publish_all((0..10).map(ping)).await.expect("all are published");
    let subscriber = SubscriberDef::new(ID, Answers { guilty: 6, unnamed: unnamed.clone() }).on(PING);
    let subscriber = subscriber.start(Start::Beginning).attempts(3).batch(10, SHORT);
    let app = world.app().await.clock(Arc::new(clock.clone()));
    let running = start(app.subscribe(subscriber)).await;
    run_out(&running, &clock).await;
    let everything = world.everything().await;
    let answers = everything.iter().filter(|event| event.name.as_str() == CANCELED);
    let mut causes: Vec<_> = answers.filter_map(|event| event.headers.get(CAUSATION).map(str::to_owned)).collect();
    causes.sort();
    let mut twice: Vec<_> = published.iter().flat_map(|event| [event.id.to_string(), event.id.to_string()]).collect();
    twice.sort();
    assert_eq!(causes, twice);
    assert!(unnamed.borrow().len() > ATTEMPTS && unnamed.borrow().iter().all(|kind| *kind == PublishErrorKind::NoItem));
}
