//! What is wrong with a setting: its field, what was found there and what is expected, and never the value.

use std::fmt;

use serde::de::{self, Expected, Unexpected};

use crate::plugin::config::setting::Place;

/// A setting that cannot be read.
#[derive(Debug)]
pub(super) struct ReadError {
    place: Option<Place>,
    what: String,
    repeats: Repeats,
}

/// What the message may repeat of what was set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Repeats {
    Nothing,
    /// The name of a field.
    Name,
    /// Anything: the words are those of the type.
    Value,
}

impl ReadError {
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self { place: None, what: what.into(), repeats: Repeats::Nothing }
    }

    /// The same, of a setting at this place, unless it is known to be about one further inside.
    pub(super) fn at(mut self, place: &Place) -> Self {
        if self.place.is_some() {
            return self;
        }
        let hidden = match self.repeats {
            Repeats::Nothing => false,
            Repeats::Name => place.variable.is_some(),
            Repeats::Value => place.holds_variables,
        };
        if hidden {
            self.what = "is refused by its type, whose reason is not shown because it may repeat the value".to_owned();
        }
        self.place = Some(place.clone());
        self
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(Place { path, variable: Some(variable), .. }) => {
                write!(f, "`{path}`, set by {variable}, {}", self.what)
            }
            Some(Place { path, .. }) if !path.is_empty() => write!(f, "`{path}` {}", self.what),
            // A missing field is said as serde says it.
            _ => f.write_str(&self.what),
        }
    }
}

impl std::error::Error for ReadError {}

impl de::Error for ReadError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { repeats: Repeats::Value, ..Self::new(message.to_string()) }
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let expected = expected.to_string();
        let unquoted = matches!(
            found,
            Unexpected::Bool(_) | Unexpected::Signed(_) | Unexpected::Unsigned(_) | Unexpected::Float(_)
        );
        let hint = if unquoted && expected.contains("string") { "; write it in quotes" } else { "" };
        Self::new(format!("is {}, and {expected} is expected{hint}", kind(found)))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format!("is {} that cannot be, and {expected} is expected", kind(found)))
    }

    fn invalid_length(length: usize, expected: &dyn Expected) -> Self {
        Self::new(format!("has {length} items, and {expected} is expected"))
    }

    fn unknown_variant(_variant: &str, expected: &'static [&'static str]) -> Self {
        Self::new(format!("is none of `{}`", expected.join("`, `")))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let what = format!("has the unknown key `{field}`; there are `{}`", expected.join("`, `"));
        Self { repeats: Repeats::Name, ..Self::new(what) }
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(format!("missing field `{field}`"))
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::new(format!("`{field}` is there twice"))
    }
}

fn kind(found: Unexpected<'_>) -> &'static str {
    match found {
        Unexpected::Bool(_) => "a truth value",
        Unexpected::Signed(_) | Unexpected::Unsigned(_) => "a whole number",
        Unexpected::Float(_) => "a number",
        Unexpected::Char(_) | Unexpected::Str(_) | Unexpected::Bytes(_) => "a text",
        Unexpected::Seq => "a list",
        Unexpected::Map => "a table",
        _ => "something else",
    }
}
