//! What is wrong with a setting: its field, where it was set, what was found there and what is expected, and never the value.

use std::fmt;

use serde::de::{self, Expected, Unexpected};

use crate::{plugin::config::setting::Place, shown::shown};

/// A setting that cannot be read.
#[derive(Debug, Clone)]
pub(super) struct ReadError {
    place: Option<Place>,
    what: String,
    repeats: Repeats,
    /// The field that is missing, if one is.
    missing: Option<&'static str>,
    /// Whether the type has been named that refuses it.
    is_named: bool,
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

/// What is said in place of a reason that may repeat the value.
const REFUSED: &str = "is refused by its type, whose reason is not shown because it may repeat the value";

impl ReadError {
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self { place: None, what: what.into(), repeats: Repeats::Nothing, missing: None, is_named: false }
    }

    /// The same, of a setting at this place, unless it is known to be about one further inside.
    pub(super) fn at(mut self, place: &Place) -> Self {
        if self.place.is_some() {
            return self;
        }
        let hidden = match self.repeats {
            Repeats::Nothing => false,
            Repeats::Name => place.variable.is_some(),
            Repeats::Value => true,
        };
        if hidden {
            self.what = REFUSED.to_owned();
        }
        self.place = Some(place.clone());
        self
    }

    /// The same, of a setting that is to become a value of this type, by the name that Rust gives it.
    pub(super) fn wanted(mut self, rust_type: &str, place: &Place) -> Self {
        let is_here = self.place.as_ref().is_some_and(|at| at.path == place.path);
        if is_here && self.repeats == Repeats::Value && !self.is_named {
            let wanted = short(rust_type);
            self.what = format!(
                "is not a `{wanted}`; the reason that the type gives is not shown because it may repeat the value"
            );
            self.is_named = true;
        }
        self
    }

    /// The same, about another field.
    pub(super) fn moved(mut self, place: Place) -> Self {
        self.place = Some(place);
        // What was named is the type of the whole.
        if self.is_named {
            self.what = REFUSED.to_owned();
        }
        self
    }

    pub(super) fn place(&self) -> Option<&Place> {
        self.place.as_ref()
    }

    pub(super) fn missing(&self) -> Option<&'static str> {
        self.missing
    }

    /// Whether another error is about the same thing.
    pub(super) fn says_the_same(&self, other: &Self) -> bool {
        let path = |error: &Self| error.place.as_ref().map(|place| place.path.clone());
        self.what == other.what && path(self) == path(other)
    }
}

/// A type without the modules it is in: `Option<Port>` of `core::option::Option<shop::Port>`.
fn short(rust_type: &str) -> String {
    let mut short = String::new();
    for part in rust_type.split_inclusive(|character: char| !(character.is_alphanumeric() || "_:".contains(character)))
    {
        short.push_str(part.rsplit("::").next().unwrap_or(part));
    }
    short
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(Place { path, variable: Some(variable), .. }) => {
                write!(f, "`{}`, set by {}, {}", shown(path), shown(variable), self.what)
            }
            Some(Place { path, line: Some(line), .. }) if !path.is_empty() => {
                write!(f, "line {line}: `{}` {}", shown(path), self.what)
            }
            Some(Place { path, .. }) if !path.is_empty() => write!(f, "`{}` {}", shown(path), self.what),
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
        let what = format!("has the unknown key `{}`; there are `{}`", shown(field), expected.join("`, `"));
        Self { repeats: Repeats::Name, ..Self::new(what) }
    }

    fn missing_field(field: &'static str) -> Self {
        Self { missing: Some(field), ..Self::new(format!("missing field `{field}`")) }
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
