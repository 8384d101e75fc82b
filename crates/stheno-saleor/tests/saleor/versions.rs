//! What Saleor's serializers leave out, send as null or as another type, from version 3.0 to 3.23 and later.

use serde_json::{Value, json};
use stheno_core::EventDescriptor;

use crate::{
    every_type::type_of,
    fixtures::{example, name_of},
};

/// What a version sends in place of what is documented.
enum Sent {
    Absent,
    As(Value),
}

use Sent::{Absent, As};

/// Puts something else into a place of a body.
fn put(body: &mut Value, place: &str, sent: &Sent) {
    match sent {
        As(value) => *body.pointer_mut(place).unwrap_or_else(|| panic!("no {place}")) = value.clone(),
        Absent => {
            let (object, name) = place.rsplit_once('/').unwrap();
            let object = body.pointer_mut(object).unwrap().as_object_mut().unwrap();
            assert!(object.remove(name).is_some(), "no {place}");
        }
    }
}

/// Every difference that the serializers have, and the versions that have it.
fn differences() -> Vec<(&'static str, &'static str, Sent, &'static str)> {
    let line = "/payload/order/lines/0";
    let at = |name: &str| -> &'static str { Box::leak(format!("{line}/{name}").into_boxed_str()) };
    let order = "order_confirmation";
    vec![
        // Ids are primary keys in 3.0 and 3.1.
        ("account_delete", "/payload/user/id", As(json!(67)), "3.0, 3.1"),
        (order, "/payload/order/id", As(json!(51)), "3.0, 3.1"),
        (order, at("id"), As(json!(124)), "3.0, 3.1"),
        (order, at("product/id"), As(json!(72)), "3.0, 3.1"),
        (order, at("variant/id"), As(json!(203)), "3.0, 3.1"),
        ("order_confirmed", "/payload/requester_user_id", As(json!(67)), "3.0, 3.1"),
        ("invoice_ready", "/payload/invoice/id", As(json!(1)), "3.0, 3.1"),
        ("invoice_ready", "/payload/invoice/order_id", As(json!(52)), "3.0, 3.1"),
        ("order_fulfillment_update", "/payload/physical_lines/0/id", As(json!(1)), "3.0, 3.1"),
        ("payment_actions", "/payment_id", As(json!(33)), "all"),
        ("payment_actions", "/order_id", As(json!("None")), "from 3.8"),
        ("payment_actions", "/customer_email", As(json!(null)), "all"),
        ("payment_actions", "/payment_method", Absent, "all"),
        ("payment_actions", "/data", As(json!(null)), "all"),
        ("account_delete", "/payload/user/metadata", As(json!(null)), "all"),
        (order, "/payload/order/metadata", As(json!(null)), "all"),
        // Deleted variants, products without pictures.
        (order, at("product"), As(json!(null)), "all"),
        (order, at("variant"), As(json!(null)), "all"),
        (order, at("product/images"), As(json!(null)), "all"),
        (order, at("variant/images"), As(json!(null)), "all"),
        (order, at("product/first_image"), As(json!(null)), "all"),
        (order, at("product/weight"), As(json!("")), "all"),
        (order, at("product_sku"), As(json!(null)), "from 3.1"),
        (order, at("is_digital"), As(json!(null)), "3.0 to 3.22"),
        (order, at("digital_url"), As(json!(null)), "3.0 to 3.22"),
        (order, at("is_digital"), Absent, "from 3.23"),
        (order, at("digital_url"), Absent, "from 3.23"),
        (order, at("tax_rate"), As(json!(null)), "from 3.9"),
        (order, at("unit_discount_type"), As(json!(null)), "all"),
        (order, at("unit_discount_reason"), As(json!("sorry")), "all"),
        (order, "/payload/order/email", As(json!(null)), "from 3.22"),
        (order, "/payload/recipient_email", As(json!(null)), "from 3.22"),
        (order, "/payload/recipient_email", As(json!("")), "all"),
        (order, "/payload/order/billing_address", As(json!(null)), "all"),
        (order, "/payload/order/shipping_address", As(json!(null)), "all"),
        (order, "/payload/order/shipping_method_name", As(json!(null)), "all"),
        (order, "/payload/order/discount_amount", As(json!("5.000")), "all"),
        (
            order,
            "/payload/order/voucher_discount",
            As(
                json!({ "type": "voucher", "value_type": "fixed", "value": "5.000", "amount_value": "5.000", "name": null,
                "translated_name": null, "reason": null }),
            ),
            "all",
        ),
        ("order_confirmed", "/payload/requester_user_id", As(json!(null)), "all"),
        ("order_fulfillment_confirmation", "/payload/digital_lines", Absent, "from 3.23"),
        ("order_payment_confirmation", "/payload/payment", Absent, "from 3.13"),
        ("invoice_ready", "/payload/invoice/number", As(json!(null)), "all"),
        ("invoice_ready", "/payload/invoice/download_url", As(json!(null)), "all"),
        // The lists of a sale.
        ("sale_toggle", "/payload/categories", Absent, "from 3.5"),
        ("sale_toggle", "/payload/meta/issuing_principal/id", As(json!(null)), "all"),
        ("sale_toggle", "/payload/meta/issuing_principal/id", As(json!("An app")), "all"),
        ("sale_updated", "/payload/type", As(json!("Promotion")), "from 3.17"),
        // Checkouts and transactions.
        ("list_payment_gateways", "/checkout", As(json!(null)), "all"),
        ("list_payment_gateways", "/checkout/0/quantity", Absent, "all"),
        ("list_payment_gateways", "/checkout/0/email", As(json!(null)), "all"),
        ("list_payment_gateways", "/checkout/0/lines/0/sku", As(json!(null)), "from 3.1"),
        ("transaction_action_request", "/transaction/status", Absent, "from 3.15"),
        ("transaction_action_request", "/transaction/voided_value", Absent, "from 3.15"),
        ("transaction_action_request", "/transaction/type", As(json!(null)), "from 3.13"),
        ("transaction_action_request", "/transaction/reference", As(json!(null)), "from 3.13"),
        ("transaction_action_request", "/transaction/checkout_id", As(json!(null)), "all"),
        ("transaction_action_request", "/transaction/order_id", As(json!(null)), "all"),
        ("transaction_action_request", "/action/value", As(json!(null)), "all"),
        ("product_variant_out_of_stock", "/stock_id", Absent, "all"),
    ]
}

/// Reads a body, and compares what is written with it; null is as good as absent where a field is optional.
fn survives(descriptor: &EventDescriptor, body: &Value, what: &str) {
    let event = type_of(descriptor.pattern);
    let read = (event.decode)(&event.name(), body).unwrap_or_else(|error| panic!("{what}: {error}"));
    assert!(read.survives, "{what}");
    let mut expected = body.clone();
    if expected.get("payment_method").is_none() && descriptor.pattern == "saleor.payment.action" {
        expected["payment_method"] = Value::Null;
    }
    assert_eq!(read.body, expected, "{what}");
    let checked = descriptor.check_received(&event.name(), body.to_string().as_bytes());
    checked.unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(read.key, descriptor.key.apply(&event.name(), body).map(|key| key.to_string()), "{what}");
}

#[test]
fn whatever_a_version_sends_is_read_and_written_back() {
    for (file, place, sent, versions) in differences() {
        let mut body = example(file);
        put(&mut body, place, &sent);
        survives(&type_of(&name_of(file)).descriptor, &body, &format!("{file}, {place} ({versions})"));
    }
}

#[test]
fn whatever_one_version_sends_together_is_read_and_written_back() {
    for file in ["order_confirmation", "invoice_ready", "transaction_action_request", "payment_actions"] {
        let mut body = example(file);
        for (_, place, sent, _) in differences().iter().filter(|(of, ..)| *of == file) {
            // One difference may take away the place of another.
            if body.pointer(place).is_some() {
                put(&mut body, place, sent);
            }
        }
        survives(&type_of(&name_of(file)).descriptor, &body, file);
    }
}
