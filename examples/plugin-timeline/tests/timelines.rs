//! One story told by three platforms is one timeline.

use std::path::Path;

use plugin_timeline::{Book, Entry, Moment};
use serde_json::{Value, json};
use stheno::{
    Decimal, Key, Outgoing, Payload, RewindTo, Timestamp,
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

/// Placed, a payment that failed, captured, sent, not sent after all, come back, refunded, canceled.
fn by_medusa() -> Vec<Outgoing> {
    vec![
        medusa::OrderPlaced::new("order_1").into(),
        medusa::OrderPaymentCaptureFailed::new("order_1", "declined").into(),
        captured("order_1"),
        medusa::OrderFulfillmentCreated::new("order_1", "ful_1").into(),
        medusa::OrderFulfillmentCanceled::new("order_1", "ful_1").into(),
        medusa::OrderItemsReturned::new("order_1", "ret_1").into(),
        medusa::OrderRefundCreated::new("order_1", "ref_1").into(),
        medusa::OrderCanceled::new("order_1").into(),
    ]
}

/// A payment of an order, as Medusa captures it.
fn captured(order: &str) -> Outgoing {
    let mut payment = serde_json::to_value(medusa::entity::Payment::example()).unwrap();
    payment["order_id"] = json!(order);
    payment["amount"] = json!(21_094);
    payment["currency_code"] = json!("usd");
    Outgoing::raw("payment.payment_captured", &payment)
}

/// An event of the order 52.
fn of_saleor(name: &str, mut body: Value) -> Outgoing {
    body["order_id"] = json!(52);
    Outgoing::raw(&format!("saleor.order.{name}"), &body)
}

fn by_saleor() -> Vec<Outgoing> {
    vec![
        of_saleor("placed", json!({})),
        of_saleor("payment_failed", json!({ "message": "declined" })),
        of_saleor("captured", json!({ "amount": "210.94", "payment_id": "p", "payment_gateway": "dummy" })),
        of_saleor("fulfilled_items", json!({ "fulfilled_items": [7] })),
        of_saleor("fulfillment_canceled", json!({ "composed_id": "52-1" })),
        of_saleor("restocked_items", json!({ "quantity": 2 })),
        of_saleor("refunded", json!({ "amount": "16.800", "payment_id": "p", "payment_gateway": "dummy" })),
        of_saleor("canceled", json!({})),
    ]
}

/// Events of the order 450789469, a second after each other.
fn of_shopify(story: &[(&str, &[&str])]) -> Vec<Outgoing> {
    let events = story.iter().zip(1..).map(|((verb, arguments), id)| {
        let verb = Verb::find("Order", verb).unwrap();
        let time = format!("2008-01-10T06:00:0{id}-05:00").parse().unwrap();
        EventObject::of_verb(verb, id, 450_789_469, time, arguments.to_vec()).unwrap().to_event().unwrap()
    });
    events.collect()
}

const MONEY: &[&str] = &["389404469", "210.94", "USD"];

fn by_shopify() -> Vec<Outgoing> {
    of_shopify(&[
        ("placed", &[]),
        ("sale_failure", MONEY),
        ("capture_success", MONEY),
        ("fulfillment_success", &["2 line items"]),
        ("fulfillment_cancelled", &["2 line items"]),
        ("restock_line_items", &["2"]),
        ("refund_success", MONEY),
        ("cancelled", &["Ada"]),
    ])
}

/// A note of a customer, as Saleor records it of them.
fn note_of_customer(order: Value, user: i64, message: &str) -> Outgoing {
    let body = json!({ "order_id": order, "user_id": user, "message": message });
    Outgoing::raw("saleor.customer.note_added_to_order", &body)
}

#[tokio::test]
async fn the_same_story_is_the_same_timeline_on_every_platform() {
    let folder = tempfile::tempdir().unwrap();
    let (app, book) = start(folder.path(), vec![]).await;
    app.given(by_medusa().into_iter().chain(by_saleor()).chain(by_shopify())).await.unwrap();
    let orders = ["order:order_1", "saleor.order:52", "shopify.order:450789469"];
    // Medusa says at which step a payment failed, and that goods came back; whether they are in stock it does not say.
    for (order, platform, failed, back) in [
        (orders[0], "medusa", Moment::CaptureFailed, Moment::Returned),
        (orders[1], "saleor", Moment::PaymentFailed, Moment::Restocked),
        (orders[2], "shopify", Moment::PaymentFailed, Moment::Restocked),
    ] {
        let moments = [
            Moment::Placed,
            failed,
            Moment::Captured,
            Moment::Fulfilled,
            Moment::FulfillmentCanceled,
            back,
            Moment::Refunded,
            Moment::Canceled,
        ];
        let entries = timeline(&book, order);
        assert_eq!(
            entries.iter().map(|entry| &entry.moment).collect::<Vec<_>>(),
            moments.iter().collect::<Vec<_>>(),
            "{order}"
        );
        assert!(entries.iter().all(|entry| entry.platform() == platform));
    }
    let details =
        |order: &str| -> Vec<Option<String>> { timeline(&book, order).into_iter().map(|entry| entry.detail).collect() };
    let texts = |texts: [Option<&str>; 8]| texts.map(|text| text.map(str::to_owned)).to_vec();
    let (money, lines) = (Some("210.94 USD"), Some("2 line items"));
    assert_eq!(details(orders[0]), texts([None, Some("declined"), money, None, None, None, None, None]));
    assert_eq!(
        details(orders[1]),
        texts([
            None,
            Some("declined"),
            Some("210.94"),
            Some("1 line item"),
            Some("52-1"),
            Some("2"),
            Some("16.800"),
            None
        ])
    );
    assert_eq!(details(orders[2]), texts([None, money, money, lines, lines, Some("2"), money, Some("Ada")]));
}

#[tokio::test]
async fn what_was_there_before_the_plugin_is_in_the_timeline_in_the_order_it_happened() {
    let folder = tempfile::tempdir().unwrap();
    let mut told = by_shopify();
    told.reverse();
    let (_app, book) = start(folder.path(), told).await;
    let entries = timeline(&book, "shopify.order:450789469");
    assert_eq!((entries[0].moment.clone(), entries[7].moment.clone()), (Moment::Placed, Moment::Canceled));
    assert_eq!(entries[0].time, "2008-01-10T11:00:01Z".parse::<Timestamp>().unwrap());
}

#[tokio::test]
async fn a_captured_payment_and_an_order_that_is_fully_paid_are_two_moments() {
    let folder = tempfile::tempdir().unwrap();
    let (app, book) = start(folder.path(), vec![]).await;
    let payment = json!({ "amount": "210.94", "payment_id": "p", "payment_gateway": "dummy" });
    app.given([
        of_saleor("captured", payment.clone()),
        of_saleor("order_paid", payment),
        captured("order_1"),
        medusa::OrderPaymentCaptured::new("order_1").into(),
    ])
    .await
    .unwrap();
    for order in ["saleor.order:52", "order:order_1"] {
        let moments: Vec<Moment> = timeline(&book, order).into_iter().map(|entry| entry.moment).collect();
        assert_eq!(moments, [Moment::Captured, Moment::Paid], "{order}");
    }
}

#[tokio::test]
async fn a_payment_that_is_of_no_order_yet_is_skipped() {
    let folder = tempfile::tempdir().unwrap();
    let (app, _book) = start(folder.path(), vec![]).await;
    let payment = serde_json::to_value(medusa::entity::Payment::example()).unwrap();
    let published = app.when(Outgoing::raw("payment.payment_captured", &payment)).await.unwrap();
    assert!(matches!(app.outcome(SUBSCRIBER, &published).await.unwrap(), Why::Skipped { .. }));
}

#[tokio::test]
async fn what_goes_wrong_on_one_platform_alone_is_in_its_timeline() {
    let folder = tempfile::tempdir().unwrap();
    let (app, book) = start(folder.path(), vec![]).await;
    let by_medusa: Vec<Outgoing> = vec![
        medusa::OrderPlaced::new("order_1").into(),
        medusa::OrderFulfillmentCreated::new("order_1", "ful_1").into(),
        medusa::OrderShipmentCreated::new("order_1", "ful_1").into(),
        medusa::OrderReturnRequested::new("order_1", "ret_1").into(),
        medusa::OrderReturnActionRequired::new("order_1", "ret_1").into(),
        medusa::OrderItemsReturned::new("order_1", "ret_1").into(),
        medusa::SwapReceived::new("swap_1", "order_1").into(),
        medusa::OrderRefundFailed::new("order_1").into(),
        medusa::OrderCompleted::new("order_1").into(),
    ];
    let by_saleor = [
        of_saleor("draft_placed", json!({})),
        of_saleor("oversold_items", json!({ "oversold_items": ["Apple Juice (1l)"] })),
        of_saleor("voided", json!({ "amount": null, "payment_id": "p", "payment_gateway": "dummy" })),
        Outgoing::raw("saleor.customer.digital_link_downloaded", &json!({ "order_id": 52, "order_line": 7 })),
    ];
    let by_shopify = of_shopify(&[
        ("placed", &[]),
        ("confirmed", &["#1001", "Bob Norman"]),
        ("authorization_failure", MONEY),
        ("capture_failure", MONEY),
        ("refund_failure", MONEY),
        ("refund_pending", MONEY),
        ("void_failure", &[]),
        ("re_opened", &[]),
        ("closed", &[]),
    ]);
    app.given(by_medusa.into_iter().chain(by_saleor).chain(by_shopify)).await.unwrap();
    let words = |order: &str| -> Vec<String> {
        timeline(&book, order).into_iter().map(|entry| entry.moment.to_string()).collect()
    };
    assert_eq!(
        words("order:order_1"),
        [
            "placed",
            "fulfilled",
            "shipped",
            "return requested",
            "return action required",
            "items returned",
            "swap received",
            "refund failed",
            "completed"
        ]
    );
    assert_eq!(words("saleor.order:52"), ["placed", "items oversold", "voided", "digital goods downloaded"]);
    assert_eq!(
        words("shopify.order:450789469"),
        [
            "placed",
            "confirmed",
            "authorization failed",
            "capture failed",
            "refund failed",
            "refund pending",
            "void failed",
            "re-opened",
            "closed"
        ]
    );
}

#[tokio::test]
async fn a_note_of_a_customer_is_there_once_whichever_of_its_two_events_comes_first() {
    let of_order = |user: Value| of_saleor("note_added", json!({ "user_id": user, "message": "Please ring twice." }));
    let of_customer = || note_of_customer(json!(52), 68, "Please ring twice.");
    for events in [vec![of_order(json!(68)), of_customer()], vec![of_customer(), of_order(json!(68))]] {
        let folder = tempfile::tempdir().unwrap();
        let (app, book) = start(folder.path(), vec![]).await;
        app.given(events).await.unwrap();
        for _ in 0..2 {
            let [entry] = &timeline(&book, "saleor.order:52")[..] else { panic!("one entry") };
            assert_eq!(entry.moment, Moment::Noted);
            assert_eq!((entry.detail.as_deref(), entry.author.as_deref()), (Some("Please ring twice."), Some("68")));
            app.rewind(SUBSCRIBER, RewindTo::Beginning).await.unwrap();
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let (app, book) = start(folder.path(), vec![]).await;
    // Only the customer's event; the same words of somebody else; another order; another note.
    app.given([
        of_customer(),
        of_order(json!(67)),
        note_of_customer(json!(53), 68, "Please ring twice."),
        note_of_customer(json!(52), 68, "Or three times."),
    ])
    .await
    .unwrap();
    assert_eq!(timeline(&book, "saleor.order:52").len(), 3);
    assert_eq!(timeline(&book, "saleor.order:53").len(), 1);
    let of_none = app.when(note_of_customer(Value::Null, 68, "Where?")).await.unwrap();
    assert!(matches!(app.outcome(SUBSCRIBER, &of_none).await.unwrap(), Why::Skipped { .. }));
}

#[tokio::test]
async fn notes_are_one_only_if_they_are_the_same_words_of_one_author_at_one_time() {
    let at = |event: Outgoing, time: &str| event.time(time.parse().unwrap());
    let of_order = |user: Value| of_saleor("note_added", json!({ "user_id": user, "message": "ok" }));
    let of_customer = || note_of_customer(json!(52), 68, "ok");
    let anonymous = Outgoing::raw("saleor.customer.note_added_to_order", &json!({ "order_id": 52, "message": "ok" }))
        .key(Key::new("saleor.user", "68").unwrap());
    let (early, late) = ("2024-03-11T16:57:00Z", "2025-03-11T16:57:00Z");
    for (events, shown) in [
        (vec![at(of_order(json!(68)), early), at(of_customer(), "2024-03-11T16:57:05Z")], 1),
        (vec![at(of_order(json!(68)), "2024-03-11T16:57:05.000001Z"), at(of_customer(), early)], 2),
        (vec![at(of_order(json!(68)), early), at(of_customer(), late)], 2),
        (vec![at(of_order(json!(68)), early), at(of_customer(), early), at(of_customer(), early)], 2),
        (vec![at(of_order(Value::Null), early), at(anonymous, early)], 2),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let (app, book) = start(folder.path(), vec![]).await;
        app.given(events).await.unwrap();
        assert_eq!(timeline(&book, "saleor.order:52").len(), shown);
    }
}

#[tokio::test]
async fn what_an_event_has_lines_or_a_number_of_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let (app, book) = start(folder.path(), vec![]).await;
    let lines = json!([
        { "quantity": 2, "line_pk": 7, "item_name": "Apple Juice" },
        { "quantity": 1, "line_pk": 8, "item": "Tea" },
    ]);
    app.given([
        of_saleor("draft_added_products", json!({ "lines": lines })),
        of_saleor("draft_removed_products", json!({ "lines": [lines[1]] })),
        of_saleor("oversold_items", json!({ "oversold_items": ["Apple Juice", "Tea"] })),
        of_saleor("fulfilled_items", json!({ "fulfilled_items": [7, 8] })),
        Outgoing::raw("saleor.communication.shipping_confirmation", &json!({ "order_id": 52 })),
    ])
    .await
    .unwrap();
    assert_eq!(
        shown(&timeline(&book, "saleor.order:52")),
        [
            ("products added to draft".to_owned(), Some("2 × Apple Juice, 1 × Tea")),
            ("products removed from draft".to_owned(), Some("1 × Tea")),
            ("items oversold".to_owned(), Some("Apple Juice, Tea")),
            ("fulfilled".to_owned(), Some("2 line items")),
            ("mailed".to_owned(), Some("shipping_confirmation")),
        ]
    );
}

#[tokio::test]
async fn what_is_handled_again_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let told = by_medusa().into_iter().chain(by_saleor()).chain(by_shopify()).collect();
    let (app, book) = start(folder.path(), told).await;
    let all = || ["order:order_1", "saleor.order:52", "shopify.order:450789469"].map(|order| timeline(&book, order));
    let before = all();
    assert!(before.iter().all(|entries| entries.len() == 8));
    for to in [RewindTo::Beginning, RewindTo::After(before[1][3].sequence), RewindTo::End] {
        app.rewind(SUBSCRIBER, to).await.unwrap();
        assert_eq!(all(), before);
    }
    // A publisher that sends an event again after an unclear answer sends it with the same id.
    for _ in 0..2 {
        app.when(of_saleor("canceled", json!({})).id("52/canceled")).await.unwrap();
    }
    assert_eq!(timeline(&book, "saleor.order:52").len(), 9);
}

#[tokio::test]
async fn a_timeline_that_was_lost_is_made_anew_by_a_replay() {
    let folder = tempfile::tempdir().unwrap();
    let (app, book) = start(folder.path(), by_saleor()).await;
    let before = timeline(&book, "saleor.order:52");
    let database = stheno::sqlite::once::rusqlite::Connection::open(folder.path().join("timeline.db")).unwrap();
    database.execute_batch("DELETE FROM entries WHERE sequence % 2 = 0; UPDATE entries SET moment = 'placed'").unwrap();
    assert_ne!(timeline(&book, "saleor.order:52"), before);
    app.rewind(SUBSCRIBER, RewindTo::Beginning).await.unwrap();
    assert_eq!(timeline(&book, "saleor.order:52"), before);
}

#[tokio::test]
async fn events_of_other_keys_that_come_late_or_early_stand_where_they_happened() {
    let folder = tempfile::tempdir().unwrap();
    let (app, book) = start(folder.path(), vec![]).await;
    let at = |event: Outgoing, time: &str| event.time(time.parse().unwrap());
    app.given([
        at(captured("order_1"), "2023-08-28T09:20:47Z"),
        at(medusa::OrderPaymentCaptured::new("order_1").into(), "2023-08-28T09:20:48Z"),
        at(medusa::OrderPlaced::new("order_1").into(), "2023-08-28T09:14:03Z"),
        at(note_of_customer(json!(52), 68, "Please ring twice."), "2021-03-11T16:57:00Z"),
        at(of_saleor("canceled", json!({})), "2021-03-11T16:58:00Z"),
        at(of_saleor("placed", json!({})), "2021-03-11T16:56:59Z"),
    ])
    .await
    .unwrap();
    let moments =
        |order: &str| -> Vec<Moment> { timeline(&book, order).into_iter().map(|entry| entry.moment).collect() };
    assert_eq!(moments("order:order_1"), [Moment::Placed, Moment::Captured, Moment::Paid]);
    assert_eq!(moments("saleor.order:52"), [Moment::Placed, Moment::Noted, Moment::Canceled]);
}

#[tokio::test]
async fn an_order_that_was_never_heard_of_has_the_timeline_of_what_is_heard() {
    let folder = tempfile::tempdir().unwrap();
    let (app, book) = start(folder.path(), vec![]).await;
    assert!(timeline(&book, "order:order_9").is_empty());
    app.when(medusa::OrderCanceled::new("order_9")).await.unwrap();
    assert_eq!(shown(&timeline(&book, "order:order_9")), [("canceled".to_owned(), None)]);
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
            ("fully paid".to_owned(), Some("5")),
            ("fulfillment canceled".to_owned(), Some("52-1")),
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
