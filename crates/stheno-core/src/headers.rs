//! Headers of an event, and the one list of the header names we write.

use std::fmt;

use crate::shown::shown;

/// What CloudEvents attributes begin with when they travel as headers.
pub const CLOUD_EVENTS: &str = "ce-";
/// The version of CloudEvents; only where a bus writes every attribute.
pub const SPEC_VERSION: &str = "ce-specversion";
/// The id of the event (CloudEvents `id`); only where nothing else says it.
pub const ID: &str = "ce-id";
/// The name of the event (CloudEvents `type`); only where a bus writes every attribute.
pub const TYPE: &str = "ce-type";
/// The entity the event is about (CloudEvents `subject`); only where a bus writes every attribute.
pub const SUBJECT: &str = "ce-subject";
/// What the body is (CloudEvents `datacontenttype`); only where a bus writes every attribute.
pub const CONTENT_TYPE: &str = "ce-datacontenttype";
/// Where the event comes from, when it is not the default of the bus (CloudEvents `source`).
pub const SOURCE: &str = "ce-source";
/// When it happened, when that differs from the storing time (CloudEvents `time`).
pub const TIME: &str = "ce-time";
/// The conversation this event belongs to; the same along a chain of causes.
pub const CORRELATION: &str = "ce-correlationid";
/// The id of the event whose handler published this one.
pub const CAUSATION: &str = "ce-causationid";
/// The schema of the payload.
pub const SCHEMA: &str = "ce-dataschema";
/// Why a body cannot be read that a platform sent and that was kept all the same.
pub const UNREAD: &str = "stheno-unread";
/// W3C trace context.
pub const TRACEPARENT: &str = "traceparent";
/// W3C trace context, vendor part.
pub const TRACESTATE: &str = "tracestate";

/// Most bytes that names and values may have together.
pub const MAX_HEADERS_LEN: usize = 16 * 1024;

/// Name and value pairs. Names are compared without case and kept in lower case.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Headers(Vec<(Box<str>, Box<str>)>);

impl Headers {
    /// No headers.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Sets a header, replacing an earlier value of the same name.
    ///
    /// # Errors
    /// [`HeaderError`] when the name is no HTTP token or the value is not printable ASCII: NATS and HTTP carry nothing else.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), HeaderError> {
        let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if name.is_empty() || !name.bytes().all(token) {
            return Err(HeaderError::new(name, HeaderErrorKind::Name));
        }
        if !value.bytes().all(|byte| (0x20..0x7f).contains(&byte) || byte == b'\t') {
            return Err(HeaderError::new(name, HeaderErrorKind::Value));
        }
        if self.size() + name.len() + value.len() > MAX_HEADERS_LEN {
            return Err(HeaderError::new(name, HeaderErrorKind::TooLarge));
        }
        self.0.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.0.push((name.to_ascii_lowercase().into(), value.into()));
        Ok(())
    }

    /// The value of a header, by its name in any case.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| &**value)
    }

    /// All pairs, in the order they were set.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn size(&self) -> usize {
        self.0.iter().map(|(name, value)| name.len() + value.len()).sum()
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// What is wrong with a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeaderErrorKind {
    /// The name is empty or has a character outside the HTTP token characters.
    Name,
    /// The value has a character outside printable ASCII.
    Value,
    /// All headers together are over [`MAX_HEADERS_LEN`].
    TooLarge,
}

/// A header that cannot be carried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderError {
    name: String,
    kind: HeaderErrorKind,
}

impl HeaderError {
    fn new(name: &str, kind: HeaderErrorKind) -> Self {
        Self { name: name.chars().take(80).collect(), kind }
    }

    /// What is wrong with it.
    pub fn kind(&self) -> HeaderErrorKind {
        self.kind
    }
}

impl fmt::Display for HeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = shown(&self.name);
        match self.kind {
            HeaderErrorKind::Name => {
                write!(f, "header name `{name}` is not an HTTP token; use letters, digits and `-`")
            }
            HeaderErrorKind::Value => {
                write!(
                    f,
                    "the value of header `{name}` is not printable ASCII; percent-encode it or put it into the payload"
                )
            }
            HeaderErrorKind::TooLarge => {
                write!(
                    f,
                    "with header `{name}` the headers are over {MAX_HEADERS_LEN} bytes; put long values into the payload"
                )
            }
        }
    }
}

impl std::error::Error for HeaderError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_any_case_and_set_once() {
        let mut headers = Headers::new();
        headers.set("CE-Source", "shop").unwrap();
        headers.set("ce-source", "admin").unwrap();
        assert_eq!(headers.get("Ce-SOURCE"), Some("admin"));
        assert_eq!(headers.iter().count(), 1);
    }

    #[test]
    fn what_cannot_travel_is_refused() {
        let mut headers = Headers::new();
        let mut kind = |name: &str, value: &str| headers.set(name, value).unwrap_err().kind();
        assert_eq!(kind("", "x"), HeaderErrorKind::Name);
        assert_eq!(kind("a b", "x"), HeaderErrorKind::Name);
        assert_eq!(kind("a", "é"), HeaderErrorKind::Value);
        assert_eq!(kind("a", "x\r\ny: z"), HeaderErrorKind::Value);
        assert_eq!(kind("a", &"x".repeat(MAX_HEADERS_LEN)), HeaderErrorKind::TooLarge);
    }
}
