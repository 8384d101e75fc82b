//! Events that were deleted before a subscriber saw them are said aloud when it starts again.

mod common;

use async_trait::async_trait;
use common::{LIMIT, a_log, ask, client, names, open, placed, shared, stored};
use serde_json::json;
use stheno_core::{AnyEvent, App, Cx, Failure, Start, Subscriber, SubscriberDef, app::Running};
use stheno_nats::NatsOptions;
use stheno_testkit::Warnings;

/// Handles everything.
struct Takes;

#[async_trait]
impl Subscriber for Takes {
    type Event = AnyEvent;

    async fn handle(&self, _event: AnyEvent, _cx: Cx) -> Result<(), Failure> {
        Ok(())
    }
}

async fn start(options: &NatsOptions) -> Running {
    let subscriber = SubscriberDef::new("test.gone", Takes).on(">").start(Start::Beginning);
    let app = App::new(open(options.clone()).await).without_unknown_names().subscribe(subscriber);
    app.start().await.expect("the app starts")
}

#[tokio::test]
async fn events_that_went_unseen_are_said_with_their_range() {
    let warnings = Warnings::default();
    tracing::subscriber::set_global_default(warnings.clone()).expect("nobody else listens in this process");
    let options = a_log(shared());
    let log = open(options.clone()).await;
    for number in 0..3 {
        stored(&log, placed(number)).await;
    }
    let running = start(&options).await;
    running.settle(LIMIT).await.expect("all are handled");
    running.stop().await;
    for number in 3..9 {
        stored(&log, placed(number)).await;
    }
    let (stream, _) = names(&log).await;
    let keep = |keep: u64| json!({ "keep": keep });
    let client = client(shared()).await;
    // What the subscriber has seen may go without a word.
    ask(&client, &format!("STREAM.PURGE.{stream}"), &keep(6)).await;
    let running = start(&options).await;
    running.stop().await;
    assert_eq!(warnings.about("no longer in the log"), []);
    for number in 9..12 {
        stored(&log, placed(number)).await;
    }
    ask(&client, &format!("STREAM.PURGE.{stream}"), &keep(2)).await;
    let running = start(&options).await;
    running.settle(LIMIT).await.expect("what is left is handled");
    let [(_, said)] = &warnings.about("no longer in the log")[..] else { panic!("once: {warnings:?}") };
    assert!(said.contains("subscriber=\"test.gone\"") && said.contains("to=10"), "{said}");
}
