//! All names of an event mean it, and rows of Saleor's database become events.

use serde_json::json;
use stheno_core::{Bus, Catalogs, PublishErrorKind, backend::Query};
use stheno_saleor::{
    EmailType,
    codes::{Code, Group},
    rows::Row,
};
use stheno_sqlite::SqliteBackend;

use crate::fixtures::documented;

fn group(name: &str) -> Option<Group> {
    match name {
        "order_event" => Some(Group::Order),
        "communication_event" => Some(Group::Communication),
        "customer_event" => Some(Group::Customer),
        _ => None,
    }
}

#[test]
fn the_graphql_value_the_code_and_the_stored_code_mean_the_same_event() {
    let mut meant = 0;
    for event in documented() {
        let Some(group) = group(&event.group) else { continue };
        let texts =
            [event.graphql_value, Some(event.code), event.code_in_saleor_2_11_source.filter(|code| code != "gone")];
        for text in texts.into_iter().flatten() {
            assert_eq!(Code::parse(group, &text).unwrap().name(), event.name, "{text}");
        }
        meant += 1;
    }
    assert_eq!((meant, Code::all().len()), (36, 36));
}

#[test]
fn values_that_only_the_program_has_mean_the_documented_event() {
    for (group, text, name) in [
        (Group::Order, "ORDER_FULLY_PAID", "saleor.order.order_paid"),
        (Group::Order, "ORDER_MARKED_AS_PAID", "saleor.order.marked_as_paid"),
        (Group::Order, "PAYMENT_VOIDED", "saleor.order.voided"),
        (Group::Order, "FULFILLMENT_FULFILLED_ITEMS", "saleor.order.fulfilled_items"),
        (Group::Communication, "SHIPPING_CONFIRMATION", "saleor.communication.shipping_confirmation"),
        (Group::Customer, "note_added", "saleor.customer.note_added"),
        (Group::Order, "note_added", "saleor.order.note_added"),
    ] {
        assert_eq!(Code::parse(group, text).unwrap().name(), name);
    }
}

#[test]
fn no_text_means_two_events_of_one_group() {
    for code in Code::all() {
        for text in code.graphql().iter().copied().chain([code.code(), code.stored()]) {
            assert_eq!(Code::parse(code.group(), text).unwrap(), code, "{text}");
        }
    }
}

#[test]
fn a_code_that_nobody_knows_is_refused_by_name() {
    for text in ["", "Placed", "placed ", "shipped", "UPDATED_ADDRESS"] {
        let refused = Code::parse(Group::Order, text).unwrap_err();
        assert_eq!((refused.text(), refused.group()), (text, Group::Order));
    }
    assert_eq!(Code::parse(Group::Customer, &"x".repeat(500)).unwrap_err().text().len(), 80);
}

#[test]
fn the_codes_of_mails_are_those_of_the_communication_events() {
    for code in Code::all().iter().filter(|code| code.group() == Group::Communication) {
        for text in code.graphql().iter().copied().chain([code.code()]) {
            assert_eq!(EmailType::from(text).as_str(), code.code());
        }
    }
    assert_eq!(EmailType::from("order_cancel"), EmailType::Other("order_cancel".into()));
}

#[tokio::test]
async fn rows_become_the_events_they_are_at_the_time_they_happened() {
    let bus = Bus::new(SqliteBackend::memory().unwrap(), Catalogs::new([stheno_saleor::catalog()], []).0.into());
    let row = |value| serde_json::from_value::<Row>(value).unwrap();
    let rows = [
        (
            Group::Order,
            json!({ "type": "draft_added_products", "order_id": 52, "user_id": 1, "date": "2019-05-06 10:00:00+00:00",
            "parameters": { "lines": [{ "quantity": 1, "line_pk": 7, "item": "Juice" }] } }),
        ),
        (
            Group::Order,
            json!({ "type": "PAYMENT_FAILED", "order_id": 52, "user_id": null,
            "parameters": { "message": "declined", "payment_id": "p", "gateway": "dummy" } }),
        ),
        (
            Group::Customer,
            json!({ "type": "digital_link_downloaded", "order_id": 52, "user_id": null,
            "parameters": { "order_line_pk": 7 } }),
        ),
    ];
    for (group, value) in rows {
        bus.publish(row(value).into_event(group).unwrap()).await.unwrap();
    }
    let stored = bus.backend().read(Query::all()).await.unwrap().events;
    let names: Vec<&str> = stored.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(
        names,
        ["saleor.order.draft_added_products", "saleor.order.payment_failed", "saleor.customer.digital_link_downloaded"]
    );
    assert_eq!(stored[0].time.to_string(), "2019-05-06T10:00:00.000000Z");
    assert_eq!(stored[0].key.as_ref().unwrap().as_str(), "saleor.order:52");

    let unknown = row(json!({ "type": "sold", "parameters": {} })).into_event(Group::Order).unwrap_err();
    assert_eq!(unknown.text(), "sold");
    let missing =
        row(json!({ "type": "note_added", "order_id": 1, "parameters": {} })).into_event(Group::Order).unwrap();
    let refused = bus.publish(missing).await.unwrap_err();
    assert!(matches!(refused.kind(), PublishErrorKind::Payload(error) if error.path() == "message"), "{refused:?}");
}

#[tokio::test]
async fn a_row_that_is_imported_twice_is_one_event() {
    let bus = Bus::new(SqliteBackend::memory().unwrap(), Catalogs::new([stheno_saleor::catalog()], []).0.into());
    let publish = async |group, value: serde_json::Value| {
        let row: Row = serde_json::from_value(value).unwrap();
        let published = bus.publish(row.into_event(group).unwrap()).await.unwrap();
        (published.id.to_string(), published.duplicate)
    };
    let note = |id: serde_json::Value, r#type: &str, date: serde_json::Value, message: &str| json!({ "id": id, "type": r#type, "date": date, "order_id": 52, "user_id": 1, "parameters": { "message": message } });
    let date = json!("2019-05-06 10:00:00+00:00");

    // By its primary key, whatever else it says.
    let with_key = note(json!(7), "note_added", date.clone(), "hi");
    assert_eq!(publish(Group::Order, with_key.clone()).await, ("saleor-order-event-7".to_owned(), false));
    assert_eq!(publish(Group::Order, with_key.clone()).await, ("saleor-order-event-7".to_owned(), true));
    assert!(publish(Group::Order, note(json!("7"), "NOTE_ADDED", json!(null), "hi")).await.1);
    // The other table has primary keys of its own.
    assert_eq!(publish(Group::Customer, with_key).await, ("saleor-customer-event-7".to_owned(), false));

    // Without one by all it says: the same moment and the same code, however they are written.
    let (first, duplicate) = publish(Group::Order, note(json!(null), "note_added", date.clone(), "hi")).await;
    assert!(!duplicate);
    let again = note(json!(""), "NOTE_ADDED", json!("2019-05-06T12:00:00+02:00"), "hi");
    assert_eq!(publish(Group::Order, again).await, (first, true));
    assert!(!publish(Group::Order, note(json!(null), "note_added", date.clone(), "hi!")).await.1);
    assert!(!publish(Group::Order, note(json!(null), "note_added", json!("2019-05-06 10:00:01+00:00"), "hi")).await.1);
    assert!(!publish(Group::Customer, note(json!(null), "note_added", date, "hi")).await.1);

    // Two rows that say neither cannot be told from one that comes twice: none is lost.
    for _ in 0..2 {
        assert!(!publish(Group::Order, note(json!(null), "note_added", json!(null), "hi")).await.1);
    }
    let row: Row = serde_json::from_value(note(json!("7 8"), "note_added", json!(null), "hi")).unwrap();
    let refused = bus.publish(row.into_event(Group::Order).unwrap()).await.unwrap_err();
    assert!(matches!(refused.kind(), PublishErrorKind::Id(_)), "{refused:?}");
}
