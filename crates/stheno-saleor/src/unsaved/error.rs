//! Why an event was not made, or not saved.

use std::fmt;

use stheno::{EventId, PublishAllError, PublishErrorKind, Published, backend::AppendErrorKind};

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FieldProblem {
    /// It is required, and empty.
    Empty,
    /// It counts something, and is not above zero.
    NotPositive,
    /// It is an amount, and below zero.
    Negative,
    /// It is no id that an event can have.
    NotAnId,
}

/// A field that an event cannot be made with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    event: &'static str,
    field: String,
    problem: FieldProblem,
}

impl FieldError {
    pub(crate) fn new(event: &'static str, field: impl Into<String>, problem: FieldProblem) -> Self {
        Self { event, field: field.into(), problem }
    }

    /// The field: `message`, `lines[1].quantity`.
    pub fn field(&self) -> &str {
        &self.field
    }

    /// What is wrong with it.
    pub fn problem(&self) -> FieldProblem {
        self.problem
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { event, field, problem } = self;
        let problem = match problem {
            FieldProblem::Empty => "is required, and empty",
            FieldProblem::NotPositive => "has to be above zero",
            FieldProblem::Negative => "cannot be below zero",
            FieldProblem::NotAnId => "is no id; use up to 250 characters of printable ASCII without spaces",
        };
        write!(f, "`{field}` of `{event}` {problem}")
    }
}

impl std::error::Error for FieldError {}

/// Events that were not saved.
#[derive(Debug)]
pub struct SaveError {
    saved: Vec<Published>,
    cause: Cause,
}

#[derive(Debug)]
enum Cause {
    Refused(PublishAllError),
    /// The id that two of the events have; nothing was sent then.
    Repeated(EventId),
}

/// The log would take two events of one id for one event, of which it has a part already.
static REPEATED: PublishErrorKind = PublishErrorKind::Append(AppendErrorKind::MixedDuplicates);

impl SaveError {
    pub(crate) fn new(source: PublishAllError) -> Self {
        Self { saved: Vec::new(), cause: Cause::Refused(source) }
    }

    /// Two events have one id.
    pub(crate) fn repeated(id: EventId) -> Self {
        Self { saved: Vec::new(), cause: Cause::Repeated(id) }
    }

    pub(crate) fn after(mut self, saved: Vec<Published>) -> Self {
        self.saved = saved;
        self
    }

    /// Why; `Append(MixedDuplicates)` also for events of which two have one id.
    pub fn kind(&self) -> &PublishErrorKind {
        match &self.cause {
            Cause::Refused(error) => error.kind(),
            Cause::Repeated(_) => &REPEATED,
        }
    }

    /// How many events there were, and how many can be saved at once, if that was too many.
    pub fn too_many(&self) -> Option<(usize, usize)> {
        match self.kind() {
            PublishErrorKind::Append(AppendErrorKind::TooMany { events, limit }) => Some((*events, *limit)),
            _ => None,
        }
    }

    /// The id that two of the events have, if that is why.
    pub fn repeated_id(&self) -> Option<&EventId> {
        match &self.cause {
            Cause::Refused(_) => None,
            Cause::Repeated(id) => Some(id),
        }
    }

    /// Whether the log did not say what became of the last chunk: its events may be saved or not. Committing again saves none
    /// twice.
    pub fn is_unknown(&self) -> bool {
        matches!(&self.cause, Cause::Refused(error) if error.is_unknown())
    }

    /// The events of chunks that were saved before; none unless chunks were asked for.
    pub fn saved(&self) -> &[Published] {
        &self.saved
    }
}

impl SaveError {
    fn outcome(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Cause::Repeated(id) = &self.cause {
            return write!(f, "no event was saved: two of them have the id `{id}`; give each an id of its own");
        }
        match (self.too_many(), self.saved.len()) {
            (Some((events, limit)), _) => write!(
                f,
                "{events} events cannot be saved all or nothing, at most {limit} can; commit fewer, or `commit_in_chunks`"
            ),
            (None, 0) if self.is_unknown() => {
                f.write_str("the log did not say whether the events were saved; committing again saves none twice")
            }
            (None, 0) => f.write_str("no event was saved"),
            (None, saved) => {
                write!(f, "{saved} events were saved, and those after them were not; committing again saves none twice")
            }
        }
    }
}

impl fmt::Display for SaveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.outcome(f)?;
        match &self.cause {
            Cause::Refused(error) => write!(f, ": {error}"),
            Cause::Repeated(_) => Ok(()),
        }
    }
}

// The message has the whole reason.
impl std::error::Error for SaveError {}
