//! `#[subscriber]`: what it says of a handler. That the handler runs is tested beside the code that runs it.

use std::time::Duration;

use stheno::{
    AnyEvent, Batch, Body, Cx, Event, EventSum, Failure, Payload, Policy, Res, Start, Subscriber, SubscriberDef,
    async_trait, subscriber,
};

#[derive(Payload, Event)]
#[event(name = "order.placed", key = "order:/id")]
struct OrderPlaced {
    #[field(example = "order_1")]
    id: String,
}

#[derive(serde::Deserialize)]
struct OrderRef {
    id: String,
}

struct Mailer(&'static str);

/// The handler of the design's first page.
#[subscriber("order.placed", id = "receipts.send")]
async fn send_receipt(order: OrderPlaced, mailer: Res<Mailer>, cx: Cx) -> Result<(), Failure> {
    if order.id == mailer.0 {
        return cx.skip("the mailer's own order");
    }
    Err(Failure::new(order.id))
}

#[subscriber(
    "order.placed",
    "order.*",
    id = "audit.all-options",
    was = "audit.old",
    attempts = 20,
    retry_initial = "2s",
    retry_cap = "10m",
    retry_total = "3h",
    crash_limit = 5,
    timeout = "60s",
    concurrency = 4,
    unordered,
    start = "beginning",
    batch = 500,
    linger = "200ms"
)]
async fn all_options(_orders: Batch<Body<OrderRef>>) -> Result<(), std::io::Error> {
    Ok(())
}

/// [`all_options`] as one would write it without the macro.
struct AllOptions;

#[async_trait]
impl Subscriber for AllOptions {
    type Event = Batch<Body<OrderRef>>;

    async fn handle(&self, orders: Batch<Body<OrderRef>>, _cx: Cx) -> Result<(), Failure> {
        match orders.iter().any(|order| order.event.0.id.is_empty()) {
            true => Err(Failure::new("an order without id")),
            false => Ok(()),
        }
    }
}

fn all_options_by_hand() -> SubscriberDef {
    SubscriberDef::new("audit.all-options", AllOptions)
        .on("order.placed")
        .on_all(&["order.placed", "order.*"])
        .was("audit.old")
        .attempts(20)
        .retry(Duration::from_secs(2), Duration::from_secs(10 * 60), Duration::from_secs(3 * 60 * 60))
        .crash_limit(5)
        .timeout(Duration::from_secs(60))
        .concurrency(4)
        .unordered()
        .start(Start::Beginning)
        .batch(500, Duration::from_millis(200))
}

#[subscriber("*", id = "audit.everything")]
async fn everything(_event: AnyEvent) -> Result<(), Failure> {
    Ok(())
}

#[derive(EventSum)]
enum Orders {
    Placed(OrderPlaced),
}

#[subscriber(id = "orders.sum")]
async fn sum(orders: Orders) -> Result<(), Failure> {
    let Orders::Placed(order) = orders;
    Err(Failure::new(order.id))
}

mod elsewhere {
    use super::{Failure, OrderPlaced, subscriber};

    #[subscriber(id = "orders.retried", retry_total = "1h", linger = "1s", start = "new")]
    pub async fn retried(_orders: stheno::Batch<OrderPlaced>) -> Result<(), Failure> {
        Ok(())
    }
}

#[test]
fn without_options_a_subscriber_has_its_types_patterns_and_the_defaults() {
    let subscriber = send_receipt::subscriber();
    assert_eq!(subscriber.id(), "receipts.send");
    assert_eq!(subscriber.patterns(), ["order.placed"]);
    assert_eq!(subscriber.policy(), &Policy::default());
    assert_eq!(sum::subscriber().patterns(), ["order.placed"]);
}

#[test]
fn every_option_reaches_the_definition_as_it_does_by_hand() {
    let (written, by_hand) = (all_options::subscriber(), all_options_by_hand());
    assert_eq!(written.id(), by_hand.id());
    assert_eq!(written.patterns(), by_hand.patterns());
    assert_eq!(written.policy(), by_hand.policy());
    assert_ne!(written.policy(), &Policy::default());
}

#[test]
fn options_that_belong_together_keep_the_defaults_of_those_left_out() {
    let subscriber = elsewhere::retried::subscriber();
    let policy = subscriber.policy();
    assert_eq!((policy.retry_initial, policy.retry_cap), (Policy::RETRY_INITIAL, Policy::RETRY_CAP));
    assert_eq!(policy.retry_total, Duration::from_secs(3600));
    assert_eq!((policy.batch, policy.linger), (Policy::BATCH, Duration::from_secs(1)));
    assert_eq!(policy.start, Start::New);
}

#[test]
fn a_lone_star_means_all_events() {
    assert_eq!(everything::subscriber().patterns(), [">"]);
}

#[test]
fn a_handler_may_stand_in_a_function() {
    #[subscriber(id = "orders.inner")]
    async fn inner(_order: OrderPlaced) -> Result<(), Failure> {
        Ok(())
    }
    assert_eq!(inner::subscriber().id(), "orders.inner");
}

#[tokio::test]
async fn the_function_stays_callable() {
    let mailer = || Res::from(Mailer("order_1"));
    let cx = || Cx::test("order.placed");
    assert!(send_receipt(OrderPlaced::new("order_1"), mailer(), cx()).await.is_ok());
    assert!(send_receipt(OrderPlaced::new("order_2"), mailer(), cx()).await.is_err());
}
