//! Event names: dotted, case-sensitive, permanent.

use std::{borrow::Borrow, fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::shown::{shown, shown_name};

/// Longest name or pattern, in bytes. JetStream subjects must fit a protocol line of 4 KiB together with the key.
pub const MAX_NAME_LEN: usize = 1024;

/// The name of an event: tokens of `[A-Za-z0-9_-]` (and `%XX` escapes) joined by dots, such as `order.placed`,
/// `order-edit-item-change.CREATED` or `oauth.token_generated.my-app`.
///
/// Names are compared byte for byte: case matters, and nothing is trimmed or folded. Cloning is cheap.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventName(Arc<str>);

impl EventName {
    /// Checks and takes a name.
    ///
    /// # Errors
    /// [`NameError`] names the offending character or token.
    ///
    /// ```
    /// use stheno_core::{EventName, NameErrorKind};
    /// assert_eq!(EventName::new("order.placed").unwrap().as_str(), "order.placed");
    /// let refused = EventName::new("order.*").unwrap_err();
    /// assert!(matches!(refused.kind(), NameErrorKind::Wildcard { character: '*', .. }));
    /// ```
    pub fn new(name: impl AsRef<str>) -> Result<Self, NameError> {
        let name = name.as_ref();
        check_length(name)?;
        let mut position = 0;
        for (index, token) in name.split('.').enumerate() {
            check_token(name, token, index, position)?;
            position += token.len() + 1;
        }
        Ok(Self(name.into()))
    }

    /// Takes a name that a backend has stored and therefore already checked. Nothing is lost if it had not: a name is
    /// only ever compared.
    pub(crate) fn trusted(name: Arc<str>) -> Self {
        Self(name)
    }

    /// The whole name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The tokens between the dots.
    pub fn tokens(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('.')
    }

    /// One token by its index, counted from 0.
    pub fn token(&self, index: usize) -> Option<&str> {
        self.0.split('.').nth(index)
    }

    pub(crate) fn shared(&self) -> &Arc<str> {
        &self.0
    }
}

/// Makes any text into one name token: `[A-Za-z0-9_-]` stay, every other byte becomes `%XX`.
///
/// An application called `my.app` becomes `my%2Eapp`, so that it never splits into two tokens. An empty text has no
/// token: `None`.
///
/// ```
/// use stheno_core::{decode_token, encode_token};
/// assert_eq!(encode_token("my.app *").as_deref(), Some("my%2Eapp%20%2A"));
/// assert_eq!(decode_token("my%2Eapp%20%2A").as_deref(), Some("my.app *"));
/// assert_eq!(encode_token(""), None);
/// ```
pub fn encode_token(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| escape(text, is_token_byte))
}

/// The text that [`encode_token`] made into a token; `None` when an escape is cut short or is not UTF-8.
pub fn decode_token(token: &str) -> Option<String> {
    unescape(token)
}

pub(crate) fn escape(text: &str, stays: fn(u8) -> bool) -> String {
    use fmt::Write as _;
    // Most texts have nothing to encode.
    let Some(first) = text.bytes().position(|byte| !stays(byte)) else { return text.to_owned() };
    let (plain, rest) = text.as_bytes().split_at(first);
    let mut out = String::with_capacity(text.len() + 8);
    out.extend(plain.iter().map(|byte| char::from(*byte)));
    for byte in rest.iter().copied() {
        if stays(byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

pub(crate) fn unescape(token: &str) -> Option<String> {
    let mut out = Vec::with_capacity(token.len());
    let mut bytes = token.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let high = char::from(bytes.next()?).to_digit(16)?;
            let low = char::from(bytes.next()?).to_digit(16)?;
            out.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).ok()
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

pub(crate) fn check_length(name: &str) -> Result<(), NameError> {
    if name.is_empty() {
        return Err(NameError::new(name, NameErrorKind::Empty));
    }
    if name.len() > MAX_NAME_LEN {
        return Err(NameError::new(name, NameErrorKind::TooLong { length: name.len() }));
    }
    Ok(())
}

/// Checks one literal token; `start` is its byte position in the whole text.
pub(crate) fn check_token(whole: &str, token: &str, index: usize, start: usize) -> Result<(), NameError> {
    if token.is_empty() {
        return Err(NameError::new(whole, NameErrorKind::EmptyToken { index }));
    }
    let bytes = token.as_bytes();
    for (offset, character) in token.char_indices() {
        let position = start + offset;
        let kind = match character {
            '*' | '>' => NameErrorKind::Wildcard { character, position },
            '%' => {
                let escaped = bytes.get(offset + 1..offset + 3);
                if escaped.is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)) {
                    continue;
                }
                NameErrorKind::BadEscape { position }
            }
            _ if character.is_ascii() && is_token_byte(character as u8) => continue,
            _ => NameErrorKind::IllegalCharacter { character, position },
        };
        return Err(NameError::new(whole, kind));
    }
    Ok(())
}

/// Why a text is not an event name or pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum NameErrorKind {
    /// There is no character at all.
    Empty,
    /// Longer than [`MAX_NAME_LEN`] bytes.
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// Two dots meet, or one stands at an end.
    EmptyToken {
        /// Which token, counted from 0.
        index: usize,
    },
    /// `*` or `>` where only a literal token may stand.
    Wildcard {
        /// The wildcard.
        character: char,
        /// Its byte position.
        position: usize,
    },
    /// A character that no name has.
    IllegalCharacter {
        /// The character.
        character: char,
        /// Its byte position.
        position: usize,
    },
    /// `%` that two hexadecimal digits do not follow.
    BadEscape {
        /// The byte position of `%`.
        position: usize,
    },
}

/// A text that is not an event name or pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameError {
    text: String,
    kind: NameErrorKind,
}

impl NameError {
    pub(crate) fn new(text: &str, kind: NameErrorKind) -> Self {
        let text = text.chars().take(80).collect();
        Self { text, kind }
    }

    /// What is wrong with it.
    pub fn kind(&self) -> &NameErrorKind {
        &self.kind
    }
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = shown(&self.text);
        match &self.kind {
            NameErrorKind::Empty => write!(f, "an event name is empty; write one such as `order.placed`"),
            NameErrorKind::TooLong { length } => {
                write!(f, "event name `{text}…` has {length} bytes; at most {MAX_NAME_LEN} are allowed")
            }
            NameErrorKind::EmptyToken { index } => {
                write!(f, "event name `{text}` has nothing in token {index}; remove the extra dot")
            }
            NameErrorKind::Wildcard { character, position } => write!(
                f,
                "event name `{text}` has the wildcard `{character}` at byte {position}; wildcards belong in patterns, as whole tokens, `>` last"
            ),
            NameErrorKind::IllegalCharacter { character, position } => write!(
                f,
                "event name `{text}` has {character:?} at byte {position}; use letters, digits, `_`, `-` and dots, and `encode_token` for free text"
            ),
            NameErrorKind::BadEscape { position } => {
                write!(f, "event name `{text}` has `%` at byte {position} without two hexadecimal digits after it")
            }
        }
    }
}

impl std::error::Error for NameError {}

/// For people: a name that another program has stored may have any character. [`EventName::as_str`] is the name itself.
impl fmt::Display for EventName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&shown_name(&self.0, MAX_NAME_LEN), f)
    }
}

impl fmt::Debug for EventName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl Borrow<str> for EventName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for EventName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl FromStr for EventName {
    type Err = NameError;
    fn from_str(name: &str) -> Result<Self, NameError> {
        Self::new(name)
    }
}

impl TryFrom<&str> for EventName {
    type Error = NameError;
    fn try_from(name: &str) -> Result<Self, NameError> {
        Self::new(name)
    }
}

impl Serialize for EventName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for EventName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::new(text).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(name: &str) -> NameErrorKind {
        EventName::new(name).unwrap_err().kind().clone()
    }

    #[test]
    fn names_of_all_three_platforms_are_legal() {
        for name in [
            "order.placed",
            "order-edit-item-change.CREATED",
            "publishable_api_key.created",
            "oauth.token_generated.my-app",
            "oauth.token_generated.my%2Eapp",
            "saleor.notify.order_confirmation",
            "shopify.order.authorization_failure",
        ] {
            assert_eq!(EventName::new(name).unwrap().as_str(), name);
        }
    }

    #[test]
    fn each_rejection_names_the_offender() {
        assert_eq!(kind(""), NameErrorKind::Empty);
        assert_eq!(kind("order..placed"), NameErrorKind::EmptyToken { index: 1 });
        assert_eq!(kind(".order"), NameErrorKind::EmptyToken { index: 0 });
        assert_eq!(kind("order."), NameErrorKind::EmptyToken { index: 1 });
        assert_eq!(kind("order.*"), NameErrorKind::Wildcard { character: '*', position: 6 });
        assert_eq!(kind("a.>"), NameErrorKind::Wildcard { character: '>', position: 2 });
        assert_eq!(kind("order placed"), NameErrorKind::IllegalCharacter { character: ' ', position: 5 });
        assert_eq!(kind("ordré.x"), NameErrorKind::IllegalCharacter { character: 'é', position: 4 });
        assert_eq!(kind("a.b%2"), NameErrorKind::BadEscape { position: 3 });
        assert_eq!(kind(&"x".repeat(1025)), NameErrorKind::TooLong { length: 1025 });
        assert!(EventName::new("x".repeat(1024)).is_ok());
    }

    #[test]
    fn a_free_text_token_comes_back_as_it_was() {
        for text in ["my.app", "a b", "*", ">", "é", "100%", "plain"] {
            let token = encode_token(text).unwrap();
            assert!(EventName::new(format!("oauth.x.{token}")).is_ok(), "{token}");
            assert_eq!(decode_token(&token).as_deref(), Some(text));
        }
        assert_eq!(decode_token("%2"), None);
        assert_eq!(decode_token("%FF"), None);
    }
}
