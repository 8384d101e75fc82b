//! Keys: the entity an event is about, and what order is kept by.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{
    name::{escape, unescape},
    shown::{shown, shown_name},
};

/// Longest key in bytes, before encoding.
pub const MAX_KEY_LEN: usize = 512;

/// The entity an event is about: a kind and an id, `order:order_01H…` or `shopify.order:450789469`.
///
/// Within one subscriber, events of one key are handled one at a time, in log order. Bare numbers of two kinds never
/// meet, because the kind is part of the key. Cloning is cheap.
///
/// ```
/// use stheno_core::Key;
/// let key = Key::new("order", "order_01").unwrap();
/// assert_eq!((key.kind(), key.id()), ("order", "order_01"));
/// assert_eq!(Key::parse("order:order_01").unwrap(), key);
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Arc<str>);

impl Key {
    /// Joins a kind (`[a-z0-9_.-]`) and an id (any text that is not empty and has no control character).
    ///
    /// # Errors
    /// [`KeyError`] says which part is wrong.
    pub fn new(kind: &str, id: &str) -> Result<Self, KeyError> {
        check(kind, id)?;
        Ok(Self(format!("{kind}:{id}").into()))
    }

    /// Reads `kind:id`.
    ///
    /// # Errors
    /// [`KeyErrorKind::NoColon`] when there is no colon, otherwise as [`Key::new`].
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        match text.split_once(':') {
            Some((kind, id)) => {
                check(kind, id)?;
                Ok(Self(text.into()))
            }
            None => Err(KeyError { text: text.chars().take(80).collect(), kind: KeyErrorKind::NoColon }),
        }
    }

    /// Takes a key that a backend has stored and therefore already checked.
    pub(crate) fn trusted(text: Arc<str>) -> Self {
        Self(text)
    }

    /// What kind of thing it is: `order`.
    pub fn kind(&self) -> &str {
        self.0.split_once(':').map_or("", |(kind, _)| kind)
    }

    /// Which one of that kind.
    pub fn id(&self) -> &str {
        self.0.split_once(':').map_or("", |(_, id)| id)
    }

    /// `kind:id`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key as one subject token: `[A-Za-z0-9_:-]` stay, the rest is percent-encoded.
    ///
    /// ```
    /// # use stheno_core::Key;
    /// let key = Key::new("shopify.order", "45 0").unwrap();
    /// assert_eq!(key.to_token(), "shopify%2Eorder:45%200");
    /// assert_eq!(Key::from_token("shopify%2Eorder:45%200"), Some(key));
    /// ```
    pub fn to_token(&self) -> String {
        escape(&self.0, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':' | b'-'))
    }

    /// The key that [`Key::to_token`] wrote.
    pub fn from_token(token: &str) -> Option<Self> {
        match token.contains('%') {
            true => Self::parse(&unescape(token)?).ok(),
            // Most have nothing that was encoded.
            false => Self::parse(token).ok(),
        }
    }
}

impl From<Key> for Arc<str> {
    fn from(key: Key) -> Self {
        key.0
    }
}

fn check(kind: &str, id: &str) -> Result<(), KeyError> {
    // Most keys are plain; looking at bytes is several times faster, and every event that is read has one.
    let plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'-');
    let fits = !kind.is_empty() && !id.is_empty() && kind.len() + 1 + id.len() <= MAX_KEY_LEN;
    if fits && kind.bytes().all(plain) && id.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Ok(());
    }
    let bad = kind.char_indices().find(|(_, c)| !matches!(c, 'a'..='z' | '0'..='9' | '_' | '.' | '-'));
    let problem = match bad {
        Some((position, character)) => Some(KeyErrorKind::IllegalCharacter { character, position }),
        None if kind.is_empty() => Some(KeyErrorKind::EmptyKind),
        None if id.is_empty() => Some(KeyErrorKind::EmptyId),
        None if kind.len() + 1 + id.len() > MAX_KEY_LEN => {
            Some(KeyErrorKind::TooLong { length: kind.len() + 1 + id.len() })
        }
        None => id.find(char::is_control).map(|position| KeyErrorKind::ControlCharacter { position }),
    };
    match problem {
        Some(kind_of_error) => {
            Err(KeyError { text: format!("{kind}:{id}").chars().take(80).collect(), kind: kind_of_error })
        }
        None => Ok(()),
    }
}

/// Why a text is not a key.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyErrorKind {
    /// There is no colon between kind and id.
    NoColon,
    /// Nothing stands before the colon.
    EmptyKind,
    /// Nothing stands after the colon.
    EmptyId,
    /// The kind has a character outside `[a-z0-9_.-]`.
    IllegalCharacter {
        /// The character.
        character: char,
        /// Its byte position.
        position: usize,
    },
    /// The id has a control character: shown in a terminal it could clear it, or forge a line.
    ControlCharacter {
        /// Its byte position in the id.
        position: usize,
    },
    /// Longer than [`MAX_KEY_LEN`] bytes.
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
}

/// A text that is not a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyError {
    text: String,
    kind: KeyErrorKind,
}

impl KeyError {
    /// What is wrong with it.
    pub fn kind(&self) -> &KeyErrorKind {
        &self.kind
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = shown(&self.text);
        match &self.kind {
            KeyErrorKind::NoColon => {
                write!(f, "key `{text}` has no colon; write kind and id, such as `order:order_01`")
            }
            KeyErrorKind::EmptyKind => {
                write!(f, "key `{text}` has no kind before the colon; write one, such as `order`")
            }
            KeyErrorKind::EmptyId => write!(f, "key `{text}` has no id after the colon"),
            KeyErrorKind::IllegalCharacter { character, position } => {
                write!(
                    f,
                    "key `{text}` has {character:?} at byte {position} of its kind; use lower-case letters, digits, `_`, `.` and `-`"
                )
            }
            KeyErrorKind::ControlCharacter { position } => {
                write!(f, "key `{text}` has a control character at byte {position} of its id; remove it")
            }
            KeyErrorKind::TooLong { length } => {
                write!(f, "key `{text}…` has {length} bytes; at most {MAX_KEY_LEN} are allowed")
            }
        }
    }
}

impl std::error::Error for KeyError {}

/// For people: an id may have characters that turn a line around. [`Key::as_str`] is the key itself.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&shown_name(&self.0, MAX_KEY_LEN), f)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl FromStr for Key {
    type Err = KeyError;
    fn from_str(text: &str) -> Result<Self, KeyError> {
        Self::parse(text)
    }
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_id_survives_the_subject_token(id in "\\PC{1,40}") {
            let key = Key::new("shopify.order", &id).unwrap();
            let token = key.to_token();
            prop_assert!(!token.contains(['.', '*', '>', ' ']));
            prop_assert_eq!(Key::from_token(&token), Some(key));
        }
    }

    #[test]
    fn each_rejection_names_the_part() {
        let kind = |text: &str| Key::parse(text).unwrap_err().kind().clone();
        assert_eq!(kind("order"), KeyErrorKind::NoColon);
        assert_eq!(kind(":1"), KeyErrorKind::EmptyKind);
        assert_eq!(kind("order:"), KeyErrorKind::EmptyId);
        assert_eq!(kind("Order:1"), KeyErrorKind::IllegalCharacter { character: 'O', position: 0 });
        assert_eq!(kind("order:1\u{1b}[2J"), KeyErrorKind::ControlCharacter { position: 1 });
        assert_eq!(kind(&format!("order:{}", "x".repeat(600))), KeyErrorKind::TooLong { length: 606 });
    }

    #[test]
    fn bare_numbers_of_two_kinds_do_not_meet() {
        assert_ne!(Key::new("shopify.order", "1"), Key::new("shopify.product", "1"));
        assert_eq!(Key::parse("order:a:b").unwrap().id(), "a:b");
    }
}
