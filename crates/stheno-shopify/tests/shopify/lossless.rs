//! Whatever an event object has in it comes back from a log.

use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::{Map, Value, json};
use stheno_core::{backend::Query, decode_json};
use stheno_shopify::{EventObject, Verb};

use crate::responses::bus;

/// The fields that may be null or absent, which is the same.
const NULLABLE: [&str; 4] = ["body", "author", "description", "path"];

fn ids() -> impl Strategy<Value = u64> {
    let ends = prop::sample::select(vec![0, 1, i64::MAX.unsigned_abs(), i64::MAX.unsigned_abs() + 1, u64::MAX]);
    prop_oneof![any::<u64>(), 0..10_000_000_000_u64, ends]
}

/// Times in every form that is read.
fn times() -> impl Strategy<Value = String> {
    let offset =
        prop::sample::select(vec!["-04:00", "-05:00", "+00:00", "-00:00", "Z", "z", "+05:30", "-12:00", "+14:00"]);
    let fraction = prop_oneof![Just(String::new()), "\\.[0-9]{1,9}"];
    let separator = prop::sample::select(vec!['T', 't', ' ']);
    let (date, clock) = ((1_i32..=9998, 1_u8..=12, 1_u8..=28), (0_u8..24, 0_u8..60, 0_u8..60));
    (date, separator, clock, fraction, offset).prop_map(
        |((year, month, day), separator, (h, m, s), fraction, offset)| {
            format!("{year:04}-{month:02}-{day:02}{separator}{h:02}:{m:02}:{s:02}{fraction}{offset}")
        },
    )
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof!["\\PC{0,12}", "(<|>|&|&amp;|\"|\\\\|/|\\n|\\x00|é|\u{1f600}){0,6}", Just(String::new())]
}

fn arguments() -> impl Strategy<Value = Value> {
    prop_oneof![prop::collection::vec(texts(), 0..4).prop_map(Value::from), texts().prop_map(Value::from)]
}

/// What an undocumented field may have in it: numbers that fit into 64 bits, and anything else.
fn values() -> impl Strategy<Value = Value> {
    let number = prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-999_999_i32..999_999).prop_map(|thousandths| json!(f64::from(thousandths) / 1000.0)),
    ];
    let leaf =
        prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::from), texts().prop_map(Value::from), number];
    leaf.prop_recursive(3, 12, 3, |inside| {
        let object = prop::collection::vec((texts(), inside.clone()), 0..3);
        prop_oneof![
            prop::collection::vec(inside, 0..3).prop_map(Value::from),
            object.prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// Undocumented fields; some look like documented ones.
fn extras() -> impl Strategy<Value = Vec<(String, Value)>> {
    let name = prop_oneof![
        "x_[a-z]{1,8}",
        prop::sample::select(vec!["", "Author", "autor", "messages", "é"]).prop_map(str::to_owned)
    ];
    prop::collection::vec((name, values()), 0..4)
}

/// An event object as JSON.
fn bodies() -> impl Strategy<Value = Value> {
    let nullable = prop_oneof![Just(None), Just(Some(Value::Null)), texts().prop_map(|text| Some(Value::from(text)))];
    let all_nullable = prop::collection::vec(nullable, NULLABLE.len());
    let parts = (ids(), ids(), times(), 0..Verb::all().len(), arguments(), texts(), all_nullable, extras());
    parts.prop_map(|(id, subject_id, time, verb, arguments, message, nullable, extras)| {
        let verb = &Verb::all()[verb];
        let mut body: Map<String, Value> = extras.into_iter().collect();
        body.extend(NULLABLE.into_iter().zip(nullable).filter_map(|(name, value)| Some((name.to_owned(), value?))));
        for (name, value) in [
            ("id", json!(id)),
            ("subject_id", json!(subject_id)),
            ("created_at", json!(time)),
            ("subject_type", json!(verb.resource().subject_type())),
            ("verb", json!(verb.verb())),
            ("arguments", arguments),
            ("message", json!(message)),
        ] {
            body.insert(name.to_owned(), value);
        }
        Value::Object(body)
    })
}

/// The same body with null for what is absent.
fn with_every_field(body: &Value) -> Value {
    let mut whole = body.clone();
    for name in NULLABLE {
        if whole.get(name).is_none() {
            whole[name] = Value::Null;
        }
    }
    whole
}

/// Without a file of failures: a runner that is made by hand has no name for it.
fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases) }
}

#[test]
fn any_event_object_is_recorded_and_comes_back_without_loss() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut runner = TestRunner::new(config(128));
    let done = runner.run(&prop::collection::vec(bodies(), 1..16), |bodies| {
        let log = runtime.block_on(async { bus() });
        for (index, body) in bodies.iter().enumerate() {
            let object: EventObject = decode_json(body.to_string().as_bytes()).unwrap();
            let event = object.to_event_of(&format!("{index}.example")).unwrap();
            let published = runtime.block_on(log.publish(event).into_future()).unwrap();
            prop_assert!(!published.duplicate);
        }
        let stored = runtime.block_on(log.backend().read(Query::all())).unwrap().events;
        prop_assert_eq!(stored.len(), bodies.len());
        for (event, body) in stored.iter().zip(&bodies) {
            let came_back = EventObject::of(event).unwrap();
            prop_assert_eq!(serde_json::to_value(&came_back).unwrap(), with_every_field(body));
            prop_assert!(came_back == decode_json::<EventObject>(body.to_string().as_bytes()).unwrap());
            prop_assert_eq!(event.name.as_str(), came_back.documented_verb().unwrap().name());
            prop_assert_eq!(event.time, came_back.created_at.timestamp());
            let (_, subject) = event.key.as_ref().unwrap().as_str().split_once(':').unwrap();
            prop_assert_eq!(subject, body["subject_id"].to_string());
        }
        Ok(())
    });
    done.unwrap();
}

#[test]
fn a_response_of_any_event_objects_is_read_without_loss() {
    let mut runner = TestRunner::new(config(128));
    let done = runner.run(&prop::collection::vec(bodies(), 0..5), |bodies| {
        let response = json!({ "events": bodies }).to_string();
        let read = EventObject::of_response(response.as_bytes()).unwrap();
        let whole: Vec<Value> = bodies.iter().map(with_every_field).collect();
        prop_assert_eq!(serde_json::to_value(&read).unwrap(), Value::from(whole));
        Ok(())
    });
    done.unwrap();
}

proptest! {
    #[test]
    fn arguments_of_mixed_types_are_kept_as_they_came(
        mut body in bodies(),
        arguments in prop_oneof![
            prop::collection::vec(prop_oneof![texts().prop_map(Value::from), values()], 0..5).prop_map(Value::from),
            values(),
        ],
        quoted in any::<bool>(),
    ) {
        body["arguments"] = arguments;
        if quoted {
            body["subject_id"] = Value::from(body["subject_id"].to_string());
        }
        let read: EventObject = decode_json(body.to_string().as_bytes()).unwrap();
        prop_assert_eq!(serde_json::to_value(&read).unwrap(), with_every_field(&body));
        let _ = (read.rendered(), read.parsed(), read.money());
    }
}
