//! Which request of Saleor is which event.

use serde_json::{Value, json};
use stheno_core::{Bus, Catalogs, Outgoing, PublishErrorKind, backend::Query, headers};
use stheno_saleor::webhook::{self, WebhookError};
use stheno_sqlite::SqliteBackend;

use crate::{
    every_type::type_of,
    fixtures::{documented, example, examples, name_of},
};

fn bus() -> Bus {
    Bus::new(SqliteBackend::memory().unwrap(), Catalogs::new([stheno_saleor::catalog()], []).0.into())
}

#[tokio::test]
async fn every_example_is_published_byte_for_byte_under_its_name() {
    let bus = bus();
    let mut bodies = Vec::new();
    for (file, body) in examples() {
        let name = name_of(file);
        let event = documented().into_iter().find(|event| event.name == name).unwrap();
        for header in event.saleor_event_header.unwrap().split('|') {
            let body = serde_json::to_vec_pretty(&body).unwrap();
            bus.publish(webhook::outgoing(header, &body).unwrap()).await.unwrap();
            bodies.push((name.clone(), body));
        }
    }
    let stored = bus.backend().read(Query::all()).await.unwrap().events;
    let stored: Vec<_> = stored.iter().map(|event| (event.name.to_string(), event.body.to_vec())).collect();
    assert_eq!(stored, bodies);
    assert_eq!(stored.len(), 26, "21 examples, one of them for six events");
}

#[tokio::test]
async fn which_payment_action_it_was_is_in_a_header() {
    let bus = bus();
    let body = example("payment_actions").to_string();
    bus.publish(webhook::outgoing("PAYMENT_REFUND", body.as_bytes()).unwrap()).await.unwrap();
    let stored = bus.backend().read(Query::all()).await.unwrap().events;
    assert_eq!(stored[0].headers.get(webhook::ACTION_HEADER), Some("payment_refund"));
}

#[test]
fn the_headers_of_an_event_are_the_documented_ones() {
    for event in documented() {
        let headers = event.saleor_event_header.iter().flat_map(|headers| headers.split('|')).collect::<Vec<_>>();
        assert_eq!(webhook::headers_of(&event.name), headers, "{}", event.name);
    }
}

#[test]
fn what_is_no_documented_event_is_refused_by_name() {
    let notify = |event: Value| webhook::name_of("notify_user", event.to_string().as_bytes());
    assert_eq!(notify(json!({ "notify_event": "order_canceled" })).unwrap(), "saleor.notify.order_canceled");
    let unknown = WebhookError::UnknownNotification { notify_event: "csv_export_success".into() };
    assert_eq!(notify(json!({ "notify_event": "csv_export_success" })), Err(unknown));
    assert!(matches!(notify(json!({ "payload": {} })), Err(WebhookError::Body(_))));
    assert!(
        matches!(notify(json!({ "notify_event": 1 })), Err(WebhookError::Body(error)) if error.path() == "notify_event")
    );
    assert!(matches!(webhook::name_of("notify_user", b"{"), Err(WebhookError::Body(_))));
    let unknown = WebhookError::UnknownEvent { event: "order_created".into() };
    assert_eq!(webhook::name_of("order_created", b"{}"), Err(unknown));
}

#[test]
fn every_event_of_the_catalog_that_is_sent_is_found_by_its_request() {
    let catalog = stheno_saleor::catalog();
    let mut found = 0;
    for event in catalog.events() {
        let said = event.pattern.strip_prefix("saleor.notify.").unwrap_or("none");
        let body = json!({ "notify_event": said }).to_string();
        for header in webhook::headers_of(event.pattern) {
            assert_eq!(webhook::name_of(header, body.as_bytes()), Ok(event.pattern));
            assert_eq!(webhook::name_of(&header.to_uppercase(), body.as_bytes()), Ok(event.pattern));
            found += 1;
        }
    }
    assert_eq!(found, 14 + 14, "14 notifications, and 9 webhooks of which one comes under six names");
}

#[tokio::test]
async fn a_field_of_a_newer_saleor_may_be_called_nearly_as_a_documented_one() {
    let bus = bus();
    let mut body = example("order_confirmation");
    body["payload"]["logo_urls"] = json!([]);
    let sent = webhook::outgoing("notify_user", body.to_string().as_bytes()).unwrap();
    bus.publish(sent).await.unwrap();
    let stored = bus.backend().read(Query::all()).await.unwrap().events;
    assert_eq!(serde_json::from_slice::<Value>(&stored[0].body).unwrap(), body);
    // What is made by hand is still checked.
    let made = Outgoing::raw("saleor.notify.order_confirmation", &body);
    let refused = bus.publish(made).await.unwrap_err();
    assert!(
        matches!(refused.kind(), PublishErrorKind::Payload(error) if error.path() == "payload.logo_urls"),
        "{refused:?}"
    );
}

#[tokio::test]
async fn an_error_in_a_body_without_an_envelope_names_element_and_field() {
    let refused = async |header: &str, body: Value| {
        let event = type_of(webhook::name_of(header, b"[]").unwrap());
        let error = (event.decode)(&event.name(), &body).unwrap_err();
        assert_eq!(unread(header, body.to_string().as_bytes()).await, Some(error.to_string()));
        (error.path().to_owned(), error.to_string())
    };
    let mut sale = example("sale_updated")["payload"].clone();
    sale["products_added"] = json!(["a", 1]);
    assert_eq!(refused("sale_updated", json!([sale])).await.0, "[0].products_added[1]");
    let mut toggled = example("sale_toggle")["payload"].clone();
    toggled["meta"]["issued_at"] = json!("yesterday");
    assert_eq!(refused("sale_toggle", json!([toggled])).await.0, "[0].meta.issued_at");
    let mut stock = example("product_variant_out_of_stock");
    stock["product_id"] = json!({});
    assert_eq!(refused("product_variant_out_of_stock", json!([stock])).await.0, "[0].product_id");
    let good = example("product_variant_out_of_stock");
    let (path, problem) = refused("product_variant_out_of_stock", json!([good, good])).await;
    assert!(path.is_empty() && problem.contains("more than one"), "{path}: {problem}");
    assert!(refused("sale_toggle", json!([])).await.1.contains("an array of one object"));
    assert_eq!(refused("sale_toggle", json!(["a"])).await.0, "[0]");
}

#[tokio::test]
async fn a_body_that_is_not_what_its_name_documents_is_kept_and_says_the_field() {
    for (place, value, path) in [
        ("/payload/order/currency", json!(840), "payload.order.currency"),
        ("/payload/order/lines/0/product/images", json!("x"), "payload.order.lines[0].product.images"),
        ("/payload/order/lines/0/product/id", json!(null), "payload.order.lines[0].product.id"),
    ] {
        let mut body = example("order_confirmation");
        *body.pointer_mut(place).unwrap() = value;
        let said = unread("notify_user", body.to_string().as_bytes()).await.unwrap();
        assert!(said.contains(&format!("`{path}`")), "{said}");
    }
    assert_eq!(unread("notify_user", example("order_confirmation").to_string().as_bytes()).await, None);
}

/// Publishes a request, and says why its body cannot be read. It is stored byte for byte whatever it is.
async fn unread(header: &str, body: &[u8]) -> Option<String> {
    let bus = bus();
    bus.publish(webhook::outgoing(header, body).unwrap()).await.unwrap();
    let stored = bus.backend().read(Query::all()).await.unwrap().events;
    assert_eq!(stored[0].body, body);
    stored[0].headers.get(headers::UNREAD).map(str::to_owned)
}

#[test]
fn what_a_request_says_is_shown_without_control_characters() {
    let hostile = format!("a\u{1b}[31m\n{}", "x".repeat(500));
    let body = json!({ "notify_event": hostile, "payload": {} }).to_string();
    for refused in [webhook::name_of(&hostile, b"{}"), webhook::name_of("notify_user", body.as_bytes())] {
        let shown = refused.unwrap_err().to_string();
        assert!(shown.contains("\\n") && !shown.contains(['\u{1b}', '\n']) && shown.len() < 300, "{shown:?}");
    }
}
