//! Streams that are given more copies while a host runs: from then on a server that answers may be behind the leader, and what
//! it has not got is asked for.

mod common;

use std::time::Duration;

use common::{LIMIT, ask, bounded, everything, open, placed, sequences, stored};
use futures_util::{FutureExt, StreamExt};
use serde_json::{Value, json};
use stheno_core::{
    PatternSet,
    backend::{Backend, Query, RecordName, RecordWrite},
};
use stheno_nats::{NatsBackend, NatsOptions};
use stheno_testkit::nats::{NatsCluster, NatsClusterOptions};

async fn cluster() -> NatsCluster {
    let start = || NatsClusterOptions::new().start();
    tokio::task::spawn_blocking(start).await.expect("the cluster starts")
}

async fn give_three_copies(client: &async_nats::Client, stream: &str) {
    let mut config = ask(client, &format!("STREAM.INFO.{stream}"), &Value::Null).await["config"].clone();
    assert_eq!(config["num_replicas"], 1);
    config["num_replicas"] = json!(3);
    let edited = async {
        // A server that has just started counts as offline for a moment.
        while ask(client, &format!("STREAM.UPDATE.{stream}"), &config).await["config"]["num_replicas"] != 3 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    bounded("the stream has three copies", edited).await;
}

/// Reads what nobody has published, which comes to the end of the log without an event.
async fn read_nothing(log: &NatsBackend) {
    let query = Query::new(PatternSet::parse(["order.other"]).expect("a legal pattern"));
    let read = async {
        loop {
            // The servers elect a leader of what was one copy.
            if let Ok(page) = log.read(query.clone()).await {
                break page;
            }
        }
    };
    assert!(bounded("the log is read", read).await.events.is_empty());
}

/// Waits until the leader was asked for the next message of a filter that ends so.
async fn is_asked(questions: &mut async_nats::Subscriber, filter: &str) {
    let asked = async {
        while let Some(question) = questions.next().await {
            let question: Value = serde_json::from_slice(&question.payload).expect("a question in JSON");
            if question["next_by_subj"].as_str().is_some_and(|asked| asked.rsplit("log.*.").next() == Some(filter)) {
                break;
            }
        }
    };
    tokio::time::timeout(LIMIT / 5, asked).await.expect("the leader is asked what was missed");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_may_not_have_yet_is_asked_for_once_there_are_more_copies() {
    let cluster = cluster().await;
    let options = NatsOptions::from_url(&cluster.url()).expect("the address of a cluster").replicas(1);
    let log = open(options).await;
    let (stream, bucket) = ("EVENTS", "EVENTS-records");
    let server = format!("nats://127.0.0.1:{}", cluster.nodes()[0].port());
    let client = async_nats::connect(server).await.expect("the servers take a client");
    stored(&log, placed(1)).await;
    log.write_records(vec![RecordWrite::put(RecordName::trusted("a"), "1")]).await.expect("the record is written");
    let asked = format!("$JS.API.STREAM.MSG.GET.KV_{bucket}");
    let mut newest = client.subscribe(asked).await.expect("it may listen");
    let mut questions = client.subscribe(format!("$JS.API.STREAM.MSG.GET.{stream}")).await.expect("it may listen");
    client.flush().await.expect("the server answers");

    assert_eq!(log.list_records("").await.expect("records can be listed").len(), 1);
    give_three_copies(&client, &format!("KV_{bucket}")).await;
    let list = async {
        loop {
            if let Ok(records) = log.list_records("").await {
                break records;
            }
        }
    };
    assert_eq!(bounded("records are listed", list).await.len(), 1);
    let asked =
        tokio::time::timeout(LIMIT / 5, newest.next()).await.expect("the leader is asked for the newest record");
    assert!(asked.is_some());

    give_three_copies(&client, stream).await;
    while questions.next().now_or_never().is_some() {}
    read_nothing(&log).await;
    is_asked(&mut questions, "order.other").await;

    // Where a time is in the log is counted by a server that may be behind, too.
    let second = stored(&log, placed(2)).await;
    let events = everything(&log).await;
    assert_eq!((events.len(), events[1].sequence), (2, second));
    let before = log.read(Query::all().until(events[1].stored)).await.expect("the log can be read");
    assert_eq!(sequences(&before.events), [1]);
    is_asked(&mut questions, ">").await;
}
