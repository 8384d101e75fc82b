//! Why an event was not published.

use std::{error::Error as StdError, fmt};

use crate::{
    backend::{AppendError, AppendErrorKind},
    catalog::set::DuplicateEvent,
    event::{recorded::EventIdError, typed::DecodeError},
    headers::HeaderError,
    key::KeyError,
    name::NameError,
    shown::shown,
};

/// Why an event was not published.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PublishErrorKind {
    /// The name is not one; a wildcard, for example.
    Name(NameError),
    /// The key is not one.
    Key(KeyError),
    /// The id is not one.
    Id(EventIdError),
    /// A header cannot be carried.
    Header(HeaderError),
    /// The catalogs of the bus say two things of one name; nothing is published before that is mended.
    Catalogs(DuplicateEvent),
    /// No catalog knows the name.
    UnknownName {
        /// The known name nearest to it.
        nearest: Option<&'static str>,
    },
    /// The payload is not what the name documents; the error has the path of the field.
    Payload(DecodeError),
    /// The body is longer than the limit of the bus, both in bytes.
    TooLarge {
        /// Its length.
        length: usize,
        /// The limit.
        limit: usize,
    },
    /// The log refused it.
    Append(AppendErrorKind),
}

/// An event that was not published. Nothing of it, nor of its atomic batch, is in the log, unless the kind is
/// `Append(Unknown)`.
pub struct PublishError(Box<Inner>);

struct Inner {
    name: String,
    kind: PublishErrorKind,
    source: Option<AppendError>,
}

impl PublishError {
    pub(crate) fn new(kind: PublishErrorKind, name: &str) -> Self {
        Self(Box::new(Inner { name: name.chars().take(80).collect(), kind, source: None }))
    }

    /// Why it was not published.
    pub fn kind(&self) -> &PublishErrorKind {
        &self.0.kind
    }
}

impl From<AppendError> for PublishError {
    fn from(error: AppendError) -> Self {
        let kind = PublishErrorKind::Append(error.kind());
        Self(Box::new(Inner { name: String::new(), kind, source: Some(error) }))
    }
}

impl fmt::Debug for PublishError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { name, kind, source } = &*self.0;
        f.debug_struct("PublishError").field("name", name).field("kind", kind).field("source", source).finish()
    }
}

impl fmt::Display for PublishError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { name, kind, .. } = &*self.0;
        let name = shown(name);
        match kind {
            PublishErrorKind::Name(error) => write!(f, "{error}"),
            PublishErrorKind::Key(error) => write!(f, "{error}"),
            PublishErrorKind::Id(error) => write!(f, "{error}"),
            PublishErrorKind::Header(error) => write!(f, "{error}"),
            PublishErrorKind::Catalogs(duplicate) => write!(f, "`{name}` was not published: {duplicate}"),
            PublishErrorKind::UnknownName { nearest: Some(nearest) } => {
                write!(f, "no catalog knows the event `{name}`; did you mean `{nearest}`?")
            }
            PublishErrorKind::UnknownName { nearest: None } => {
                write!(f, "no catalog knows the event `{name}`; add its catalog, or `declare_event!` it")
            }
            PublishErrorKind::Payload(error) => write!(f, "`{name}` was not published: {error}"),
            PublishErrorKind::TooLarge { length, limit } => write!(
                f,
                "the body of `{name}` has {length} bytes and at most {limit} are allowed; publish a reference instead, or raise the limit"
            ),
            PublishErrorKind::Append(_) => f.write_str("the event was not published"),
        }
    }
}

impl StdError for PublishError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_ref().map(|error| error as &(dyn StdError + 'static))
    }
}
