//! Why an event was not published, and the event itself, so that nothing is lost with the error.

use std::{error::Error as StdError, fmt};

use crate::{
    backend::{AppendError, AppendErrorKind},
    bus::{
        kind::PublishErrorKind,
        outgoing::{Outgoing, Refused},
    },
    event::recorded::{EventId, NewEvent},
    shown::{shown, shown_error},
};

/// An event that was not published, or of which the log did not say what became of it ([`is_unknown`](Self::is_unknown)).
///
/// It gives the [event](Self::into_event) back, with the [id](Self::id) under which it was sent. To publish that again is safe: the
/// same id is the same event, and is stored once.
///
/// ```
/// use stheno_core::{Bus, Published, PublishError};
///
/// # async fn example(bus: &Bus, order: stheno_core::Outgoing) -> Result<Published, PublishError> {
/// match bus.publish(order).await {
///     Err(error) if error.is_unknown() => {
///         let again = error.into_event().expect("what was sent comes back");
///         bus.publish(again).await
///     }
///     answer => answer,
/// }
/// # }
/// ```
pub struct PublishError(Box<Inner>);

struct Inner {
    name: String,
    kind: PublishErrorKind,
    event: Option<Outgoing>,
    source: Option<AppendError>,
}

impl PublishError {
    /// An event that was refused.
    pub(crate) fn of(kind: PublishErrorKind, event: Outgoing) -> Self {
        Refused::of(kind, event).into()
    }

    /// What the log said of an event that was sent.
    pub(crate) fn append(error: AppendError, event: Outgoing) -> Self {
        let mut refused = Self::of(PublishErrorKind::Append(error.kind()), event);
        refused.0.source = Some(error);
        refused
    }

    /// Why it was not published.
    pub fn kind(&self) -> &PublishErrorKind {
        &self.0.kind
    }

    /// The id under which the event was, or would have been, sent. `None` if there never was an event: its name, its key, its id or
    /// a header is not one.
    pub fn id(&self) -> Option<&EventId> {
        self.event().map(|event| &event.id)
    }

    /// The event that was not published. `None` if there never was one.
    pub fn event(&self) -> Option<&NewEvent> {
        self.0.event.as_ref()?.as_event()
    }

    /// The event, to be published again with the same id, or to be kept somewhere else. It is checked again as it was the first
    /// time. `None` if there never was one.
    pub fn into_event(self) -> Option<Outgoing> {
        self.0.event
    }

    /// Whether the log did not say what became of the event: it may be stored or not. Publish it again
    /// [with the same id](Self::into_event) and it is stored once.
    pub fn is_unknown(&self) -> bool {
        self.0.kind == PublishErrorKind::Append(AppendErrorKind::Unknown)
    }

    /// Whether the last event of the key is not the one that [was expected](crate::bus::Publish::expect_last). Read what has
    /// happened since and decide again.
    pub fn is_conflict(&self) -> bool {
        self.conflict().is_some()
    }

    /// In a conflict, the sequence that the last event of the key was expected to have; 0 for no event.
    pub fn expected(&self) -> Option<u64> {
        self.conflict().map(|(expected, _)| expected)
    }

    /// In a conflict, the sequence that the last event of the key has; 0 for no event.
    pub fn found(&self) -> Option<u64> {
        self.conflict().map(|(_, found)| found)
    }

    /// What the log said, with its own reason.
    fn answer(&self) -> Option<String> {
        let answer = self.0.source.as_ref()?;
        match (answer.kind(), answer.reason()) {
            // What it means for the event is said already.
            (AppendErrorKind::Backend(_) | AppendErrorKind::Unknown, reason) => reason.map(ToString::to_string),
            _ => Some(shown_error(answer)),
        }
    }

    fn conflict(&self) -> Option<(u64, u64)> {
        match self.0.kind {
            PublishErrorKind::Append(AppendErrorKind::Conflict { expected, actual, .. }) => Some((expected, actual)),
            _ => None,
        }
    }
}

impl From<Refused> for PublishError {
    fn from(refused: Refused) -> Self {
        let Refused { kind, name, event } = refused;
        Self(Box::new(Inner { name, kind, event, source: None }))
    }
}

impl fmt::Debug for PublishError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { name, kind, source, .. } = &*self.0;
        let mut shown = f.debug_struct("PublishError");
        shown.field("name", name).field("id", &self.id()).field("kind", kind).field("source", source).finish()
    }
}

impl fmt::Display for PublishError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { name, kind, .. } = &*self.0;
        let id = self.id().map_or("", EventId::as_str);
        let name = shown(name);
        match kind {
            PublishErrorKind::Name(error) => write!(f, "{error}"),
            PublishErrorKind::Key(error) => write!(f, "{error}"),
            PublishErrorKind::Id(error) => write!(f, "{error}"),
            PublishErrorKind::Header(error) => write!(f, "{error}"),
            PublishErrorKind::Catalogs(duplicate) => write!(f, "`{name}` was not published: {duplicate}"),
            PublishErrorKind::Bus(problem) => write!(f, "`{name}` was not published: {problem}"),
            PublishErrorKind::EmptySource => {
                write!(f, "`{name}` was not published: its source is empty; name one, or leave it out")
            }
            PublishErrorKind::SaidTwice(what) => write!(
                f,
                "`{name}` was not published: its {} is said twice, and one of them would be lost; say it once",
                shown(what)
            ),
            PublishErrorKind::DelayAndTime => {
                write!(f, "`{name}` was not published: it has a delay (`delay`) and a time (`at`); keep one of them")
            }
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
            PublishErrorKind::IdTaken { sequence: 0 } => write!(
                f,
                "`{name}` was not published: its id `{id}` is that of another event, which waits for its time; give each event an id \
                 of its own, or leave the id out"
            ),
            PublishErrorKind::IdTaken { sequence } => write!(
                f,
                "`{name}` was not published: its id `{id}` is that of another event, sequence {sequence}; give each event an id of \
                 its own, or leave the id out"
            ),
            PublishErrorKind::NotSent => write!(
                f,
                "`{name}` was not sent, since another event of the same call was refused; publish it again (id `{id}`)"
            ),
            PublishErrorKind::Append(AppendErrorKind::Unknown) => write!(
                f,
                "the log did not say what became of `{name}`: it may be stored or not; publish it again with the same id `{id}` \
                 (`into_event` gives it back), and it is stored once"
            ),
            PublishErrorKind::Append(_) => write!(f, "`{name}` was not published"),
        }?;
        self.answer().map_or(Ok(()), |answer| write!(f, ": {answer}"))
    }
}

// The message has the whole reason.
impl StdError for PublishError {}
