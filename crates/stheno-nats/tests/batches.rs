//! Atomic batches of others: a server has so many under way for one stream and takes no more.

mod common;

use std::{sync::Arc, time::Duration};

use async_nats::HeaderMap;
use common::{a_log, bounded, client, everything, in_batches, names, open, placed, sequences};
use futures_util::future::join_all;
use serde_json::Value;
use stheno_core::{
    NewEvent,
    backend::{Append, AppendError, Appended, Backend},
};
use stheno_nats::{NatsBackend, ServerSync};
use stheno_testkit::nats::{NatsServer, NatsServerOptions};

/// What a server has under way for one stream unless its configuration says otherwise.
const PLACES: usize = 50;
/// Callers of which most gather.
const CALLERS: usize = 80;

fn server(limits: &str) -> NatsServer {
    NatsServerOptions::new().jetstream("sync_interval: always").jetstream(limits).start()
}

/// Batches of another program that has begun them.
struct Begun {
    client: async_nats::Client,
    subject: String,
    ids: Vec<String>,
}

impl Begun {
    /// As many as the server takes.
    async fn all(server: &NatsServer, log: &NatsBackend) -> Self {
        let (client, (_, published)) = (client(server).await, names(log).await);
        let mut begun = Self { client, subject: format!("{published}.foreign.thing"), ids: Vec::new() };
        while begun.one().await {}
        begun
    }

    /// One more, if there is a place.
    async fn one(&mut self) -> bool {
        let id = format!("foreign-{}", self.ids.len());
        let answer = self.send(&id, &[("Nats-Batch-Sequence", "1")]).await;
        if answer.is_null() {
            self.ids.push(id);
            return true;
        }
        assert_eq!(answer["error"]["err_code"], 10210, "{answer}");
        false
    }

    /// Ends one of them, which stores it.
    async fn end(&mut self) {
        let id = self.ids.pop().expect("one has begun");
        let stored = self.send(&id, &[("Nats-Batch-Sequence", "2"), ("Nats-Batch-Commit", "1")]).await;
        assert!(stored["seq"].is_u64(), "{stored}");
    }

    async fn send(&self, id: &str, headers: &[(&str, &str)]) -> Value {
        let mut map = HeaderMap::new();
        map.insert("Nats-Batch-Id", id);
        headers.iter().for_each(|(name, value)| map.insert(*name, *value));
        let answer = self.client.request_with_headers(self.subject.clone(), map, "{}".into()).await.expect("an answer");
        serde_json::from_slice(&answer.payload).unwrap_or(Value::Null)
    }
}

/// Everybody appends at once, each on its own.
async fn round(logs: &[Arc<NatsBackend>]) -> Vec<Appended> {
    let callers = logs.iter().cycle().take(CALLERS.max(logs.len() * 40)).enumerate();
    let all = callers.map(|(number, log)| log.append(Append::one(placed(number))));
    let appended = bounded("all are answered", join_all(all)).await;
    appended.into_iter().map(|one| one.expect("the log takes it")[0]).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn appends_go_on_while_others_hold_all_places_and_go_together_again_afterwards() {
    let server = server("limits { batch { timeout: \"10m\" } }");
    let log = open(a_log(&server).sync(ServerSync::Always)).await;
    let mut begun = Begun::all(&server, &log).await;
    assert_eq!(begun.ids.len(), PLACES);
    let logs = [Arc::clone(&log)];
    let mut answered: Vec<_> = round(&logs).await.iter().filter_map(|one| one.sequence).collect();
    answered.extend(round(&logs).await.iter().filter_map(|one| one.sequence));
    assert_eq!(in_batches(&server, &log).await, 0);
    begun.end().await;
    let there = sequences(&everything(&log).await);
    answered.sort_unstable();
    assert_eq!(answered, there[..2 * CALLERS], "each once, where the answer said");
    let again = async {
        while in_batches(&server, &log).await == 0 {
            round(&logs).await;
        }
    };
    bounded("appends go together", again).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_atomic_append_waits_for_a_place() {
    let server = server("limits { batch { max_inflight_per_stream: 2, timeout: \"10m\" } }");
    let log = open(a_log(&server).patience(common::LIMIT)).await;
    let mut begun = Begun::all(&server, &log).await;
    assert_eq!(begun.ids.len(), 2);
    // The second is so large that nothing is sent of it before there is a place.
    for length in [10, 200_000] {
        let batch: Vec<_> = (0..5).map(|number| body(number, length)).collect();
        let (appending, ids) = (Arc::clone(&log), batch.iter().map(|event| event.id.clone()).collect::<Vec<_>>());
        let appended: tokio::task::JoinHandle<Result<Vec<Appended>, AppendError>> =
            tokio::spawn(async move { appending.append(Append::batch(batch)).await });
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(!appended.is_finished(), "there is no place: {:?}", appended.await);
        begun.end().await;
        let appended = bounded("there is a place", appended).await.expect("the task ends").expect("the log takes it");
        let events = everything(&log).await;
        let ours: Vec<_> = events.iter().filter(|event| ids.contains(&event.id)).map(|event| event.sequence).collect();
        assert_eq!(appended, ours.into_iter().map(Appended::stored).collect::<Vec<_>>());
        assert!(begun.one().await, "the place is free again");
    }
}

fn body(number: usize, length: usize) -> NewEvent {
    let mut event = placed(number);
    event.body = format!("\"{}\"", "x".repeat(length)).into();
    event
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_that_others_hold_do_not_matter_to_a_server_that_takes_more() {
    let server = server("limits { batch { max_inflight_per_stream: 60, timeout: \"10m\" } }");
    let log = open(a_log(&server).sync(ServerSync::Always)).await;
    let mut begun = Begun::all(&server, &log).await;
    assert_eq!(begun.ids.len(), PLACES + 10);
    for _ in 0..10 {
        begun.end().await;
    }
    round(&[Arc::clone(&log)]).await;
    assert!(in_batches(&server, &log).await > CALLERS / 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn hosts_that_are_more_than_there_are_places_take_turns() {
    let server = server("limits { batch { max_inflight_per_stream: 2 } }");
    let options = a_log(&server).sync(ServerSync::Always);
    let logs = join_all((0..6).map(|_| open(options.clone()))).await;
    let mut appended = 0;
    for _ in 0..5 {
        appended += round(&logs).await.len();
    }
    assert_eq!(everything(&logs[0]).await.len(), appended, "each is there once");
    // Of each host's callers a few went ahead by themselves.
    let batched = in_batches(&server, &logs[0]).await;
    assert!(batched * 2 > appended, "{batched} of {appended} went together");
}
