//! Writing is strict, reading is lenient, and nothing is lost in between.

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use stheno_core::{Event, EventName, Payload};
use stheno_medusa::{entity::CartType, *};
use stheno_testkit::event_types::EventType;

use crate::{
    every_type::{every_type, type_of},
    fixtures::{documented, without_nulls},
};

#[test]
fn an_example_survives_being_written_and_read() {
    for event in every_type() {
        assert!((event.example)().survives, "{}", event.descriptor.pattern);
    }
}

#[test]
fn an_example_may_be_published() {
    for event in every_type() {
        let example = (event.example)();
        event.descriptor.check(&example.name, example.body.to_string().as_bytes()).unwrap();
    }
}

#[test]
fn an_example_has_the_key_that_its_rule_finds() {
    for event in every_type() {
        let example = (event.example)();
        let by_rule = event.descriptor.key.apply(&example.name, &example.body).map(|key| key.to_string());
        assert_eq!(example.key, by_rule, "{}", event.descriptor.pattern);
        assert_eq!(example.key.is_none(), event.descriptor.pattern == "user.password_reset");
    }
}

#[test]
fn null_is_the_same_as_absent_for_every_optional_field() {
    for event in every_type() {
        let example = (event.example)();
        let Value::Object(body) = example.body else { continue };
        for field in event.descriptor.fields.iter().filter(|field| field.optional) {
            let mut absent = body.clone();
            absent.remove(field.name);
            // Of the shapes of an updated product, one that needs the field is another shape without it.
            let Ok(without) = (event.decode)(&example.name, &absent.clone().into()) else {
                assert_eq!(event.descriptor.pattern, "product.updated", "{}", field.name);
                continue;
            };
            absent.insert(field.name.to_owned(), Value::Null);
            let null = (event.decode)(&example.name, &absent.into()).unwrap();
            let seen = [null, without].map(|read| (without_nulls(read.body), read.key));
            assert_eq!(seen[0], seen[1], "{}: {}", event.descriptor.pattern, field.name);
        }
    }
}

#[test]
fn a_required_field_that_is_missing_is_named() {
    for event in every_type() {
        let example = (event.example)();
        let Value::Object(body) = example.body else { continue };
        for field in event.descriptor.fields.iter().filter(|field| !field.optional && !field.name.is_empty()) {
            let mut without = body.clone();
            without.remove(field.name);
            let error = (event.decode)(&example.name, &without.into()).unwrap_err();
            assert!(error.to_string().contains(field.name), "{error}");
        }
    }
}

#[test]
fn a_value_of_the_wrong_type_is_found_by_its_path() {
    let path_of = |event: &str, body: Value| {
        let event = type_of(event);
        (event.decode)(&event.name(), &body).unwrap_err().path().to_owned()
    };
    assert_eq!(path_of("order.placed", json!({ "id": 1 })), "id");
    assert_eq!(path_of("cart.updated", json!({ "id": "cart_1", "items": [{ "id": 1 }] })), "items[0].id");
    assert_eq!(path_of("product.updated", json!({ "id": "prod_1", "fields": [1] })), "fields[0]");
    assert_eq!(path_of("product.updated", json!([{ "id": "prod_1" }, { "id": 2 }])), "[1].id");
    assert_eq!(path_of("payment.created", json!({ "id": "pay_1", "amount": "5" })), "amount");
    let failed = json!({ "id": "pay_1", "error": { "stack": 1 } });
    assert_eq!(path_of("payment.payment_capture_failed", failed), "error.stack");
}

#[test]
fn a_text_that_is_not_in_a_list_is_kept() {
    assert_eq!(CartType::from("payment_link"), CartType::PaymentLink);
    assert_eq!(CartType::from("subscription"), CartType::Other("subscription".into()));
    assert_eq!(CartType::from("subscription").as_str(), "subscription");
    let read: CartType = serde_json::from_value(json!("draft_order")).unwrap();
    assert_eq!(serde_json::to_value(read).unwrap(), "draft_order");
}

#[test]
fn the_flag_silences_only_when_it_is_true() {
    let silenced = |flag: Value| {
        let name = EventName::new("order.placed").unwrap();
        let body = json!({ "id": "order_1", "no_notification": flag }).to_string();
        OrderPlaced::decode(&name, body.as_bytes()).unwrap().is_silenced()
    };
    assert!(silenced(true.into()));
    assert!(!silenced(false.into()));
    assert!(!silenced(Value::Null));
    assert!(!OrderPlaced::new("order_1").is_silenced());
}

#[test]
fn every_event_with_the_flag_can_be_asked() {
    macro_rules! asked {
        ($($event:ident),* $(,)?) => {
            [$({
                assert!(!$event::example().is_silenced());
                assert!($event::example().no_notification(true).is_silenced());
                $event::PATTERN
            }),*]
        };
    }
    let asked = asked![
        ClaimCreated,
        ClaimUpdated,
        ClaimCanceled,
        ClaimFulfillmentCreated,
        ClaimShipmentCreated,
        ClaimRefundProcessed,
        OrderPlaced,
        OrderUpdated,
        OrderCanceled,
        OrderCompleted,
        OrderPaymentCaptured,
        OrderPaymentCaptureFailed,
        OrderFulfillmentCreated,
        OrderShipmentCreated,
        OrderFulfillmentCanceled,
        OrderReturnRequested,
        OrderItemsReturned,
        OrderReturnActionRequired,
        OrderRefundCreated,
        SwapCreated,
        SwapReceived,
        SwapFulfillmentCreated,
        SwapShipmentCreated,
        SwapPaymentCompleted,
        SwapPaymentCaptured,
        SwapPaymentCaptureFailed,
        SwapRefundProcessed,
        SwapProcessRefundFailed,
    ];
    let with_flag: Vec<String> = documented()
        .into_iter()
        .filter(|event| event.fields.iter().any(|field| field.name == "no_notification"))
        .map(|event| event.name)
        .collect();
    assert_eq!(asked.as_slice(), with_flag);
}

#[test]
fn what_was_not_set_is_not_written() {
    let body = |event: &OrderPlaced| serde_json::to_string(event).unwrap();
    assert_eq!(body(&OrderPlaced::new("order_1")), r#"{"id":"order_1"}"#);
    assert_eq!(body(&OrderPlaced::new("order_1").no_notification(true)), r#"{"id":"order_1","no_notification":true}"#);
    assert_eq!(serde_json::to_string(&OrderRefundFailed::new("order_1")).unwrap(), r#"{"id":"order_1"}"#);
}

/// JSON as anybody might add it.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("\\PC{0,8}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn is_documented(event: &EventType, name: &str) -> bool {
    event.descriptor.fields.iter().any(|field| field.name == name)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn fields_that_nobody_documented_survive(extra in prop::collection::btree_map("\\PC{0,16}", any_json(), 1..5)) {
        for event in every_type() {
            let example = (event.example)();
            let Value::Object(mut body) = example.body else { continue };
            if event.descriptor.pattern.starts_with("oauth.") {
                continue;
            }
            body.extend(extra.clone().into_iter().filter(|(name, _)| !is_documented(&event, name)));
            let body = Value::Object(body);
            let read = (event.decode)(&example.name, &body).unwrap();
            prop_assert_eq!(&read.body, &body, "{}", event.descriptor.pattern);
            prop_assert!(read.survives);
            prop_assert_eq!(read.key, example.key);
        }
    }

    #[test]
    fn an_application_of_any_name_is_read_back_from_the_event_name(app in "\\PC{1,40}", data in any_json()) {
        let generated = OauthTokenGenerated::new(app.clone(), data.clone());
        let name = EventName::new(generated.name()).unwrap();
        prop_assert!(OauthTokenGenerated::descriptor().matches(&name));
        let body = serde_json::to_vec(&generated).unwrap();
        prop_assert_eq!(serde_json::from_slice::<Value>(&body).unwrap(), data);
        let read = OauthTokenGenerated::decode(&name, &body).unwrap();
        prop_assert_eq!(read.app.as_str(), app.as_str());
        prop_assert_eq!(read, generated);
    }
}

#[test]
fn an_application_without_a_name_cannot_be_published() {
    let nobody = OauthTokenRefreshed::new("", Map::new());
    assert!(EventName::new(nobody.name()).is_err());
    assert_eq!(nobody.key(), None);
    let name = EventName::new("oauth.token_refreshed").unwrap();
    assert!(OauthTokenRefreshed::decode(&name, b"{}").is_err());
}
