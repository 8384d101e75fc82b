//! Bad input gets a typed error that names the field, and never a panic.

use serde_json::{Value, json};
use stheno_core::{Payload, decode_json};
use stheno_shopify::{EventObject, MessageError, OrderClosed, OrderPlaced, ShopifyEvent, Verb};
use stheno_testkit::{
    generated::{cases, changed_bytes, changed_value},
    random::Random,
};

use crate::{
    every_type::{every_type, type_of},
    fixtures::objects,
};

#[test]
fn a_value_of_the_wrong_type_is_found_by_its_path() {
    let event = type_of("shopify.order.confirmed");
    for (field, wrong, path) in [
        ("id", json!("1.0"), "id"),
        ("id", json!("01"), "id"),
        ("id", json!(""), "id"),
        ("id", json!(1.5), "id"),
        ("id", json!(-1), "id"),
        ("id", json!(18_446_744_073_709_551_616.0), "id"),
        ("subject_id", json!("gid://shopify/Order/1"), "subject_id"),
        ("subject_id", json!(null), "subject_id"),
        ("created_at", json!("2008-01-10"), "created_at"),
        ("created_at", json!(0), "created_at"),
        ("message", json!([]), "message"),
        ("verb", json!("confirm"), "verb"),
        ("verb", json!("placed"), "verb"),
        ("subject_type", json!("order"), "subject_type"),
        ("subject_type", json!("ApiPermission"), "subject_type"),
    ] {
        let mut body = (event.example)().body;
        body[field] = wrong;
        assert_eq!((event.decode)(&event.name(), &body).unwrap_err().path(), path, "{field}");
    }
}

#[test]
fn a_required_field_that_is_missing_is_named() {
    let event = type_of("shopify.page.update");
    for field in ["id", "subject_id", "created_at", "subject_type", "verb", "arguments", "message"] {
        let mut body = (event.example)().body;
        body.as_object_mut().unwrap().remove(field);
        let error = event.descriptor.check(&event.name(), body.to_string().as_bytes()).unwrap_err();
        assert_eq!(error.path(), field);
        if ["arguments", "message"].contains(&field) {
            assert!((event.decode)(&event.name(), &body).is_ok(), "what Shopify itself leaves out is read");
            continue;
        }
        assert_eq!((event.decode)(&event.name(), &body).unwrap_err().path(), field);
        assert_eq!(decode_json::<EventObject>(body.to_string().as_bytes()).unwrap_err().path(), field);
    }
}

#[test]
fn a_fault_in_a_response_is_found_by_its_path() {
    let list = |place: usize, change: &dyn Fn(&mut Value)| {
        let mut events = objects();
        change(&mut events[place]);
        EventObject::of_response(json!({ "events": events }).to_string().as_bytes()).unwrap_err().path().to_owned()
    };
    assert_eq!(list(3, &|event| event["created_at"] = json!("yesterday")), "events[3].created_at");
    assert_eq!(list(0, &|event| event["author"] = json!(["#1001", null])), "events[0].author");
    assert_eq!(list(14, &|event| *event = json!("none")), "events[14]");
    for field in ["id", "subject_id", "created_at", "verb"] {
        let remove = |event: &mut Value| drop(event.as_object_mut().unwrap().remove(field));
        assert_eq!(list(3, &remove), format!("events[3].{field}"));
    }
    for (body, path) in [
        (json!({ "event": { "id": "one" } }), "event.id"),
        (json!({ "events": {} }), "events"),
        (json!({ "events": null }), "events"),
        (json!({ "errors": "Not Found" }), "events"),
        (json!({ "events": [], "event": objects()[0] }), "event"),
        (json!([]), ""),
    ] {
        assert_eq!(EventObject::of_response(body.to_string().as_bytes()).unwrap_err().path(), path, "{body}");
    }
    assert_eq!(EventObject::of_response(b"<html>").unwrap_err().path(), "");
}

#[test]
fn a_verb_or_resource_near_a_documented_one_is_told_so() {
    for (subject_type, verb, nearest) in [
        ("Order", "canceled", Some("cancelled")),
        ("Order", "confirm", Some("confirmed")),
        ("Order", "updated", Some("update")),
        ("Order", "reopened", Some("re_opened")),
        ("Product", "created", Some("create")),
        ("Comment", "deleted", None),
        ("order", "placed", Some("Order")),
        ("Orders", "placed", Some("Order")),
        ("ApiPermission", "create", None),
    ] {
        let unknown = Verb::find(subject_type, verb).unwrap_err();
        assert_eq!(unknown.nearest(), nearest, "{subject_type} {verb}");
        assert_eq!(unknown.to_string().contains("did you mean"), nearest.is_some(), "{unknown}");
    }
}

#[test]
fn a_text_in_place_of_the_array_is_read_and_kept() {
    let event = type_of("shopify.product.create");
    let mut body = (event.example)().body;
    body["arguments"] = json!("IPod Nano - 8GB");
    let read = (event.decode)(&event.name(), &body).unwrap();
    assert_eq!(read.body, body);
    event.descriptor.check(&event.name(), body.to_string().as_bytes()).unwrap();
}

#[test]
fn unknown_resources_and_verbs_are_refused_by_field() {
    for (subject_type, verb, field) in [
        ("Order", "canceled", "verb"),
        ("Order", "", "verb"),
        ("Comment", "destroy", "verb"),
        ("order", "placed", "subject_type"),
        ("ApiPermission", "create", "subject_type"),
        ("", "", "subject_type"),
    ] {
        let refused = Verb::find(subject_type, verb).unwrap_err();
        assert_eq!((refused.field(), refused.subject_type(), refused.verb()), (field, subject_type, verb));
    }
    assert_eq!(Verb::find("Order", &"x".repeat(500)).unwrap_err().verb().len(), 80);
    for (subject_type, verb) in [("Order", "a\u{1b}[31m\n"), ("a\u{1b}[31m\n", "placed")] {
        let shown = Verb::find(subject_type, verb).unwrap_err().to_string();
        assert!(shown.contains("\\n") && !shown.contains(['\u{1b}', '\n']), "{shown:?}");
    }
    let mut object = EventObject::example();
    object.verb = "confirm".into();
    assert!(object.to_event().is_err() && object.rendered().is_err());
}

#[test]
fn an_event_object_of_another_verb_is_not_the_event() {
    let placed = OrderPlaced::example().into_object();
    assert_eq!(OrderClosed::new(placed.clone()).unwrap_err().field(), "verb");
    assert_eq!(OrderPlaced::new(placed.clone()).unwrap().into_object(), placed);
}

#[test]
fn neither_names_nor_messages_are_shown() {
    for event in every_type() {
        let example = (event.example)();
        let redacted =
            stheno_core::catalog::redact::redact(Some(&event.descriptor), example.body.to_string().as_bytes());
        for hidden in ["Bob Norman", "Ada Example", "210.94", "IPod", "Received"] {
            assert!(!example.debug.contains(hidden) && !redacted.to_string().contains(hidden), "{}", example.debug);
        }
    }
}

#[test]
fn no_input_makes_a_decoder_panic() {
    let own = every_type().into_iter().map(|event| ((event.example)().body, event));
    let documented = objects().into_iter().map(|body| {
        let object: EventObject = serde_json::from_value(body.clone()).unwrap();
        (body, type_of(object.documented_verb().unwrap().name()))
    });
    let known: Vec<(String, Value, _)> =
        own.chain(documented).map(|(body, event)| (body.to_string(), body, event)).collect();
    let mut random = Random::seeded("decoding Shopify's events");
    let cases = cases(32 * known.len() as u64);
    let mut decoded = 0_u64;
    for case in 0..cases {
        let (text, body, event) = &known[(case % known.len() as u64) as usize];
        let bytes = match random.one_in(2) {
            true => changed_value(&mut random, body).to_string().into_bytes(),
            false => changed_bytes(&mut random, text.as_bytes()),
        };
        let of_check = event.descriptor.check(&event.name(), &bytes);
        let Ok(changed) = serde_json::from_slice::<Value>(&bytes) else {
            assert!(of_check.is_err());
            continue;
        };
        let Ok(object) = serde_json::from_value::<EventObject>(changed.clone()) else { continue };
        let _ = (object.rendered(), object.parsed(), object.money());
        let verb = object.documented_verb().unwrap_or(&Verb::all()[0]);
        let _ = verb.parse(&object.message);
        if let Ok(read) = (event.decode)(&event.name(), &changed) {
            assert!(read.survives, "{changed} is read as {}", read.body);
            decoded += 1;
        }
    }
    println!("{cases} inputs, {decoded} of them decoded");
    assert!(decoded > cases / 100, "{decoded} of {cases} were changed so little that they still decode");
}

#[test]
fn no_input_makes_a_message_panic() {
    let texts = ["by", " by ", "by by", "#1001", "Bob Norman", "<a href=\"/x\">", "</a>", "<", "&amp;", "&", "é", ""];
    let mut random = Random::seeded("messages of Shopify");
    let cases = cases(4_000);
    let (mut read, mut ambiguous) = (0_u64, 0_u64);
    for case in 0..cases {
        let verb = &Verb::all()[(case % 50) as usize];
        let mut value = || (0..random.below(4)).filter_map(|_| random.pick(&texts).copied()).collect::<String>();
        let values: Vec<String> = verb.params().iter().map(|_| value()).collect();
        let message = verb.render(&values).unwrap();
        let message = match random.one_in(2) {
            true => String::from_utf8_lossy(&changed_bytes(&mut random, message.as_bytes())).into_owned(),
            false => message,
        };
        match verb.parse(&message) {
            // What is read gives a plain message that is read as the same.
            Ok(found) => {
                if found.len() == verb.params().len() {
                    let again = verb.parse_plain(&verb.render(&found).unwrap());
                    assert!(again == Ok(found) || again == Err(MessageError::Ambiguous { verb: verb.name() }));
                } else {
                    assert!(found.is_empty(), "only Shopify's own message may leave them out");
                }
                read += 1;
            }
            Err(MessageError::OtherTemplate { .. }) => {}
            Err(error) => {
                assert_eq!(error, MessageError::Ambiguous { verb: verb.name() });
                ambiguous += 1;
            }
        }
    }
    println!("{cases} messages, {read} of them read, {ambiguous} with several readings");
    assert!(read > cases / 100 && ambiguous > 0, "{read} {ambiguous}");
}
