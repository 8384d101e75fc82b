//! Bad input gets a typed error that names the field, and never a panic.

use proptest::prelude::*;
use serde_json::{Value, json};
use stheno_saleor::codes::{Code, Group};
use stheno_testkit::{
    generated::{cases, changed_bytes, changed_value},
    random::Random,
};

use crate::{
    every_type::{every_type, type_of},
    fixtures::{examples, name_of},
};

fn path_of(event: &str, body: &Value) -> String {
    let event = type_of(event);
    (event.decode)(&event.name(), body).unwrap_err().path().to_owned()
}

#[test]
fn a_value_of_the_wrong_type_is_found_by_its_path() {
    for (file, path, wrong, found) in [
        ("order_confirmation", "/payload/order/currency", json!(840), "payload.order.currency"),
        ("order_confirmation", "/payload/order/created", json!("yesterday"), "payload.order.created"),
        ("order_confirmation", "/payload/order/number", json!(1.5), "payload.order.number"),
        ("order_confirmation", "/payload/order/total_net_amount", json!("1,50"), "payload.order.total_net_amount"),
        ("order_confirmation", "/payload/order/total_net_amount", json!("1e5"), "payload.order.total_net_amount"),
        ("order_confirmation", "/payload/order/lines/0/quantity", json!("2"), "payload.order.lines[0].quantity"),
        (
            "order_confirmation",
            "/payload/order/lines/0/product/images/0/original",
            json!([]),
            "payload.order.lines[0].product.images[0].original",
        ),
        ("account_delete", "/payload/token", json!(5), "payload.token"),
        ("sale_toggle", "/payload/meta/issued_at", json!("2022"), "payload.meta.issued_at"),
        ("list_payment_gateways", "/checkout/0/lines/0/base_price", json!({}), "checkout[0].lines[0].base_price"),
        ("payment_actions", "/amount", json!(true), "amount"),
        ("transaction_action_request", "/transaction/modified_at", json!(0), "transaction.modified_at"),
    ] {
        let mut body = examples().into_iter().find(|(name, _)| *name == file).unwrap().1;
        *body.pointer_mut(path).unwrap() = wrong;
        assert_eq!(path_of(&name_of(file), &body), found);
    }
    let lines = json!({ "order_id": 1, "lines": [{ "quantity": 1, "line_pk": [], "item": "a" }] });
    assert_eq!(path_of("saleor.order.draft_added_products", &lines), "lines[0].line_pk");
}

#[test]
fn a_line_without_its_id_is_said_to_be_one() {
    let name = "saleor.customer.digital_link_downloaded";
    assert_eq!(path_of(name, &json!({ "order_line": { "product_name": "x" } })), "order_line.id");
    assert_eq!(path_of(name, &json!({ "order_line": { "id": 7, "quantity": "two" } })), "order_line.quantity");
    assert_eq!(path_of(name, &json!({ "order_line": [7] })), "order_line");
    assert_eq!(path_of(name, &json!({ "order_line": u64::MAX })), "order_line");
}

#[test]
fn a_required_field_that_is_missing_is_named() {
    for event in every_type() {
        let example = (event.example)();
        for field in event.descriptor.fields.iter().filter(|field| !field.optional) {
            let mut without = example.body.as_object().unwrap().clone();
            without.remove(field.name);
            let error = (event.decode)(&example.name, &without.clone().into()).unwrap_err();
            assert!(error.to_string().contains(field.name), "{error}");
            let body = Value::Object(without).to_string();
            let refused = event.descriptor.check(&example.name, body.as_bytes()).unwrap_err();
            assert_eq!(refused.path(), field.name, "{}", event.descriptor.pattern);
        }
    }
}

#[test]
fn an_error_does_not_repeat_the_value_it_is_about() {
    let event = type_of("saleor.notify.account_delete");
    let mut body = (event.example)().body;
    body["payload"]["token"] = json!(4_242_424_242_u64);
    let error = (event.decode)(&event.name(), &body).unwrap_err();
    assert!(!error.to_string().contains("4242424242"), "{error}");
}

/// How many inputs each event is given, unless `STHENO_CASES` says how many there are in all.
const EACH: u64 = 16;

#[test]
fn no_input_makes_a_decoder_panic() {
    let own = every_type().into_iter().map(|event| ((event.example)().body, event));
    let documented = examples().into_iter().map(|(file, body)| (body, type_of(&name_of(file))));
    let known: Vec<_> = own.chain(documented).map(|(body, event)| (body.to_string(), body, event)).collect();
    let mut random = Random::seeded("decoding Saleor's events");
    let cases = cases(EACH * known.len() as u64);
    let mut decoded = 0_u64;
    for case in 0..cases {
        let (text, body, event) = &known[(case % known.len() as u64) as usize];
        let bytes = match random.one_in(2) {
            true => changed_value(&mut random, body).to_string().into_bytes(),
            false => changed_bytes(&mut random, text.as_bytes()),
        };
        let name = event.name();
        let of_check = event.descriptor.check(&name, &bytes);
        let Ok(changed) = serde_json::from_slice(&bytes) else {
            assert!(of_check.is_err());
            continue;
        };
        match (event.decode)(&name, &changed) {
            Ok(read) => {
                // Whatever is read is written so that it is read again as the same.
                assert!(read.survives, "{}: {changed} is read as {}", event.descriptor.pattern, read.body);
                decoded += 1;
            }
            Err(error) => assert!(of_check.is_err(), "{error}"),
        }
    }
    println!("{cases} inputs, {decoded} of them decoded");
    assert!(decoded > cases / 100, "{decoded} of {cases} were changed so little that they still decode");
}

proptest! {
    #[test]
    fn no_text_makes_a_code_panic(text in "\\PC{0,100}") {
        for group in [Group::Order, Group::Communication, Group::Customer] {
            if let Ok(code) = Code::parse(group, &text) {
                prop_assert_eq!(code.group(), group);
            }
        }
    }
}
