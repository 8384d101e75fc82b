//! Roll-ups of the bucket of the records: one message of whoever may write one record would delete all others. The bucket takes
//! none, also one that an earlier version made.

mod common;

use std::time::Duration;

use common::{a_log, ask, bounded, client, open, publish, shared};
use serde_json::{Value, json};
use stheno_core::{
    AnyEvent, App, Cx, Failure, Subscriber, SubscriberDef,
    app::Stopped,
    backend::{Backend, RecordName, RecordWrite},
};
use stheno_nats::NatsOptions;
use stheno_testkit::{Warnings, nats::NatsServerOptions};

/// The bucket of a log as the server describes it.
async fn bucket(client: &async_nats::Client, stream: &str) -> Value {
    ask(client, &format!("STREAM.INFO.KV_{stream}-records"), &Value::Null).await["config"].clone()
}

/// Gives the bucket of a log back what earlier versions gave it.
async fn permit(client: &async_nats::Client, stream: &str) {
    let mut config = bucket(client, stream).await;
    config["allow_rollup_hdrs"] = true.into();
    let updated = ask(client, &format!("STREAM.UPDATE.KV_{stream}-records"), &config).await;
    assert_eq!(updated["config"]["allow_rollup_hdrs"], true, "{updated}");
}

#[tokio::test]
async fn a_roll_up_deletes_no_record_and_marks_of_deletions_still_go() {
    let client = client(shared()).await;
    let options = a_log(shared());
    let log = open(options).await;
    let (stream, _) = common::names(&log).await;
    let [a, b] = ["a", "b"].map(RecordName::trusted);
    let both = [&a, &b].map(|name| RecordWrite::put(name.clone(), "1"));
    log.write_records(both.into()).await.expect("they are written");
    let rolled = publish(&client, &format!("$KV.{stream}-records.b"), &[("Nats-Rollup", "all")], "2").await;
    assert_eq!(rolled["error"]["err_code"], 10111, "{rolled}");
    let kept = log.get_record(&b).await.expect("it can be asked").expect("it is there");
    assert_eq!((log.list_records("").await.expect("they can be listed").len(), &kept.value[..]), (2, &b"1"[..]));

    log.write_records(vec![RecordWrite::delete(a.clone())]).await.expect("it is deleted");
    assert_eq!(log.get_record(&a).await.expect("it can be asked"), None);
    let gone = async {
        let last = json!({ "last_by_subj": format!("$KV.{stream}-records.a") });
        while ask(&client, &format!("STREAM.MSG.GET.KV_{stream}-records"), &last).await["error"].is_null() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    bounded("the mark of a deletion goes", gone).await;
}

#[tokio::test]
async fn a_bucket_of_an_earlier_version_is_corrected_and_nothing_else_of_it_is_changed() {
    let client = client(shared()).await;
    let options = a_log(shared());
    let (stream, _) = {
        let log = open(options.clone()).await;
        common::names(&log).await
    };
    let mut before = bucket(&client, &stream).await;
    // Somebody's own.
    before["description"] = "ours".into();
    ask(&client, &format!("STREAM.UPDATE.KV_{stream}-records"), &before).await;
    permit(&client, &stream).await;
    let log = open(options).await;
    log.write_records(vec![RecordWrite::put(RecordName::trusted("a"), "1")]).await.expect("it is written");
    let mut after = bucket(&client, &stream).await;
    assert!(after["allow_rollup_hdrs"] != true, "{after}");
    for config in [&mut before, &mut after] {
        config.as_object_mut().expect("a configuration").remove("allow_rollup_hdrs");
    }
    assert_eq!(after, before);
}

#[tokio::test]
async fn whoever_may_not_correct_a_bucket_is_told_the_command() {
    let user = r#"{ user: host, password: host, permissions: { publish: { deny: ["$JS.API.STREAM.UPDATE.>"] } } }"#;
    let users = format!("authorization {{ users: [ {user}, {{ user: admin, password: admin }} ] }}");
    let server = NatsServerOptions::new().config(&users).start();
    let address = |user: &str| format!("nats://{user}:{user}@127.0.0.1:{}", server.port());
    let admin = async_nats::ConnectOptions::with_user_and_password("admin".into(), "admin".into());
    let admin = admin.connect(server.url()).await.expect("the server takes a client");
    let options = NatsOptions::from_url(&address("host")).expect("the address of a server");
    let warnings = Warnings::default();
    tracing::subscriber::set_global_default(warnings.clone()).expect("nobody else listens in this process");
    for (number, manage) in [(1, true), (2, false)] {
        let options = options.clone().stream(format!("S{number}")).prefix(format!("s{number}"));
        drop(open(options.clone()).await);
        permit(&admin, &format!("S{number}")).await;
        let log = open(options.manage(manage)).await;
        log.write_records(vec![RecordWrite::put(RecordName::trusted("a"), "1")]).await.expect("it is written");
        assert_eq!(bucket(&admin, &format!("S{number}")).await["allow_rollup_hdrs"], true);
        let command = format!("nats stream edit KV_S{number}-records --no-allow-rollup --force");
        assert_eq!(warnings.about(&command).len(), 1, "{warnings:?}");
    }
    // A host that runs when it is permitted again says it, too.
    for (number, manage) in [(3, true), (4, false)] {
        let options = options.clone().stream(format!("S{number}")).prefix(format!("s{number}"));
        drop(open(options.clone()).await);
        let log = open(options.manage(manage)).await;
        permit(&admin, &format!("S{number}")).await;
        let command = format!("nats stream edit KV_S{number}-records --no-allow-rollup --force");
        bounded("it is said", async {
            while warnings.about(&command).is_empty() {
                log.list_records("command/").await.expect("they can be listed");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        })
        .await;
        assert_eq!(bucket(&admin, &format!("S{number}")).await["allow_rollup_hdrs"], true);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_permits_roll_ups_while_a_host_runs_is_corrected() {
    let client = client(shared()).await;
    let options = a_log(shared());
    let log = open(options.clone()).await;
    let (stream, _) = common::names(&log).await;
    let subscriber = SubscriberDef::new("test.all", Content).on(">");
    let app = App::new(open(options).await).without_unknown_names().subscribe(subscriber);
    let running = app.start().await.expect("the app starts");
    let before = bucket(&client, &stream).await;
    for round in 1..=2 {
        permit(&client, &stream).await;
        let corrected = async {
            while bucket(&client, &stream).await["allow_rollup_hdrs"] == true {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        bounded(&format!("the host corrects it, round {round}"), corrected).await;
    }
    let mut after = bucket(&client, &stream).await;
    // Where it was made, the server says nothing of what is false.
    after["allow_rollup_hdrs"] = before["allow_rollup_hdrs"].clone();
    assert_eq!(after, before, "nothing else is changed");
    assert_eq!(running.stop().await, Stopped::Drained);
}

/// Is content with every event.
struct Content;

#[async_trait::async_trait]
impl Subscriber for Content {
    type Event = AnyEvent;

    async fn handle(&self, _event: AnyEvent, _cx: Cx) -> Result<(), Failure> {
        Ok(())
    }
}
