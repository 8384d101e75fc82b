//! Events that are made, and saved one by one or many at once, alike.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicU32, Ordering},
};

use stheno_core::{
    Bus, Catalogs, Decimal, EventName, Payload, PublishErrorKind, Timestamp,
    backend::{AppendErrorKind, Backend, Query},
};
use stheno_nats::{NatsBackend, NatsOptions};
use stheno_saleor::{
    DownloadedLine, DraftLine, EmailType, Id, OrderLineRef, customer_events, order_events,
    unsaved::{Actor, Collector, FieldProblem, OrderRef},
};
use stheno_sqlite::SqliteBackend;
use stheno_testkit::nats::NatsServer;

/// The tests for every backend.
macro_rules! on {
    ($backend:ident, $open:expr) => {
        mod $backend {
            use super::*;

            macro_rules! tests {
                ($test:ident) => {
                    #[tokio::test]
                    async fn $test() {
                        super::$test(async || $open as Arc<dyn Backend>).await;
                    }
                };
            }
            tests!(any_number_of_events_is_saved_all_or_nothing);
            tests!(collected_events_are_as_those_saved_one_by_one);
            tests!(one_wrong_event_keeps_all_from_being_saved);
            tests!(more_than_the_limit_is_refused_or_saved_in_chunks);
            tests!(saving_again_stores_nothing_twice);
            tests!(one_wrong_event_keeps_every_chunk_from_being_saved);
            tests!(an_id_that_two_events_have_is_named_before_anything_is_sent);
        }
    };
}

on!(sqlite, SqliteBackend::memory().unwrap());
on!(nats, a_stream().await);

/// A log of its own on the server that these tests share.
async fn a_stream() -> Arc<NatsBackend> {
    static SERVER: OnceLock<NatsServer> = OnceLock::new();
    static LOGS: AtomicU32 = AtomicU32::new(0);
    let number = LOGS.fetch_add(1, Ordering::Relaxed);
    let options = NatsOptions::from_url(&SERVER.get_or_init(NatsServer::start).url()).unwrap();
    NatsBackend::open(options.stream(format!("LOG-{number}")).prefix(format!("l{number}"))).await.unwrap()
}

fn bus(backend: Arc<dyn Backend>) -> Bus {
    Bus::new(backend, Arc::new(Catalogs::new([stheno_saleor::catalog()], []).0)).with_source("tests")
}

fn order(number: i64) -> OrderRef {
    OrderRef::new(number).unwrap()
}

fn staff() -> Actor {
    Actor::user("VXNlcjo2Nw==").unwrap()
}

async fn count(bus: &Bus) -> u64 {
    bus.backend().info().await.unwrap().last
}

async fn any_number_of_events_is_saved_all_or_nothing(open: impl AsyncFn() -> Arc<dyn Backend>) {
    for events in [0, 1, 2, 500, 1_000] {
        let bus = bus(open().await);
        let before = count(&bus).await;
        let mut collector = Collector::new();
        for number in 0..events {
            collector.add(order_events::note_added(&order(number), &staff(), "hello world!").unwrap());
        }
        assert_eq!((collector.len() as i64, collector.is_empty()), (events, events == 0));
        let saved = collector.commit(&bus).await.unwrap();
        let sequences: Vec<u64> = saved.iter().filter_map(|event| event.sequence).collect();
        assert_eq!(sequences, (before + 1..=before + events as u64).collect::<Vec<_>>());
        assert_eq!(count(&bus).await, before + events as u64);
    }
}

async fn collected_events_are_as_those_saved_one_by_one(open: impl AsyncFn() -> Arc<dyn Backend>) {
    let time = Timestamp::from_micros(1_700_000_000_000_000);
    let made = || {
        let placed = order_events::placed(&order(1), &staff()).with_id("order_1/placed").unwrap().at(time);
        let note = order_events::note_added(&order(1), &staff(), "hello world!").unwrap();
        (placed, note.with_id("order_1/note").unwrap().at(time).from_source("import"))
    };
    let (one_by_one, collected) = (bus(open().await), bus(open().await));
    let (placed, note) = made();
    placed.save(&one_by_one).await.unwrap();
    note.save(&one_by_one).await.unwrap();
    let (placed, note) = made();
    let mut collector = Collector::new();
    collector.add(placed).add(note);
    collector.commit(&collected).await.unwrap();

    let mut logs = Vec::new();
    for bus in [&one_by_one, &collected] {
        let events = bus.backend().read(Query::all()).await.unwrap().events;
        let fields = events.iter().map(|event| {
            let source = event.source.as_deref().map(str::to_owned);
            let key = event.key.as_ref().map(ToString::to_string);
            (
                event.id.to_string(),
                event.name.clone(),
                key,
                source,
                event.time,
                event.headers.clone(),
                event.body.clone(),
            )
        });
        logs.push(fields.collect::<Vec<_>>());
    }
    assert_eq!(logs[0], logs[1]);
    let ids: Vec<_> = logs[0].iter().map(|event| event.0.as_str()).collect();
    assert_eq!(ids, ["order_1/placed", "order_1/placed/1", "order_1/note"]);
    let sources: Vec<_> = logs[0].iter().map(|event| event.3.as_deref()).collect();
    assert_eq!(sources, [Some("tests"), Some("tests"), Some("import")]);
    assert!(logs[0].iter().all(|event| event.4 == time));
}

async fn one_wrong_event_keeps_all_from_being_saved(open: impl AsyncFn() -> Arc<dyn Backend>) {
    let bus = bus(open().await).with_max_body(2_000);
    let before = count(&bus).await;
    let mut collector = Collector::new();
    collector.add(order_events::note_added(&order(1), &staff(), "short").unwrap());
    collector.add(order_events::note_added(&order(1), &staff(), &"long ".repeat(1_000)).unwrap());
    let refused = collector.commit(&bus).await.unwrap_err();
    assert!(matches!(refused.kind(), PublishErrorKind::TooLarge { limit: 2_000, .. }), "{refused:?}");
    assert_eq!((count(&bus).await, refused.saved().len()), (before, 0));
}

async fn more_than_the_limit_is_refused_or_saved_in_chunks(open: impl AsyncFn() -> Arc<dyn Backend>) {
    let bus = bus(open().await);
    let limit = bus.backend().abilities().max_batch;
    let before = count(&bus).await;
    let mut collector = Collector::new();
    // Two events each, so that the limit falls between an event and the one that belongs to it if it is odd.
    collector.add(order_events::canceled(&order(0), &staff()));
    for number in 0..limit as i64 {
        collector.add(order_events::placed(&order(number), &staff()));
    }
    let refused = collector.commit(&bus).await.unwrap_err();
    assert_eq!(refused.too_many(), Some((2 * limit + 1, limit)));
    assert!(matches!(refused.kind(), PublishErrorKind::Append(AppendErrorKind::TooMany { .. })));
    assert_eq!(count(&bus).await, before);

    let saved = collector.commit_in_chunks(&bus).await.unwrap();
    assert_eq!(saved.len(), 2 * limit + 1);
    assert_eq!(count(&bus).await, before + saved.len() as u64);
    assert!(saved.iter().all(|event| !event.duplicate));
}

async fn one_wrong_event_keeps_every_chunk_from_being_saved(open: impl AsyncFn() -> Arc<dyn Backend>) {
    let bus = bus(open().await).with_max_body(2_000);
    let before = count(&bus).await;
    let mut collector = Collector::new();
    for number in 0..1_500 {
        collector.add(order_events::note_added(&order(number), &staff(), "short").unwrap());
    }
    collector.add(order_events::note_added(&order(1), &staff(), &"long ".repeat(1_000)).unwrap());
    let refused = collector.commit_in_chunks(&bus).await.unwrap_err();
    assert!(matches!(refused.kind(), PublishErrorKind::TooLarge { limit: 2_000, .. }), "{refused:?}");
    assert_eq!((count(&bus).await, refused.saved().len()), (before, 0));
}

async fn an_id_that_two_events_have_is_named_before_anything_is_sent(open: impl AsyncFn() -> Arc<dyn Backend>) {
    let bus = bus(open().await);
    let before = count(&bus).await;
    for others in [0, 1_500] {
        let mut collector = Collector::new();
        let note = || order_events::note_added(&order(1), &staff(), "once").unwrap().with_id("note-1").unwrap();
        collector.add(note());
        for number in 0..others {
            collector.add(order_events::canceled(&order(number), &staff()));
        }
        collector.add(note());
        for refused in [collector.commit(&bus).await, collector.commit_in_chunks(&bus).await] {
            let refused = refused.unwrap_err();
            assert_eq!(refused.repeated_id().map(|id| id.as_str()), Some("note-1"));
            assert!(refused.to_string().contains("`note-1`"), "{refused}");
        }
        assert_eq!(count(&bus).await, before);
    }
}

async fn saving_again_stores_nothing_twice(open: impl AsyncFn() -> Arc<dyn Backend>) {
    let bus = bus(open().await);
    let before = count(&bus).await;
    let note = order_events::note_added(&order(1), &staff(), "once").unwrap();
    let first = note.save(&bus).await.unwrap();
    let again = note.save(&bus).await.unwrap();
    assert_eq!((first[0].sequence, again[0].sequence), (Some(before + 1), Some(before + 1)));
    assert!(again[0].duplicate);
    assert_eq!(count(&bus).await, before + 1);
}

#[test]
fn placed_by_a_customer_is_also_the_customers_placed_order() {
    assert_eq!(order_events::placed(&order(1), &staff()).count(), 2);
    let anonymous = order_events::placed(&order(1), &Actor::anonymous());
    assert_eq!((anonymous.count(), &anonymous.event().user_id), (1, &None));
}

#[tokio::test]
async fn both_events_of_a_placed_order_are_about_their_own() {
    let bus = bus(SqliteBackend::memory().unwrap());
    order_events::placed(&order(7), &staff()).save(&bus).await.unwrap();
    let stored = bus.backend().read(Query::all()).await.unwrap().events;
    let seen: Vec<_> = stored.iter().map(|event| (event.name.as_str(), event.key.as_ref().unwrap().as_str())).collect();
    assert_eq!(
        seen,
        [("saleor.order.placed", "saleor.order:7"), ("saleor.customer.placed_order", "saleor.user:VXNlcjo2Nw==")]
    );
    let body: serde_json::Value = serde_json::from_slice(&stored[1].body).unwrap();
    assert_eq!(body, serde_json::json!({ "user_id": "VXNlcjo2Nw==", "order_id": 7 }));
}

#[test]
fn the_warehouse_of_restocked_items_is_said_if_it_is_known() {
    let restocked = |warehouse| order_events::restocked_items(&order(1), &staff(), 2, warehouse).unwrap();
    assert_eq!(restocked(Some(Id::from("V2FyZWhvdXNlOjE="))).event().warehouse, Some("V2FyZWhvdXNlOjE=".into()));
    assert_eq!(restocked(None).event().warehouse, None);
}

#[test]
fn two_collectors_share_nothing() {
    let (mut one, other) = (Collector::new(), Collector::new());
    one.add(order_events::canceled(&order(1), &staff()));
    assert_eq!((one.len(), other.len()), (1, 0));
}

#[test]
fn a_field_that_is_missing_or_wrong_is_named() {
    let (order, staff, nobody) = (order(1), staff(), Actor::anonymous());
    let amount = Decimal::new(-1, 2);
    let line = |quantity, name: &str| DraftLine { quantity, item_name: name.to_owned(), ..DraftLine::example() };
    let downloaded = |line| customer_events::digital_link_downloaded(&order, &nobody, line).err().unwrap();
    let found = [
        OrderRef::new("").unwrap_err(),
        Actor::user(" ").unwrap_err(),
        order_events::note_added(&order, &staff, " \n").err().unwrap(),
        order_events::captured(&order, &staff, amount, "p", "g").err().unwrap(),
        order_events::refunded(&order, &staff, Decimal::new(1, 0), "", "g").err().unwrap(),
        order_events::order_paid(&order, &staff, Decimal::new(1, 0), "p", "").err().unwrap(),
        order_events::voided(&order, &staff, "", "g").err().unwrap(),
        order_events::payment_failed(&order, &staff, "", None, None).err().unwrap(),
        order_events::payment_failed(&order, &staff, "declined", Some(""), None).err().unwrap(),
        order_events::email_sent(&order, &staff, "", EmailType::OrderConfirmation).err().unwrap(),
        order_events::email_sent(&order, &staff, "ada@example.com", EmailType::from("")).err().unwrap(),
        order_events::oversold_items(&order, &staff, vec!["a".into(), "".into()]).err().unwrap(),
        order_events::oversold_items(&order, &staff, vec![]).err().unwrap(),
        order_events::draft_added_products(&order, &staff, vec![]).err().unwrap(),
        order_events::draft_removed_products(&order, &staff, vec![line(1, "a"), line(0, "b")]).err().unwrap(),
        order_events::draft_added_products(&order, &staff, vec![line(1, "")]).err().unwrap(),
        order_events::draft_added_products(&order, &staff, vec![DraftLine::new(1, " ", "a")]).err().unwrap(),
        order_events::fulfillment_canceled(&order, &staff, "").err().unwrap(),
        order_events::restocked_items(&order, &staff, 0, None).err().unwrap(),
        order_events::restocked_items(&order, &staff, 1, Some(Id::from(" "))).err().unwrap(),
        order_events::fulfilled_items(&order, &staff, vec![]).err().unwrap(),
        order_events::fulfilled_items(&order, &staff, vec![Id::from(7), Id::from("")]).err().unwrap(),
        customer_events::password_reset(&nobody).err().unwrap(),
        customer_events::email_assigned(&staff, "").err().unwrap(),
        customer_events::note_added_to_order(&order, &nobody, "hi").err().unwrap(),
        customer_events::customer_deleted(&staff, -1).err().unwrap(),
        downloaded(OrderLineRef::Key(Id::from(""))),
        downloaded(OrderLineRef::Line(Box::new(DownloadedLine::new("")))),
        downloaded(OrderLineRef::Line(Box::new(DownloadedLine::new(7_i64).quantity(0)))),
        order_events::canceled(&order, &staff).with_id("a b").err().unwrap(),
    ];
    let fields: Vec<_> = found.iter().map(|error| (error.field(), error.problem())).collect();
    use FieldProblem::{Empty, Negative, NotAnId, NotPositive};
    assert_eq!(
        fields,
        [
            ("order_id", Empty),
            ("user_id", Empty),
            ("message", Empty),
            ("amount", Negative),
            ("payment_id", Empty),
            ("payment_gateway", Empty),
            ("payment_id", Empty),
            ("message", Empty),
            ("payment_id", Empty),
            ("email", Empty),
            ("email_type", Empty),
            ("oversold_items[1]", Empty),
            ("oversold_items", Empty),
            ("lines", Empty),
            ("lines[1].quantity", NotPositive),
            ("lines[0].item_name", Empty),
            ("lines[0].line_pk", Empty),
            ("composed_id", Empty),
            ("quantity", NotPositive),
            ("warehouse", Empty),
            ("fulfilled_items", Empty),
            ("fulfilled_items[1]", Empty),
            ("user_id", Empty),
            ("message", Empty),
            ("user_id", Empty),
            ("count", NotPositive),
            ("order_line", Empty),
            ("order_line.id", Empty),
            ("order_line.quantity", NotPositive),
            ("id", NotAnId),
        ]
    );
}

#[test]
fn blanks_fill_no_field() {
    let (order, staff, one) = (order(1), staff(), Decimal::new(1, 0));
    assert!(OrderRef::new(" \t").is_err());
    let found = [
        order_events::captured(&order, &staff, one, " ", "g").err().unwrap(),
        order_events::captured(&order, &staff, one, "p", "\u{a0}").err().unwrap(),
        order_events::voided(&order, &staff, "p", " ").err().unwrap(),
        order_events::email_sent(&order, &staff, " ", EmailType::DigitalLinks).err().unwrap(),
        order_events::email_sent(&order, &staff, "ada@example.com", EmailType::from(" ")).err().unwrap(),
    ];
    let fields: Vec<_> = found.iter().map(|error| error.field()).collect();
    assert_eq!(fields, ["payment_id", "payment_gateway", "payment_gateway", "email", "email_type"]);
}

/// Every function, with what it makes: of the right event, by the right user, and as its name documents it.
#[tokio::test]
async fn every_function_makes_its_event() {
    let (order, staff) = (order(52), staff());
    let lines = || vec![DraftLine::new(2, 7_i64, "Juice")];
    let one = Decimal::new(100, 2);
    let mut all = Collector::new();
    all.add(order_events::draft_created(&order, &staff))
        .add(order_events::draft_added_products(&order, &staff, lines()).unwrap())
        .add(order_events::draft_removed_products(&order, &staff, lines()).unwrap())
        .add(order_events::placed(&order, &Actor::anonymous()))
        .add(order_events::draft_placed(&order, &staff))
        .add(order_events::oversold_items(&order, &staff, vec!["Juice".into()]).unwrap())
        .add(order_events::canceled(&order, &staff))
        .add(order_events::order_paid(&order, &staff, one, "p", "g").unwrap())
        .add(order_events::marked_as_paid(&order, &staff))
        .add(order_events::email_sent(&order, &staff, "ada@example.com", EmailType::DigitalLinks).unwrap())
        .add(order_events::captured(&order, &staff, one, "p", "g").unwrap())
        .add(order_events::refunded(&order, &staff, one, "p", "g").unwrap())
        .add(order_events::voided(&order, &staff, "p", "g").unwrap())
        .add(order_events::payment_failed(&order, &staff, "declined", Some("UGF5"), Some("dummy")).unwrap())
        .add(order_events::fulfillment_canceled(&order, &staff, "52-1").unwrap())
        .add(order_events::restocked_items(&order, &staff, 1, Some(Id::from(3))).unwrap())
        .add(order_events::fulfilled_items(&order, &staff, vec![Id::from(7)]).unwrap())
        .add(order_events::note_added(&order, &staff, "hello world!").unwrap())
        .add(order_events::other(&order, &staff))
        .add(order_events::updated(&order, &staff))
        .add(customer_events::account_created(&staff).unwrap())
        .add(customer_events::password_reset_link_sent(&staff).unwrap())
        .add(customer_events::password_reset(&staff).unwrap())
        .add(customer_events::note_added_to_order(&order, &staff, "hi").unwrap())
        .add(customer_events::digital_link_downloaded(&order, &staff, OrderLineRef::Key(Id::from(7))).unwrap())
        .add(customer_events::customer_deleted(&staff, 2).unwrap())
        .add(customer_events::email_assigned(&staff, "ada@example.com").unwrap())
        .add(customer_events::name_assigned(&staff, "Ada").unwrap())
        .add(customer_events::note_added(&staff, "called").unwrap());
    let bus = bus(SqliteBackend::memory().unwrap());
    all.commit(&bus).await.unwrap();
    let stored = bus.backend().read(Query::all()).await.unwrap().events;
    let catalog = stheno_saleor::catalog();
    let made: Vec<EventName> = stored.iter().map(|event| event.name.clone()).collect();
    // The customer's `placed_order` belongs to `placed`, and this one was anonymous.
    let documented = catalog.events().iter().filter(|event| {
        matches!(event.section, "Order Events" | "Customer Events") && event.pattern != "saleor.customer.placed_order"
    });
    assert_eq!(
        made.iter().map(EventName::as_str).collect::<Vec<_>>(),
        documented.map(|event| event.pattern).collect::<Vec<_>>()
    );
    for event in stored {
        catalog.find(&event.name).unwrap().check(&event.name, &event.body).unwrap();
        assert!(event.key.is_some(), "{}", event.name);
    }
}
