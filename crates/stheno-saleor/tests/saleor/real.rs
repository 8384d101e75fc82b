//! Payloads as Saleor really sends them, from several versions: each is read, published and written back as it came.

use std::{fs, path::Path};

use serde::Deserialize;
use serde_json::{Value, json};
use stheno_core::{Bus, Catalogs, Event, EventName, backend::Query};
use stheno_saleor::{
    NotifyAccountPasswordReset, NotifyOrderConfirmation, OrderFulfillmentCanceled, PaymentListGateways,
    ProductVariantOutOfStock, SaleToggle,
    codes::Group,
    rows::{Row, RowError},
    webhook,
};
use stheno_sqlite::SqliteBackend;

use crate::every_type::type_of;

/// A payload, and where its shape is from.
#[derive(Deserialize)]
struct Case {
    case: String,
    kind: String,
    header: Option<String>,
    group: Option<String>,
    body: Value,
}

fn bus() -> Bus {
    Bus::new(SqliteBackend::memory().unwrap(), Catalogs::new([stheno_saleor::catalog()], []).0.into())
}

/// All cases, by the number in the name of their file.
fn cases() -> Vec<(u32, Case)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/real");
    let mut cases: Vec<(u32, Case)> = fs::read_dir(folder)
        .unwrap()
        .map(|file| {
            let path = file.unwrap().path();
            let number = path.file_name().unwrap().to_str().unwrap().split('-').nth(1).unwrap().parse().unwrap();
            (number, serde_json::from_slice(&fs::read(path).unwrap()).unwrap())
        })
        .collect();
    cases.sort_by_key(|(number, _)| *number);
    cases
}

fn case(number: u32) -> Case {
    cases().into_iter().find(|(known, _)| *known == number).unwrap().1
}

fn read<E: Event>(number: u32) -> E {
    E::decode(&EventName::new(E::PATTERN).unwrap(), case(number).body.to_string().as_bytes()).unwrap()
}

/// What of a body its event writes: what stands alone in an array is written alone, a sale in its envelope.
fn written(name: &str, body: &Value) -> Value {
    match body {
        Value::Array(items) if name.starts_with("saleor.sale.") => {
            json!({ "notify_event": name.replace("saleor.sale.", "sale_"), "payload": items[0] })
        }
        Value::Array(items) => items[0].clone(),
        body => body.clone(),
    }
}

/// The words of the program that are written as the documented ones, and null where the program says nothing.
fn in_documented_words(mut body: Value) -> Value {
    if body["type"] == "Stock" {
        body["stock_id"] = body["id"].take();
        body.as_object_mut().unwrap().remove("id");
    }
    if let Some(method) = body.pointer_mut("/checkout/shipping_method").filter(|method| method.is_object()) {
        method["price"] = method["price_amount"].take();
        method.as_object_mut().unwrap().remove("price_amount");
    }
    body
}

#[tokio::test]
async fn every_request_is_published_byte_for_byte_and_written_back_as_it_came() {
    let mut published = 0;
    for (number, case) in cases().into_iter().filter(|(_, case)| case.kind == "webhook") {
        let text = case.body.to_string();
        let header = case.header.unwrap();
        let name = webhook::name_of(&header, text.as_bytes()).unwrap();
        let bus = bus();
        let sent = bus.publish(webhook::outgoing(&header, text.as_bytes()).unwrap()).await;
        sent.unwrap_or_else(|error| panic!("{number}, {}: {error}", case.case));
        let stored = bus.backend().read(Query::all()).await.unwrap().events;
        assert_eq!((stored[0].name.as_str(), &stored[0].body[..]), (name, text.as_bytes()));
        assert_eq!(stored[0].key.is_none(), name == "saleor.payment.list_gateways", "{}", case.case);

        let event = type_of(name);
        let read = (event.decode)(&event.name(), &case.body).unwrap();
        assert!(read.survives, "{}", case.case);
        assert_eq!(read.body, in_documented_words(written(name, &case.body)), "{number}, {}", case.case);
        published += 1;
    }
    assert!(published >= 7, "{published}");
}

#[tokio::test]
async fn every_row_of_a_documented_code_is_imported() {
    let mut imported = 0;
    for (number, case) in cases().into_iter().filter(|(_, case)| case.kind == "row") {
        let group = if case.group.as_deref() == Some("customer") { Group::Customer } else { Group::Order };
        let row: Row = serde_json::from_value(case.body).unwrap();
        let kept = row.clone();
        match row.into_event(group) {
            Ok(event) => {
                let published = bus().publish(event).await;
                published.unwrap_or_else(|error| panic!("{number}, {}: {error}", case.case));
                imported += 1;
            }
            Err(RowError::Code(code)) => {
                assert_eq!(code.text(), "tracking_updated");
                let bus = bus();
                bus.publish(kept.into_any_event(group)).await.unwrap();
                let stored = bus.backend().read(Query::all()).await.unwrap().events;
                let expected = json!({ "order_id": "11111111-1111-1111-1111-111111111111", "user_id": 1,
                    "tracking_number": "1", "fulfillment": "52-1", "app_id": null });
                assert_eq!(serde_json::from_slice::<Value>(&stored[0].body).unwrap(), expected);
                let key = "saleor.order:11111111-1111-1111-1111-111111111111";
                assert_eq!(
                    (stored[0].name.as_str(), stored[0].id.as_str(), stored[0].key.as_ref().unwrap().as_str()),
                    ("saleor.undocumented.order.tracking_updated", "saleor-order-event-133", key)
                );
                assert_eq!(stored[0].time.to_string(), "2019-05-06T10:00:00.123456Z");
            }
            Err(error) => panic!("{number}, {}: {error}", case.case),
        }
    }
    assert!(imported >= 1);
}

#[test]
fn a_product_without_a_picture_has_no_images() {
    let confirmed: NotifyOrderConfirmation = read(1);
    let line = &confirmed.payload.order.lines[0];
    let (product, variant) = (line.product.as_ref().unwrap(), line.variant.as_ref().unwrap());
    assert!(product.images.is_empty() && variant.images.is_empty() && product.first_image.is_none());
}

#[test]
fn a_line_of_which_saleor_does_not_say_whether_it_is_digital_is_read() {
    for number in [2, 3] {
        let confirmed: NotifyOrderConfirmation = read(number);
        assert_eq!(confirmed.payload.order.lines[0].is_digital, None);
    }
}

#[test]
fn a_checkout_without_a_quantity_has_none() {
    let listed: PaymentListGateways = read(11);
    let checkout = &listed.checkout.as_ref().unwrap().as_slice()[0];
    assert_eq!((checkout.quantity, checkout.lines[0].quantity), (None, 3));
}

#[test]
fn a_sale_on_products_alone_has_no_other_lists() {
    let toggled = read::<SaleToggle>(13).payload;
    assert_eq!(toggled.products, ["UHJvZHVjdDox"]);
    assert!(toggled.categories.is_empty() && toggled.collections.is_empty() && toggled.variants.is_empty());
}

#[test]
fn the_id_of_a_stock_is_its_stock_id() {
    assert_eq!(read::<ProductVariantOutOfStock>(23).stock_id.unwrap(), "U3RvY2s6MQ==");
}

#[test]
fn a_whole_order_that_is_canceled_has_no_composed_id() {
    let body = json!({ "order_id": 52, "user_id": null });
    let name = EventName::new(OrderFulfillmentCanceled::PATTERN).unwrap();
    let canceled = OrderFulfillmentCanceled::decode(&name, body.to_string().as_bytes()).unwrap();
    assert_eq!(canceled.composed_id, None);
    assert_eq!(serde_json::to_value(&canceled).unwrap(), body);
}

#[test]
fn ids_that_are_numbers_are_read_as_texts_are() {
    let reset: NotifyAccountPasswordReset = read(25);
    assert_eq!(reset.payload.user.id, "4711");
    let key = |id: Value| {
        let mut body = case(25).body;
        body["payload"]["user"]["id"] = id;
        let event = type_of(NotifyAccountPasswordReset::PATTERN);
        let key = event.descriptor.key.apply(&event.name(), &body).unwrap().to_string();
        assert_eq!((event.decode)(&event.name(), &body).unwrap().key, Some(key.clone()));
        key
    };
    assert_eq!((key(json!(4711)), key(json!("4711"))), ("saleor.user:4711".into(), "saleor.user:4711".into()));
}
