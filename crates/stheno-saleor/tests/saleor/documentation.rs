//! The catalog is the documentation's: names, descriptions, fields.

use std::collections::BTreeSet;

use stheno_core::{EventDescriptor, Field, FieldKind, Status};
use stheno_saleor::catalog;

use crate::{
    every_type::every_type,
    fixtures::{Documented, DocumentedField, documented},
};

/// Not always there, although the documentation does not say so. `*` stands for every event.
const OPTIONAL_ALTHOUGH_REQUIRED: [(&str, &str, &str); 30] = [
    ("saleor.order.email_sent", "email", "the program stores null when no address is known"),
    ("saleor.order.fulfillment_canceled", "composed_id", "the program leaves it out when the whole order is canceled"),
    ("saleor.order.order_paid", "amount", "the program's rows have none"),
    ("saleor.order.order_paid", "payment_id", "the program's rows have none"),
    ("saleor.order.order_paid", "payment_gateway", "the program's rows need not have one"),
    ("saleor.product_variant.back_in_stock", "stock_id", "the program does not send it"),
    ("saleor.product_variant.out_of_stock", "stock_id", "the program does not send it"),
    ("saleor.transaction.action_request", "action.value", "the program sends null when all of it is meant"),
    ("saleor.order.voided", "amount", "the program always stores null"),
    ("*", "payload.requester_user_id", "nobody on the staff may have asked"),
    ("*", "product", "a product may have been deleted"),
    ("*", "variant", "a variant may have been deleted"),
    ("*", "weight", "not every product has one"),
    ("*", "first_image", "not every product has one"),
    ("*", "product_sku", "a variant need not have one"),
    ("*", "unit_discount_type", "a line need not have a discount"),
    ("*", "billing_address", "an order may have none"),
    ("*", "shipping_address", "nothing need be sent"),
    ("*", "shipping_method_name", "nothing need be sent"),
    ("saleor.sale.toggle", "payload.meta.issuing_principal.id", "an event need not have a cause"),
    ("saleor.sale.toggle", "payload.meta.issuing_principal.type", "an event need not have a cause"),
    ("saleor.payment.list_gateways", "checkout", "the program sends null without a checkout"),
    ("saleor.payment.list_gateways", "currency", "the program sends null without a currency"),
    ("saleor.payment.list_gateways", "email", "a customer need not have said it yet"),
    ("saleor.payment.list_gateways", "sku", "a variant need not have one"),
    ("saleor.payment.list_gateways", "type", "an address of an order has none"),
    ("saleor.payment.list_gateways", "id", "an address of an order has none"),
    ("saleor.payment.action", "*", "null in the program's own type"),
    ("saleor.transaction.action_request", "transaction.checkout_id", "the program sends null"),
    ("saleor.transaction.action_request", "transaction.order_id", "of an order or a checkout"),
];

fn described(name: &str) -> EventDescriptor {
    catalog().events().iter().find(|event| event.pattern == name).cloned().unwrap()
}

#[test]
fn the_59_events_are_the_documented_ones() {
    let catalog = catalog();
    let names: BTreeSet<&str> = catalog.events().iter().map(|event| event.pattern).collect();
    let documented = documented();
    assert_eq!(names, documented.iter().map(|event| event.name.as_str()).collect());
    assert_eq!((names.len(), catalog.events().len()), (59, 59));
    for (section, group, count) in [
        ("Order Events", "order_event", 20),
        ("Communication Events", "communication_event", 6),
        ("Customer Events", "customer_event", 10),
        ("Notifications", "notify", 14),
        ("Webhooks", "webhook", 9),
    ] {
        let of_section = catalog.events().iter().filter(|event| event.section == section).map(|event| event.pattern);
        let of_section: BTreeSet<&str> = of_section.collect();
        let of_group = documented.iter().filter(|event| event.group == group).map(|event| event.name.as_str());
        assert_eq!(of_section, of_group.collect(), "{section}");
        assert_eq!(of_section.len(), count, "{section}");
    }
}

#[test]
fn descriptions_are_the_documented_ones() {
    // The descriptions of the other webhooks are titles of their examples, such as `PAYMENT ACTIONS`.
    for event in documented().iter().filter(|event| event.group != "webhook") {
        assert_eq!(described(&event.name).description, event.description, "{}", event.name);
    }
}

#[test]
fn every_documented_field_has_its_kind_and_is_required_as_documented() {
    let mut checked = 0;
    for event in documented() {
        let descriptor = described(&event.name);
        for field in event.fields.iter().filter(|field| !field.name.is_empty()) {
            // The keys of a map, and what shops keep for themselves, are nobody's fields.
            if field.name.contains('*') {
                continue;
            }
            let known = find(descriptor.fields, &field.name)
                .unwrap_or_else(|| panic!("{} has no field {}", event.name, field.name));
            check_kind(&event, field, known);
            check_optional(&event, field, known);
            checked += 1;
        }
    }
    assert!(checked > 1_000, "{checked}");
}

fn find<'a>(fields: &'a [Field], path: &str) -> Option<&'a Field> {
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let field = fields.iter().find(|field| field.name == first.trim_end_matches("[]"))?;
    rest.map_or(Some(field), |rest| find(field.fields, rest))
}

fn check_kind(event: &Documented, documented: &DocumentedField, known: &Field) {
    let fits = documented.r#type.split('|').all(|kind| match kind {
        "null" => known.optional,
        "string" => matches!(known.kind, FieldKind::String | FieldKind::StringOrNumber),
        "float" => known.kind == FieldKind::StringOrNumber,
        "integer" => matches!(known.kind, FieldKind::Integer | FieldKind::StringOrNumber),
        "boolean" => known.kind == FieldKind::Boolean,
        "object" => matches!(known.kind, FieldKind::Object | FieldKind::Objects | FieldKind::Any),
        "OrderEventsEmailsEnum" => known.kind == FieldKind::String,
        "OrderLine" => known.kind == FieldKind::Any,
        array if array.starts_with("array<") => known.kind.is_array() || known.kind == FieldKind::Any,
        other => panic!("{} has a field of the unknown type {other}", event.name),
    });
    assert!(fits, "{}: {} is {}, documented as {}", event.name, documented.name, known.kind, documented.r#type);
}

fn check_optional(event: &Documented, documented: &DocumentedField, known: &Field) {
    let last = documented.name.rsplit('.').next().unwrap();
    let excepted = OPTIONAL_ALTHOUGH_REQUIRED.iter().any(|(name, field, _)| {
        (*name == "*" || *name == event.name) && (*field == "*" || *field == documented.name || *field == last)
    });
    let null = documented.nullable || documented.r#type.split('|').any(|kind| kind == "null");
    let said = documented.optional || null;
    assert!(!said || known.optional, "{}: {} may be missing", event.name, documented.name);
    assert!(said || excepted || !known.optional, "{}: {} is required", event.name, documented.name);
}

#[test]
fn only_the_event_of_the_older_documentation_is_sent_by_nobody() {
    let catalog = catalog();
    let silent = catalog.events().iter().filter(|event| event.status == Status::DocumentedOnly);
    assert_eq!(silent.map(|event| event.pattern).collect::<Vec<_>>(), ["saleor.order.updated"]);
}

#[test]
fn every_event_of_the_catalog_is_tested() {
    let tested: Vec<&str> = every_type().iter().map(|event| event.descriptor.pattern).collect();
    assert_eq!(tested, catalog().events().iter().map(|event| event.pattern).collect::<Vec<_>>());
}
