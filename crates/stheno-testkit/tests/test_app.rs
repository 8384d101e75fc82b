//! The test app, as the author of a plugin uses it.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use stheno::{
    Outgoing, Start, SubscriberDef,
    app::{Problem, StartError},
    delivery::{doc::DeadReason, why::Why},
    medusa::{OrderCanceled, OrderPlaced},
    prelude::*,
};
use stheno_testkit::{TestApp, TestError};

const MINUTE: Duration = Duration::from_secs(60);

/// Where mails end up in these tests.
#[derive(Clone, Default)]
struct Mails(Arc<Mutex<Vec<String>>>);

impl Mails {
    fn sent(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

mod receipts {
    use std::time::Duration;

    use stheno::{
        medusa::{OrderCanceled, OrderPlaced},
        prelude::*,
    };

    use super::Mails;

    stheno::plugin!("receipts", setup = setup);

    #[derive(serde::Deserialize)]
    struct Settings {
        #[serde(default)]
        broken: Vec<String>,
    }

    struct Broken(Vec<String>);

    async fn setup(p: &mut Setup) -> Result<(), Failure> {
        let settings: Settings = p.config()?;
        p.provide(Broken(settings.broken));
        Ok(())
    }

    /// Sends a receipt, and reminds of the order a day later.
    #[subscriber("order.placed", id = "receipts.send")]
    async fn send(order: OrderPlaced, mails: Res<Mails>, broken: Res<Broken>, cx: Cx) -> Result<(), Failure> {
        if broken.0.contains(&order.id) && cx.attempt() <= 3 {
            return Err(Failure::new("the mail server is down"));
        }
        mails.0.lock().map_err(|_| "poisoned")?.push(format!("receipt {}", order.id));
        let day = Duration::from_secs(24 * 3600);
        cx.publish(OrderCanceled::new(order.id)).with(|event| event.delay(day)).await?;
        Ok(())
    }

    /// Says when an order was canceled.
    #[subscriber(id = "receipts.canceled")]
    async fn canceled(order: OrderCanceled, mails: Res<Mails>) -> Result<(), Failure> {
        mails.0.lock().map_err(|_| "poisoned")?.push(format!("canceled {}", order.id));
        Ok(())
    }
}

fn app(mails: &Mails) -> TestApp {
    TestApp::new().plugin(receipts::plugin()).provide(mails.clone())
}

#[tokio::test]
async fn an_event_is_handled_when_it_was_published() {
    let mails = Mails::default();
    let app = app(&mails).start().await.unwrap();
    let placed = app.when(OrderPlaced::new("order_1")).await.unwrap();
    assert_eq!(mails.sent(), ["receipt order_1"]);
    assert_eq!(app.outcome("receipts.send", &placed).await.unwrap(), Why::Handled);
    assert!(matches!(app.outcome("receipts.canceled", &placed).await.unwrap(), Why::PatternDoesNotMatch { .. }));
    assert_eq!(app.log().await.unwrap().len(), 1);
}

#[tokio::test]
async fn retries_come_when_the_time_is_moved_and_not_before() {
    let mails = Mails::default();
    let config = "[plugins.receipts]\nbroken = ['order_1']\n[subscribers.'receipts.send']\nretry_initial = '10m'";
    let app = app(&mails).config(config).start().await.unwrap();
    let placed = app.when(OrderPlaced::new("order_1")).await.unwrap();
    app.advance(9 * MINUTE).await.unwrap();
    assert!(
        matches!(app.outcome("receipts.send", &placed).await.unwrap(), Why::Retrying(waiting) if waiting.attempts == 1)
    );
    app.advance(3 * MINUTE).await.unwrap();
    assert!(
        matches!(app.outcome("receipts.send", &placed).await.unwrap(), Why::Retrying(waiting) if waiting.attempts == 2)
    );
    assert!(app.advance_over_retries().await.unwrap() > 20 * MINUTE);
    assert_eq!(app.outcome("receipts.send", &placed).await.unwrap(), Why::Handled);
    assert_eq!(mails.sent(), ["receipt order_1"]);
}

#[tokio::test]
async fn an_event_for_later_comes_when_the_time_is_moved() {
    let mails = Mails::default();
    let app = app(&mails).start().await.unwrap();
    app.when(OrderPlaced::new("order_1")).await.unwrap();
    app.advance(23 * 60 * MINUTE).await.unwrap();
    assert_eq!(app.published::<OrderCanceled>().await.unwrap(), []);
    app.advance(60 * MINUTE).await.unwrap();
    assert_eq!(app.published::<OrderCanceled>().await.unwrap(), [OrderCanceled::new("order_1")]);
    assert_eq!(mails.sent(), ["receipt order_1", "canceled order_1"]);

    let later = app.bus().publish(OrderCanceled::new("order_2")).delay(MINUTE).await.unwrap();
    assert!(matches!(app.outcome("receipts.canceled", &later).await, Err(TestError::NotInTheLog { .. })));
    app.advance(MINUTE).await.unwrap();
    assert_eq!(app.outcome("receipts.canceled", &later).await.unwrap(), Why::Handled);
}

#[tokio::test]
async fn thousands_of_events_that_are_due_at_once_all_come() {
    let mails = Mails::default();
    let app = app(&mails).start().await.unwrap();
    let day = Duration::from_secs(24 * 3600);
    app.given((0..2_500).map(|number| OrderPlaced::new(format!("order_{number}")))).await.unwrap();
    app.advance(day).await.unwrap();
    assert_eq!(app.published::<OrderCanceled>().await.unwrap().len(), 2_500);
    assert_eq!(mails.sent().len(), 5_000);
}

#[tokio::test]
async fn history_is_handled_and_does_not_count_as_published_later() {
    let mails = Mails::default();
    let reacts = SubscriberDef::new("test.reacts", Reacts).on("order.placed");
    let app = app(&mails).subscribe(reacts).start().await.unwrap();
    app.given([OrderPlaced::new("order_1"), OrderPlaced::new("order_2")]).await.unwrap();
    assert_eq!(mails.sent().len(), 4);
    assert_eq!(app.published::<OrderCanceled>().await.unwrap(), []);
    app.when(OrderPlaced::new("order_3")).await.unwrap();
    assert_eq!(app.published::<OrderCanceled>().await.unwrap(), [OrderCanceled::new("order_3")]);
    assert_eq!(app.reactions().await.unwrap().len(), 1);
    assert_eq!(app.log().await.unwrap().len(), 6);
}

struct Reacts;

#[async_trait]
impl Subscriber for Reacts {
    type Event = OrderPlaced;
    async fn handle(&self, order: OrderPlaced, cx: Cx) -> Result<(), Failure> {
        cx.publish(OrderCanceled::new(order.id)).await?;
        Ok(())
    }
}

#[tokio::test]
async fn what_was_there_before_the_start_is_new_to_nobody_but_the_beginner() {
    let mails = Mails::default();
    let beginner = SubscriberDef::new("test.beginner", Reacts).start(Start::Beginning);
    let app = app(&mails).subscribe(beginner).before([OrderPlaced::new("order_1")]).start().await.unwrap();
    let placed = &app.log().await.unwrap()[0];
    assert!(matches!(app.outcome_at("receipts.send", placed.sequence).await.unwrap(), Why::BeforeItsStart { .. }));
    assert_eq!(app.outcome_at("test.beginner", placed.sequence).await.unwrap(), Why::Handled);
    assert_eq!(mails.sent(), ["canceled order_1"]);
}

#[tokio::test]
async fn a_dead_letter_is_seen_and_redriven() {
    let mails = Mails::default();
    let config = "[plugins.receipts]\nbroken = ['order_1']\n[subscribers.'receipts.send']\nattempts = 2";
    let app = app(&mails).config(config).start().await.unwrap();
    let placed = app.when(OrderPlaced::new("order_1")).await.unwrap();
    app.advance_over_retries().await.unwrap();
    let letters = app.dead_letters("receipts.send").await.unwrap();
    assert_eq!((letters.len(), letters[0].reason, letters[0].attempts), (1, DeadReason::Exhausted, 2));
    assert_eq!(letters[0].error, ["the mail server is down"]);

    app.redrive("receipts.send", letters[0].sequence).await.unwrap();
    assert_eq!(mails.sent(), [""; 0]);
    app.advance_over_retries().await.unwrap();
    app.discard("receipts.send", letters[0].sequence).await.unwrap();
    assert_eq!(app.outcome("receipts.send", &placed).await.unwrap(), Why::Discarded);
    assert!(matches!(app.redrive("test.unheard", 1).await, Err(TestError::Backend(_))));
}

#[tokio::test]
async fn raw_events_are_checked_as_a_bus_checks_them() {
    let mails = Mails::default();
    let app = app(&mails).start().await.unwrap();
    let body = serde_json::json!({ "id": "order_1" });
    app.when(Outgoing::raw("order.placed", &body)).await.unwrap();
    assert_eq!(mails.sent(), ["receipt order_1"]);
    let refused = app.when(Outgoing::raw("order.placd", &body)).await;
    let Err(TestError::Publish(refused)) = refused else { panic!("{refused:?}") };
    assert_eq!(*refused.kind(), stheno::PublishErrorKind::UnknownName { nearest: Some("order.placed") });
}

#[tokio::test]
async fn an_id_is_new_again_after_the_dedup_window() {
    let mails = Mails::default();
    let app = app(&mails).start().await.unwrap();
    let placed = || Outgoing::from(OrderPlaced::new("order_1")).id("order_1/placed");
    app.when(placed()).await.unwrap();
    assert!(app.when(placed()).await.unwrap().duplicate);
    app.advance(Duration::from_secs(25 * 3600)).await.unwrap();
    assert!(!app.when(placed()).await.unwrap().duplicate);
}

#[tokio::test]
async fn everything_that_is_wrong_is_said_at_the_start() {
    let twice = || SubscriberDef::new("test.twice", Reacts);
    let app = TestApp::new().plugin(receipts::plugin()).subscribe(twice()).subscribe(twice());
    let Err(TestError::Start(StartError::Problems(problems))) = app.start().await else { panic!("it must not start") };
    assert!(problems.iter().any(|problem| matches!(problem, Problem::DuplicateSubscriber { .. })), "{problems:?}");
    assert!(problems.iter().any(|problem| matches!(problem, Problem::MissingResource { .. })), "{problems:?}");
    assert!(matches!(TestApp::new().config("[oops").start().await, Err(TestError::Config(_))));
}

#[tokio::test]
async fn a_subscriber_that_does_not_come_to_rest_is_named() {
    let hangs = SubscriberDef::new("test.hangs", Hangs).on("order.placed");
    let app = TestApp::new().subscribe(hangs).limit(Duration::from_millis(50)).start().await.unwrap();
    let Err(TestError::NotSettled(busy)) = app.when(OrderPlaced::new("order_1")).await else { panic!("it hangs") };
    assert_eq!((busy.subscriber(), busy.progress().running), ("test.hangs", 1));
}

struct Hangs;

#[async_trait]
impl Subscriber for Hangs {
    type Event = OrderPlaced;
    async fn handle(&self, _order: OrderPlaced, _cx: Cx) -> Result<(), Failure> {
        std::future::pending().await
    }
}

#[tokio::test]
async fn a_test_app_takes_each_setting_once() {
    let apps = [TestApp::new().config("a = 1").config("b = 1"), TestApp::new().limit(Duration::ZERO)];
    for (app, name) in apps.into_iter().zip(["`config`", "`limit`"]) {
        let Err(refused) = app.start().await else { panic!("it is refused: {name}") };
        assert!(matches!(refused, TestError::Setting { .. }) && refused.to_string().contains(name), "{refused}");
    }
}
