//! Nothing that Saleor sends is lost at the door: what nobody documented, and what cannot be read.

use serde_json::{Value, json};
use stheno_core::{Bus, Catalogs, Event, EventName, RecordedEvent, backend::Query, headers};
use stheno_saleor::{
    NotifyAccountDelete, NotifyOrderConfirmation, SaleUpdated,
    codes::Group,
    rows::Row,
    webhook::{self, WebhookError},
};
use stheno_sqlite::SqliteBackend;

use crate::fixtures::example;

/// What is in the log of what was sent.
async fn kept(event: stheno_core::Outgoing) -> RecordedEvent {
    let bus = Bus::new(SqliteBackend::memory().unwrap(), Catalogs::new([stheno_saleor::catalog()], []).0.into());
    bus.publish(event).await.unwrap();
    RecordedEvent::clone(&bus.backend().read(Query::all()).await.unwrap().events[0])
}

fn key_of(event: &RecordedEvent) -> Option<&str> {
    event.key.as_ref().map(stheno_core::Key::as_str)
}

#[tokio::test]
async fn a_request_that_nobody_documented_has_a_name_of_its_own_and_the_key_of_what_it_is_about() {
    let order = br#"[{"type":"Order","id":"T3JkZXI6MQ==","status":"unfulfilled"}]"#;
    let exported =
        br#"{"notify_event":"csv_export_success","payload":{"export":{"id":1},"recipient_email":"a@example.com"}}"#;
    let staff = br#"{"notify_event":"staff_order_confirmation","payload":{"order":{"id":"T3JkZXI6MQ=="}}}"#;
    let staff_reset = br#"{"notify_event":"account_staff_reset_password","payload":{"user":{"id":7}}}"#;
    for (header, body, name, key) in [
        ("ORDER_CREATED", &order[..], "saleor.undocumented.webhook.order_created", Some("saleor.order:T3JkZXI6MQ==")),
        (
            "product_variant_metadata_updated",
            b"{\"id\":1}",
            "saleor.undocumented.webhook.product_variant_metadata_updated",
            None,
        ),
        ("", b"", "saleor.undocumented.webhook._", None),
        ("a\n*>", b"[", "saleor.undocumented.webhook.a%0A%2A%3E", None),
        ("notify_user", exported, "saleor.undocumented.notify.csv_export_success", None),
        (
            "notify_user",
            staff,
            "saleor.undocumented.notify.staff_order_confirmation",
            Some("saleor.order:T3JkZXI6MQ=="),
        ),
        ("notify_user", staff_reset, "saleor.undocumented.notify.account_staff_reset_password", Some("saleor.user:7")),
        ("notify_user", b"{\"payload\":{}}", "saleor.undocumented.notify._", None),
        ("notify_user", b"\xff", "saleor.undocumented.notify._", None),
    ] {
        let event = kept(webhook::any_outgoing(header, body)).await;
        assert_eq!((event.name.as_str(), &event.body[..], key_of(&event)), (name, body, key));
        let said = event.headers.get(webhook::ACTION_HEADER);
        assert_eq!(said, Some(header.to_lowercase().as_str()).filter(|said| !matches!(*said, "" | "a\n*>")));
    }
    let documented = kept(webhook::any_outgoing("sale_toggle", example("sale_toggle").to_string().as_bytes())).await;
    assert_eq!(documented.name.as_str(), "saleor.sale.toggle");
}

#[tokio::test]
async fn a_notification_that_breaks_off_keeps_its_name_and_its_bytes() {
    let whole = example("order_confirmation");
    let body = format!(r#"{{"notify_event":"order_confirmation","payload":{}}}"#, whole["payload"]);
    let broken = &body.as_bytes()[..body.len() / 2];
    let event = kept(webhook::outgoing("notify_user", broken).unwrap()).await;
    assert_eq!((event.name.as_str(), &event.body[..]), ("saleor.notify.order_confirmation", broken));
    assert!(event.headers.get(headers::UNREAD).is_some());
    // What does not say its name before the place at fault cannot be told.
    assert!(matches!(webhook::outgoing("notify_user", b"{\"payload\":{"), Err(WebhookError::Body(_))));
}

/// A body of a notification as other languages may write it: with what nobody documented at its end.
fn with(undocumented: &str) -> Vec<u8> {
    let whole = example("account_delete").to_string();
    format!("{},{undocumented}}}", whole.strip_suffix('}').unwrap()).into_bytes()
}

#[tokio::test]
async fn what_other_languages_write_by_default_is_read_under_the_same_key() {
    let deep = format!(r#""deep":{}1{}"#, "[".repeat(300), "]".repeat(300));
    let plain = kept(webhook::outgoing("notify_user", &with(r#""a":1"#)).unwrap()).await;
    for undocumented in
        [r#""half":"\ud83d""#, r#""\udc00":{"x":[NaN,Infinity]}"#, r#""a":1,"a":2"#, r#""large":1e400"#, &deep]
    {
        for mark in ["", "\u{feff}"] {
            let body = [mark.as_bytes(), &with(undocumented)].concat();
            let event = kept(webhook::outgoing("notify_user", &body).unwrap()).await;
            assert_eq!(event.headers.get(headers::UNREAD), None, "{undocumented:.30}");
            assert_eq!((key_of(&event), &event.body[..]), (key_of(&plain), &body[..]));
            let name = EventName::new(NotifyAccountDelete::PATTERN).unwrap();
            let read = NotifyAccountDelete::decode(&name, &event.body).unwrap();
            assert_eq!(read.payload.user.email, "admin@example.com");
        }
    }
    // A body without an envelope is told by its first bracket, also behind a mark.
    let sale = format!("\u{feff}[{}]", example("sale_updated")["payload"]);
    let event = kept(webhook::outgoing("sale_updated", sale.as_bytes()).unwrap()).await;
    assert_eq!((key_of(&event), event.headers.get(headers::UNREAD)), (Some("saleor.sale:U2FsZToxMw=="), None));
    SaleUpdated::decode(&event.name, &event.body).unwrap();
}

#[tokio::test]
async fn what_saleor_sends_undocumented_refuses_nothing_whatever_it_is() {
    for odd in [json!("x"), json!(7), json!([]), json!({ "issued_at": 1 }), json!(true)] {
        let mut body = example("order_confirmation");
        body["meta"] = odd.clone();
        body["payload"]["logo_url"] = json!([odd]);
        body["payload"]["order"]["collection_point_name"] = json!({ "a": odd });
        let event = kept(webhook::outgoing("notify_user", body.to_string().as_bytes()).unwrap()).await;
        assert_eq!(event.headers.get(headers::UNREAD), None, "{odd}");
        let read = NotifyOrderConfirmation::decode(&event.name, &event.body).unwrap();
        assert_eq!((&read.meta, read.extra.unread("meta")), (&None, Some(&odd)));
        assert_eq!(serde_json::to_value(&read).unwrap(), body);
    }
}

#[tokio::test]
async fn a_currency_or_a_time_that_cannot_be_read_is_kept_and_unknown() {
    let mut body = example("order_confirmation");
    body["payload"]["order"]["currency"] = json!("PTS");
    body["payload"]["order"]["status"] = json!("half way");
    body["payload"]["order"]["created"] = json!("2021-03-11 16:56:59");
    body["payload"]["order"]["lines"][0]["tax_rate"] = json!(null);
    body["payload"]["order"]["total_net_amount"] = json!("0.0001");
    let event = kept(webhook::outgoing("notify_user", body.to_string().as_bytes()).unwrap()).await;
    let read = NotifyOrderConfirmation::decode(&event.name, &event.body).unwrap();
    let order = &read.payload.order;
    assert_eq!((order.currency.code(), order.currency.known()), ("PTS", None));
    assert!(!order.created.has_offset());
    assert_eq!(order.lines[0].tax_rate.get(), None);
    assert_eq!(order.total_net_amount.to_minor_units(2), None);
    assert_eq!(serde_json::to_value(&read).unwrap(), body);
    // What we write ourselves is what is documented.
    let catalog = stheno_saleor::catalog();
    let descriptor = catalog.find(&event.name).unwrap();
    for place in ["currency", "created"] {
        let mut ours = example("order_confirmation");
        ours["payload"]["order"][place] = body["payload"]["order"][place].clone();
        let refused = descriptor.check(&event.name, ours.to_string().as_bytes()).unwrap_err();
        assert_eq!(refused.path(), format!("payload.order.{place}"));
    }
}

#[test]
fn why_a_request_is_no_documented_event_is_said() {
    let said = |header: &str| webhook::name_of(header, b"{}").unwrap_err().to_string();
    assert!(said("order_confirmation").contains("`notify_user`"), "{}", said("order_confirmation"));
    assert!(said("sale_updatd").contains("did you mean `sale_updated`?"));
    assert!(said("").contains("is empty"));
    assert!(said("order_created").contains("none of the 15 whose payloads Saleor documents"));
    let notification =
        webhook::name_of("notify_user", br#"{"notify_event":"order_cancelled"}"#).unwrap_err().to_string();
    assert!(notification.contains("did you mean `order_canceled`?"), "{notification}");
    assert!(said("order_created").contains("any_outgoing"));
}

#[tokio::test]
async fn every_row_is_kept() {
    let row = |value: Value| serde_json::from_value::<Row>(value).unwrap();
    let activated = json!({ "id": 9, "type": "account_activated", "date": "2019-05-06 10:00:00+00", "user_id": 1,
        "order_id": null, "parameters": { "account_id": 4 } });
    let event = kept(row(activated).into_any_event(Group::Customer)).await;
    assert_eq!(
        (event.name.as_str(), event.id.as_str(), key_of(&event)),
        ("saleor.undocumented.customer.account_activated", "saleor-customer-event-9", Some("saleor.user:1"))
    );
    assert_eq!(event.time.to_string(), "2019-05-06T10:00:00.000000Z");
    // A column that says something else than a parameter: there is no place for both but the row itself.
    let twice = json!({ "id": "7 8", "type": "note_added", "date": null, "order_id": 52, "user_id": null,
        "parameters": { "message": "hi" }, "message": "bye" });
    let event = kept(row(twice.clone()).into_any_event(Group::Order)).await;
    assert_eq!(
        (event.name.as_str(), key_of(&event)),
        ("saleor.undocumented.order.note_added", Some("saleor.order:52"))
    );
    assert_eq!(serde_json::from_slice::<Value>(&event.body).unwrap(), twice);
    // A documented one is what it always is; a time without an offset is no time of an event.
    let local = json!({ "type": "placed", "date": "2019-05-06 10:00:00", "order_id": 52, "parameters": {} });
    let event = kept(row(local).into_any_event(Group::Order)).await;
    assert_eq!(
        serde_json::from_slice::<Value>(&event.body).unwrap(),
        json!({ "order_id": 52, "date": "2019-05-06 10:00:00" })
    );
    assert!(event.time.to_string().as_str() > "2020");
}
