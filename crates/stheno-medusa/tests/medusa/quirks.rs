//! What Medusa really sends, where that differs from what it documents.

use serde_json::{Value, json};
use stheno_core::{Event, EventName};
use stheno_medusa::{
    entity::{CartType, EventError, PaymentSessionStatus, RefundReason},
    *,
};

use crate::{
    every_type::every_type,
    fixtures::{quirk, quirks, without_nulls},
};

const CART: &str = "cart_01H8X4Q27E3S3E28JT97KB6CQ6";
const ORDER: &str = "order_01H8X4Q2K596NGYA1DQ91K5GQA";
const PRODUCT: &str = "prod_01H8X4Q2Y63FCH26W14WMCHWYF";

/// Reads a quirk as the event it stands under.
fn read<E: Event>(which: &str) -> E {
    let name = EventName::new(E::PATTERN.replace('*', "my%2Eapp")).unwrap();
    E::decode(&name, quirk(which).to_string().as_bytes()).unwrap()
}

fn key<E: Event>(event: &E) -> Option<String> {
    event.key().map(|key| key.to_string())
}

#[test]
fn every_quirk_decodes_and_nothing_of_it_is_lost() {
    for quirk in quirks() {
        let name = EventName::new(&quirk.event).unwrap();
        let event = every_type().into_iter().find(|event| event.descriptor.matches(&name)).unwrap();
        let read = (event.decode)(&name, &quirk.body).unwrap();
        assert!(read.survives, "{}", quirk.quirk);
        let (Value::Object(given), Value::Object(written)) = (without_nulls(quirk.body.clone()), read.body.clone())
        else {
            assert_eq!(read.body, quirk.body, "{}", quirk.quirk);
            continue;
        };
        for (field, value) in given {
            assert_eq!(without_nulls(written[&field].clone()), value, "{}: {field}", quirk.quirk);
        }
        let by_rule = event.descriptor.key.apply(&name, &quirk.body).map(|key| key.to_string());
        assert_eq!(read.key, by_rule, "{}", quirk.quirk);
    }
}

#[test]
fn a_cart_whose_customer_changed_is_a_bare_id() {
    let event: CartCustomerUpdated = read("a cart id alone, not in an object");
    assert_eq!(event, CartCustomerUpdated::new(CART));
    assert_eq!(key(&event).as_deref(), Some("cart:cart_01H8X4Q27E3S3E28JT97KB6CQ6"));
    assert_eq!(serde_json::to_value(&event).unwrap(), CART);
}

#[test]
fn an_updated_cart_may_be_only_its_id() {
    let event: CartUpdated = read("a cart as its id");
    assert_eq!(event, CartUpdated::new(CART));
    assert_eq!(event.cart_id(), Some(CART));
}

#[test]
fn an_updated_cart_may_come_without_relations() {
    let event: CartUpdated = read("a cart without relations");
    let CartUpdated::Cart(cart) = &event else { panic!("{event:?}") };
    assert_eq!(cart.r#type, Some(CartType::Default));
    assert_eq!(cart.context.as_ref().unwrap()["ip"], "203.0.113.7");
    assert_eq!((&cart.email, &cart.items, &cart.total), (&None, &None, &None));
    assert!(cart.extra.is_empty());
}

#[test]
fn an_updated_cart_may_come_with_relations_and_totals() {
    let CartUpdated::Cart(cart) = read("a cart with relations and totals") else { panic!("not a cart") };
    assert_eq!(cart.r#type, Some(CartType::Other("subscription".into())));
    assert_eq!((cart.total, cart.item_tax_total), (Some(5437), None));
    assert_eq!(cart.raw_discount_total.unwrap().as_f64(), Some(163.33));
    let address = cart.shipping_address.unwrap();
    assert_eq!((address.address_1.as_deref(), address.id), (Some("12 Sample Street"), None));
    assert_eq!(address.extra.get("doorcode"), Some(&json!("1234")));
    let [item] = cart.items.as_deref().unwrap() else { panic!("not one item") };
    assert_eq!((item.unit_price, item.has_shipping), (Some(4900), None));
    assert!(item.extra.get("variant").is_some());
    let [session] = cart.payment_sessions.as_deref().unwrap() else { panic!("not one session") };
    assert_eq!(session.status, Some(PaymentSessionStatus::Other("waiting_for_bank".into())));
    assert_eq!(session.data.as_ref().unwrap().expose()["client_secret"], "not-a-real-client-secret");
    assert_eq!(cart.shipping_methods.unwrap()[0].price, Some(700));
    assert_eq!(cart.customer.unwrap().has_account, Some(true));
}

#[test]
fn an_updated_cart_may_be_a_swap() {
    let event: CartUpdated = read("a swap as a cart");
    let CartUpdated::Swap(swap) = &event else { panic!("{event:?}") };
    assert_eq!(swap.order_id.as_deref(), Some(ORDER));
    assert_eq!(swap.extra.get("difference_due"), Some(&json!(900)));
    assert_eq!(event.cart_id(), Some(CART));
    assert_eq!(key(&event).as_deref(), Some("cart:swap_01H8X4Q2VA35RJFJ2XBAHW0GQN"));
}

#[test]
fn a_customer_may_come_with_the_hash_of_a_password() {
    let created: CustomerCreated = read("a customer with the hash of a password");
    assert!(created.customer.password_hash.is_some());
    let updated: CustomerUpdated = read("a customer with groups and a new password");
    assert_eq!(updated.customer.groups.unwrap().len(), 1);
    assert!(updated.customer.password_hash.is_some());
}

#[test]
fn a_customer_who_forgot_a_password_may_have_no_names() {
    let event: CustomerPasswordReset = read("a customer without names");
    assert_eq!((event.first_name, event.last_name), (None, None));
}

#[test]
fn an_application_stands_in_the_name_and_its_tokens_are_the_body() {
    let event: OauthTokenGenerated = read("tokens of an application");
    assert_eq!(event.app, "my.app");
    assert_eq!(event.name(), "oauth.token_generated.my%2Eapp");
    assert_eq!(key(&event).as_deref(), Some("oauth:my.app"));
    assert_eq!(event.data.expose()["access_token"], "not-a-real-access-token");
    let event: OauthTokenRefreshed = read("tokens that are a text");
    assert_eq!(event.data.expose(), "not-a-real-refresh-token");
}

#[test]
fn the_flag_may_be_null_or_absent() {
    assert_eq!(read::<OrderPlaced>("no_notification is null").no_notification, None);
    assert_eq!(read::<OrderUpdated>("no_notification is absent").no_notification, None);
}

#[test]
fn the_error_of_a_capture_may_be_a_text_or_any_object() {
    let message = |which| read::<OrderPaymentCaptureFailed>(which).error.message().map(str::to_owned);
    assert_eq!(message("the error of a capture is an empty object"), None);
    assert_eq!(message("the error of a capture is one of Medusa's own").as_deref(), Some("The card was declined."));
    assert_eq!(EventError::from("Declined.").message(), Some("Declined."));
    let event: OrderPaymentCaptureFailed = read("the error of a capture is one of Medusa's own");
    assert!(event.is_silenced());
    let EventError::Details(details) = event.error else { panic!("not an object") };
    assert_eq!(details.code, Some(json!("card_declined")));
    assert_eq!(details.extra.get("__isMedusaError"), Some(&json!(true)));
}

#[test]
fn the_shape_of_the_adyen_plugin_gives_its_order() {
    let event: OrderPaymentCaptureFailed = read("a failed capture as the Adyen plugin tells it");
    assert_eq!((event.id.as_str(), &event.payment_id, event.error.message()), (ORDER, &None, Some("Refused")));
    assert!(event.extra.get("order").is_some());
    let event: OrderRefundFailed = read("a failed refund as the Adyen plugin tells it");
    assert_eq!((event.id.as_str(), event.extra.get("error")), (ORDER, Some(&json!("Refused"))));
    assert!(event.extra.get("order").is_some());
}

#[test]
fn a_failed_capture_without_any_order_is_refused_for_its_id() {
    let name = EventName::new("order.refund_failed").unwrap();
    let error = OrderRefundFailed::decode(&name, br#"{"error":"Refused"}"#).unwrap_err();
    assert!(error.to_string().contains("`id`"), "{error}");
}

#[test]
fn deleted_item_changes_come_as_one_id_or_several() {
    let several: OrderEditItemChangeDeleted = read("several deleted item changes");
    assert_eq!(several.all_ids().count(), 2);
    assert_eq!(key(&several).as_deref(), Some("order-edit-item-change:oic_01H8X4Q2WPQ5E6EYCNDY0YP57R"));
    let both: OrderEditItemChangeDeleted = read("a deleted item change both ways");
    assert_eq!(
        both.all_ids().collect::<Vec<_>>(),
        ["oic_01H8X4Q2WPQ5E6EYCNDY0YP57R", "oic_01H8X4Q2ZB7N3V6J9C2F5K8M1P"]
    );
    let one = OrderEditItemChangeDeleted::new().id("oic_1");
    assert_eq!(one.all_ids().collect::<Vec<_>>(), ["oic_1"]);
}

#[test]
fn the_error_of_a_payment_says_it_under_either_name() {
    let empty: PaymentCaptureFailed = read("a payment with an empty error");
    assert_eq!(empty.payment.error.unwrap().message(), None);
    let both: PaymentRefundFailed = read("a refund that failed, with its error");
    assert_eq!(both.payment.error.unwrap().message(), Some("Too late."));
}

#[test]
fn a_refund_is_keyed_by_its_payment_or_else_by_itself() {
    let refund: PaymentRefundCreated = read("a refund for another reason");
    assert_eq!(refund.refund.reason, Some(RefundReason::Other("other".into())));
    assert_eq!(key(&refund).as_deref(), Some("refund:ref_01H8X4Q2BCKKDJWBHP1G201CYF"));
    let with_payment = PaymentRefundCreated::new(refund.refund.payment_id("pay_1"));
    assert_eq!(key(&with_payment).as_deref(), Some("payment:pay_1"));
}

#[test]
fn what_has_no_id_has_no_key() {
    let deleted: PaymentCollectionDeleted = read("a deleted payment collection without its id");
    assert_eq!((&deleted.payment_collection.id, key(&deleted)), (&None, None));
    assert_eq!(key(&read::<PublishableApiKeyCreated>("a publishable key without its id")), None);
    assert_eq!(key(&read::<SalesChannelCreated>("a sales channel without its id")), None);
}

#[test]
fn an_authorized_collection_may_have_its_sessions_and_payments() {
    let event: PaymentCollectionPaymentAuthorized = read("an authorized payment collection with its payments");
    assert_eq!(event.payment_collection.payment_sessions.unwrap().len(), 1);
    assert_eq!(event.payment_collection.payments.unwrap()[0].amount, Some(1900));
}

#[test]
fn an_updated_product_comes_in_five_shapes() {
    let fields: ProductUpdated = read("the changed fields of a product");
    assert_eq!(fields, ProductUpdated::new(PRODUCT, ["title"]));
    let product: ProductUpdated = read("a product");
    assert!(
        matches!(&product, ProductUpdated::Product(product) if product.options.as_ref().is_some_and(|o| o.len() == 1))
    );
    let id: ProductUpdated = read("a product as its id");
    assert_eq!(id, ProductUpdated::Id(PRODUCT.into()));
    let several: ProductUpdated = read("several products with their shipping profiles");
    assert_eq!(several.ids(), [PRODUCT, "prod_01H8X4Q2B5D8F1H4K7M0P3R6T9"]);
    let nothing: ProductUpdated = read("nothing of a product");
    assert_eq!((&nothing, nothing.ids().len()), (&ProductUpdated::Nothing, 0));
    let keys = [&fields, &product, &id, &several, &nothing].map(|event| key(event).is_some());
    assert_eq!(keys, [true, true, true, false, false]);
}

#[test]
fn a_deleted_variant_may_have_no_metadata() {
    assert_eq!(read::<ProductVariantDeleted>("a deleted variant without metadata").metadata, None);
}

#[test]
fn the_fulfillment_of_a_swap_may_be_the_swap() {
    let event: SwapFulfillmentCreated = read("the fulfillment of a swap is the swap");
    assert_eq!(event.fulfillment_id, event.id);
}
