//! Bad input: an error at the publisher that says what to do, or a dead letter; never a panic, never silence.

use std::error::Error as _;

use serde_json::{Value, json};
use stheno::{
    App, Bus, DecodeError, EventId, EventName, KeyErrorKind, NameErrorKind, NewEvent, Outgoing, Plugin,
    PublishErrorKind, UnknownName,
    backend::{Append, AppendErrorKind, Backend, BackendErrorKind},
    delivery::{doc::DeadReason, why::Why},
    medusa::OrderPlaced,
    prelude::*,
};
use stheno_system_tests::{LIMIT, LogFile, Seen, memory, noting, settle};

/// A bus over a log in memory that has to stay empty.
fn bus() -> Bus {
    App::new(memory()).bus()
}

/// Why an event is refused; nothing of it may be in the log.
async fn refusal(outgoing: Outgoing) -> PublishErrorKind {
    let bus = bus();
    let refused = bus.publish(outgoing).await.unwrap_err();
    assert_eq!(bus.backend().info().await.unwrap().last, 0, "{refused} and yet it is stored");
    assert!(refused.source().is_none(), "the sentence says it all: {refused}");
    refused.kind().clone()
}

/// Where the payload of an event is not what its name documents.
async fn fault(name: &str, body: Value) -> String {
    match refusal(Outgoing::raw(name, &body)).await {
        PublishErrorKind::Payload(error) => error.path().to_owned(),
        other => panic!("{name} {body}: {other:?}"),
    }
}

fn placed() -> Outgoing {
    OrderPlaced::new("order_1").into()
}

#[tokio::test]
async fn a_published_name_with_a_wildcard_is_refused_with_its_place() {
    for (name, expected) in [
        ("order.*", NameErrorKind::Wildcard { character: '*', position: 6 }),
        (">", NameErrorKind::Wildcard { character: '>', position: 0 }),
        ("order.placed now", NameErrorKind::IllegalCharacter { character: ' ', position: 12 }),
        ("", NameErrorKind::Empty),
        ("order..placed", NameErrorKind::EmptyToken { index: 1 }),
        ("order.", NameErrorKind::EmptyToken { index: 1 }),
    ] {
        match refusal(Outgoing::raw(name, &json!({"id": "order_1"}))).await {
            PublishErrorKind::Name(error) => assert_eq!(*error.kind(), expected, "{name}"),
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_payload_that_is_not_what_the_name_documents_is_refused_with_the_path_of_the_field() {
    assert_eq!(fault("order.placed", json!({"id": 7})).await, "id", "another type");
    assert_eq!(fault("order.placed", json!({})).await, "id", "missing");
    assert_eq!(fault("order.placed", json!({"id": null})).await, "id", "null");
    assert_eq!(fault("order.placed", json!({"id": "order_1", "no_notification": "yes"})).await, "no_notification");
    assert_eq!(
        fault("order.placed", json!({"id": "order_1", "no_notificaton": true})).await,
        "no_notificaton",
        "an optional field misspelt"
    );
    assert_eq!(fault("order.placed", json!(["order_1"])).await, "", "no object at all");
    // Fields that nobody documented and that resemble none are the publisher's own.
    let own = bus().publish(Outgoing::raw("order.placed", &json!({"id": "order_1", "channel": "web"}))).await;
    assert_eq!(own.unwrap().sequence, Some(1));
}

#[tokio::test]
async fn an_id_that_no_key_can_be_made_of_is_refused_raw_or_typed() {
    assert_eq!(fault("order.placed", json!({"id": ""})).await, "id", "empty");
    assert_eq!(fault("order.placed", json!({"id": "o".repeat(2000)})).await, "id", "far too long");
    assert_eq!(fault("order.placed", json!({"id": "o\u{1b}[2J"})).await, "id", "would clear an operator's terminal");
    match refusal(OrderPlaced::new("").into()).await {
        PublishErrorKind::Payload(error) => assert_eq!(error.path(), "id"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_body_that_is_no_json_is_refused() {
    for body in ["", "order_1", "{\"id\":\"order_1\"", "{\"id\":\"order_1\"} {}"] {
        let refused = refusal(Outgoing::raw_bytes("order.placed", body)).await;
        assert!(matches!(refused, PublishErrorKind::Payload(_)), "{body}: {refused:?}");
    }
}

#[tokio::test]
async fn a_name_that_no_catalog_knows_is_refused_with_the_nearest() {
    let unknown = |name| refusal(Outgoing::raw(name, &json!({})));
    assert_eq!(unknown("order.plaecd").await, PublishErrorKind::UnknownName { nearest: Some("order.placed") });
    assert_eq!(unknown("warehouse.flooded").await, PublishErrorKind::UnknownName { nearest: None });
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_with_both_lengths() {
    let note = "x".repeat(2000);
    let large = || Outgoing::raw("order.placed", &json!({"id": "order_1", "remark": note}));
    let refused = bus().with_max_body(1000).publish(large()).await.unwrap_err();
    match refused.kind() {
        PublishErrorKind::TooLarge { length, limit } => assert_eq!((*length > 2000, *limit), (true, 1000)),
        other => panic!("{other:?}"),
    }
    assert!(bus().publish(large()).await.is_ok());
    let over = "x".repeat(stheno::sqlite::SqliteOptions::MAX_BODY);
    let refused = refusal(Outgoing::raw("order.placed", &json!({"id": "order_1", "remark": over}))).await;
    assert!(matches!(refused, PublishErrorKind::TooLarge { .. }));
}

#[tokio::test]
async fn an_id_that_cannot_travel_is_refused() {
    for id in ["", "order 1", "bestellung/ü", &"x".repeat(257)] {
        assert!(matches!(refusal(placed().id(id)).await, PublishErrorKind::Id(_)), "{id:?}");
    }
}

#[tokio::test]
async fn a_key_that_is_none_is_refused() {
    let kind = async |outgoing: Outgoing| match refusal(outgoing).await {
        PublishErrorKind::Key(error) => error.kind().clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(kind(placed().key("order_1")).await, KeyErrorKind::NoColon);
    assert_eq!(kind(placed().key(("order", ""))).await, KeyErrorKind::EmptyId);
    assert_eq!(kind(placed().key(("", "1"))).await, KeyErrorKind::EmptyKind);
    assert!(matches!(kind(placed().key(("Order", "1"))).await, KeyErrorKind::IllegalCharacter { .. }));
}

#[tokio::test]
async fn a_header_that_cannot_travel_is_refused() {
    let long = "x".repeat(20_000);
    for (name, value) in [("", "x"), ("two words", "x"), ("x-note", "a\r\nb: c"), ("x-note", "ü"), ("x-note", &long)] {
        let refused = refusal(placed().header(name, value)).await;
        assert!(matches!(refused, PublishErrorKind::Header(_)), "{name}: {refused:?}");
    }
    assert!(matches!(refusal(placed().source("shop\n")).await, PublishErrorKind::Header(_)));
}

#[tokio::test]
async fn an_atomic_batch_above_the_limit_is_refused_and_one_that_is_wrong_in_one_place_leaves_nothing() {
    let bus = bus();
    let limit = bus.backend().abilities().max_batch;
    let many = (0..=limit).map(|number| OrderPlaced::new(format!("order_{number}")));
    let refused = bus.publish_all(many).atomic().await.unwrap_err();
    let too_many = AppendErrorKind::TooMany { events: limit + 1, limit };
    assert_eq!(*refused.kind(), PublishErrorKind::Append(too_many));

    let wrong = [placed(), Outgoing::raw("order.placed", &json!({}))];
    let refused = bus.publish_all(wrong).await.unwrap_err();
    assert!(matches!(refused.kind(), PublishErrorKind::Payload(_)));
    assert_eq!(bus.backend().info().await.unwrap().last, 0);
}

#[tokio::test]
async fn an_address_that_is_not_understood_is_refused_without_repeating_its_password() {
    for url in ["postgres://shop:hunter2@db/log", "amqp://shop:hunter2@queue:5672", "stheno.db", ""] {
        let refused = Bus::connect(url).await.unwrap_err();
        assert_eq!(refused.kind(), BackendErrorKind::Address, "{url}");
        let said = format!("{refused} {refused:?}");
        assert!(!said.contains("hunter2"), "{said}");
        assert!(said.contains("sqlite://"), "what is understood is said: {said}");
    }
}

#[tokio::test]
async fn a_place_where_no_log_can_be_is_refused_with_what_to_do() {
    let file = LogFile::new();
    std::fs::write(file.beside("file"), "no folder").unwrap();
    let kind = async |path: &str| Bus::connect(&format!("sqlite://{path}")).await.unwrap_err().kind();
    let beside = |name: &str| file.beside(name).display().to_string();
    assert_eq!(kind(&beside("none/stheno.db")).await, BackendErrorKind::Address, "a folder that does not exist");
    assert_eq!(kind(&beside("file/stheno.db")).await, BackendErrorKind::Address, "a folder that is a file");
    assert_eq!(kind(&beside("")).await, BackendErrorKind::Address, "a folder in place of a file");
    assert!(!file.beside("none").exists());
    // Nobody may write there, not even the user that permissions do not bind.
    #[cfg(target_os = "linux")]
    assert!(
        matches!(kind("/proc/stheno.db").await, BackendErrorKind::Permission | BackendErrorKind::Unavailable),
        "a folder that cannot be written"
    );
}

/// Puts an event into the log past every check, as a publisher in another language could.
async fn smuggle(log: &dyn Backend, name: &str, body: &'static [u8]) -> u64 {
    let event = NewEvent::new(EventName::new(name).unwrap(), body);
    log.append(Append::one(event)).await.unwrap()[0].sequence.unwrap()
}

#[tokio::test]
async fn an_event_in_the_log_that_cannot_be_read_becomes_a_dead_letter_and_the_subscriber_goes_on() {
    #[subscriber(id = "typed.read", start = "beginning")]
    async fn read(order: OrderPlaced, seen: Res<Seen>) -> Result<(), Failure> {
        seen.note(order.id);
        Ok(())
    }
    let (log, seen) = (memory(), Seen::default());
    let bodies: [&[u8]; 4] = [b"\xff\xfe not even text", b"{\"id\": 5}", b"{}", b""];
    let mut undecodable = Vec::new();
    for body in bodies {
        undecodable.push((smuggle(&*log, "order.placed", body).await, body));
    }
    let good = smuggle(&*log, "order.placed", b"{\"id\":\"order_1\"}").await;
    let plugin = Plugin::new("typed").subscriber(read::subscriber());
    let running = App::new(log).provide(seen.clone()).plugin(plugin).start().await.unwrap();
    assert_eq!(seen.at_least(1).await, ["order_1"]);
    settle(&running).await;

    let operator = running.operator();
    let letters = operator.dead_letters("typed.read").await.unwrap();
    let dead: Vec<_> = letters.iter().map(|letter| (letter.sequence, letter.reason, letter.attempts)).collect();
    assert_eq!(dead, undecodable.iter().map(|(at, _)| (*at, DeadReason::Undecodable, 1)).collect::<Vec<_>>());
    for (sequence, body) in undecodable {
        let event = operator.event(sequence).await.unwrap().expect("the log keeps it");
        assert_eq!(event.body.as_ref(), body, "byte for byte");
    }
    assert!(letters[1].error.join(" ").contains("id"), "the path of the field: {:?}", letters[1].error);
    assert_eq!(operator.why("typed.read", good).await.unwrap(), Why::Handled);
    running.stop().await;
}

#[tokio::test]
async fn a_name_in_the_log_that_no_catalog_knows_is_kept_counted_and_shown_with_the_nearest() {
    let (log, seen) = (memory(), Seen::default());
    for name in ["order.plaecd", "order.plaecd", "warehouse.flooded", "order.placed"] {
        smuggle(&*log, name, b"{\"id\":\"order_1\"}").await;
    }
    let running = App::new(log).subscribe(noting("reader", "order.placed", &seen)).start().await.unwrap();
    settle(&running).await;

    let operator = running.operator();
    let mut names = operator.unknown_names().await.unwrap();
    names.sort_by(|a, b| a.name.cmp(&b.name));
    let told = |name: &UnknownName| (name.name.clone(), name.nearest.clone(), name.count, name.last_sequence);
    assert_eq!(
        names.iter().map(told).collect::<Vec<_>>(),
        [
            ("order.plaecd".to_owned(), Some("order.placed".to_owned()), 2, 2),
            ("warehouse.flooded".to_owned(), None, 1, 3)
        ]
    );
    let kept = operator.event(1).await.unwrap().expect("the log keeps it");
    assert_eq!(kept.name.as_str(), "order.plaecd");
    let why = operator.why("reader", 1).await.unwrap();
    assert_eq!(why, Why::UnknownName { nearest: Some("order.placed".to_owned()) });
    running.stop().await;
}

#[tokio::test]
async fn a_command_for_a_subscriber_that_never_ran_is_refused() {
    let running = App::new(memory()).publishes_only().start().await.unwrap();
    let refused = running.operator().redrive("receipts.sned", 1).await.unwrap_err();
    assert_eq!(refused.kind(), BackendErrorKind::Other);
    assert_eq!(running.operator().why("receipts.sned", 1).await.unwrap(), Why::NotInTheLog);
    tokio::time::timeout(LIMIT, running.stop()).await.unwrap();
}

#[test]
fn an_error_of_decoding_names_the_field_and_never_its_value() {
    let name = EventName::new("order.placed").unwrap();
    let refused: DecodeError = OrderPlaced::decode(&name, br#"{"id":{"secret":"hunter2"}}"#).unwrap_err();
    assert_eq!(refused.path(), "id");
    assert!(!format!("{refused} {refused:?}").contains("hunter2"));
    let refused = OrderPlaced::decode(&name, br#"{"id":"order_1","no_notification":"hunter2"}"#).unwrap_err();
    assert_eq!(refused.path(), "no_notification");
    assert!(!format!("{refused} {refused:?}").contains("hunter2"));
    assert!(EventId::new("order_1/placed").is_ok());
}
