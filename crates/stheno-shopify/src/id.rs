//! Ids: whole numbers, also where a client puts them into quotes.

use std::{
    borrow::Cow,
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use stheno::catalog::key_rule::KeyId;

/// An id of Shopify: a whole number from 0 to `u64::MAX`.
///
/// Shopify sends a number. Its own JavaScript client hands ids out as texts, `"164748010"`, because JavaScript rounds large numbers:
/// either is read, is the same id, and is written as it was read.
///
/// ```
/// use stheno_shopify::Id;
///
/// let quoted: Id = serde_json::from_str(r#""164748010""#).unwrap();
/// assert_eq!(quoted, Id::from(164_748_010));
/// assert_eq!(serde_json::to_string(&quoted).unwrap(), r#""164748010""#);
/// ```
#[derive(Clone, Copy)]
pub struct Id {
    number: u64,
    /// Whether it is a text in JSON.
    is_quoted: bool,
}

impl Id {
    /// The number.
    pub const fn get(self) -> u64 {
        self.number
    }
}

impl From<u64> for Id {
    fn from(number: u64) -> Self {
        Self { number, is_quoted: false }
    }
}

impl From<Id> for u64 {
    fn from(id: Id) -> Self {
        id.number
    }
}

impl PartialEq for Id {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for Id {}

impl PartialEq<u64> for Id {
    fn eq(&self, other: &u64) -> bool {
        self.number == *other
    }
}

impl PartialEq<Id> for u64 {
    fn eq(&self, other: &Id) -> bool {
        *self == other.number
    }
}

impl PartialOrd for Id {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Id {
    fn cmp(&self, other: &Self) -> Ordering {
        self.number.cmp(&other.number)
    }
}

impl Hash for Id {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.number.hash(state);
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.number, f)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.number, f)
    }
}

impl KeyId for Id {
    fn key_id(&self) -> Option<Cow<'_, str>> {
        Some(self.number.to_string().into())
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.is_quoted {
            true => serializer.collect_str(self),
            false => serializer.serialize_u64(self.number),
        }
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(IdVisitor)
    }
}

struct IdVisitor;

impl de::Visitor<'_> for IdVisitor {
    type Value = Id;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number, perhaps in quotes")
    }

    fn visit_u64<E>(self, number: u64) -> Result<Id, E> {
        Ok(number.into())
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Id, E> {
        let number = text.parse::<u64>().ok().filter(|number| number.to_string() == text);
        let number = number.ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))?;
        Ok(Id { number, is_quoted: true })
    }
}
