//! One documented event, as data.

use serde::Serialize;
use serde_json::Value;

use crate::{
    catalog::key_rule::KeyRule,
    event::{
        payload::Field,
        typed::{DecodeError, Event},
    },
    name::EventName,
    pattern::Pattern,
};

/// Whether anybody sends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Status {
    /// The platform's code sends it.
    Emitted,
    /// It is documented, and no code of the platform sends it.
    DocumentedOnly,
    /// The platform sends it in a way that can lose it or parts of it.
    LossyUpstream,
}

/// What a catalog says of one event. Made by [`EventDescriptor::of`] or with the setters.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct EventDescriptor {
    /// The name, or the pattern of the names.
    pub pattern: &'static str,
    /// One line: what happened.
    pub description: &'static str,
    /// Where it belongs in its platform's documentation.
    pub section: &'static str,
    /// The Rust type of its payload.
    pub rust_type: &'static str,
    /// The crate that owns the name.
    pub owner: &'static str,
    /// The documented fields.
    pub fields: &'static [Field],
    /// How its key is found.
    pub key: KeyRule,
    /// Whether anybody sends it.
    pub status: Status,
    /// What else a subscriber should know.
    pub note: &'static str,
    /// An example payload; `None` for a declared foreign name whose payload nobody here knows.
    pub example: Option<fn() -> Value>,
    /// Reads a body the way a typed subscriber does.
    pub(crate) decode: fn(&EventName, &[u8]) -> Result<(), DecodeError>,
}

impl EventDescriptor {
    /// What the type itself says of its event: pattern, fields, example, decoding.
    pub fn of<E: Event>(owner: &'static str) -> Self {
        Self {
            pattern: E::PATTERN,
            rust_type: std::any::type_name::<E>(),
            fields: E::FIELDS,
            example: Some(|| serde_json::to_value(E::example()).unwrap_or(Value::Null)),
            decode: |name, body| E::decode(name, body).map(|_| ()),
            ..Self::declared(E::PATTERN, "", owner)
        }
    }

    /// A name one only hears of: no fields, no example, any JSON is accepted.
    pub fn declared(pattern: &'static str, description: &'static str, owner: &'static str) -> Self {
        Self {
            pattern,
            description,
            section: "",
            rust_type: "",
            owner,
            fields: &[],
            key: KeyRule::NONE,
            status: Status::Emitted,
            note: "",
            example: None,
            decode: |_, body| crate::event::typed::decode_json::<serde::de::IgnoredAny>(body).map(|_| ()),
        }
    }

    /// Sets the one-line description.
    #[must_use]
    pub fn description(mut self, text: &'static str) -> Self {
        self.description = text;
        self
    }

    /// Sets the section of the documentation.
    #[must_use]
    pub fn section(mut self, text: &'static str) -> Self {
        self.section = text;
        self
    }

    /// Sets how the key is found.
    #[must_use]
    pub fn key(mut self, rule: KeyRule) -> Self {
        self.key = rule;
        self
    }

    /// Sets whether anybody sends it.
    #[must_use]
    pub fn status(mut self, status: Status) -> Self {
        self.status = status;
        self
    }

    /// Sets what else a subscriber should know.
    #[must_use]
    pub fn note(mut self, text: &'static str) -> Self {
        self.note = text;
        self
    }

    /// Whether another says the same of the same names: the same key and fields.
    pub(crate) fn says_the_same(&self, other: &Self) -> bool {
        let fields = |event: &Self| event.fields.iter().map(|field| field.name).collect::<Vec<_>>();
        self.pattern == other.pattern
            && self.key == other.key
            && self.rust_type == other.rust_type
            && fields(self) == fields(other)
    }

    /// Whether the event of this name is the one described.
    pub fn matches(&self, name: &EventName) -> bool {
        self.pattern == name.as_str() || Pattern::new(self.pattern).is_ok_and(|pattern| pattern.matches(name))
    }

    /// Reads a body the way a typed subscriber does, and forgets the value.
    ///
    /// # Errors
    /// [`DecodeError`] with the path of the field at fault.
    pub fn decode(&self, name: &EventName, body: &[u8]) -> Result<(), DecodeError> {
        (self.decode)(name, body)
    }
}
