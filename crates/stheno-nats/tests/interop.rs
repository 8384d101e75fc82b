//! What other programs publish with an ordinary client, and what they read of ours.

mod common;

use std::sync::Arc;

use common::{a_log, ask, base64_of, client, everything, names, open, placed, publish, shared, stored};
use serde_json::json;
use stheno_core::{
    PatternSet, RecordedEvent, Timestamp,
    backend::{Append, Backend, Query},
};
use stheno_nats::{HeaderMode, NatsBackend};
use stheno_testkit::Warnings;

async fn only(log: &NatsBackend) -> Arc<RecordedEvent> {
    let mut events = everything(log).await;
    assert_eq!(events.len(), 1, "{events:?}");
    events.remove(0)
}

const BODY: &str = r#"{ "id":"order_1" , "no_notification":false}"#;

#[tokio::test]
async fn a_bare_body_published_by_anybody_is_an_event_byte_for_byte() {
    let log = open(a_log(shared())).await;
    let (_, subject) = names(&log).await;
    let client = client(shared()).await;
    let headers = [("Nats-Msg-Id", "order_1-placed")];
    let first = publish(&client, &format!("{subject}.order.placed"), &headers, BODY).await;
    let again = publish(&client, &format!("{subject}.order.placed"), &headers, BODY).await;
    assert_eq!((&first["seq"], &again["duplicate"]), (&json!(1), &json!(true)));
    let event = only(&log).await;
    assert_eq!((event.id.as_str(), event.name.as_str()), ("order_1-placed", "order.placed"));
    assert_eq!((&event.body[..], &event.key), (BODY.as_bytes(), &None));
}

#[tokio::test]
async fn an_event_without_an_id_has_one_that_never_changes() {
    let log = open(a_log(shared())).await;
    let (_, subject) = names(&log).await;
    publish(&client(shared()).await, &format!("{subject}.order.placed"), &[], BODY).await;
    let id = only(&log).await.id.clone();
    assert!(id.as_str().ends_with(".1"), "{id}");
    assert_eq!(only(&log).await.id, id);
    let mut tail = log.tail(Query::all()).await.unwrap();
    assert_eq!(common::take(&mut *tail, 1).await[0].id, id);
}

#[tokio::test]
async fn cloud_events_in_either_mode_are_read() {
    let client = client(shared()).await;
    let time: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
    let binary = [
        ("Ce-Id", "e1"),
        ("ce-specversion", "1.0"),
        ("CE-TYPE", "order.placed"),
        ("ce-source", "/shop%20a"),
        ("ce-time", "2026-11-22T10:00:00Z"),
        ("ce-own", "1"),
    ];
    let envelope = json!({
        "specversion": "1.0", "id": "e1", "type": "order.placed", "source": "/shop a", "time": "2026-11-22T10:00:00Z",
        "own": "1", "datacontenttype": "application/json", "data": { "id": "order_1" },
    });
    let structured = [("Content-Type", "application/cloudevents+json; charset=utf-8")];
    for (headers, body) in [(&binary[..], r#"{"id":"order_1"}"#.to_owned()), (&structured[..], envelope.to_string())] {
        let log = open(a_log(shared())).await;
        let (_, subject) = names(&log).await;
        publish(&client, &format!("{subject}.order.placed"), headers, &body).await;
        let event = only(&log).await;
        assert_eq!((event.id.as_str(), event.name.as_str()), ("e1", "order.placed"));
        assert_eq!((event.source.as_deref(), event.time), (Some("/shop a"), time));
        assert_eq!(event.headers.get("ce-own"), Some("1"));
        assert_eq!(&event.body[..], br#"{"id":"order_1"}"#);
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_message_does_not_stop_the_others() {
    let log = open(a_log(shared())).await;
    let (_, subject) = names(&log).await;
    let client = client(shared()).await;
    let mut tail = log.tail(Query::all()).await.unwrap();
    let envelope = [("Content-Type", "application/cloudevents+json")];
    for (name, headers, body) in [
        ("order.placed", &[][..], "no json"),
        ("order.placed", &[("ce-type", "order.canceled")], "{}"),
        ("order.placed", &[("x", "1"), ("x", "2")], "{}"),
        ("order.placed", &envelope, "{ broken"),
        ("nobody.knows_this", &[("ce-type", "nobody.knows_that"), ("Nats-Msg-Id", "a b")], "{}"),
    ] {
        publish(&client, &format!("{subject}.{name}"), headers, body).await;
    }
    let events = common::take(&mut *tail, 5).await;
    let names: Vec<_> = events.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(names, ["order.placed", "order.placed", "order.placed", "order.placed", "nobody.knows_this"]);
    assert_eq!(&events[0].body[..], b"no json");
    assert_eq!(events[1].headers.get("ce-type"), Some("order.canceled"));
    assert_eq!(events[2].headers.get("x"), Some("1"));
    assert_eq!(&events[3].body[..], b"{ broken");
    let read: Vec<_> = everything(&log).await.iter().map(|event| (event.id.clone(), event.headers.clone())).collect();
    assert_eq!(read, events.iter().map(|event| (event.id.clone(), event.headers.clone())).collect::<Vec<_>>());
}

#[tokio::test]
async fn nobody_publishes_an_event_that_expires() {
    let log = open(a_log(shared())).await;
    let (_, subject) = names(&log).await;
    let answer =
        publish(&client(shared()).await, &format!("{subject}.order.placed"), &[("Nats-TTL", "1s")], BODY).await;
    assert_eq!(answer["error"]["err_code"], 10166, "{answer}");
    assert!(everything(&log).await.is_empty());
}

#[tokio::test]
async fn a_name_with_wildcards_is_an_error_of_its_publisher_and_no_event() {
    let log = open(a_log(shared())).await;
    let (_, subject) = names(&log).await;
    let mut tails = [log.tail(Query::all()).await.unwrap(), log.tail(orders()).await.unwrap()];
    for name in ["order.*", "order.>", ">", "*"] {
        let said = common::try_publish_raw(shared(), &format!("{subject}.{name}"), b"NATS/1.0\r\n\r\n", b"{}");
        assert!(said.contains("Invalid Publish Subject"), "{name}: {said}");
    }
    let good = stored(&log, placed("good")).await;
    for tail in &mut tails {
        assert_eq!(common::sequences(&common::take(&mut **tail, 1).await), [good]);
    }
    assert_eq!(common::sequences(&everything(&log).await), [good]);
    assert_eq!(common::sequences(&log.read(orders()).await.expect("the log can be read").events), [good]);
    let info = log.info().await.unwrap();
    assert_eq!((info.first, info.last), (good, good));
}

#[tokio::test]
async fn anybody_publishes_for_later() {
    let log = open(a_log(shared())).await;
    let (_, subject) = names(&log).await;
    let prefix = subject.trim_end_matches("events");
    let due = Timestamp::now().plus(std::time::Duration::from_secs(2));
    let target = format!("{subject}.order.placed");
    let headers = [
        ("Nats-Schedule", &*format!("@at {due}")),
        ("Nats-Schedule-Target", &*target),
        ("Nats-Msg-Id", "order_1-later"),
        ("ce-id", "order_1-later"),
    ];
    let warnings = Warnings::default();
    let _listening = tracing::subscriber::set_default(warnings.clone());
    let mut tail = log.tail(Query::all()).await.unwrap();
    let client = client(shared()).await;
    publish(&client, &format!("{prefix}schedule.order_1-later"), &headers, BODY).await;
    assert!(everything(&log).await.is_empty(), "its time has not come");
    let event = common::take(&mut *tail, 1).await.remove(0);
    assert_eq!(
        (event.id.as_str(), event.name.as_str(), &event.body[..]),
        ("order_1-later", "order.placed", BODY.as_bytes())
    );
    assert!(event.stored >= due && event.key.is_none());
    let misplaced = [headers[0], headers[1], ("Nats-Msg-Id", "order_1-again")];
    assert!(warnings.about("Nats-Schedule").is_empty(), "{warnings:?}");
    publish(&client, &target, &misplaced, BODY).await;
    assert_eq!(common::take(&mut *tail, 1).await[0].id.as_str(), "order_1-again", "it counts at once");
    assert_eq!(warnings.about("Nats-Schedule").len(), 1, "{warnings:?}");
}

#[tokio::test]
async fn what_is_stored_and_no_event_is_said_aloud() {
    let log = open(a_log(shared())).await;
    let (_, subject) = names(&log).await;
    let prefix = subject.trim_end_matches("events");
    let warnings = Warnings::default();
    let _listening = tracing::subscriber::set_default(warnings.clone());
    let mut tail = log.tail(Query::all()).await.unwrap();
    let stored_as = publish(&client(shared()).await, &format!("{prefix}log.order"), &[], BODY).await;
    assert_eq!(stored_as["seq"], 1, "the server takes it");
    common::try_publish_raw(shared(), &format!("{subject}.order.*"), b"NATS/1.0\r\n\r\n", b"{}");
    let good = stored(&log, placed("good")).await;
    assert_eq!(common::sequences(&common::take(&mut *tail, 1).await), [good]);
    let said = warnings.about("a message is no event");
    let said: Vec<_> = said.iter().map(|(_, said)| said.as_str()).collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].contains("sequence=1") && said[0].contains("no name behind the key"), "{said:?}");
    assert!(said[1].contains("wildcards") && said[1].contains(&format!("{subject}.>")), "{said:?}");
}

#[tokio::test]
async fn a_key_that_is_none_or_under_which_nobody_would_find_the_event_is_no_key() {
    let log = open(a_log(shared())).await;
    let (_, subject) = names(&log).await;
    let prefix = subject.trim_end_matches("events");
    let client = client(shared()).await;
    for token in ["nocolon", "order:%07", "order:", "%6Frder:1"] {
        publish(&client, &format!("{prefix}log.{token}.order.placed"), &[], BODY).await;
        let event = everything(&log).await.pop().expect("it is an event");
        assert_eq!((event.name.as_str(), &event.key), ("order.placed", &None), "{token}");
    }
}

fn orders() -> Query {
    Query::new(PatternSet::parse(["order.*"]).expect("a legal pattern"))
}

#[tokio::test]
async fn a_foreign_reader_sees_the_documented_body_and_one_header() {
    let log = open(a_log(shared())).await;
    let (stream, _) = names(&log).await;
    let mut event = placed("order_1");
    event.id = "order_1-placed".parse().unwrap();
    stored(&log, event).await;
    let read = ask(&client(shared()).await, &format!("STREAM.MSG.GET.{stream}"), &json!({ "seq": 1 })).await;
    let decode = |field: &str| base64_of(&read["message"][field]);
    assert_eq!(decode("data"), r#"{"id":"order_1"}"#);
    assert_eq!(decode("hdrs"), "NATS/1.0\r\nNats-Msg-Id: order_1-placed\r\n\r\n");
    assert!(read["message"]["subject"].as_str().unwrap().ends_with(".log.order:order_1.order.placed"));
}

#[tokio::test]
async fn in_full_mode_every_attribute_is_a_header_and_comes_back_the_same() {
    let log = open(a_log(shared()).headers(HeaderMode::CloudEvents)).await;
    let (stream, _) = names(&log).await;
    let mut event = placed("order_1");
    event.source = Some("/shop a".into());
    event.time = Some("2026-11-22T10:00:00Z".parse().unwrap());
    event.headers.set("ce-correlationid", "c \"1\"").unwrap();
    stored(&log, event.clone()).await;
    stored(&log, placed("order_2")).await;
    let read = ask(&client(shared()).await, &format!("STREAM.MSG.GET.{stream}"), &json!({ "seq": 1 })).await;
    let block = base64_of(&read["message"]["hdrs"]);
    for line in [
        format!("ce-id: {}", event.id),
        "ce-specversion: 1.0".to_owned(),
        "ce-type: order.placed".to_owned(),
        "ce-source: /shop%20a".to_owned(),
        "ce-subject: order:order_1".to_owned(),
        "ce-time: 2026-11-22T10:00:00.000000Z".to_owned(),
        "ce-datacontenttype: application/json".to_owned(),
        "ce-correlationid: c%20%221%22".to_owned(),
    ] {
        assert!(block.lines().any(|said| said == line), "{line}\n{block}");
    }
    let events = everything(&log).await;
    let same = |recorded: &RecordedEvent| {
        (recorded.source.clone(), recorded.headers.clone(), Some(recorded.time).filter(|time| *time != recorded.stored))
    };
    assert_eq!(same(&events[0]), (event.source, event.headers, event.time));
    assert_eq!(same(&events[1]), (None, stheno_core::Headers::new(), None));
}

#[tokio::test]
async fn a_scheduled_event_is_in_nobodys_way_and_keeps_its_id() {
    let log = open(a_log(shared())).await;
    let mut tail = log.tail(Query::all()).await.unwrap();
    let mut later = placed("later");
    later.id = "later/1".parse().unwrap();
    later.not_before = Some(Timestamp::now().plus(std::time::Duration::from_millis(300)));
    log.append(Append::one(later)).await.unwrap();
    let now = stored(&log, placed("now")).await;
    assert_eq!(now, 2, "what waits has a place in the stream");
    let events = common::take(&mut *tail, 2).await;
    assert_eq!(events.iter().map(|event| event.id.as_str()).filter(|id| *id == "later/1").count(), 1);
    assert_eq!((events[0].sequence, events[1].sequence), (2, 3));
    assert!(events[1].headers.is_empty(), "{:?}", events[1].headers);
    let info = log.info().await.unwrap();
    assert_eq!((info.first, info.last), (2, 3));
}
