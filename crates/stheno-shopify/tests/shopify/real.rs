//! Event objects as Shopify and its clients really send them, and what becomes of those that cannot be read.

use serde_json::{Value, json};
use stheno_core::{Outgoing, backend::Query, headers::UNREAD};
use stheno_shopify::{Arguments, EventObject, MessageError, OtherArguments, Page};

use crate::{
    fixtures::{objects, real},
    responses::bus,
};

/// What `null` is written for when it was absent.
const NULLABLE: [&str; 6] = ["arguments", "message", "body", "author", "description", "path"];

fn object(change: impl FnOnce(&mut Value)) -> Value {
    let mut body = confirmed();
    change(&mut body);
    body
}

/// A documented event object.
fn confirmed() -> Value {
    objects().into_iter().find(|body| body["verb"] == "confirmed").unwrap()
}

fn read(body: &Value) -> EventObject {
    stheno_core::decode_json(body.to_string().as_bytes()).unwrap()
}

/// What the log has of these events: name, key, mark, and body.
async fn logged(events: impl IntoIterator<Item = Outgoing>) -> Vec<(String, Option<String>, bool, String)> {
    let bus = bus();
    for event in events {
        bus.publish(event).await.unwrap();
    }
    let stored = bus.backend().read(Query::all()).await.unwrap().events;
    let seen = stored.iter().map(|event| {
        let key = event.key.as_ref().map(ToString::to_string);
        let body = String::from_utf8_lossy(&event.body).into_owned();
        (event.name.to_string(), key, event.headers.get(UNREAD).is_some(), body)
    });
    seen.collect()
}

async fn logged_names(object: &EventObject) -> Vec<String> {
    logged([object.to_any_event()]).await.into_iter().map(|(name, ..)| name).collect()
}

#[tokio::test]
async fn every_real_payload_is_read_kept_and_keyed() {
    for case in real() {
        let whole = match &case.body {
            Value::Object(body) if body.contains_key("events") || body.contains_key("event") => case.body.clone(),
            bare => json!({ "event": bare }),
        };
        let page = Page::read(whole.to_string()).unwrap();
        assert!(!page.events().is_empty(), "{}", case.case);
        for event in page.events() {
            let object = event.object().unwrap_or_else(|error| panic!("{}: {error}", case.case));
            let came: Value = serde_json::from_slice(event.body()).unwrap();
            let written = serde_json::to_value(object).unwrap();
            for (name, value) in came.as_object().unwrap() {
                assert_eq!(&written[name], value, "{}: {name}", case.case);
            }
            let logged = logged([event.to_event(), event.to_event()]).await;
            let [(name, key, marked, body)] = &logged[..] else { panic!("one event, however often it is fetched") };
            assert_eq!((name.as_str(), marked), (object.documented_verb().unwrap().name(), &false), "{}", case.case);
            let kind = format!("shopify.{}", object.subject_type.to_lowercase());
            assert_eq!(key.as_deref(), Some(format!("{kind}:{}", object.subject_id).as_str()), "{}", case.case);
            assert_eq!(body.as_bytes(), event.body());
            assert_eq!(logged_names(object).await, [name.as_str()]);
        }
    }
}

#[test]
fn arguments_are_whatever_they_are() {
    for (arguments, texts, without) in [
        (json!(["#1001", 2]), vec!["#1001", "2"], None),
        (json!(["#1001", null]), vec![], Some(1)),
        (json!([{ "id": 1, "title": "x" }]), vec![], Some(0)),
        (json!([["a"], true]), vec![], Some(0)),
        (json!({ "title": "x" }), vec![], Some(0)),
        (json!(null), vec![], None),
        (json!(7), vec!["7"], None),
        (json!([]), vec![], None),
    ] {
        let body = object(|body| body["arguments"] = arguments.clone());
        let read = read(&body);
        assert_eq!(read.arguments.as_slice(), texts, "{arguments}");
        assert_eq!(read.arguments.without_text(), without, "{arguments}");
        assert_eq!(serde_json::to_value(&read).unwrap(), body);
    }
    let absent = read(&object(|body| drop(body.as_object_mut().unwrap().remove("arguments"))));
    assert!(matches!(&absent.arguments, Arguments::Other(other) if OtherArguments::value(other).is_none()));
    let created = |arguments: Value| {
        read(&object(|body| {
            (body["subject_type"], body["verb"], body["arguments"]) = (json!("Product"), json!("create"), arguments);
        }))
    };
    assert_eq!(
        created(json!([{ "id": 1 }])).rendered(),
        Err(MessageError::NoText { verb: "shopify.product.create", index: 0 })
    );
    assert_eq!(created(json!([7])).rendered().unwrap(), "New product created: 7");
}

#[tokio::test]
async fn an_id_in_quotes_is_the_same_id() {
    let quoted = object(|body| {
        for id in ["id", "subject_id"] {
            body[id] = Value::from(body[id].to_string());
        }
    });
    let plain = read(&confirmed());
    assert_eq!(read(&quoted), plain);
    assert_eq!(serde_json::to_value(read(&quoted)).unwrap(), quoted);
    let logged = logged([read(&quoted).to_event().unwrap(), plain.to_event_of("other.example").unwrap()]).await;
    assert_eq!(logged[0].1, logged[1].1, "either has the key of its subject");
    assert!(
        bus().publish(Outgoing::raw("shopify.order.confirmed", &quoted)).await.is_err(),
        "nobody writes it so here"
    );
}

#[tokio::test]
async fn a_time_without_an_offset_is_kept_and_is_no_time_of_the_event() {
    let body = object(|body| body["created_at"] = json!("2008-01-10 08:00:00"));
    let read = read(&body);
    assert!(!read.created_at.has_offset());
    assert_eq!(serde_json::to_value(&read).unwrap(), body);
    let bus = bus();
    bus.publish(read.to_event().unwrap()).await.unwrap();
    let stored = &bus.backend().read(Query::all()).await.unwrap().events[0];
    assert_eq!(stored.time, stored.stored);
}

#[tokio::test]
async fn what_is_not_documented_is_kept_under_a_name_of_its_own_with_the_key_of_its_subject() {
    let edited = object(|body| body["verb"] = json!("edited"));
    let other = object(|body| (body["subject_type"], body["id"]) = (json!("Price Rule"), json!(2)));
    let permission =
        object(|body| (body["subject_type"], body["id"], body["verb"]) = (json!("ApiPermission"), json!(3), json!("")));
    let events = [&edited, &other, &permission].map(read);
    for event in &events {
        assert!(event.to_event().is_err());
    }
    let logged = logged(events.iter().map(EventObject::to_any_event)).await;
    let seen: Vec<_> =
        logged.iter().map(|(name, key, marked, _)| (name.as_str(), key.as_deref().unwrap(), *marked)).collect();
    assert_eq!(
        seen,
        [
            ("shopify.undocumented.Order.edited", "shopify.order:450789469", false),
            ("shopify.undocumented.Price%20Rule.confirmed", "shopify.price_rule:450789469", false),
            ("shopify.undocumented.ApiPermission._", "shopify.apipermission:450789469", false),
        ]
    );
    let bus = bus();
    bus.publish(events[0].to_any_event()).await.unwrap();
    let stored = &bus.backend().read(Query::all()).await.unwrap().events[0];
    assert_eq!(EventObject::of(stored).unwrap(), events[0]);
}

#[tokio::test]
async fn a_page_is_read_event_by_event_and_its_last_id_is_known() {
    let page = json!({ "events": [
        confirmed(),
        object(|body| (body["id"], body["created_at"]) = (json!(600), json!("yesterday"))),
        object(|body| (body["id"], body["subject_id"]) = (json!("700"), json!(null))),
        object(|body| (body["id"], body["verb"]) = (json!(800), json!(["x"]))),
        object(|body| body["id"] = json!("none")),
        "no event",
        null,
    ] })
    .to_string();
    let page = Page::read(page).unwrap();
    let paths: Vec<_> =
        page.events().iter().map(|event| event.object().err().map_or("", |error| error.path())).collect();
    assert_eq!(
        paths,
        [
            "",
            "events[1].created_at",
            "events[2].subject_id",
            "events[3].verb",
            "events[4].id",
            "events[5]",
            "events[6]"
        ]
    );
    assert_eq!(page.last_id(), confirmed()["id"].as_u64().max(Some(800)));
    let ids: Vec<_> = page.events().iter().map(|event| event.id()).collect();
    assert_eq!(ids[1..], [Some(600), Some(700), Some(800), None, None, None]);
    let again = page.clone().into_iter().chain(page.clone());
    let logged = logged(again.map(|event| event.to_event())).await;
    let seen: Vec<_> = logged.iter().map(|(name, key, marked, _)| (name.as_str(), key.is_some(), *marked)).collect();
    assert_eq!(
        seen,
        [
            ("shopify.order.confirmed", true, false),
            ("shopify.order.confirmed", true, true),
            ("shopify.order.confirmed", false, true),
            ("shopify.undocumented.Order._", true, false),
            ("shopify.order.confirmed", true, true),
            ("shopify.undocumented._._", false, false),
            ("shopify.undocumented._._", false, false),
        ],
        "each is in the log once, however often it is fetched"
    );
    for (event, (.., body)) in page.events().iter().zip(&logged) {
        assert_eq!(event.body(), body.as_bytes());
    }
}

#[tokio::test]
async fn what_other_languages_write_spoils_no_page() {
    let event = confirmed().to_string();
    let with = |member: &str| format!("{{{member},{}", &event[1..]);
    let deep = format!("\"deep\":{}{}", "[".repeat(3_000), "]".repeat(3_000));
    let events =
        ["\"half\":\"\\ud83d\"", "\"ratio\":NaN", "\"large\":1e999", "\"twice\":1,\"twice\":2", &deep].map(with);
    let page = Page::read(format!("\u{feff}{{\"events\":[{}]}}", events.join(","))).unwrap();
    assert_eq!(page.events().len(), events.len());
    for (event, came) in page.events().iter().zip(&events) {
        assert!(event.object().is_ok(), "{:?}", event.object());
        assert_eq!(event.body(), came.as_bytes(), "it is published as it came");
        let [(_, key, marked, body)] = &logged([event.to_event()]).await[..] else { panic!("one event") };
        assert_eq!((key.as_deref(), marked, body), (Some("shopify.order:450789469"), &false, came));
    }
}

#[test]
fn null_is_read_where_clients_say_that_it_may_be() {
    for name in NULLABLE {
        let null = object(|body| body[name] = Value::Null);
        let absent = object(|body| drop(body.as_object_mut().unwrap().remove(name)));
        assert_eq!(serde_json::to_value(read(&null)).unwrap(), null);
        assert_eq!(read(&absent), read(&null));
    }
}

#[test]
fn a_response_that_is_none_is_told_so() {
    for (body, path) in [
        (json!({ "events": {} }), "events"),
        (json!({ "events": null }), "events"),
        (json!({ "errors": "Not Found" }), "events"),
        (json!({ "events": [], "event": objects()[0] }), "event"),
        (json!([]), ""),
    ] {
        assert_eq!(Page::read(body.to_string()).unwrap_err().path(), path, "{body}");
    }
    let one = Page::read(json!({ "event": { "id": 5 } }).to_string()).unwrap();
    assert_eq!((one.last_id(), one.events()[0].object().unwrap_err().path()), (Some(5), "event.subject_id"));
}
