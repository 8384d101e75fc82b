//! What is marked never shows: not in `Debug`, not in a redacted body.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use stheno_core::{EventName, Field, FieldKind, Sensitivity, catalog::redact::redact};
use stheno_medusa::catalog;
use stheno_testkit::event_types::EventType;

use crate::{
    every_type::{every_type, type_of},
    fixtures::quirks,
};

/// Stands in every value that must not be seen.
const MARKER: &str = "must-not-be-seen";

/// A body with every documented field, the marker in each that is marked, and undocumented fields with it everywhere.
fn marked(fields: &[Field]) -> Value {
    if let [whole] = fields
        && whole.name.is_empty()
    {
        return value_of(whole);
    }
    let documented = fields.iter().map(|field| (field.name.to_owned(), value_of(field)));
    documented.chain([("undocumented".to_owned(), json!({ "deep": [MARKER] }))]).collect()
}

fn value_of(field: &Field) -> Value {
    let hidden = field.sensitivity != Sensitivity::Public;
    let text = if hidden { MARKER } else { "shown" };
    match field.kind {
        _ if !field.fields.is_empty() && !hidden => match field.kind {
            FieldKind::Objects => json!([marked(field.fields)]),
            _ => marked(field.fields),
        },
        FieldKind::String => text.into(),
        FieldKind::Strings => json!([text]),
        FieldKind::Objects | FieldKind::Array => json!([{ "inside": text }]),
        FieldKind::Object | FieldKind::Any => json!({ "inside": text }),
        FieldKind::Integer | FieldKind::Number => 1.into(),
        FieldKind::Boolean => true.into(),
        kind => panic!("{} is {kind}; say what to put there", field.name),
    }
}

/// Everything that a body shows where it must not show its secrets.
fn shown(event: &EventType, name: &EventName, body: &Value) -> String {
    let debug = (event.decode)(name, body).unwrap().debug;
    format!("{debug}\n{}", redact(Some(&event.descriptor), body.to_string().as_bytes()))
}

/// Every marked field by its path, `items[].metadata` for instance.
fn marks(fields: &[Field], sensitivity: Sensitivity, prefix: &str) -> Vec<String> {
    fields
        .iter()
        .flat_map(|field| {
            let path = format!("{prefix}{}", field.name);
            let own = (field.sensitivity == sensitivity).then(|| path.clone());
            own.into_iter().chain(marks(field.fields, sensitivity, &format!("{path}."))).collect::<Vec<_>>()
        })
        .collect()
}

/// The texts at the marked fields of a body.
fn hidden_texts(fields: &[Field], body: &Value, found: &mut BTreeSet<String>) {
    if let Value::Array(items) = body {
        return items.iter().for_each(|item| hidden_texts(fields, item, found));
    }
    for field in fields {
        let value = if field.name.is_empty() { Some(body) } else { body.get(field.name) };
        match value {
            None => {}
            Some(value) if field.sensitivity == Sensitivity::Public => hidden_texts(field.fields, value, found),
            Some(value) => texts(value, found),
        }
    }
}

fn texts(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => _ = found.insert(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(object) => object.values().for_each(|item| texts(item, found)),
        _ => {}
    }
}

#[test]
fn no_marked_and_no_undocumented_field_is_ever_shown() {
    for event in every_type() {
        let body = marked(event.descriptor.fields);
        let shown = shown(&event, &event.name(), &body);
        assert!(!shown.contains(MARKER), "{}: {shown}", event.descriptor.pattern);
    }
}

#[test]
fn no_marked_field_of_any_shape_of_a_product_is_shown() {
    let event = type_of("product.updated");
    let mut whole = marked(event.descriptor.fields);
    whole.as_object_mut().unwrap().remove("fields");
    for body in [json!([whole.clone(), whole.clone()]), whole] {
        assert!(!shown(&event, &event.name(), &body).contains(MARKER));
    }
}

#[test]
fn no_field_of_a_swap_under_the_name_of_a_cart_is_shown_but_its_ids() {
    let event = type_of("cart.updated");
    let mut body = marked(event.descriptor.fields);
    body["id"] = "swap_1".into();
    assert!(!shown(&event, &event.name(), &body).contains(MARKER));
}

#[test]
fn what_is_marked_in_examples_and_quirks_is_not_shown() {
    let examples = every_type().into_iter().map(|event| (event.name(), (event.example)().body));
    let quirks = quirks().into_iter().map(|quirk| (EventName::new(quirk.event).unwrap(), quirk.body));
    let mut hidden = BTreeSet::new();
    for (name, body) in examples.chain(quirks) {
        let event = every_type().into_iter().find(|event| event.descriptor.matches(&name)).unwrap();
        let mut of_this = BTreeSet::new();
        hidden_texts(event.descriptor.fields, &body, &mut of_this);
        let shown = shown(&event, &name, &body);
        for text in &of_this {
            assert!(!shown.contains(text), "{name} shows {text:?}: {shown}");
        }
        hidden.append(&mut of_this);
    }
    for expected in ["not-a-real-reset-token", "ada@example.com", "bm90LWEtcmVhbC1oYXNo", "+45 00 00 00 00"] {
        assert!(hidden.contains(expected), "no example has {expected}");
    }
}

#[test]
fn order_and_e_mail_of_the_adyen_plugin_are_not_shown() {
    for quirk in quirks().into_iter().filter(|quirk| quirk.quirk.contains("Adyen")) {
        let name = EventName::new(&quirk.event).unwrap();
        assert!(!shown(&type_of(&quirk.event), &name, &quirk.body).contains("ada@example.com"));
    }
}

#[test]
fn what_is_not_marked_is_shown() {
    let event = type_of("order.placed");
    let example = (event.example)();
    assert!(example.debug.contains("order_01H8X4Q2K596NGYA1DQ91K5GQA"));
    assert_eq!(redact(Some(&event.descriptor), example.body.to_string().as_bytes()), example.body);
}

#[test]
fn secrets_are_these() {
    let found: Vec<(&str, String)> = catalog()
        .events()
        .iter()
        .flat_map(|event| marks(event.fields, Sensitivity::Secret, "").into_iter().map(|path| (event.pattern, path)))
        .collect();
    let found: Vec<(&str, &str)> = found.iter().map(|(name, path)| (*name, path.as_str())).collect();
    assert_eq!(
        found,
        [
            ("cart.updated", "gift_cards"),
            ("cart.updated", "customer.password_hash"),
            ("cart.updated", "payment_session.data"),
            ("cart.updated", "payment_sessions.data"),
            ("cart.updated", "payment.data"),
            ("customer.created", "password_hash"),
            ("customer.updated", "password_hash"),
            ("customer.password_reset", "token"),
            ("invite.created", "token"),
            ("oauth.token_generated.*", ""),
            ("oauth.token_refreshed.*", ""),
            ("payment.created", "data"),
            ("payment.updated", "data"),
            ("payment.payment_captured", "data"),
            ("payment.payment_capture_failed", "data"),
            ("payment.payment_refund_created", "payment.data"),
            ("payment.payment_refund_failed", "data"),
            ("payment-collection.created", "payment_sessions.data"),
            ("payment-collection.created", "payments.data"),
            ("payment-collection.updated", "payment_sessions.data"),
            ("payment-collection.updated", "payments.data"),
            ("payment-collection.deleted", "payment_sessions.data"),
            ("payment-collection.deleted", "payments.data"),
            ("payment-collection.payment_authorized", "payment_sessions.data"),
            ("payment-collection.payment_authorized", "payments.data"),
            ("order-update-token.created", "token"),
            ("user.password_reset", "token"),
        ]
    );
}

#[test]
fn every_field_that_tells_of_a_person_is_personal() {
    const TELLING: [&str; 12] = [
        "email",
        "user_email",
        "old_email",
        "first_name",
        "last_name",
        "phone",
        "company",
        "address_1",
        "address_2",
        "postal_code",
        "city",
        "province",
    ];
    let mut seen = BTreeSet::new();
    for event in catalog().events() {
        every_field(event.fields, &mut |field| {
            if TELLING.contains(&field.name) {
                assert_eq!(field.sensitivity, Sensitivity::Personal, "{}: {}", event.pattern, field.name);
                seen.insert(field.name);
            }
        });
    }
    assert_eq!(seen, TELLING.into());
}

fn every_field(fields: &[Field], visit: &mut dyn FnMut(&Field)) {
    for field in fields {
        visit(field);
        every_field(field.fields, visit);
    }
}

#[test]
fn an_error_shows_no_value_of_a_field_of_the_wrong_type() {
    let event = type_of("user.password_reset");
    for token in [json!(81726354), json!([81726354])] {
        let error = (event.decode)(&event.name(), &json!({ "email": "a@example.com", "token": token })).unwrap_err();
        assert!(error.path().starts_with("token"));
        assert!(!error.to_string().contains("81726354"), "{error}");
    }
}
