//! Examples: what the example of an earlier event has shown is not shown again, but referred to.

use std::fmt::{self, Write as _};

use serde_json::Value;

use crate::catalog::{EventDescriptor, reference::link};

/// As many lines make an object of an example one that is shown once.
const LONG: usize = 10;
/// Stands for an object that was shown before.
const SHOWN: &str = "…";

/// The long objects that examples have shown so far.
#[derive(Default)]
pub(super) struct Shown<'a>(Vec<Part<'a>>);

/// An object within the example of an event.
struct Part<'a> {
    object: Value,
    event: &'a EventDescriptor,
    path: String,
}

impl<'a> Shown<'a> {
    /// Writes the example of an event, if it has one.
    pub(super) fn write(&mut self, page: &mut String, event: &'a EventDescriptor) -> fmt::Result {
        let Some(example) = event.example else { return Ok(()) };
        let whole = example();
        if let Some(part) = self.find(&whole) {
            return writeln!(page, "The example is {}.\n", part.place(""));
        }
        let (mut shortened, mut references) = (whole.clone(), Vec::new());
        self.shorten(&mut shortened, String::new(), &mut references);
        self.remember(whole, event, String::new());
        if !references.is_empty() {
            writeln!(page, "In the example {}.\n", references.join(", "))?;
        }
        writeln!(page, "```json\n{shortened:#}\n```\n")
    }

    /// Where this very object was shown.
    fn find(&self, value: &Value) -> Option<&Part<'a>> {
        self.0.iter().find(|part| part.object == *value)
    }

    /// Takes out what was shown, and says where it is.
    fn shorten(&self, value: &mut Value, path: String, references: &mut Vec<String>) {
        match self.find(value) {
            Some(part) => {
                references.push(format!("`{path}` is {}", part.place(&path)));
                *value = SHOWN.into();
            }
            None => parts(value, &path).for_each(|(path, part)| self.shorten(part, path, references)),
        }
    }

    fn remember(&mut self, mut value: Value, event: &'a EventDescriptor, path: String) {
        let is_long = value.is_object() && format!("{value:#}").lines().count() >= LONG;
        if is_long && self.find(&value).is_none() {
            self.0.push(Part { object: value.clone(), event, path: path.clone() });
        }
        parts(&mut value, &path).for_each(|(path, part)| self.remember(part.take(), event, path));
    }
}

impl Part<'_> {
    /// Says where it is shown, for a reader who misses it at this path.
    fn place(&self, here: &str) -> String {
        let there = link(self.event);
        match self.path.as_str() {
            path if path == here => format!("that of {there}"),
            "" => format!("the body of {there}"),
            path => format!("`{path}` of {there}"),
        }
    }
}

/// What stands directly in an object or an array, with its path.
fn parts<'v>(value: &'v mut Value, path: &str) -> Box<dyn Iterator<Item = (String, &'v mut Value)> + 'v> {
    let path = path.to_owned();
    match value {
        Value::Object(object) => Box::new(object.iter_mut().map(move |(name, part)| {
            let dot = if path.is_empty() { "" } else { "." };
            (format!("{path}{dot}{name}"), part)
        })),
        Value::Array(items) => {
            Box::new(items.iter_mut().enumerate().map(move |(index, part)| (format!("{path}[{index}]"), part)))
        }
        _ => Box::new(std::iter::empty()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn order(status: &str) -> Value {
        json!({ "status": status, "a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 6, "g": 7, "h": 8 })
    }

    fn page(examples: [fn() -> Value; 2]) -> String {
        let with = |pattern, example| EventDescriptor {
            example: Some(example),
            ..EventDescriptor::declared(pattern, "Something happened.", "loyalty")
        };
        let events = [with("a.one", examples[0]), with("a.two", examples[1])];
        let (mut shown, mut page) = (Shown::default(), String::new());
        events.iter().for_each(|event| shown.write(&mut page, event).unwrap());
        page
    }

    #[test]
    fn what_was_shown_is_referred_to_and_the_rest_is_shown() {
        let page = page([
            || json!({ "order": order("new"), "amount": "1.00" }),
            || json!({ "order": order("new"), "lines": [{ "of": order("new"), "more": order("sent") }] }),
        ]);
        assert_eq!(page.matches("\"status\": \"new\"").count(), 1, "{page}");
        assert_eq!(page.matches("\"status\": \"sent\"").count(), 1, "{page}");
        let said =
            "In the example `lines[0].of` is `order` of [`a.one`](#a.one), `order` is that of [`a.one`](#a.one).\n";
        assert!(page.contains(said), "{page}");
        assert!(page.contains("\"order\": \"…\""), "{page}");
    }

    #[test]
    fn a_body_that_was_shown_is_not_shown_again_and_a_short_one_is() {
        let long = page([|| order("new"), || order("new")]);
        assert!(long.ends_with("The example is that of [`a.one`](#a.one).\n\n"), "{long}");
        let short = page([|| json!({ "id": 1 }), || json!({ "id": 1 })]);
        assert_eq!(short.matches("\"id\": 1").count(), 2, "{short}");
    }

    #[test]
    fn what_an_example_has_twice_within_itself_is_shown_twice() {
        let page = page([|| json!({ "billing": order("new"), "shipping": order("new") }), || json!({})]);
        assert_eq!(page.matches("\"status\": \"new\"").count(), 2, "{page}");
    }
}
