//! How the key of an event is found in its name or body, as data, so that a raw publisher's event and a host agree.

use std::{borrow::Cow, fmt};

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::{
    catalog::pointer::{id_at, whole},
    event::typed::{DecodeError, Event},
    key::Key,
    name::EventName,
    name::decode_token,
};

/// Where keys come from; the first source that gives one wins. Without a source the event has no key and no order.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyRule(&'static [KeySource]);

/// One place a key may come from.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeySource {
    /// A string or whole number at a JSON pointer (RFC 6901) of the body; the empty pointer is the body itself.
    Body {
        /// The kind of the key.
        kind: &'static str,
        /// The pointer.
        pointer: &'static str,
    },
    /// A token of the name, counted from 0, decoded.
    Token {
        /// The kind of the key.
        kind: &'static str,
        /// Which token.
        index: usize,
    },
}

impl KeyRule {
    /// No key.
    pub const NONE: KeyRule = KeyRule(&[]);

    /// A rule with these sources, in order.
    pub const fn new(sources: &'static [KeySource]) -> Self {
        Self(sources)
    }

    /// The sources, in order.
    pub fn sources(&self) -> &'static [KeySource] {
        self.0
    }

    /// Whether a body that gives no key has an id that cannot be one: an empty one, or one that is far too long. An
    /// absent id is not looked at here; whether it may be absent is for the documented fields to say.
    ///
    /// # Errors
    /// [`DecodeError`] with the path of the id.
    pub(crate) fn check(&self, body: &Value) -> Result<(), DecodeError> {
        self.0.iter().try_for_each(|source| match *source {
            KeySource::Body { kind, pointer } => {
                let id = match body.pointer(pointer) {
                    Some(Value::String(text)) => Some(Cow::Borrowed(text.as_str())),
                    other => other.and_then(KeyId::key_id),
                };
                match id.map(|id| Key::new(kind, &id)) {
                    Some(Err(error)) => {
                        let path = pointer.trim_start_matches('/').replace('/', ".");
                        Err(DecodeError::new(path, format!("is no id that events can be ordered by: {error}")))
                    }
                    _ => Ok(()),
                }
            }
            KeySource::Token { .. } => Ok(()),
        })
    }

    /// The key of an event whose body is JSON. Only the way to the key is read.
    pub(crate) fn find(&self, name: &EventName, body: &[u8]) -> Option<Key> {
        self.first(name, |kind, pointer| KeySource::at(kind, pointer, body))
    }

    /// The key of an event.
    pub fn apply(&self, name: &EventName, body: &Value) -> Option<Key> {
        self.first(name, |kind, pointer| KeySource::in_body(kind, pointer, body))
    }

    fn first(&self, name: &EventName, in_body: impl Fn(&'static str, &'static str) -> Option<Key>) -> Option<Key> {
        self.0.iter().find_map(|source| match *source {
            KeySource::Body { kind, pointer } => in_body(kind, pointer),
            KeySource::Token { kind, index } => KeySource::in_name(kind, index, name),
        })
    }
}

impl KeySource {
    pub(crate) fn in_body(kind: &str, pointer: &str, body: &Value) -> Option<Key> {
        Key::new(kind, &body.pointer(pointer)?.key_id()?).ok()
    }

    pub(crate) fn at(kind: &str, pointer: &str, body: &[u8]) -> Option<Key> {
        Key::new(kind, &id_at(body, pointer)?).ok()
    }

    pub(crate) fn in_name(kind: &str, index: usize, name: &EventName) -> Option<Key> {
        Key::new(kind, &decode_token(name.token(index)?)?).ok()
    }
}

impl fmt::Display for KeyRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, source) in self.0.iter().enumerate() {
            let or = if index == 0 { "" } else { " or " };
            match source {
                KeySource::Body { kind, pointer } => write!(f, "{or}{kind}:{pointer}")?,
                KeySource::Token { kind, index } => write!(f, "{or}{kind}:{{{index}}}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for KeyRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyRule({self})")
    }
}

impl Serialize for KeyRule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The key of an event whose id is one of its fields; what `#[derive(Event)]` calls.
#[doc(hidden)]
pub fn key_of_field(kind: &str, field: &impl KeyId) -> Option<Key> {
    Key::new(kind, &field.key_id()?).ok()
}

/// The key of an event by its rule, over its JSON; what `#[derive(Event)]` calls where no field is the id.
#[doc(hidden)]
pub fn key_by_rule<E: Event>(event: &E, rule: KeyRule) -> Option<Key> {
    let name = EventName::new(event.name()).ok()?;
    rule.apply(&name, &serde_json::to_value(event).ok()?)
}

/// A value that can be the id of a key: a text that is not empty, or a whole number.
pub trait KeyId {
    /// The id, if there is one.
    fn key_id(&self) -> Option<Cow<'_, str>>;
}

impl KeyId for String {
    fn key_id(&self) -> Option<Cow<'_, str>> {
        (!self.is_empty()).then_some(Cow::Borrowed(self))
    }
}

impl<T: KeyId> KeyId for Option<T> {
    fn key_id(&self) -> Option<Cow<'_, str>> {
        self.as_ref()?.key_id()
    }
}

impl KeyId for i64 {
    fn key_id(&self) -> Option<Cow<'_, str>> {
        Some(self.to_string().into())
    }
}

impl KeyId for u64 {
    fn key_id(&self) -> Option<Cow<'_, str>> {
        Some(self.to_string().into())
    }
}

impl KeyId for Value {
    fn key_id(&self) -> Option<Cow<'_, str>> {
        match self {
            Value::String(text) => text.key_id(),
            Value::Number(number) if number.is_i64() || number.is_u64() => Some(number.to_string().into()),
            Value::Number(number) => number.as_f64().and_then(whole).map(|whole| whole.to_string().into()),
            _ => None,
        }
    }
}
