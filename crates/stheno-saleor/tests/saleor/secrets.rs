//! What is marked never shows: not in `Debug`, not in a redacted body.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use stheno_core::{Field, Sensitivity, catalog::redact::redact};
use stheno_testkit::event_types::EventType;

use crate::{
    every_type::{every_type, type_of},
    fixtures::{examples, name_of},
};

const MARKER: &str = "must-not-be-seen";

/// Puts the marker into every text of a body that is marked, and says how many there were.
fn mark(fields: &[Field], body: &mut Value) -> usize {
    match body {
        Value::Array(items) => items.iter_mut().map(|item| mark(fields, item)).sum(),
        Value::Object(object) => {
            let mut marked = 0;
            for (name, value) in object.iter_mut() {
                let Some(field) = fields.iter().find(|field| field.name == name) else { continue };
                marked += match field.sensitivity {
                    // Plain values, and the sizes of an image, which are all texts.
                    Sensitivity::Public if field.fields.is_empty() => 0,
                    Sensitivity::Public => mark(field.fields, value),
                    _ => mark_texts(value),
                };
            }
            object.insert("undocumented".into(), json!({ "deep": [MARKER] }));
            marked
        }
        _ => 0,
    }
}

fn mark_texts(value: &mut Value) -> usize {
    match value {
        Value::String(text) => {
            *text = format!("{MARKER} {text}");
            1
        }
        Value::Object(object) => {
            object.insert("inside".into(), MARKER.into());
            1
        }
        _ => 0,
    }
}

fn shown(event: &EventType, body: &Value) -> String {
    let debug = (event.decode)(&event.name(), body).unwrap().debug;
    format!("{debug}\n{}", redact(Some(&event.descriptor), body.to_string().as_bytes()))
}

#[test]
fn nothing_that_is_marked_or_undocumented_is_shown() {
    let own = every_type().into_iter().map(|event| ((event.example)().body, event));
    let documented = examples().into_iter().map(|(file, body)| (body, type_of(&name_of(file))));
    let mut marked = 0;
    for (mut body, event) in own.chain(documented) {
        marked += mark(event.descriptor.fields, &mut body);
        let shown = shown(&event, &body);
        assert!(!shown.contains(MARKER), "{}: {shown}", event.descriptor.pattern);
    }
    assert!(marked > 500, "{marked}");
}

#[test]
fn tokens_links_and_what_opens_something_are_secret() {
    let mut secret = BTreeSet::new();
    for event in every_type() {
        gather(event.descriptor.fields, &mut secret);
    }
    let expected = [
        "confirm_url",
        "data",
        "delete_url",
        "digital_url",
        "download_url",
        "order_details_url",
        "password_set_url",
        "redirect_url",
        "reset_url",
        "token",
    ];
    assert_eq!(secret.into_iter().collect::<Vec<_>>(), expected);
}

fn gather(fields: &'static [Field], found: &mut BTreeSet<&'static str>) {
    for field in fields {
        if field.sensitivity == Sensitivity::Secret {
            found.insert(field.name);
        }
        gather(field.fields, found);
    }
}

#[test]
fn no_key_is_made_of_a_secret_or_of_a_person() {
    for event in every_type() {
        let Some(key) = (event.example)().key else { continue };
        assert!(!key.contains('@') && !key.contains("not-a-real"), "{key}");
    }
}
