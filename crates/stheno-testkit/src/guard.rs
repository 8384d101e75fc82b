//! A guard for catalogs: what becomes of an event whose platform sends one field otherwise than documented.
//!
//! Types are read off a documentation's examples, and platforms send more: null where there is nothing, a number in quotes, a word
//! that is new. [`guard`] tries that with each field of each example. Whatever is read must come back as it came, with its key; what
//! is refused must be refused by its place, and stand in a table of the author's that says why. So an id that quietly becomes `""`,
//! or an error that becomes an empty one, fails the test.

use std::fmt::{self, Write as _};

use serde_json::{Value, json};
use stheno_core::{Catalog, Catalogs};

use crate::event_types::EventType;

/// What is done to a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// It is null.
    Null,
    /// It is not there.
    Dropped,
    /// A number is a text, or the text of an id a number.
    Quoted,
    /// It is a text that no list has, and that is no number and no time.
    Word,
    /// It is an object that nobody expects there.
    Object,
}

impl Change {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Null, Self::Dropped, Self::Quoted, Self::Word, Self::Object];
    /// Those that leave a value there.
    pub const VALUES: &'static [Self] = &[Self::Quoted, Self::Word, Self::Object];
    /// Those that leave nothing there.
    pub const NOTHING: &'static [Self] = &[Self::Null, Self::Dropped];

    /// The body with the field changed, if the change is one.
    fn of(self, body: &Value, place: &Place) -> Option<Value> {
        let mut changed = body.clone();
        if self == Self::Dropped {
            let (Step::Name(name), before) = place.0.split_last()? else { return None };
            at(&mut changed, before)?.as_object_mut()?.remove(name)?;
            return Some(changed);
        }
        let value = at(&mut changed, &place.0)?;
        let other = match self {
            Self::Null | Self::Dropped => Value::Null,
            Self::Quoted => quoted(value, place.is_id())?,
            Self::Word => json!("¿word?"),
            Self::Object => json!({ "¿member?": [null, 1.5] }),
        };
        if *value == other {
            return None;
        }
        *value = other;
        Some(changed)
    }
}

fn quoted(value: &Value, is_id: bool) -> Option<Value> {
    match value {
        Value::Number(number) => Some(number.to_string().into()),
        Value::String(text) => text.parse::<u64>().ok().or(is_id.then_some(7)).map(Value::from),
        _ => None,
    }
}

/// What the author of a catalog refuses, and why. `*` in a pattern stands for any characters.
#[derive(Debug, Clone, Copy)]
pub struct Refused {
    /// The names of the events.
    pub events: &'static str,
    /// The place of the field: `lines[0].id`; empty for the body itself.
    pub field: &'static str,
    /// What is refused of it.
    pub changes: &'static [Change],
    /// Why reading it would be wrong.
    pub why: &'static str,
}

/// Changes every field of every example, one at a time, and looks at what is read. Then it adds fields that nobody documented, with
/// all that other languages write by default in them: none of those may refuse an event, or hide its key.
///
/// # Panics
/// When something is refused that no row of the table says, when something is read and does not come back as it came or with another
/// key than the rule's, when a refusal does not name the place, and when a row of the table refuses nothing.
///
/// ```
/// use stheno_core::{Event, Payload};
/// use stheno_testkit::guard::{Change, Refused, guard};
///
/// /// A customer earned points.
/// #[derive(Clone, PartialEq, Payload, Event)]
/// #[event(name = "points.earned", key = "customer:/customer_id")]
/// struct PointsEarned {
///     /// Who.
///     #[field(example = "cus_01")]
///     customer_id: String,
///     /// What for.
///     #[field(example = "review")]
///     reason: Option<String>,
/// }
///
/// stheno_testkit::event_types![PointsEarned];
///
/// # extern crate stheno_core as stheno;
/// # fn main() {
/// guard(&every_type(), &[
///     Refused {
///         events: "*",
///         field: "customer_id",
///         changes: &[Change::Null, Change::Dropped, Change::Quoted, Change::Object],
///         why: "points are of nobody without it, and the platform has always sent a text",
///     },
///     Refused { events: "points.earned", field: "reason", changes: &[Change::Object], why: "it was always a text" },
/// ]);
/// # }
/// ```
pub fn guard(events: &[EventType], table: &[Refused]) {
    let mut found = String::new();
    let (mut used, mut tried) = (vec![false; table.len()], 0_usize);
    for event in events {
        let example = (event.example)();
        for place in places(&example.body) {
            for change in Change::ALL {
                let Some(body) = change.of(&example.body, &place) else { continue };
                tried += 1;
                let field = place.to_string();
                let name = event.descriptor.pattern;
                let problem = match (event.decode)(&example.name, &body) {
                    Ok(read) if !read.survives => Some("is read, written and read again as something else".to_owned()),
                    Ok(read) => {
                        let key = event.descriptor.key.apply(&example.name, &body).map(|key| key.to_string());
                        difference(&body, &read.body).or_else(|| {
                            (read.key != key).then(|| format!("has the key {:?}, and {key:?} by its rule", read.key))
                        })
                    }
                    Err(error) => {
                        let rows = table.iter().zip(&mut used).filter(|(row, _)| row.says(name, &field, *change));
                        match rows.map(|(_, used)| *used = true).count() {
                            0 => Some(format!("is refused, and no row of the table says why: {error}")),
                            _ if !is_at(error.path(), &field) => Some(format!("is refused at another place: {error}")),
                            _ => None,
                        }
                    }
                };
                if let Some(problem) = problem {
                    let _ = writeln!(found, "{name} with `{field}` {change:?} {problem}");
                }
            }
        }
    }
    for event in events {
        strangers(event, &mut found);
    }
    for (row, _) in table.iter().zip(used).filter(|(_, used)| !used) {
        let _ = writeln!(found, "the row {row:?} refuses nothing; take it out");
    }
    assert!(tried > 0, "there is no example with a field");
    assert!(found.is_empty(), "{} of {tried} changes of examples went wrong:\n{found}", found.lines().count());
}

/// Members that nobody documented, as JavaScript, Python, .NET, PHP and Ruby write and read them.
const STRANGERS: [&str; 8] = [
    r#""¿half?":"\ud83d","¿\udc00?":["\ud83dx\ud83d"]"#,
    r#""¿number?":NaN,"¿numbers?":[Infinity,-Infinity]"#,
    r#""¿large?":123456789012345678901234567890,"¿larger?":1e999"#,
    r#""¿exact?":0.1000000000000000055511151231257827"#,
    r#""¿twice?":1,"¿twice?":{"a":1,"a":2}"#,
    r#""¿null?":null,"¿empty?":{},"":[]"#,
    r#""¿text?":"\u0000\u001f\u2028\/""#,
    "\"¿spaced?\" \r\n\t : [ ]",
];

/// Adds to the example what nobody documented.
fn strangers(event: &EventType, found: &mut String) {
    let example = (event.example)();
    let text = example.body.to_string();
    let deep = format!(r#""¿deep?":{}{}"#, "[".repeat(2_000), "]".repeat(2_000));
    let mut bodies = vec![format!("\u{feff}{text}"), format!(" \r\n{text}\n")];
    if let Some(members) = text.strip_prefix('{').filter(|_| text != "{}") {
        bodies.extend(STRANGERS.into_iter().chain([deep.as_str()]).map(|stranger| format!("{{{stranger},{members}")));
    }
    let known = Catalog::new("guard", "guard", "").event(event.descriptor.clone());
    let (catalogs, _) = Catalogs::new([known], []);
    for body in bodies {
        let begins: String = body.chars().take(80).collect();
        let name = &example.name;
        let key = catalogs.key_of(name, body.as_bytes()).map(|key| key.to_string());
        if let Err(error) = event.descriptor.check_received(name, body.as_bytes()) {
            let _ = writeln!(found, "{name} is refused for what nobody documented: {begins:?}: {error}");
        } else if key != example.key {
            let _ = writeln!(found, "{name} has the key {key:?} and not {:?}: {begins:?}", example.key);
        }
    }
}

impl Refused {
    fn says(&self, name: &str, field: &str, change: Change) -> bool {
        matches(self.events, name) && matches(self.field, field) && self.changes.contains(&change)
    }
}

/// Whether an error names the field, or something in it or around it, and not merely the body.
fn is_at(path: &str, field: &str) -> bool {
    let begins = |longer: &str, shorter: &str| {
        longer.strip_prefix(shorter).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    field.is_empty() || (!path.is_empty() && (begins(path, field) || begins(field, path)))
}

/// Whether a text is of a pattern in which `*` stands for any characters.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, after)) => text.strip_prefix(before).is_some_and(|rest| {
            let ends = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
            ends.into_iter().any(|at| matches(after, &rest[at..]))
        }),
    }
}

/// Where what was written differs from what came, null being the same as absent.
fn difference(came: &Value, written: &Value) -> Option<String> {
    let (came, written) = (without_nulls(came), without_nulls(written));
    (came != written).then(|| format!("came as {came} and is written as {written}"))
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.iter().filter(|(_, value)| !value.is_null());
            kept.map(|(name, value)| (name.clone(), without_nulls(value))).collect()
        }
        Value::Array(items) => items.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Step {
    Name(String),
    Index(usize),
}

/// Where a field is.
#[derive(Debug, Clone, PartialEq)]
struct Place(Vec<Step>);

impl Place {
    fn then(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }

    /// Whether it is called an id.
    fn is_id(&self) -> bool {
        let name = self.0.iter().rev().find_map(|step| match step {
            Step::Name(name) => Some(name.as_str()),
            Step::Index(_) => None,
        });
        name.is_none_or(|name| ["id", "ids"].contains(&name) || name.ends_with("_id") || name.ends_with("_ids"))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().enumerate().try_for_each(|(at, step)| match step {
            Step::Name(name) if at == 0 => f.write_str(name),
            Step::Name(name) => write!(f, ".{name}"),
            Step::Index(index) => write!(f, "[{index}]"),
        })
    }
}

/// Every field of a body, outer ones first. A body that is no object is a field itself.
fn places(body: &Value) -> Vec<Place> {
    let mut found = Vec::new();
    if !body.is_object() {
        found.push(Place(Vec::new()));
    }
    collect(body, &Place(Vec::new()), &mut found);
    found
}

fn collect(value: &Value, place: &Place, found: &mut Vec<Place>) {
    let inside: Vec<(Place, &Value)> = match value {
        Value::Object(members) => {
            members.iter().map(|(name, value)| (place.then(Step::Name(name.clone())), value)).collect()
        }
        Value::Array(items) => {
            items.iter().enumerate().map(|(index, value)| (place.then(Step::Index(index)), value)).collect()
        }
        _ => return,
    };
    for (place, value) in inside {
        found.push(place.clone());
        collect(value, &place, found);
    }
}

fn at<'v>(value: &'v mut Value, steps: &[Step]) -> Option<&'v mut Value> {
    steps.iter().try_fold(value, |value, step| match step {
        Step::Name(name) => value.get_mut(name),
        Step::Index(index) => value.get_mut(index),
    })
}

#[cfg(test)]
mod tests {
    use stheno_core::{DecodeError, EventDescriptor, EventName, KeyRule, KeySource};

    use super::*;
    use crate::event_types::Sample;

    const ORDER: KeyRule = KeyRule::new(&[KeySource::Body { kind: "order", pointer: "/id" }]);

    fn sample(body: Value) -> Sample {
        let key = body["id"].as_str().filter(|id| !id.is_empty()).map(|id| format!("order:{id}"));
        Sample { name: EventName::new("order.placed").unwrap(), key, body, debug: String::new(), survives: true }
    }

    /// An event that is read by this.
    fn event(decode: fn(&EventName, &Value) -> Result<Sample, DecodeError>) -> [EventType; 1] {
        let descriptor = EventDescriptor::declared("order.placed", "", "test").key(ORDER);
        [EventType { descriptor, example: || sample(json!({ "id": "a", "note": { "text": "b" } })), decode }]
    }

    /// What the guard says of a decoder.
    fn said(decode: fn(&EventName, &Value) -> Result<Sample, DecodeError>, table: &'static [Refused]) -> String {
        let panicked = std::panic::catch_unwind(move || guard(&event(decode), table));
        panicked.err().map(|said| said.downcast_ref::<String>().unwrap().clone()).unwrap_or_default()
    }

    /// Refuses an id that is not a text.
    fn strict(_: &EventName, body: &Value) -> Result<Sample, DecodeError> {
        let id = body.get("id").filter(|id| id.is_string());
        id.map(|_| sample(body.clone())).ok_or_else(|| DecodeError::new("id", "is not a text"))
    }

    const OF_STRICT: Refused = Refused {
        events: "order.*",
        field: "id",
        changes: &[Change::Null, Change::Dropped, Change::Quoted, Change::Object],
        why: "an order has an id",
    };

    #[test]
    fn what_is_kept_and_what_the_table_says_is_fine() {
        assert_eq!(said(strict, &[OF_STRICT]), "");
    }

    #[test]
    fn a_refusal_without_a_row_and_a_row_without_a_refusal_are_told() {
        let found = said(strict, &[]);
        assert!(found.contains("`id` Null is refused") && found.contains("`id` Quoted is refused"), "{found}");
        let found = said(strict, &[OF_STRICT, Refused { field: "note.*", ..OF_STRICT }]);
        assert!(found.contains("refuses nothing"), "{found}");
    }

    #[test]
    fn an_id_that_becomes_empty_is_told() {
        let found = said(
            |_, body| {
                let mut read = body.clone();
                read["id"] = json!(body["id"].as_str().unwrap_or_default());
                Ok(sample(read))
            },
            &[],
        );
        assert!(found.contains("`id` Null came as") && found.contains("`id` Dropped came as"), "{found}");
    }

    #[test]
    fn an_error_that_is_swallowed_and_a_key_that_is_lost_are_told() {
        let found = said(
            |_, body| {
                let mut read = body.clone();
                if !body["note"].is_object() {
                    read["note"] = json!({});
                }
                Ok(Sample { key: None, ..sample(read) })
            },
            &[],
        );
        assert!(found.contains("`note` Word came as") && found.contains("has the key None"), "{found}");
    }

    #[test]
    fn a_refusal_names_the_place() {
        let found = said(|name, body| strict(name, body).map_err(|_| DecodeError::new("", "no variant")), &[OF_STRICT]);
        assert!(found.contains("is refused at another place"), "{found}");
    }
}
