//! `#[derive(Payload)]`.

use std::{borrow::Cow, collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use stheno::{
    Event, EventName, Extra, Field, FieldKind, Payload, Secret, Sensitivity, catalog::redact::redact, decode_json,
};

/// A customer asked for a new password.
#[derive(Payload, Clone, PartialEq)]
struct PasswordReset {
    /// The id of the
    /// customer.
    #[field(example = "cus_1")]
    id: String,
    /// Their address.
    #[field(personal, example = "ada@example.com")]
    email: String,
    #[field(personal)]
    first_name: Option<String>,
    /// Lets anybody set the password.
    #[field(example = "t0ken")]
    token: Secret<String>,
    #[field(example = true)]
    no_notification: Option<bool>,
    #[field(secret)]
    password_hash: Option<String>,
    #[field(extra)]
    extra: Extra,
}

/// Money in the smallest unit.
#[derive(Payload, Clone, PartialEq)]
struct Money {
    #[field(example = 1000)]
    amount: u64,
    /// ISO 4217.
    #[field(example = "eur")]
    currency: Cow<'static, str>,
}

/// Nearly every shape a field may have.
#[derive(Payload, Clone, PartialEq)]
struct Everything {
    #[field(rename = "type", example = "all")]
    kind_of_thing: String,
    r#async: Option<bool>,
    #[field(alias = "message", alias = "text")]
    nessage: Option<String>,
    #[field(fields, example = Money::example())]
    total: Money,
    #[field(fields)]
    refunds: Option<Vec<Money>>,
    #[field(example = ["title", "handle"])]
    changed: Vec<String>,
    #[field(example = 0.5)]
    rate: f64,
    metadata: Option<BTreeMap<String, Value>>,
    #[field(example = json!({"anything": 1}))]
    anything: Value,
    #[field(kind = "string_or_object")]
    error: Option<Value>,
    numbers: Option<Vec<i64>>,
    #[field(kind = "string_or_strings")]
    texts: Option<Value>,
}

fn reset() -> Value {
    json!({"id": "cus_1", "email": "ada@example.com", "token": "t0ken", "no_notification": true})
}

fn read<T: Payload>(body: &Value) -> T {
    decode_json(body.to_string().as_bytes()).unwrap()
}

fn refused<T: Payload + fmt::Debug>(body: &str) -> String {
    serde_json::from_str::<T>(body).unwrap_err().to_string()
}

#[test]
fn the_example_encodes_to_exactly_the_documented_fields() {
    let written = serde_json::to_string(&PasswordReset::example()).unwrap();
    assert_eq!(written, r#"{"id":"cus_1","email":"ada@example.com","token":"t0ken","no_notification":true}"#);
}

#[test]
fn new_takes_the_required_fields_and_setters_the_others() {
    let built = PasswordReset::new("cus_1", "ada@example.com", "t0ken").no_notification(true);
    assert!(built == PasswordReset::example());
    let everything = Everything::new("all", Money::new(1000_u64, "eur"), ["a".to_owned()], 0.5, json!(1));
    let everything = everything.r#async(true).nessage("no").refunds([Money::example()]).error("declined");
    assert_eq!(everything.r#async, Some(true));
    assert_eq!(everything.nessage.as_deref(), Some("no"));
    assert_eq!(everything.refunds.map(|all| all.len()), Some(1));
    assert_eq!(everything.error, Some(json!("declined")));
}

#[test]
fn a_value_survives_the_round_trip_with_its_undocumented_fields() {
    let mut body = reset();
    body["first_name"] = json!("Ada");
    body["deep"] = json!({"er": [1, {"x": null}]});
    body["a \"quoted\" name"] = json!(false);
    let value: PasswordReset = read(&body);
    assert_eq!(value.extra.len(), 2);
    assert_eq!(serde_json::to_value(&value).unwrap(), body);
    assert!(read::<PasswordReset>(&serde_json::to_value(&value).unwrap()) == value);
}

#[test]
fn undocumented_fields_stand_after_the_documented_ones() {
    let value: PasswordReset = serde_json::from_str(r#"{"zz":1,"id":"a","email":"b","aa":2,"token":"c"}"#).unwrap();
    let written = serde_json::to_string(&value).unwrap();
    assert!(written.starts_with(r#"{"id":"a","email":"b","token":"c","#), "{written}");
}

#[test]
fn without_room_for_them_undocumented_fields_are_ignored() {
    let money: Money = serde_json::from_str(r#"{"amount":1,"x":{"y":[2]},"currency":"eur"}"#).unwrap();
    assert_eq!(serde_json::to_value(&money).unwrap(), json!({"amount": 1, "currency": "eur"}));
}

#[test]
fn null_equals_absent() {
    let mut body = reset();
    body["no_notification"] = Value::Null;
    body["password_hash"] = Value::Null;
    let value: PasswordReset = read(&body);
    assert_eq!((value.no_notification, &value.password_hash), (None, &None));
    assert!(value.extra.is_empty());
}

#[test]
fn an_escaped_name_is_the_same_name() {
    let money: Money = serde_json::from_str(r#"{"\u0061mount":1,"currency":"e\u0075r"}"#).unwrap();
    assert!(money == Money::new(1, "eur"));
}

#[test]
fn a_missing_a_null_and_a_second_field_are_refused_by_name() {
    assert!(refused::<Money>(r#"{"amount":1}"#).starts_with("missing field `currency`"));
    assert!(refused::<Money>(r#"{"amount":1,"currency":null}"#).starts_with("invalid type: null"));
    assert!(refused::<Money>(r#"{"amount":1,"amount":2,"currency":"eur"}"#).starts_with("duplicate field `amount`"));
    assert!(refused::<Money>(r#"[1,"eur"]"#).contains("expected an object (`Money`)"));
    let twice = refused::<Everything>(r#"{"message":"a","nessage":"b"}"#);
    assert!(twice.starts_with("duplicate field `nessage`"), "{twice}");
}

#[test]
fn an_error_says_the_path() {
    let mut body = serde_json::to_value(Everything::example()).unwrap();
    body["refunds"] = json!([{"amount": 1, "currency": "eur"}, {"amount": "one", "currency": "eur"}]);
    let error = decode_json::<Everything>(body.to_string().as_bytes()).unwrap_err();
    assert_eq!(error.path(), "refunds[1].amount");
}

#[test]
fn every_alias_is_read_and_the_name_is_written() {
    let mut body = serde_json::to_value(Everything::example()).unwrap();
    for name in ["nessage", "message", "text"] {
        body[name] = json!("no");
        let value: Everything = read(&body);
        body.as_object_mut().unwrap().remove(name);
        assert_eq!(serde_json::to_value(&value).unwrap()["nessage"], "no", "{name}");
    }
    assert_eq!(body["type"], "all");
}

#[test]
fn null_under_one_name_of_a_field_does_not_hide_its_value_under_another() {
    for (message, text) in [("null", "\"no\""), ("\"no\"", "null")] {
        let body = format!(r#"{{"id":"1","item":{message},"item_name":{text},"reason":{text},"message":{message}}}"#);
        let read: Noticed = serde_json::from_str(&body).unwrap();
        assert_eq!((read.item_name.as_str(), read.reason.as_deref()), ("no", Some("no")), "{body}");
    }
    let none: Noticed = serde_json::from_str(r#"{"item":"a","reason":null,"message":null}"#).unwrap();
    assert_eq!(none.reason, None);
    assert!(refused::<Noticed>(r#"{"item":null,"item_name":null}"#).contains("`item_name`"));
    for body in [r#"{"item":"a","item_name":"b"}"#, r#"{"item":"a","message":"b","reason":"c"}"#] {
        let refused = refused::<Noticed>(body);
        let both = [["`item_name`", "`item`"], ["`reason`", "`message`"]];
        assert!(both.iter().any(|names| names.iter().all(|name| refused.contains(name))), "{refused}");
    }
}

/// What some call by other names.
#[derive(Clone, PartialEq, Payload)]
struct Noticed {
    #[field(alias = "item", example = "Juice")]
    item_name: String,
    #[field(alias = "message", alias = "text")]
    reason: Option<String>,
}

#[test]
fn a_documented_field_among_the_extra_ones_is_not_written_twice() {
    let mut value = PasswordReset::example();
    value.extra.insert("id", "another");
    assert!(serde_json::to_string(&value).is_err());
}

#[test]
fn debug_shows_neither_secrets_nor_personal_data_nor_what_nobody_documented() {
    let mut value = PasswordReset::example().first_name("Ada").password_hash("$2b$");
    value.extra.insert("pin", "1234");
    assert_eq!(
        format!("{value:?}"),
        "PasswordReset { id: \"cus_1\", email: [personal], first_name: Some([personal]), token: [secret], \
         no_notification: Some(true), password_hash: Some([secret]), extra: [1 undocumented] }"
    );
    let everything =
        Everything::example().error("x").metadata([("pin".to_owned(), json!(1))]).refunds([Money::example()]);
    let shown = format!("{everything:?}");
    assert!(shown.contains("total: Money { amount: 1000, currency: \"eur\" }"), "{shown}");
    assert!(shown.contains("refunds: Some([Money"), "{shown}");
    for hidden in ["metadata: Some([undocumented])", "anything: [undocumented]", "error: Some([undocumented])"] {
        assert!(shown.contains(hidden), "{shown}");
    }
}

#[test]
fn the_fields_say_what_is_documented() {
    let fields: Vec<_> =
        PasswordReset::FIELDS.iter().map(|field| (field.name, field.optional, field.sensitivity)).collect();
    assert_eq!(
        fields,
        [
            ("id", false, Sensitivity::Public),
            ("email", false, Sensitivity::Personal),
            ("first_name", true, Sensitivity::Personal),
            ("token", false, Sensitivity::Secret),
            ("no_notification", true, Sensitivity::Public),
            ("password_hash", true, Sensitivity::Secret),
        ]
    );
    assert_eq!(PasswordReset::FIELDS[0].description, "The id of the customer.");
    let kinds: Vec<_> = Everything::FIELDS.iter().map(|field| (field.name, field.kind)).collect();
    assert_eq!(
        kinds,
        [
            ("type", FieldKind::String),
            ("async", FieldKind::Boolean),
            ("nessage", FieldKind::String),
            ("total", FieldKind::Object),
            ("refunds", FieldKind::Objects),
            ("changed", FieldKind::Strings),
            ("rate", FieldKind::Number),
            ("metadata", FieldKind::Object),
            ("anything", FieldKind::Any),
            ("error", FieldKind::StringOrObject),
            ("numbers", FieldKind::Array),
            ("texts", FieldKind::StringOrStrings),
        ]
    );
    for value in [json!("one"), json!([]), json!(["one", "two"])] {
        assert!(FieldKind::StringOrStrings.accepts(&value), "{value}");
    }
    for value in [json!(1), json!(null), json!({}), json!(["one", 2])] {
        assert!(!FieldKind::StringOrStrings.accepts(&value), "{value}");
    }
    for linked in ["total", "refunds"] {
        let field = Everything::FIELDS.iter().find(|field| field.name == linked).unwrap();
        assert_eq!((field.fields.len(), field.rust_type), (Money::FIELDS.len(), "Money"));
    }
}

#[test]
fn every_documented_example_is_of_its_kind() {
    let example = serde_json::to_value(Everything::example()).unwrap();
    for field in Everything::FIELDS.iter().filter(|field| !field.optional) {
        assert!(field.kind.accepts(&example[field.name]), "{}", field.name);
    }
}

/// [`Money`] as one would write it without the macro.
#[derive(Debug, Serialize, Deserialize)]
struct MoneyByHand {
    amount: u64,
    currency: Cow<'static, str>,
}

impl Payload for MoneyByHand {
    const FIELDS: &'static [Field] =
        &[Field::new("amount", FieldKind::Integer, ""), Field::new("currency", FieldKind::String, "ISO 4217.")];

    fn example() -> Self {
        Self { amount: 1000, currency: "eur".into() }
    }
}

#[test]
fn the_derive_gives_what_the_twin_by_hand_gives() {
    assert_eq!(json!(Money::FIELDS), json!(MoneyByHand::FIELDS));
    let written = |value: &dyn Fn() -> serde_json::Result<String>| value().unwrap();
    assert_eq!(
        written(&|| serde_json::to_string(&Money::example())),
        written(&|| serde_json::to_string(&MoneyByHand::example()))
    );
    assert_eq!(format!("{:?}", Money::example()), format!("{:?}", MoneyByHand::example()).replace("ByHand", ""));
    for body in
        [r#"{"amount":1}"#, r#"{"amount":-1,"currency":"eur"}"#, r#"{"amount":1,"amount":1}"#, r#"{"amount":1,"#, "{}x"]
    {
        assert_eq!(refused::<Money>(body), refused::<MoneyByHand>(body));
    }
}

/// A payload of a platform that always sends some fields, and calls some by two names.
#[derive(Clone, PartialEq, Payload, Event)]
#[event(name = "a.b")]
struct Discounted {
    #[field(example = "1")]
    id: String,
    #[field(nullable, example = "SUMMER")]
    code: Option<String>,
    #[field(alias = "item", personal, example = "Juice")]
    item_name: String,
}

#[test]
fn a_nullable_field_is_written_as_null_and_may_be_absent() {
    let written = |event: &Discounted| serde_json::to_string(event).unwrap();
    let none = Discounted::new("1", "Juice");
    assert_eq!(written(&none), r#"{"id":"1","code":null,"item_name":"Juice"}"#);
    assert_eq!(written(&none.clone().code("A")), r#"{"id":"1","code":"A","item_name":"Juice"}"#);
    for body in [r#"{"id":"1","item_name":"Juice"}"#, r#"{"id":"1","code":null,"item":"Juice"}"#] {
        assert!(serde_json::from_str::<Discounted>(body).unwrap() == none);
    }
}

#[test]
fn a_field_under_its_other_name_is_checked_and_hidden_as_under_its_own() {
    let descriptor = Discounted::descriptor();
    let name = EventName::new("a.b").unwrap();
    descriptor.check(&name, br#"{"id":"1","item":"Juice"}"#).unwrap();
    assert_eq!(descriptor.check(&name, br#"{"id":"1","item":1}"#).unwrap_err().path(), "item_name");
    let shown = redact(Some(&descriptor), br#"{"id":"1","item":"Juice"}"#);
    assert_eq!(shown, json!({ "id": "1", "item": "[personal]" }));
}

/// A payload of a platform that does not send what it documents, and sends what it does not document.
#[derive(Clone, PartialEq, Payload, Event)]
#[event(name = "a.c")]
struct Sent {
    #[field(sometimes, example = true)]
    is_new: Option<bool>,
    #[field(sometimes, example = ["a"])]
    tags: Vec<String>,
    #[field(sometimes, example = 1)]
    count: i64,
    #[field(undocumented)]
    shop: Option<String>,
    #[field(undocumented, nullable)]
    place: Option<String>,
    #[field(kind = "string_or_number", strict = u8, example = json!(1))]
    size: Value,
    #[field(extra)]
    extra: Extra,
}

#[test]
fn what_the_platform_does_not_always_send_is_written_back_as_it_came() {
    let name = EventName::new("a.c").unwrap();
    let full = Sent::new(true, ["a".to_owned()], 1, json!(1));
    assert_eq!(json!(full), json!({ "is_new": true, "tags": ["a"], "count": 1, "size": 1 }));
    for body in [
        json!({ "size": 1 }),
        json!({ "is_new": null, "tags": null, "count": null, "size": 1 }),
        json!({ "is_new": false, "tags": [], "count": 0, "size": 1, "place": null, "shop": { "a": [1] } }),
    ] {
        let text = body.to_string();
        let sent = Sent::decode(&name, text.as_bytes()).unwrap();
        assert!(sent.is_new != Some(true) && sent.tags.is_empty() && sent.count == 0 && sent.shop.is_none());
        assert_eq!(json!(sent), body);
        assert_eq!(sent.extra.len(), 0);
        assert_eq!(sent.extra.unread("shop"), body.get("shop"));
        assert_eq!(sent.extra.unread("tags"), body.get("tags").filter(|tags| tags.is_null()));
        Sent::descriptor().check_received(&name, text.as_bytes()).unwrap();
        // A value that is set later takes the place of what came.
        let mut changed = sent.clone();
        (changed.is_new, changed.tags, changed.count, changed.shop) =
            (Some(true), vec!["b".into()], 2, Some("s".into()));
        let changed = json!(changed);
        assert_eq!((&changed["is_new"], &changed["tags"], &changed["count"]), (&json!(true), &json!(["b"]), &json!(2)));
        assert_eq!(changed["shop"], "s");
    }
}

#[test]
fn what_we_write_has_all_that_is_documented() {
    let name = EventName::new("a.c").unwrap();
    let refused = |body: Value| {
        Sent::descriptor().check(&name, body.to_string().as_bytes()).map_err(|error| error.path().to_owned())
    };
    let full = json!({ "is_new": true, "tags": ["a"], "count": 1, "size": 1 });
    assert_eq!(refused(full.clone()), Ok(()));
    for (field, value) in [("is_new", json!(null)), ("tags", json!(null)), ("shop", json!(1)), ("size", json!(256))] {
        let mut body = full.clone();
        body[field] = value;
        assert_eq!(refused(body.clone()), Err(field.to_owned()));
        Sent::descriptor().check_received(&name, body.to_string().as_bytes()).unwrap();
    }
    assert!(Sent::descriptor().fields.iter().filter(|field| field.sometimes).all(|field| !field.optional));
}
