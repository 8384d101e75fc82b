//! The catalog is the documentation's: names, sections, descriptions, fields, shapes.

use std::collections::{BTreeMap, BTreeSet};

use stheno_core::{EventDescriptor, Field, FieldKind, Status};
use stheno_medusa::catalog;

use crate::{
    every_type::every_type,
    fixtures::{Documented, DocumentedField, documented},
};

/// Documented as required, and not always there. `*` stands for every event.
const OPTIONAL_ALTHOUGH_REQUIRED: [(&str, &str, &str); 13] = [
    ("*", "no_notification", "copied from a nullable column"),
    ("customer.password_reset", "first_name", "nullable column"),
    ("customer.password_reset", "last_name", "nullable column"),
    ("order.payment_capture_failed", "payment_id", "the Adyen plugin sends `{order, error}`"),
    ("order-edit-item-change.DELETED", "id", "Medusa sends `ids`"),
    ("payment.payment_capture_failed", "error", "a field of every payment here, sent with two events only"),
    ("payment.payment_capture_failed", "error.name", "the JSON of a JavaScript error does not have it"),
    ("payment.payment_capture_failed", "error.nessage", "Medusa sends `message`, or nothing"),
    ("product.updated", "id", "absent in two of the shapes"),
    ("product.updated", "fields", "absent in all shapes but one"),
    ("product-variant.deleted", "metadata", "nullable column"),
    ("publishable_api_key.created", "id", "sent before there is one"),
    ("sales_channel.created", "id", "sent before there is one"),
];

/// Documented as one kind, and sent as others too.
const WIDER_THAN_DOCUMENTED: [(&str, &str, &str); 2] = [
    ("order.payment_capture_failed", "error", "documented as a string, sent as the JSON of an error"),
    ("payment.payment_capture_failed", "error", "the same type as in the event above"),
];

fn described(name: &str) -> EventDescriptor {
    catalog().events().iter().find(|event| event.pattern == name).cloned().unwrap()
}

#[test]
fn the_99_events_in_25_sections_are_the_documented_ones_in_their_order() {
    let documented = documented();
    let expected: Vec<(&str, &str)> = documented.iter().map(|e| (e.name.as_str(), e.section.as_str())).collect();
    let catalog = catalog();
    let found: Vec<(&str, &str)> = catalog.events().iter().map(|e| (e.pattern, e.section)).collect();
    assert_eq!(found, expected);
    assert_eq!(found.len(), 99);
    assert_eq!(found.iter().map(|(_, section)| section).collect::<BTreeSet<_>>().len(), 25);
    assert_eq!(found.iter().map(|(name, _)| name.split('.').next()).collect::<BTreeSet<_>>().len(), 25);
}

#[test]
fn descriptions_are_the_documented_ones() {
    for event in documented() {
        assert_eq!(described(&event.name).description, event.description, "{}", event.name);
    }
}

#[test]
fn every_shape_is_documented_as_often_as_it_occurs() {
    let mut shapes: BTreeMap<String, usize> = BTreeMap::new();
    for event in documented() {
        *shapes.entry(shape(&event)).or_default() += 1;
    }
    let expected = [
        ("array or entity or object", 1),
        ("code", 1),
        ("email first_name id last_name token", 1),
        ("email token", 1),
        ("entity", 13),
        ("error id no_notification payment_id", 1),
        ("fields id", 1),
        ("fields id product_id", 1),
        ("fulfillment_id id no_notification", 7),
        ("id", 45),
        ("id metadata product_id", 1),
        ("id no_notification", 15),
        ("id no_notification order_id", 1),
        ("id no_notification refund_id", 1),
        ("id no_notification return_id", 3),
        ("id product_id", 1),
        ("id token user_email", 1),
        ("new_customer_id old_email orders token", 1),
        ("opaque", 2),
        ("string", 1),
    ];
    assert_eq!(shapes, expected.map(|(shape, count)| (shape.to_owned(), count)).into());
}

/// What kind of payload it is; for plain objects the fields of our example.
fn shape(event: &Documented) -> String {
    match event.payload_kind.as_str() {
        "entity" | "entity_partial" | "entity_plus_error" => "entity".into(),
        "entity_or_object" => "array or entity or object".into(),
        "object" => keys_of_example(event).into_iter().collect::<Vec<_>>().join(" "),
        kind => kind.into(),
    }
}

fn keys_of_example(event: &Documented) -> BTreeSet<String> {
    let example = described(&event.name).example.unwrap()();
    example.as_object().unwrap_or_else(|| panic!("{} is no object", event.name)).keys().cloned().collect()
}

#[test]
fn an_example_has_exactly_the_documented_fields() {
    for event in documented() {
        let top: BTreeSet<String> =
            event.fields.iter().filter(|f| !f.name.contains('.')).map(|f| f.name.clone()).collect();
        match event.payload_kind.as_str() {
            "object" | "entity_or_object" => assert_eq!(keys_of_example(&event), top, "{}", event.name),
            "entity_partial" | "entity_plus_error" => assert!(keys_of_example(&event).is_superset(&top)),
            "entity" => assert!(keys_of_example(&event).len() > 5),
            "string" => assert!(described(&event.name).example.unwrap()().is_string()),
            "opaque" => assert!(top.is_empty()),
            kind => panic!("{} has an unknown kind {kind}", event.name),
        }
    }
}

#[test]
fn every_documented_field_has_its_kind_and_is_required_as_documented() {
    let mut checked = 0;
    for event in documented() {
        for field in &event.fields {
            let known = find(described(&event.name).fields, &field.name)
                .unwrap_or_else(|| panic!("{} has no field {}", event.name, field.name));
            check_kind(&event.name, field, known);
            check_optional(&event.name, field, known);
            checked += 1;
        }
    }
    assert_eq!(checked, documented().iter().map(|event| event.fields.len()).sum::<usize>());
    assert!(checked > 130, "{checked}");
}

fn find<'a>(fields: &'a [Field], path: &str) -> Option<&'a Field> {
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let field = fields.iter().find(|field| field.name == first)?;
    rest.map_or(Some(field), |rest| find(field.fields, rest))
}

fn check_kind(event: &str, documented: &DocumentedField, known: &Field) {
    let kind = match documented.r#type.as_str() {
        "string" => FieldKind::String,
        "boolean" => FieldKind::Boolean,
        "object" => FieldKind::Object,
        "array<string>" => FieldKind::Strings,
        other => panic!("{event} has a field of the unknown type {other}"),
    };
    let wider = WIDER_THAN_DOCUMENTED.iter().any(|(name, field, _)| (*name, *field) == (event, &documented.name));
    let expected = if wider { FieldKind::StringOrObject } else { kind };
    assert_eq!(known.kind, expected, "{event}: {}", documented.name);
}

fn check_optional(event: &str, documented: &DocumentedField, known: &Field) {
    let excepted = OPTIONAL_ALTHOUGH_REQUIRED
        .iter()
        .any(|(name, field, _)| (*name == "*" || *name == event) && *field == documented.name);
    assert_eq!(known.optional, documented.optional || excepted, "{event}: {}", documented.name);
}

#[test]
fn of_plain_objects_only_deleted_item_changes_have_a_field_beyond_the_documented_ones() {
    let beyond: BTreeSet<(String, &str)> = documented()
        .iter()
        .filter(|event| event.payload_kind == "object")
        .flat_map(|event| {
            let documented = |field: &&Field| event.fields.iter().any(|known| known.name == field.name);
            let fields = described(&event.name).fields.iter().filter(move |field| !documented(field));
            fields.map(|field| (event.name.clone(), field.name)).collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(beyond, [("order-edit-item-change.DELETED".to_owned(), "ids")].into());
}

#[test]
fn statuses_tell_what_medusa_does_not_send_or_loses() {
    let with = |status| -> Vec<&str> {
        let catalog = catalog();
        catalog.events().iter().filter(|event| event.status == status).map(|event| event.pattern).collect()
    };
    assert_eq!(
        with(Status::DocumentedOnly),
        [
            "claim_item.canceled",
            "order.orders_claimed",
            "order.gift_card_created",
            "order.refund_failed",
            "order.swap_created"
        ]
    );
    assert_eq!(
        with(Status::LossyUpstream),
        [
            "payment.payment_capture_failed",
            "payment.payment_refund_failed",
            "payment-collection.deleted",
            "publishable_api_key.created",
            "sales_channel.created",
        ]
    );
    assert_eq!(with(Status::Emitted).len(), 89);
    for name in with(Status::DocumentedOnly).into_iter().chain(with(Status::LossyUpstream)) {
        assert!(!described(name).note.is_empty(), "{name} says nothing of why");
    }
}

#[test]
fn a_type_is_named_as_its_event() {
    for event in catalog().events() {
        let (_, name) = event.rust_type.rsplit_once("::").unwrap();
        assert_eq!(name, type_name(event.pattern), "{}", event.pattern);
    }
}

/// `order-edit.created` is `OrderEditCreated`; a family that the action repeats is said once.
fn type_name(event: &str) -> String {
    let (family, action) = event.trim_end_matches(".*").split_once('.').unwrap();
    let action = action.strip_prefix(&format!("{family}_")).unwrap_or(action);
    let words = family.split(['-', '_']).chain(action.split('_')).map(str::to_lowercase);
    words.map(|word| word[..1].to_uppercase() + &word[1..]).collect()
}

#[test]
fn every_event_of_the_catalog_is_tested() {
    let tested: Vec<&str> = every_type().iter().map(|event| event.descriptor.pattern).collect();
    assert_eq!(tested, catalog().events().iter().map(|event| event.pattern).collect::<Vec<_>>());
}
