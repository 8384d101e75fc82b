//! Writing is strict, reading is lenient, and nothing is lost in between.

use serde_json::{Value, json};
use stheno_core::{Event, EventName, Extra};
use stheno_saleor::*;

use crate::{
    every_type::{every_type, type_of},
    fixtures::example,
};

fn read<E: Event>(body: &Value) -> E {
    let name = EventName::new(E::PATTERN).unwrap();
    E::decode(&name, body.to_string().as_bytes()).unwrap()
}

#[test]
fn the_words_of_the_program_are_read_and_the_documented_ones_written() {
    let added: OrderDraftAddedProducts =
        read(&json!({ "order_id": "1", "lines": [{ "quantity": 2, "line_pk": 7, "item": "Juice" }] }));
    assert_eq!(added.lines[0].item_name, "Juice");
    assert_eq!(serde_json::to_value(&added).unwrap()["lines"][0]["item_name"], "Juice");
    let failed: OrderPaymentFailed = read(&json!({ "order_id": "1", "message": "no", "gateway": "dummy" }));
    assert_eq!(failed.payment_gateway.as_deref(), Some("dummy"));
    let downloaded: CustomerDigitalLinkDownloaded = read(&json!({ "order_line_pk": 9 }));
    assert_eq!(downloaded.order_line, OrderLineRef::Key(Id::from(9)));
}

#[test]
fn the_words_of_the_program_may_be_published() {
    let check = |name: &str, body: Value| {
        type_of(name).descriptor.check(&EventName::new(name).unwrap(), body.to_string().as_bytes())
    };
    check("saleor.order.payment_failed", json!({ "order_id": 1, "message": "no", "gateway": "dummy" })).unwrap();
    check("saleor.customer.digital_link_downloaded", json!({ "order_line_pk": 9 })).unwrap();
    let lines = json!([{ "quantity": 2, "line_pk": 7, "item": "Juice" }]);
    check("saleor.order.draft_removed_products", json!({ "order_id": 1, "lines": lines })).unwrap();
    let misspelt = check("saleor.order.payment_failed", json!({ "order_id": 1, "message": "no", "gatewey": "dummy" }));
    assert!(misspelt.is_ok(), "no documented field is called so or nearly so");
}

#[test]
fn null_under_the_documented_word_does_not_hide_the_word_of_the_program() {
    let failed = json!({ "order_id": 1, "message": "m", "gateway": "g", "payment_gateway": null });
    assert_eq!(read::<OrderPaymentFailed>(&failed).payment_gateway.as_deref(), Some("g"));
    let name = "saleor.order.payment_failed";
    type_of(name).descriptor.check(&EventName::new(name).unwrap(), failed.to_string().as_bytes()).unwrap();
    let line = json!({ "quantity": 2, "line_pk": 7, "item": "Juice", "item_name": null });
    let lines = json!({ "order_id": 1, "lines": [line] });
    let added: OrderDraftAddedProducts = read(&lines);
    assert_eq!(added.lines[0].item_name, "Juice");
    let name_of_lines = "saleor.order.draft_added_products";
    let checked =
        type_of(name_of_lines).descriptor.check(&EventName::new(name_of_lines).unwrap(), lines.to_string().as_bytes());
    checked.unwrap();
    let downloaded: CustomerDigitalLinkDownloaded = read(&json!({ "order_line": null, "order_line_pk": 9 }));
    assert_eq!(downloaded.order_line, OrderLineRef::Key(Id::from(9)));
    let twice = json!({ "order_id": 1, "message": "m", "gateway": "g", "payment_gateway": "h" });
    let refused = OrderPaymentFailed::decode(&EventName::new(name).unwrap(), twice.to_string().as_bytes()).unwrap_err();
    assert!(["`gateway`", "`payment_gateway`"].iter().all(|word| refused.to_string().contains(word)), "{refused}");
}

#[test]
fn composed_ids_and_amounts_are_texts_or_numbers_and_stay_so() {
    for composed_id in [json!("52-1"), json!(521)] {
        let canceled: OrderFulfillmentCanceled = read(&json!({ "order_id": 1, "composed_id": composed_id }));
        assert_eq!(serde_json::to_value(&canceled).unwrap()["composed_id"], composed_id);
    }
    for amount in [json!("16.800"), json!(16.8), json!(16), json!("0.00")] {
        let body = json!({ "order_id": 1, "amount": amount, "payment_id": "p", "payment_gateway": "dummy" });
        let refunded: OrderRefunded = read(&body);
        assert_eq!(serde_json::to_value(&refunded).unwrap()["amount"], amount);
    }
    let voided: OrderVoided =
        read(&json!({ "order_id": 1, "amount": null, "payment_id": "p", "payment_gateway": "d" }));
    assert_eq!(voided.amount, None);
}

#[test]
fn what_the_program_leaves_out_although_it_is_documented_may_be_missing() {
    let paid = json!({ "order_id": "52", "user_id": null });
    assert_eq!(serde_json::to_value(read::<OrderPaid>(&paid)).unwrap(), paid);
    let paid = json!({ "order_id": "52", "user_id": null, "payment_gateway": "dummy" });
    assert_eq!(serde_json::to_value(read::<OrderPaid>(&paid)).unwrap(), paid);
    let mut stock = example("product_variant_back_in_stock");
    let payload = if stock["payload"].is_object() { &mut stock["payload"] } else { &mut stock };
    payload.as_object_mut().unwrap().remove("stock_id");
    let back: ProductVariantBackInStock = read(&stock);
    assert_eq!(serde_json::to_value(&back).unwrap(), stock);
    let mut request = example("transaction_action_request");
    let payload = if request["payload"].is_object() { &mut request["payload"] } else { &mut request };
    payload["action"]["value"] = Value::Null;
    let asked: TransactionActionRequest = read(&request);
    assert_eq!(serde_json::to_value(&asked).unwrap(), request);
}

#[test]
fn what_the_program_sends_without_an_envelope_is_read() {
    let bare = json!([example("sale_updated")["payload"].clone()]);
    let event = type_of("saleor.sale.updated");
    let read = (event.decode)(&event.name(), &bare).unwrap();
    assert_eq!(read.body, example("sale_updated"));
    assert_eq!(event.descriptor.key.apply(&event.name(), &bare).unwrap().as_str(), "saleor.sale:U2FsZToxMw==");
    let stock = json!([example("product_variant_out_of_stock")]);
    let event = type_of("saleor.product_variant.out_of_stock");
    assert_eq!((event.decode)(&event.name(), &stock).unwrap().body, stock[0]);
    event.descriptor.check(&event.name(), stock.to_string().as_bytes()).unwrap();
    for several in [json!([]), json!([stock[0], stock[0]]), json!(["a"])] {
        assert!((event.decode)(&event.name(), &several).is_err());
    }
}

#[test]
fn a_checkout_is_read_alone_in_an_array_or_not_at_all() {
    let array = example("list_payment_gateways");
    let one = json!({ "checkout": array["checkout"][0], "currency": "USD" });
    for body in [array, one] {
        let listed: PaymentListGateways = read(&body);
        assert_eq!(listed.checkout.as_ref().unwrap().as_slice().len(), 1);
        assert_eq!(serde_json::to_value(&listed).unwrap(), body);
    }
    let none: PaymentListGateways = read(&json!({ "checkout": null, "currency": null }));
    assert!(none.checkout.is_none());
}

#[test]
fn a_checkout_is_read_as_the_program_sends_it() {
    let mut checkout = example("list_payment_gateways")["checkout"][0].clone();
    checkout["user"] =
        json!({ "type": "User", "id": "VXNlcjox", "email": "ada@example.com", "first_name": "Ada", "last_name": "" });
    checkout["email"] = Value::Null;
    checkout["lines"][0]["sku"] = Value::Null;
    checkout["shipping_method"] = json!({ "type": "ShippingMethod", "id": "U2hpcDox", "name": "DHL", "currency": "USD", "price_amount": "9.120" });
    let body = json!({ "checkout": checkout, "currency": "USD" });
    let listed: PaymentListGateways = read(&body);
    let [checkout] = listed.checkout.as_ref().unwrap().as_slice() else { panic!("one checkout") };
    let user = checkout.user.as_ref().unwrap();
    assert_eq!((user.id.as_str(), user.is_staff, user.metadata.as_ref()), ("VXNlcjox", None, None));
    let method = checkout.shipping_method.as_ref().unwrap();
    assert_eq!(method.price, Some("9.120".parse().unwrap()));
    let written = serde_json::to_value(&listed).unwrap();
    assert_eq!(written["checkout"]["user"], body["checkout"]["user"]);
    assert_eq!(written["checkout"]["shipping_method"]["price"], "9.120");
    let event = type_of("saleor.payment.list_gateways");
    event.descriptor.check(&event.name(), body.to_string().as_bytes()).unwrap();
}

#[test]
fn what_later_versions_add_is_kept() {
    let mut body = example("order_confirmation");
    body["meta"] = json!({ "issued_at": "2022-07-11T08:47:56.192148+00:00", "version": "3.8.0",
        "issuing_principal": { "id": null, "type": null } });
    body["payload"]["logo_url"] = json!("https://shop.example/logo.png");
    body["payload"]["order"]["lines"][0]["is_preorder"] = json!(false);
    body["payload"]["order"]["voucher_discount"] =
        json!({ "type": "voucher", "amount_value": "5.00", "reason": "sorry" });
    let event = type_of("saleor.notify.order_confirmation");
    let read = (event.decode)(&event.name(), &body).unwrap();
    assert_eq!(read.body, body);
}

#[test]
fn null_is_the_same_as_absent_for_every_optional_field() {
    for event in every_type() {
        let example = (event.example)();
        for field in event.descriptor.fields.iter().filter(|field| field.optional) {
            let mut absent = example.body.as_object().unwrap().clone();
            absent.remove(field.name);
            let mut null = absent.clone();
            null.insert(field.name.to_owned(), Value::Null);
            let [absent, null] = [absent, null].map(|body| (event.decode)(&example.name, &body.into()).unwrap());
            assert_eq!(absent, null, "{}: {}", event.descriptor.pattern, field.name);
        }
    }
}

#[test]
fn an_event_of_nobody_says_so() {
    let placed = OrderPlaced::new("T3JkZXI6MQ==");
    assert_eq!(serde_json::to_value(&placed).unwrap(), json!({ "order_id": "T3JkZXI6MQ==", "user_id": null }));
    assert_eq!(CustomerPasswordReset::new().key(), None);
    assert_eq!(placed.extra, Extra::new());
}

#[test]
fn another_notification_under_the_name_is_refused() {
    let mut body = example("order_confirmed");
    body["notify_event"] = json!("order_canceled");
    let event = type_of("saleor.notify.order_confirmed");
    assert_eq!((event.decode)(&event.name(), &body).unwrap_err().path(), "notify_event");
}
