//! The 21 documented examples: typed to the last field, and written back as they are.

use serde_json::{Value, json};
use stheno_core::{Event, EventName, Field, Payload};
use stheno_saleor::*;

use crate::{
    every_type::{every_type, type_of},
    fixtures::{example, examples, name_of},
};

#[test]
fn every_example_is_written_back_as_it_was_read() {
    assert_eq!(examples().len(), 21);
    for (file, body) in examples() {
        let event = type_of(&name_of(file));
        let read = (event.decode)(&event.name(), &body).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!(read.body, body, "{file}");
        assert!(read.survives, "{file}");
    }
}

#[test]
fn every_example_may_be_published() {
    for (file, body) in examples() {
        let event = type_of(&name_of(file));
        let checked = event.descriptor.check(&event.name(), body.to_string().as_bytes());
        checked.unwrap_or_else(|error| panic!("{file}: {error}"));
    }
}

/// What a shop keeps for itself, and the sizes of an image: maps whose keys nobody documents.
const MAPS: [&str; 4] = ["metadata", "private_metadata", "original", "data"];

/// Every name in a body that its event does not document.
fn undocumented(fields: &[Field], body: &Value, path: &str, found: &mut Vec<String>) {
    match body {
        Value::Array(items) => items.iter().for_each(|item| undocumented(fields, item, path, found)),
        Value::Object(object) => {
            for (name, value) in object {
                let at = format!("{path}.{name}");
                match fields.iter().find(|field| field.name == name) {
                    None => found.push(at),
                    Some(_) if MAPS.contains(&name.as_str()) => {}
                    Some(field) => undocumented(field.fields, value, &at, found),
                }
            }
        }
        _ => {}
    }
}

#[test]
fn no_field_of_an_example_falls_into_an_untyped_map() {
    for (file, body) in examples() {
        let event = type_of(&name_of(file));
        let mut found = Vec::new();
        undocumented(event.descriptor.fields, &body, file, &mut found);
        assert_eq!(found, [] as [String; 0]);
        // Each `extra` says how much is in it.
        let debug = (event.decode)(&event.name(), &body).unwrap().debug;
        let extras = debug.matches(" undocumented]").count();
        assert!(extras > 0 && extras == debug.matches("[0 undocumented]").count(), "{file}: {debug}");
    }
}

#[test]
fn a_field_that_nobody_documented_is_found_by_that_test() {
    let mut body = example("order_confirmation");
    body["payload"]["order"]["lines"][0]["product"]["colour"] = json!("red");
    let event = type_of("saleor.notify.order_confirmation");
    let mut found = Vec::new();
    undocumented(event.descriptor.fields, &body, "", &mut found);
    assert_eq!(found, [".payload.order.lines.product.colour"]);
    let read = (event.decode)(&event.name(), &body).unwrap();
    assert!(read.debug.contains("[1 undocumented]"));
    assert_eq!(read.body, body);
}

#[test]
fn the_quirks_of_the_examples_are_typed() {
    let read = |file: &str| example(file).to_string();
    let name = EventName::new("saleor.notify.order_confirmation").unwrap();
    let confirmed = NotifyOrderConfirmation::decode(&name, read("order_confirmation").as_bytes()).unwrap();
    let order = &confirmed.payload.order;
    assert_eq!(order.number, Id::from("VXNlcjo1MQ=="));
    assert_eq!((order.total_gross_amount.to_string(), order.total_gross_amount.places()), ("240.82".to_owned(), 2));
    assert_eq!(order.lines[0].tax_rate.to_string(), "0.0000");
    assert_eq!(serde_json::to_value(order.discount_amount).unwrap(), json!(0));
    assert_eq!(order.created.timestamp().to_string(), "2021-03-11T16:56:59.121991Z");
    assert_eq!(order.lines[0].product.as_ref().unwrap().images[0].original.len(), 6);
    assert_eq!(order.currency.code(), "USD");

    let name = EventName::new("saleor.notify.order_canceled").unwrap();
    let canceled = NotifyOrderCanceled::decode(&name, read("order_canceled").as_bytes()).unwrap();
    assert_eq!(canceled.payload.order.number, Id::from(53));

    let name = EventName::new("saleor.notify.order_refund_confirmation").unwrap();
    let refunded = NotifyOrderRefundConfirmation::decode(&name, read("order_refund_confirmation").as_bytes()).unwrap();
    assert_eq!(
        (refunded.payload.amount.to_string(), refunded.payload.amount.to_minor_units(2)),
        ("16.800".into(), Some(1680))
    );

    let name = EventName::new("saleor.transaction.action_request").unwrap();
    let asked = TransactionActionRequest::decode(&name, read("transaction_action_request").as_bytes()).unwrap();
    assert_eq!(asked.transaction.checkout_id.as_ref().unwrap().get(), None);
    assert!(asked.transaction.created_at.timestamp().as_micros() < 0, "it was before 1970");
}

#[test]
fn the_example_of_every_type_survives_may_be_published_and_has_the_key_of_its_rule() {
    for event in every_type() {
        let pattern = event.descriptor.pattern;
        let example = (event.example)();
        assert!(example.survives, "{pattern}");
        event.descriptor.check(&example.name, example.body.to_string().as_bytes()).unwrap();
        let by_rule = event.descriptor.key.apply(&example.name, &example.body).map(|key| key.to_string());
        assert_eq!(example.key, by_rule, "{pattern}");
        assert_eq!(example.key.is_none(), pattern == "saleor.payment.list_gateways", "{pattern}");
        assert!(example.key.is_none_or(|key| key.starts_with("saleor.")), "{pattern}");
    }
}

#[test]
fn times_of_examples_are_times() {
    assert_eq!(entity::Payment::example().created.to_string(), "2021-03-11T16:56:57.028Z");
    assert_eq!(entity::Meta::example().issued_at.to_string(), "2022-07-11T08:47:56.192148+00:00");
    assert_eq!(entity::Transaction::example().created_at.to_string(), "1914-06-28T10:50:00Z");
    assert_eq!(entity::Order::example().created.to_string(), "2021-03-11 16:56:59.121991+00:00");
    assert_eq!(entity::Checkout::example().created.to_string(), "2021-03-31T12:57:09.605Z");
}
