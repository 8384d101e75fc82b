//! Settings that are given twice, or that cannot be meant: each is said by name, and neither the first nor the last counts.

use std::{sync::Arc, time::Duration};

use serde_json::json;
use stheno::{
    App, Bus, Key, Outgoing, Plugin, PublishErrorKind, SubscriberDef, SystemClock, Timestamp,
    app::{Exit, Problem, StartError},
    medusa::{OrderCanceled, OrderPlaced},
    prelude::*,
};
use stheno_system_tests::{Seen, memory, noting, subscriber};

const SECOND: Duration = Duration::from_secs(1);

fn good() -> SubscriberDef {
    noting("good.note", "order.placed", &Seen::default())
}

fn app() -> App {
    App::new(memory()).subscribe(good())
}

/// What is wrong with an app, a sentence each.
async fn said(app: App) -> Vec<String> {
    match app.start().await {
        Err(StartError::Problems(problems)) => problems.iter().map(Problem::to_string).collect(),
        Err(other) => panic!("{other}"),
        Ok(_) => Vec::new(),
    }
}

/// The one problem, which says all this.
async fn only(app: App, expected: &[&str]) {
    let said = said(app).await;
    assert_eq!(said.len(), 1, "{said:#?}");
    for expected in expected {
        assert!(said[0].contains(expected), "no `{expected}` in: {}", said[0]);
    }
}

#[tokio::test]
async fn each_setting_of_an_app_is_given_once() {
    only(app().source("a").source("b"), &["`source` is said twice"]).await;
    only(app().max_body(9).max_body(9), &["`max_body` is said twice"]).await;
    only(app().drain(SECOND).drain(SECOND), &["`drain` is said twice"]).await;
    only(app().lease(SECOND).lease(SECOND), &["`lease` is said twice"]).await;
    let clock = || Arc::new(SystemClock);
    only(app().clock(clock()).clock(clock()), &["`clock` is said twice"]).await;
    let said = said(app().source("").source("b").manifest("").lease(Duration::MAX)).await.join("\n");
    for expected in ["source is empty", "`source` is said twice", "path of its manifest", "the lease is over a day"] {
        assert!(said.contains(expected), "no `{expected}` in: {said}");
    }
    only(app().publishes_only(), &["`publishes_only`", "has subscribers"]).await;
    only(app().drain(Duration::MAX), &["drain deadline is over a day"]).await;
}

#[tokio::test]
async fn a_plugin_has_one_set_up() {
    let plugin = Plugin::new("stock")
        .subscriber(good())
        .setup(|_| Box::pin(async { Ok(()) }))
        .setup(|_| Box::pin(async { Ok(()) }));
    only(App::new(memory()).plugin(plugin), &["plugin `stock`", "`setup` is said twice", "one set-up"]).await;
}

#[tokio::test]
async fn an_earlier_id_is_one_that_a_subscriber_can_have() {
    for (was, expected) in
        [("", "`` has left"), ("Bad Id\u{1b}", r"`Bad Id\u{1b}` has left"), ("a.backfill-7", "id of a backfill")]
    {
        only(App::new(memory()).subscribe(good().was(was)), &["subscriber `good.note`", "`was`", expected]).await;
    }
}

#[tokio::test]
async fn no_subscriber_has_the_id_of_a_backfill() {
    let seen = Seen::default();
    let with = |id: &str| App::new(memory()).subscribe(noting(id, "order.placed", &seen));
    only(with("a.backfill-7"), &["`a.backfill-7`", "id of a backfill", "choose another ending"]).await;
    only(with(&"a".repeat(200)), &["more than 128 characters"]).await;
    for id in ["a.backfill-x", "a.backfill-", "backfill-7", "a.backfill-7.b"] {
        assert_eq!(said(with(id)).await, [""; 0], "{id}");
    }
}

#[tokio::test]
async fn times_of_a_policy_fit_each_other() {
    let with = |def: SubscriberDef| App::new(memory()).subscribe(def);
    only(with(good().retry(2 * SECOND, 3 * SECOND, SECOND)), &["retry_initial is over retry_total"]).await;
    only(with(good().timeout(Duration::MAX)), &["timeout is over 10 years"]).await;
    // A policy is a suggestion, which whoever enables the subscriber may replace.
    let shorter = good().timeout(9 * SECOND).timeout(SECOND);
    assert_eq!(shorter.policy().timeout, SECOND);
    assert_eq!(said(with(shorter)).await, [""; 0]);
}

/// Why a bus publishes nothing.
async fn refused(bus: &Bus) -> String {
    let refused = bus.publish(OrderPlaced::new("order_1")).await.unwrap_err();
    assert!(matches!(refused.kind(), PublishErrorKind::Bus(_)), "{refused}");
    assert_eq!(Exit::from(refused.kind()), Exit::CONFIG);
    assert_eq!(bus.backend().info().await.unwrap().last, 0);
    assert!(refused.event().is_some(), "the event comes back");
    refused.to_string()
}

#[tokio::test]
async fn a_bus_that_was_told_what_cannot_be_publishes_nothing_and_says_so() {
    let bus = || App::new(memory()).bus();
    for (wrong, expected) in [
        (bus().with_source(""), "source is empty"),
        (bus().with_source("").with_source("b"), "source is empty"),
        (bus().with_source("a").with_source("b"), "`source` is said twice"),
        (bus().with_source("caf\u{e9}"), "source cannot be carried"),
        (bus().with_max_body(0), "max_body is 0"),
        (bus().with_max_body(5).with_max_body(6), "`max_body` is said twice"),
        (App::new(memory()).source("a").source("b").bus(), "`source` is said twice"),
        (App::new(memory()).source("").bus(), "source is empty"),
    ] {
        let said = refused(&wrong).await;
        assert!(said.contains(expected), "no `{expected}` in: {said}");
    }
    let other = App::new(memory()).source("app").bus().with_source("admin");
    other.publish(OrderPlaced::new("order_1")).await.unwrap();
    let stored = other.backend().read(stheno::backend::Query::all()).await.unwrap();
    assert_eq!(stored.events[0].source.as_deref(), Some("admin"), "a bus may have a source of its own");
}

#[tokio::test]
async fn what_is_said_of_an_event_is_said_once() {
    let event = || Outgoing::raw("order.placed", &json!({"id": "order_1"}));
    let key = || Key::new("order", "order_1").unwrap();
    let now = Timestamp::now();
    let twice = |what: &str| PublishErrorKind::SaidTwice(what.to_owned());
    for (wrong, expected) in [
        (event().id("a").id("b"), twice("id")),
        (event().key(key()).key(key()), twice("key")),
        (event().source("a").source("b"), twice("source")),
        (event().time(now).time(now), twice("time")),
        (event().expect_last(0).expect_last(1), twice("`expect_last`")),
        (event().delay(SECOND).delay(SECOND), twice("`delay`")),
        (event().at(now).at(now), twice("`at`")),
        (event().header("x-a", "1").header("X-A", "2"), twice("header `X-A`")),
        (event().correlation("a").correlation("b"), twice("header `ce-correlationid`")),
        (event().delay(SECOND).at(now), PublishErrorKind::DelayAndTime),
        (event().at(now).delay(SECOND), PublishErrorKind::DelayAndTime),
        (event().source(""), PublishErrorKind::EmptySource),
    ] {
        let bus = App::new(memory()).bus();
        let refused = bus.publish(wrong).await.unwrap_err();
        assert_eq!(*refused.kind(), expected);
        assert!(refused.to_string().contains("`order.placed` was not published"), "{refused}");
        assert_eq!(bus.backend().info().await.unwrap().last, 0);
    }
}

#[tokio::test]
async fn what_a_handler_says_of_its_event_stays_and_its_cause_says_the_rest() {
    let causing = subscriber("good.cause", "order.placed", |_, cx: Cx| async move {
        let own = Outgoing::from(OrderCanceled::new("order_1")).id("own/1").correlation("talk");
        cx.publish(own).await?;
        cx.publish(OrderCanceled::new("order_2")).with(|event| event.id("own/2").correlation("walk")).await?;
        Ok(())
    });
    let running = App::new(memory()).subscribe(causing).start().await.unwrap();
    let placed = running.bus().publish(OrderPlaced::new("order_1")).await.unwrap();
    stheno_system_tests::settle(&running).await;
    let stored = running.bus().backend().read(stheno::backend::Query::all()).await.unwrap().events;
    let said: Vec<_> = stored[1..]
        .iter()
        .map(|event| {
            let header = |name| event.headers.get(name).unwrap_or("");
            format!("{} {} {}", event.id, header("ce-correlationid"), header("ce-causationid"))
        })
        .collect();
    assert_eq!(said, [format!("own/1 talk {}", placed.id), format!("own/2 walk {}", placed.id)]);
    running.stop().await;
}
