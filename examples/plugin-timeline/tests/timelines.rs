//! One story told by three platforms is one timeline.

use std::path::Path;

use plugin_timeline::{Book, Entry, Moment};
use serde_json::json;
use stheno::{
    Decimal, Key, Outgoing, RewindTo, Timestamp,
    delivery::why::Why,
    medusa,
    saleor::{
        EmailType, Id,
        unsaved::{Actor, OrderRef},
    },
    shopify::{EventObject, Verb},
};
use stheno_testkit::{Started, TestApp};

const SUBSCRIBER: &str = "timeline.record";

async fn start(folder: &Path, before: Vec<Outgoing>) -> (Started, Book) {
    let database = folder.join("timeline.db");
    let config = format!("[plugins.timeline]\ndatabase = {:?}", database.to_str().unwrap());
    let app = TestApp::new().config(config).plugin(plugin_timeline::plugin()).before(before);
    (app.start().await.unwrap(), Book::open(&database).unwrap())
}

fn timeline(book: &Book, order: &str) -> Vec<Entry> {
    book.timeline(&Key::parse(order).unwrap()).unwrap()
}

fn shown(entries: &[Entry]) -> Vec<(String, Option<&str>)> {
    entries.iter().map(|entry| (entry.moment.to_string(), entry.detail.as_deref())).collect()
}

/// Placed, a payment that failed, paid, sent, back in stock, refunded, canceled.
fn by_medusa() -> Vec<Outgoing> {
    let refund = medusa::OrderRefundCreated::new("order_1", "ref_1");
    vec![
        medusa::OrderPlaced::new("order_1").into(),
        medusa::OrderPaymentCaptureFailed::new("order_1", "declined").into(),
        medusa::OrderPaymentCaptured::new("order_1").into(),
        medusa::OrderFulfillmentCreated::new("order_1", "ful_1").into(),
        medusa::OrderItemsReturned::new("order_1", "ret_1").into(),
        refund.into(),
        medusa::OrderCanceled::new("order_1").into(),
    ]
}

fn by_saleor() -> Vec<Outgoing> {
    let raw = |name: &str, mut body: serde_json::Value| {
        body["order_id"] = json!(52);
        Outgoing::raw(&format!("saleor.order.{name}"), &body)
    };
    vec![
        raw("placed", json!({})),
        raw("payment_failed", json!({ "message": "declined" })),
        raw("captured", json!({ "amount": "210.94", "payment_id": "p", "payment_gateway": "dummy" })),
        raw("fulfilled_items", json!({ "fulfilled_items": [7] })),
        raw("restocked_items", json!({ "quantity": 2 })),
        raw("refunded", json!({ "amount": "16.800", "payment_id": "p", "payment_gateway": "dummy" })),
        raw("canceled", json!({})),
    ]
}

fn by_shopify() -> Vec<Outgoing> {
    let money = ["389404469", "210.94", "USD"];
    let story: [(&str, &[&str]); 7] = [
        ("placed", &[]),
        ("sale_failure", &money),
        ("capture_success", &money),
        ("fulfillment_success", &["2 line items"]),
        ("restock_line_items", &["2"]),
        ("refund_success", &money),
        ("cancelled", &["Ada"]),
    ];
    let events = story.into_iter().zip(1..).map(|((verb, arguments), id)| {
        let verb = Verb::find("Order", verb).unwrap();
        let time = format!("2008-01-10T06:00:0{id}-05:00").parse().unwrap();
        EventObject::of_verb(verb, id, 450_789_469, time, arguments.to_vec()).unwrap().to_event().unwrap()
    });
    events.collect()
}

#[tokio::test]
async fn the_same_story_is_the_same_timeline_on_every_platform() {
    let folder = tempfile::tempdir().unwrap();
    let (app, book) = start(folder.path(), vec![]).await;
    app.given(by_medusa().into_iter().chain(by_saleor()).chain(by_shopify())).await.unwrap();
    let orders = ["order:order_1", "saleor.order:52", "shopify.order:450789469"];
    let moments = [
        Moment::Placed,
        Moment::PaymentFailed,
        Moment::Paid,
        Moment::Fulfilled,
        Moment::Restocked,
        Moment::Refunded,
        Moment::Canceled,
    ];
    for (order, platform) in orders.into_iter().zip(["medusa", "saleor", "shopify"]) {
        let entries = timeline(&book, order);
        assert_eq!(
            entries.iter().map(|entry| &entry.moment).collect::<Vec<_>>(),
            moments.iter().collect::<Vec<_>>(),
            "{order}"
        );
        assert!(entries.iter().all(|entry| entry.platform == platform));
    }
    let details =
        |order: &str| -> Vec<Option<String>> { timeline(&book, order).into_iter().map(|entry| entry.detail).collect() };
    let texts = |texts: [Option<&str>; 7]| texts.map(|text| text.map(str::to_owned)).to_vec();
    assert_eq!(details(orders[0]), texts([None, Some("declined"), None, None, None, None, None]));
    assert_eq!(
        details(orders[1]),
        texts([None, Some("declined"), Some("210.94"), None, Some("2"), Some("16.800"), None])
    );
    let money = Some("210.94 USD");
    assert_eq!(details(orders[2]), texts([None, money, money, Some("2 line items"), Some("2"), money, Some("Ada")]));
}

#[tokio::test]
async fn what_was_there_before_the_plugin_is_in_the_timeline_in_the_order_it_happened() {
    let folder = tempfile::tempdir().unwrap();
    let mut told = by_shopify();
    told.reverse();
    let (_app, book) = start(folder.path(), told).await;
    let entries = timeline(&book, "shopify.order:450789469");
    assert_eq!((entries[0].moment.clone(), entries[6].moment.clone()), (Moment::Placed, Moment::Canceled));
    assert_eq!(entries[0].time, "2008-01-10T11:00:01Z".parse::<Timestamp>().unwrap());
}

#[tokio::test]
async fn a_replay_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (app, book) = start(folder.path(), by_saleor()).await;
    let before = timeline(&book, "saleor.order:52");
    assert_eq!(before.len(), 7);
    app.rewind(SUBSCRIBER, RewindTo::Beginning).await.unwrap();
    assert_eq!(timeline(&book, "saleor.order:52"), before);
}

#[tokio::test]
async fn words_of_one_platform_alone_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (app, book) = start(folder.path(), vec![]).await;
    let (order, staff) = (OrderRef::new(52).unwrap(), Actor::user("VXNlcjo2Nw==").unwrap());
    use stheno::saleor::order_events as events;
    let bus = app.bus();
    events::draft_created(&order, &staff).save(bus).await.unwrap();
    events::note_added(&order, &staff, "hello world!").unwrap().save(bus).await.unwrap();
    events::email_sent(&order, &staff, "ada@example.com", EmailType::DigitalLinks).unwrap().save(bus).await.unwrap();
    events::order_paid(&order, &staff, Decimal::new(5, 0), "p", "g").unwrap().save(bus).await.unwrap();
    events::fulfillment_canceled(&order, &staff, Id::from("52-1")).unwrap().save(bus).await.unwrap();
    app.settle().await.unwrap();
    let entries = timeline(&book, "saleor.order:52");
    assert_eq!(
        shown(&entries),
        [
            ("draft created".to_owned(), None),
            ("noted".to_owned(), Some("hello world!")),
            ("mailed".to_owned(), Some("digital_links")),
            ("paid".to_owned(), Some("5")),
            ("fulfillment canceled".to_owned(), None),
        ]
    );
    assert_eq!(entries[0].moment, Moment::Other("draft created".into()));
}

#[tokio::test]
async fn an_event_that_is_not_what_its_name_says_is_a_dead_letter_and_its_order_waits() {
    let folder = tempfile::tempdir().unwrap();
    let (app, book) = start(folder.path(), vec![]).await;
    // As a foreign publisher would, past the checks of the bus.
    let mut event =
        stheno::NewEvent::new("saleor.order.refunded".parse().unwrap(), r#"{"order_id":52,"amount":"lots"}"#);
    event.key = Some(Key::new("saleor.order", "52").unwrap());
    let stored = app.bus().backend().append(stheno::backend::Append::one(event)).await.unwrap();
    app.settle().await.unwrap();
    let why = app.outcome_at(SUBSCRIBER, stored[0].sequence.unwrap()).await.unwrap();
    assert!(matches!(why, Why::Dead(letter) if letter.attempts == 1));
    assert!(timeline(&book, "saleor.order:52").is_empty());
}
