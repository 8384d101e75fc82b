//! Why an event was not published.

use crate::{
    backend::AppendErrorKind,
    catalog::set::DuplicateEvent,
    event::{recorded::EventIdError, typed::DecodeError},
    headers::HeaderError,
    key::KeyError,
    name::NameError,
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
    /// The bus is set up in a way that cannot be; nothing is published before that is mended.
    Bus(String),
    /// The event was given two of this: two ids, two keys.
    SaidTwice(String),
    /// The source of the event is empty.
    EmptySource,
    /// The event has both a delay and a time at which it comes into the log.
    DelayAndTime,
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
    /// The log has another event under this id: its name or its body differs. This one was not stored.
    IdTaken {
        /// The sequence of the other event; 0 while that one waits for its time.
        sequence: u64,
    },
    /// Nothing is wrong with this event: another one of the same call was refused, and this one was not sent.
    NotSent,
    /// The log refused it, or did not say what became of it.
    Append(AppendErrorKind),
}
