//! Events on their way into the log, and as they stand in it.

use std::{fmt, str::FromStr, sync::Arc};

use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use uuid::Uuid;

use crate::{
    event::{envelope, typed::DecodeError},
    headers::Headers,
    key::Key,
    name::EventName,
    shown::shown_name,
    time::Timestamp,
};

/// Longest event id in bytes.
pub const MAX_ID_LEN: usize = 256;

/// What makes two appends the same event: a UUIDv7, or the id that the publisher gave.
///
/// Printable ASCII without spaces, 1 to 256 bytes, because it travels in a header.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId(Arc<str>);

impl EventId {
    /// Checks and takes an id.
    ///
    /// # Errors
    /// [`EventIdError`] when it is empty, too long or has a character that a header cannot carry.
    pub fn new(id: impl AsRef<str>) -> Result<Self, EventIdError> {
        let id = id.as_ref();
        if id.is_empty() {
            return Err(EventIdError { kind: EventIdErrorKind::Empty });
        }
        if id.len() > MAX_ID_LEN {
            return Err(EventIdError { kind: EventIdErrorKind::TooLong { length: id.len() } });
        }
        if id.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Ok(Self(id.into()));
        }
        let illegal = id.char_indices().find(|(_, character)| !character.is_ascii_graphic());
        let (position, character) = illegal.unwrap_or_default();
        Err(EventIdError { kind: EventIdErrorKind::IllegalCharacter { character, position } })
    }

    /// A new id: a UUIDv7, so that ids of one publisher sort by time.
    pub fn random() -> Self {
        let mut buffer = Uuid::encode_buffer();
        Self((&*Uuid::now_v7().hyphenated().encode_lower(&mut buffer)).into())
    }

    /// The same id for the same text: a UUIDv5. For events that come from elsewhere, so that one that is imported twice
    /// is the same event.
    pub fn derived(from: &str) -> Self {
        let space = Uuid::from_u128(0x5374_6865_6e6f_4576_656e_7449_6473_0001);
        Self(Uuid::new_v5(&space, from.as_bytes()).to_string().into())
    }

    pub(crate) fn trusted(id: Arc<str>) -> Self {
        Self(id)
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<EventId> for Arc<str> {
    fn from(id: EventId) -> Self {
        id.0
    }
}

/// For people; [`EventId::as_str`] is the id itself.
impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&shown_name(&self.0, MAX_ID_LEN), f)
    }
}

impl fmt::Debug for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl FromStr for EventId {
    type Err = EventIdError;
    fn from_str(id: &str) -> Result<Self, EventIdError> {
        Self::new(id)
    }
}

impl Serialize for EventId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for EventId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::new(text).map_err(de::Error::custom)
    }
}

/// Why a text is not an event id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EventIdErrorKind {
    /// There is no character at all.
    #[error("an event id is empty; leave it out to get a new one, or give one such as `order_1/placed`")]
    Empty,
    /// Longer than [`MAX_ID_LEN`] bytes.
    #[error("an event id has {length} bytes; at most {MAX_ID_LEN} are allowed")]
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// A character that is not printable ASCII.
    #[error("an event id has {character:?} at byte {position}; use printable ASCII without spaces")]
    IllegalCharacter {
        /// The character.
        character: char,
        /// Its byte position.
        position: usize,
    },
}

/// A text that is not an event id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct EventIdError {
    kind: EventIdErrorKind,
}

impl EventIdError {
    /// What is wrong with it.
    pub fn kind(&self) -> &EventIdErrorKind {
        &self.kind
    }
}

/// An event on its way into the log.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct NewEvent {
    /// What makes it the same event when it is appended again.
    pub id: EventId,
    /// Its name.
    pub name: EventName,
    /// What it is about.
    pub key: Option<Key>,
    /// Where it comes from.
    pub source: Option<Arc<str>>,
    /// When it happened; `None` means when it is stored.
    pub time: Option<Timestamp>,
    /// What else is said about it.
    pub headers: Headers,
    /// The documented JSON, byte for byte.
    pub body: Bytes,
    /// The sequence that the last event of the same key must have, 0 for none; checked with the append, as one step.
    pub expected: Option<u64>,
    /// The event is not in the log before this time.
    pub not_before: Option<Timestamp>,
}

impl NewEvent {
    /// An event with a new id and nothing optional.
    pub fn new(name: EventName, body: impl Into<Bytes>) -> Self {
        Self {
            id: EventId::random(),
            name,
            key: None,
            source: None,
            time: None,
            headers: Headers::new(),
            body: body.into(),
            expected: None,
            not_before: None,
        }
    }
}

/// An event as it stands in the log. Its body is not printed: it may hold secrets.
#[derive(Clone)]
#[non_exhaustive]
pub struct RecordedEvent {
    /// Its position in the log, from 1, without meaning across logs.
    pub sequence: u64,
    /// What makes it the same event.
    pub id: EventId,
    /// Its name.
    pub name: EventName,
    /// What it is about.
    pub key: Option<Key>,
    /// Where it comes from.
    pub source: Option<Arc<str>>,
    /// When it happened.
    pub time: Timestamp,
    /// When it was stored.
    pub stored: Timestamp,
    /// What else is said about it.
    pub headers: Headers,
    /// The body, byte for byte as it was published.
    pub body: Bytes,
}

impl RecordedEvent {
    /// Puts together what a backend has stored. The texts were checked when they were appended and are not checked again.
    #[expect(clippy::too_many_arguments, reason = "one argument per column; a backend calls it in one place")]
    pub fn from_stored(
        sequence: u64,
        id: Arc<str>,
        name: Arc<str>,
        key: Option<Arc<str>>,
        source: Option<Arc<str>>,
        time: Timestamp,
        stored: Timestamp,
        headers: Headers,
        body: Bytes,
    ) -> Self {
        Self {
            sequence,
            id: EventId::trusted(id),
            name: EventName::trusted(name),
            key: key.map(Key::trusted),
            source,
            time,
            stored,
            headers,
            body,
        }
    }

    /// The bytes of its body and its headers: what decides how much memory it takes.
    pub fn size(&self) -> usize {
        self.body.len() + self.headers.size()
    }

    /// The body as the payload of the event.
    ///
    /// # Errors
    /// [`DecodeError`] when it is an [`envelope`], which nobody may take for the payload, or when its headers say that it is a
    /// CloudEvent that cannot be read: of another version, or with a time that is none.
    pub fn payload(&self) -> Result<&Bytes, DecodeError> {
        let of_headers = || envelope::refusal_of_headers(&self.headers);
        let refusal = envelope::refusal(self.name.as_str(), self.headers.get(envelope::CONTENT_TYPE), &self.body);
        refusal.or_else(of_headers).map_or(Ok(&self.body), |problem| Err(DecodeError::new("", problem)))
    }
}

impl fmt::Debug for RecordedEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordedEvent")
            .field("sequence", &self.sequence)
            .field("id", &self.id)
            .field("name", &self.name)
            .field("key", &self.key)
            .field("time", &self.time)
            .field("body", &format_args!("[{} bytes]", self.body.len()))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_what_a_header_can_carry() {
        assert_eq!(EventId::new("order_1/placed").unwrap().as_str(), "order_1/placed");
        let kind = |id: &str| EventId::new(id).unwrap_err().kind().clone();
        assert_eq!(kind(""), EventIdErrorKind::Empty);
        assert_eq!(kind("a b"), EventIdErrorKind::IllegalCharacter { character: ' ', position: 1 });
        assert_eq!(kind(&"x".repeat(257)), EventIdErrorKind::TooLong { length: 257 });
    }

    #[test]
    fn derived_ids_repeat_and_random_ones_do_not() {
        assert_eq!(EventId::derived("a"), EventId::derived("a"));
        assert_ne!(EventId::derived("a"), EventId::derived("b"));
        assert_ne!(EventId::random(), EventId::random());
    }
}
