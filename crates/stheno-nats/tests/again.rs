//! What a handler publishes is in the log once, also when an attempt repeats it after the server has forgotten its id.

mod common;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use common::{LIMIT, a_log, ask, bounded, client, everything, names, open, placed, shared, stored};
use serde_json::Value;
use stheno_core::{AnyEvent, App, Cx, Failure, Outgoing, Start, Subscriber, SubscriberDef};

/// The shortest window a host takes: an append may be sent again for this long.
const WINDOW: Duration = Duration::from_secs(6);

/// Publishes two events, and fails for as long as the window, once.
#[derive(Clone, Default)]
struct Publishes(Arc<Mutex<Vec<[bool; 3]>>>);

#[async_trait]
impl Subscriber for Publishes {
    type Event = AnyEvent;

    async fn handle(&self, event: AnyEvent, cx: Cx) -> Result<(), Failure> {
        if event.name.as_str() != "order.placed" {
            return Ok(());
        }
        let counted = || Outgoing::undocumented("stock.counted", "[1]");
        let published = [
            cx.publish(counted().key(("stock", "1"))).await?,
            cx.publish(counted()).await?,
            cx.publish(counted().delay(Duration::from_secs(3_600))).await?,
        ];
        self.0.lock().expect("nobody panics with it").push(published.map(|one| one.duplicate));
        match cx.attempt() {
            1 => Err(Failure::new("not yet").retry_after(WINDOW)),
            _ => Ok(()),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_after_the_window_finds_what_the_attempt_before_has_published() {
    let options = a_log(shared()).patience(Duration::from_secs(1)).dedup_window(WINDOW);
    let log = open(options).await;
    let ((stream, _), client) = (names(&log).await, client(shared()).await);
    // The server forgets at once: nothing but a look can tell.
    let mut config = ask(&client, &format!("STREAM.INFO.{stream}"), &Value::Null).await["config"].clone();
    config["duplicate_window"] = 100_000_000.into();
    let changed = ask(&client, &format!("STREAM.UPDATE.{stream}"), &config).await;
    assert!(changed["error"].is_null(), "{changed}");

    stored(&log, placed("1")).await;
    let publishes = Publishes::default();
    let subscriber = SubscriberDef::new("test.again", publishes.clone()).on(">").start(Start::Beginning);
    let app = App::new(log.clone()).without_unknown_names().subscribe(subscriber);
    let running = app.start().await.expect("the app starts");
    let twice = async {
        while publishes.0.lock().expect("nobody panics with it").len() < 2 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    bounded("it is tried again", twice).await;
    running.settle(LIMIT).await.expect("it is handled");
    assert_eq!(everything(&log).await.len(), 3);
    running.stop().await;
    assert_eq!(*publishes.0.lock().expect("nobody panics with it"), [[false; 3], [true; 3]]);
}
