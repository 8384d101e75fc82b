//! Handlers that `#[subscriber]` defined, as the runtime builds and calls them.

use std::sync::{Arc, Mutex};

use bytes::Bytes;

use crate::{
    Batch, Body, Cx, Event, Failure, Headers, Payload, RecordedEvent, Res, Resources, Secret, Subscriber,
    SubscriberDef, Timestamp, async_trait, event::input::BatchMarks, plugin::discovery, subscriber,
};

#[derive(Payload, Event)]
#[event(name = "order.placed", key = "order:/id")]
struct OrderPlaced {
    #[field(example = "order_1")]
    id: String,
}

type Seen = Mutex<Vec<String>>;

#[subscriber(id = "tests.note", was = "tests.old")]
async fn note(order: OrderPlaced, seen: Res<Seen>, greeting: Res<&'static str>, cx: Cx) -> Result<(), Failure> {
    seen.lock().unwrap().push(format!("{} {} {}", *greeting, order.id, cx.name()));
    Ok(())
}

struct Refused {
    last: bool,
}

fn by_kind(error: Refused) -> Failure {
    let failure = Failure::new("refused");
    if error.last { failure.terminal() } else { failure }
}

#[subscriber("order.*", id = "tests.classified", classify = by_kind)]
async fn classified(order: Body<Secret<String>>) -> Result<(), Refused> {
    Err(Refused { last: order.0.expose() == "last" })
}

#[subscriber(id = "tests.batch", batch = 10)]
async fn batch(orders: Batch<OrderPlaced>, seen: Res<Seen>) -> Result<(), std::num::ParseIntError> {
    for order in orders.iter() {
        seen.lock().unwrap().push(order.event.id.clone());
    }
    "ten".parse::<u32>().map(|_| ())
}

struct Registered;

#[async_trait]
impl Subscriber for Registered {
    type Event = OrderPlaced;

    async fn handle(&self, _order: OrderPlaced, _cx: Cx) -> Result<(), Failure> {
        Ok(())
    }
}

crate::register_subscriber!(id = "tests.registered", on = ["order.*"], |_| Ok(Registered));

fn recorded(body: &'static str) -> Arc<RecordedEvent> {
    let now = Timestamp::now();
    let body = Bytes::from_static(body.as_bytes());
    Arc::new(RecordedEvent::from_stored(
        1,
        "id".into(),
        "order.placed".into(),
        None,
        None,
        now,
        now,
        Headers::new(),
        body,
    ))
}

async fn call(subscriber: &SubscriberDef, resources: &Resources, body: &'static str) -> Result<(), Failure> {
    let handler = subscriber.build(resources).unwrap();
    handler.call(&recorded(body), Cx::test("order.placed")).map_err(Failure::undecodable)?.await
}

fn resources() -> Resources {
    let mut resources = Resources::new();
    resources.provide(Seen::default());
    resources.provide("hello");
    resources
}

fn seen(resources: &Resources) -> Vec<String> {
    resources.get::<Seen>().unwrap().lock().unwrap().clone()
}

#[tokio::test]
async fn a_handler_is_given_its_event_its_resources_and_the_context() {
    let resources = resources();
    call(&note::subscriber(), &resources, r#"{"id":"order_1"}"#).await.unwrap();
    assert_eq!(seen(&resources), ["hello order_1 order.placed"]);
}

#[tokio::test]
async fn what_does_not_decode_never_reaches_the_handler() {
    let resources = resources();
    let failure = call(&note::subscriber(), &resources, r#"{"id":7}"#).await.unwrap_err();
    assert!(failure.is_terminal());
    assert!(seen(&resources).is_empty());
}

#[test]
fn every_missing_resource_is_named() {
    let missing = note::subscriber().build(&Resources::new()).err().unwrap();
    let types: Vec<_> = missing.iter().map(|missing| missing.type_name()).collect();
    assert_eq!(types, [std::any::type_name::<Seen>(), "&str"]);
}

#[tokio::test]
async fn classify_decides_what_is_final() {
    let failed = async |body| call(&classified::subscriber(), &Resources::new(), body).await.unwrap_err();
    assert!(failed(r#""last""#).await.is_terminal());
    assert!(!failed(r#""first""#).await.is_terminal());
}

#[tokio::test]
async fn a_batch_is_one_call_and_its_error_is_a_failure() {
    let resources = resources();
    let subscriber = batch::subscriber();
    assert!(subscriber.batch);
    let events = [recorded(r#"{"id":"a"}"#), recorded("{}"), recorded(r#"{"id":"b"}"#)];
    let marks = BatchMarks::default();
    let handler = subscriber.build(&resources).unwrap();
    let failure = handler.call_batch(&events, &marks, Cx::test("order.placed")).unwrap().await.unwrap_err();
    assert!(!failure.is_terminal());
    assert_eq!(seen(&resources), ["a", "b"]);
    let marked: Vec<_> = marks.take().into_iter().map(|(index, failure)| (index, failure.is_terminal())).collect();
    assert_eq!(marked, [(1, true)]);
}

#[test]
fn a_definition_knows_where_it_was_written_and_what_it_was_called() {
    let subscriber = note::subscriber();
    assert_eq!(subscriber.was.as_deref(), Some("tests.old"));
    assert_eq!((subscriber.origin.crate_name, subscriber.origin.module), ("stheno-core", module_path!()));
    assert_eq!(subscriber.origin.file, file!());
}

#[test]
fn what_is_written_is_linked() {
    let linked = discovery::subscribers();
    for id in ["tests.note", "tests.classified", "tests.batch", "tests.registered"] {
        assert!(linked.iter().any(|subscriber| subscriber.id() == id), "{id}");
    }
}

#[test]
fn a_registered_subscriber_equals_the_one_by_hand() {
    let linked = discovery::subscribers();
    let registered = linked.iter().find(|subscriber| subscriber.id() == "tests.registered").unwrap();
    let by_hand = SubscriberDef::new("tests.registered", Registered).on("order.*");
    assert_eq!(registered.patterns(), by_hand.patterns());
    assert_eq!(registered.policy(), by_hand.policy());
    assert_eq!(registered.origin.module, module_path!());
}
