//! Dead letters, however many: which of them are meant, and page by page.

use serde::{Deserialize, Serialize};

use crate::{
    backend::{Backend, BackendError, RecordCursor},
    delivery::{
        doc::{DeadLetter, DeadReason},
        names,
    },
    key::Key,
    pattern::PatternSet,
    runtime::store,
};

/// Which dead letters are meant: those that all of this is true of.
///
/// ```
/// use stheno_core::{delivery::doc::DeadReason, runtime::operator::LetterFilter};
///
/// let filter = LetterFilter::all().reason(DeadReason::Exhausted).error("connection refused").after(1_000);
/// assert_ne!(filter, LetterFilter::all());
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LetterFilter {
    /// Events of this key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Key>,
    /// Events of these names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub names: Option<PatternSet>,
    /// Those given up for this reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<DeadReason>,
    /// Those in whose error, or one of its sources, this text stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Events with a higher sequence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
    /// Events up to this sequence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upto: Option<u64>,
}

impl LetterFilter {
    /// All dead letters.
    pub fn all() -> Self {
        Self::default()
    }

    /// Only those of this key.
    #[must_use]
    pub fn key(mut self, key: Key) -> Self {
        self.key = Some(key);
        self
    }

    /// Only those of events with these names.
    #[must_use]
    pub fn names(mut self, names: PatternSet) -> Self {
        self.names = Some(names);
        self
    }

    /// Only those given up for this reason.
    #[must_use]
    pub fn reason(mut self, reason: DeadReason) -> Self {
        self.reason = Some(reason);
        self
    }

    /// Only those in whose error, or one of its sources, this text stands.
    #[must_use]
    pub fn error(mut self, text: impl Into<String>) -> Self {
        self.error = Some(text.into());
        self
    }

    /// Only those of events with a higher sequence.
    #[must_use]
    pub fn after(mut self, sequence: u64) -> Self {
        self.after = Some(sequence);
        self
    }

    /// Only those of events up to this sequence.
    #[must_use]
    pub fn upto(mut self, sequence: u64) -> Self {
        self.upto = Some(sequence);
        self
    }

    /// Whether it lets a dead letter through.
    ///
    /// ```
    /// # use stheno_core::{delivery::doc::DeadLetter, runtime::operator::LetterFilter};
    /// # fn example(letter: &DeadLetter) {
    /// let mails = LetterFilter::all().error("mail server");
    /// let is_meant = mails.matches(letter);
    /// # }
    /// ```
    #[must_use]
    pub fn matches(&self, letter: &DeadLetter) -> bool {
        let Self { key, names, reason, error, after, upto } = self;
        key.as_ref().is_none_or(|key| letter.key.as_ref() == Some(key))
            && names.as_ref().is_none_or(|names| names.matches(&letter.name))
            && reason.is_none_or(|reason| letter.reason == reason)
            && error.as_ref().is_none_or(|text| letter.error.iter().any(|error| error.contains(text.as_str())))
            && after.is_none_or(|after| letter.sequence > after)
            && upto.is_none_or(|upto| letter.sequence <= upto)
    }
}

/// Some dead letters of a subscriber.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LetterPage {
    /// The letters, in the order in which the log gives them: on SQLite by sequence, on NATS the one given up first comes first. There
    /// may be fewer than asked for although more follow.
    pub letters: Vec<DeadLetter>,
    /// Where the next page begins; `None` when nothing is left.
    pub next: Option<RecordCursor>,
}

/// A page of those that a filter lets through.
pub(crate) async fn page(
    backend: &dyn Backend,
    subscriber: &str,
    filter: &LetterFilter,
    after: Option<&RecordCursor>,
    limit: usize,
) -> Result<LetterPage, BackendError> {
    let prefix = names::dead_letters(subscriber);
    let (mut letters, mut next) = (Vec::new(), after.cloned());
    loop {
        let page = backend.read_records(&prefix, next.as_ref(), limit).await?;
        for record in &page.records {
            letters.extend(Some(store::parse(record)?).filter(|letter| filter.matches(letter)));
        }
        next = page.next;
        if next.is_none() || !letters.is_empty() {
            return Ok(LetterPage { letters, next });
        }
    }
}
