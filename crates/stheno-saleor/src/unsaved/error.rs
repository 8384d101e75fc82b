//! Why an event was not made, or not saved.

use std::fmt;

use stheno::{
    EventId, PublishError, PublishErrorKind, Published,
    backend::{AppendError, AppendErrorKind},
};

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
    source: PublishError,
    /// The id that two of the events have; nothing was sent then.
    repeated: Option<EventId>,
}

impl SaveError {
    pub(crate) fn new(source: PublishError) -> Self {
        Self { saved: Vec::new(), source, repeated: None }
    }

    /// Two events have one id. The log would take them for one event, of which it has a part already.
    pub(crate) fn repeated(id: EventId) -> Self {
        let source = AppendError::new(AppendErrorKind::MixedDuplicates).into();
        Self { repeated: Some(id), ..Self::new(source) }
    }

    pub(crate) fn after(mut self, saved: Vec<Published>) -> Self {
        self.saved = saved;
        self
    }

    /// Why; `Append(MixedDuplicates)` also for events of which two have one id.
    pub fn kind(&self) -> &PublishErrorKind {
        self.source.kind()
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
        self.repeated.as_ref()
    }

    /// The events of chunks that were saved before; none unless chunks were asked for.
    pub fn saved(&self) -> &[Published] {
        &self.saved
    }
}

impl fmt::Display for SaveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(id) = &self.repeated {
            return write!(f, "no event was saved: two of them have the id `{id}`; give each an id of its own");
        }
        match (self.too_many(), self.saved.len()) {
            (Some((events, limit)), _) => write!(
                f,
                "{events} events cannot be saved all or nothing, at most {limit} can; commit fewer, or `commit_in_chunks`"
            ),
            (None, 0) => f.write_str("no event was saved"),
            (None, saved) => {
                write!(f, "{saved} events were saved, and those after them were not; committing again saves none twice")
            }
        }
    }
}

impl std::error::Error for SaveError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.repeated.is_none().then_some(&self.source as _)
    }
}
