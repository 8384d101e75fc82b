//! Rows of Saleor's database become events.

use serde_json::{Value, json};
use stheno_core::{Bus, Catalogs, PublishErrorKind, backend::Query, headers};
use stheno_saleor::{
    codes::{Code, Group},
    rows::{Row, RowError},
};
use stheno_sqlite::SqliteBackend;

fn bus() -> Bus {
    Bus::new(SqliteBackend::memory().unwrap(), Catalogs::new([stheno_saleor::catalog()], []).0.into())
}

fn row(value: Value) -> Row {
    serde_json::from_value(value).unwrap()
}

/// Parameters as the program stores them, for each code that has some.
fn parameters(group: Group, code: &str) -> Value {
    let of_payment = |amount: Value| json!({ "amount": amount, "payment_id": "UGF5", "payment_gateway": "dummy" });
    match (group, code) {
        (Group::Order, "draft_added_products" | "draft_removed_products") => {
            json!({ "lines": [{ "quantity": 1, "line_pk": 7, "item": "Juice" }] })
        }
        (Group::Order, "oversold_items") => json!({ "oversold_items": ["Juice"] }),
        (Group::Order, "order_paid") => json!({ "payment_gateway": "dummy" }),
        (Group::Order, "email_sent") => json!({ "email": "ada@example.com", "email_type": "order_confirmation" }),
        (Group::Order, "captured" | "refunded") => of_payment(json!("16.800")),
        (Group::Order, "voided") => of_payment(Value::Null),
        (Group::Order, "payment_failed") => json!({ "message": "declined", "payment_id": "UGF5", "gateway": "dummy" }),
        (Group::Order, "fulfillment_canceled") => json!({ "composed_id": "52-1" }),
        (Group::Order, "restocked_items") => json!({ "quantity": 2, "warehouse": 3 }),
        (Group::Order, "fulfilled_items") => json!({ "fulfilled_items": [7, 8] }),
        (Group::Customer, "digital_link_downloaded") => json!({ "order_line_pk": 7 }),
        (Group::Customer, "customer_deleted") => json!({ "count": 2 }),
        (Group::Order, "note_added")
        | (Group::Customer, "note_added" | "note_added_to_order" | "email_assigned" | "name_assigned") => {
            json!({ "message": "hi" })
        }
        // Stored as an empty object, as null, or not at all.
        (Group::Order, _) => json!({}),
        _ => Value::Null,
    }
}

#[tokio::test]
async fn a_row_of_every_code_becomes_its_event_with_all_that_it_says() {
    let bus = bus();
    let mut groups = [0; 3];
    for (index, code) in Code::all().iter().enumerate() {
        groups[code.group() as usize] += 1;
        let parameters = parameters(code.group(), code.code());
        // `app_id` and `related_id` are columns of later versions; the last is called nearly as `order_id` is.
        let value = json!({
            "id": index, "type": code.stored().unwrap_or(code.code()), "date": "2019-05-06 10:00:00+00:00",
            "order_id": 52, "user_id": 1, "parameters": parameters, "app_id": null, "related_id": 9, "orders_id": [52],
        });
        let read = row(value.clone());
        assert_eq!(serde_json::to_value(&read).unwrap()["related_id"], 9);
        let published = bus.publish(read.into_event(code.group()).unwrap()).await;
        published.unwrap_or_else(|error| panic!("{}: {error}", code.name()));

        let mut expected = parameters.as_object().cloned().unwrap_or_default();
        for name in ["order_id", "user_id", "app_id", "related_id", "orders_id"] {
            expected.insert(name.to_owned(), value[name].clone());
        }
        let stored = bus.backend().read(Query::all()).await.unwrap().events;
        let event = stored.last().unwrap();
        assert_eq!((event.name.as_str(), stored.len()), (code.name(), index + 1));
        assert_eq!(serde_json::from_slice::<Value>(&event.body).unwrap(), Value::Object(expected), "{}", code.name());
        assert_eq!(event.time.to_string(), "2019-05-06T10:00:00.000000Z");
        let key = if code.group() == Group::Customer { "saleor.user:1" } else { "saleor.order:52" };
        assert_eq!(event.key.as_ref().unwrap().as_str(), key);
    }
    assert_eq!(groups, [20, 6, 10]);
}

#[test]
fn a_column_that_contradicts_a_parameter_is_named() {
    let with = |column: Value| json!({ "type": "note_added", "order_id": 52, "parameters": { "message": "hi" }, "message": column });
    let refused = row(with(json!("bye"))).into_event(Group::Order).unwrap_err();
    assert_eq!(refused, RowError::Twice("message".into()));
    let shown = RowError::Twice(format!("a\u{1b}[31m\n{}", "x".repeat(500))).to_string();
    assert!(shown.contains("\\n") && !shown.contains(['\u{1b}', '\n']) && shown.len() < 300, "{shown:?}");
    assert!(row(with(json!("hi"))).into_event(Group::Order).is_ok());
}

#[tokio::test]
async fn columns_that_nobody_documented_tell_rows_without_a_primary_key_apart() {
    let bus = bus();
    let publish = async |app: Value| {
        let row = row(json!({ "type": "placed", "date": "2019-05-06 10:00:00+00:00", "order_id": 52, "app_id": app }));
        bus.publish(row.into_event(Group::Order).unwrap()).await.unwrap().duplicate
    };
    assert!(!publish(json!(1)).await);
    assert!(publish(json!(1)).await);
    assert!(!publish(json!(2)).await);
}

#[tokio::test]
async fn rows_become_the_events_they_are_at_the_time_they_happened() {
    let bus = bus();
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
    assert!(matches!(&unknown, RowError::Code(unknown) if unknown.text() == "sold"), "{unknown}");
    let missing =
        row(json!({ "type": "note_added", "order_id": 1, "parameters": {} })).into_event(Group::Order).unwrap();
    bus.publish(missing).await.unwrap();
    let stored = bus.backend().read(Query::all()).await.unwrap().events;
    assert!(
        stored[3].headers.get(headers::UNREAD).unwrap().contains("`message`"),
        "it is kept, and says what is missing"
    );
}

#[tokio::test]
async fn a_row_that_is_imported_twice_is_one_event() {
    let bus = bus();
    let publish = async |group, value: Value| {
        let published = bus.publish(row(value).into_event(group).unwrap()).await.unwrap();
        (published.id.to_string(), published.duplicate)
    };
    let note = |id: Value, r#type: &str, date: Value, message: &str| json!({ "id": id, "type": r#type, "date": date, "order_id": 52, "user_id": 1, "parameters": { "message": message } });
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
    let odd = row(note(json!("7 8"), "note_added", json!(null), "hi"));
    let refused = bus.publish(odd.into_event(Group::Order).unwrap()).await.unwrap_err();
    assert!(matches!(refused.kind(), PublishErrorKind::Id(_)), "{refused:?}");
}
