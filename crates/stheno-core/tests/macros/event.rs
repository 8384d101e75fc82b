//! `#[derive(Event)]`.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use stheno::{
    DecodeError, Event, EventDescriptor, EventName, Extra, Field, FieldKind, Key, KeyRule, KeySource, Payload, Status,
};

/// A new order was placed.
///
/// The body is thin.
#[derive(Payload, Event)]
#[event(name = "order.placed", key = "order:/id", section = "Order Events", status = "lossy_upstream", note = "Thin.")]
struct OrderPlaced {
    #[field(example = "order_1")]
    id: String,
    no_notification: Option<bool>,
    #[field(extra)]
    extra: Extra,
}

#[derive(Payload, Event)]
#[event(name = "payment.refunded", key("payment:/payment_id", "shopify.order:/order_number", "refund:/refund/id"))]
struct Refunded {
    payment_id: Option<String>,
    #[field(rename = "order_number")]
    number: Option<i64>,
    refund: Option<Value>,
}

/// An application has a new token.
#[derive(Payload, Event)]
#[event(name = "oauth.token_generated.*", name_with = token_name, key = "oauth.app:{2}", decode_with = token_of)]
struct TokenGenerated {
    #[field(rename = "app", example = "my-app")]
    application: String,
}

fn token_name(event: &TokenGenerated) -> Cow<'static, str> {
    format!("oauth.token_generated.{}", event.application).into()
}

fn token_of(name: &EventName, _body: &[u8]) -> Result<TokenGenerated, DecodeError> {
    match name.token(2) {
        Some(application) => Ok(TokenGenerated::new(application)),
        None => Err(DecodeError::new("", "no application")),
    }
}

/// A payload that is no object.
#[derive(Debug, Serialize, Deserialize, Event)]
#[event(name = "cart.customer_updated", key = "cart:")]
struct CustomerUpdated(String);

impl Payload for CustomerUpdated {
    const FIELDS: &'static [Field] = &[Field::new("", FieldKind::String, "The id of the cart.")];

    fn example() -> Self {
        Self("cart_1".into())
    }
}

#[derive(Payload, Event)]
#[event(name = "sync.done")]
struct SyncDone {}

fn key(event: &impl Event) -> Option<String> {
    Event::key(event).map(|key| key.to_string())
}

#[test]
fn the_descriptor_says_what_the_attribute_says() {
    let descriptor = OrderPlaced::descriptor();
    assert_eq!(descriptor.pattern, "order.placed");
    assert_eq!(descriptor.description, "A new order was placed.");
    assert_eq!(descriptor.section, "Order Events");
    assert_eq!(descriptor.status, Status::LossyUpstream);
    assert_eq!(descriptor.note, "Thin.");
    assert_eq!(descriptor.owner, "stheno-core");
    assert_eq!(descriptor.key.to_string(), "order:/id");
    assert_eq!(descriptor.fields.len(), 2);
    assert_eq!(descriptor.example.map(|example| example()), Some(json!({"id": "order_1"})));
}

#[test]
fn what_the_attribute_leaves_out_is_plain() {
    let descriptor = SyncDone::descriptor();
    assert_eq!((descriptor.section, descriptor.note, descriptor.description), ("", "", ""));
    assert_eq!(descriptor.status, Status::Emitted);
    assert_eq!(descriptor.key, KeyRule::NONE);
    assert_eq!(key(&SyncDone::new()), None);
}

#[test]
fn the_key_of_a_value_agrees_with_the_rule_over_its_json() {
    let agrees = |rule: KeyRule, name: &str, body: Value, given: Option<String>, expected: Option<&str>| {
        let by_rule = rule.apply(&EventName::new(name).unwrap(), &body).map(|key| key.to_string());
        assert_eq!((given.as_deref(), by_rule.as_deref()), (expected, expected), "{name} {body}");
    };
    let placed = |id: &str, expected| {
        let event = OrderPlaced::new(id);
        let body = serde_json::to_value(&event).unwrap();
        agrees(OrderPlaced::descriptor().key, "order.placed", body, key(&event), expected);
    };
    placed("order_1", Some("order:order_1"));
    placed("", None);
    let refunded = |event: Refunded, expected| {
        let body = serde_json::to_value(&event).unwrap();
        agrees(Refunded::descriptor().key, "payment.refunded", body, key(&event), expected);
    };
    refunded(Refunded::new().payment_id("pay_1").number(7), Some("payment:pay_1"));
    refunded(Refunded::new().number(7).refund(json!({"id": "ref_1"})), Some("shopify.order:7"));
    refunded(Refunded::new().refund(json!({"id": "ref_1"})), Some("refund:ref_1"));
    refunded(Refunded::new(), None);
    let event = TokenGenerated::example();
    agrees(
        TokenGenerated::descriptor().key,
        "oauth.token_generated.my-app",
        json!({}),
        key(&event),
        Some("oauth.app:my-app"),
    );
    let event = CustomerUpdated::example();
    agrees(
        CustomerUpdated::descriptor().key,
        "cart.customer_updated",
        json!("cart_1"),
        key(&event),
        Some("cart:cart_1"),
    );
}

#[test]
fn a_pattern_has_a_name_for_every_value_and_may_decode_its_own_way() {
    let event = TokenGenerated::new("my-app");
    assert_eq!(TokenGenerated::PATTERN, "oauth.token_generated.*");
    assert_eq!(event.name(), "oauth.token_generated.my-app");
    let name = EventName::new("oauth.token_generated.other").unwrap();
    assert_eq!(TokenGenerated::decode(&name, b"opaque").unwrap().application, "other");
    assert_eq!(OrderPlaced::example().name(), "order.placed");
}

/// [`OrderPlaced`] as one would write it without the macro.
#[derive(Debug, Serialize, Deserialize)]
struct PlacedByHand {
    id: String,
    no_notification: Option<bool>,
}

impl Payload for PlacedByHand {
    const FIELDS: &'static [Field] =
        &[Field::new("id", FieldKind::String, ""), Field::new("no_notification", FieldKind::Boolean, "").optional()];

    fn example() -> Self {
        Self { id: "order_1".into(), no_notification: None }
    }
}

impl Event for PlacedByHand {
    const PATTERN: &'static str = "order.placed";

    fn descriptor() -> EventDescriptor {
        EventDescriptor::of::<Self>(env!("CARGO_PKG_NAME"))
            .description("A new order was placed.")
            .section("Order Events")
            .key(KeyRule::new(&[KeySource::Body { kind: "order", pointer: "/id" }]))
            .status(Status::LossyUpstream)
            .note("Thin.")
    }

    fn key(&self) -> Option<Key> {
        Key::new("order", &self.id).ok()
    }
}

#[test]
fn the_derive_gives_what_the_twin_by_hand_gives() {
    let (derived, by_hand) = (OrderPlaced::descriptor(), PlacedByHand::descriptor());
    let said = |of: &EventDescriptor| {
        let texts = [of.pattern, of.description, of.section, of.owner, of.note];
        (texts, of.key, of.status, json!(of.fields))
    };
    assert_eq!(said(&derived), said(&by_hand));
    let name = EventName::new("order.placed").unwrap();
    for body in [br#"{"id":"order_1","no_notification":null}"#.as_slice(), b"{}", b"[]", br#"{"id":1}"#] {
        let paths = (derived.decode(&name, body), by_hand.decode(&name, body));
        let paths = (paths.0.map_err(|e| e.path().to_owned()), paths.1.map_err(|e| e.path().to_owned()));
        assert_eq!(paths.0, paths.1);
    }
    assert_eq!(key(&OrderPlaced::example()), key(&PlacedByHand::example()));
    assert_eq!(OrderPlaced::example().name(), PlacedByHand::example().name());
}
