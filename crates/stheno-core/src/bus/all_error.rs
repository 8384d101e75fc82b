//! What became of each event of a call that did not publish all of them.

use std::{error::Error as StdError, fmt};

use crate::bus::{error::PublishError, kind::PublishErrorKind, outgoing::Outgoing, published::Published};

/// Not all events of a [`publish_all`](crate::Bus::publish_all) were published. It says what became of each, and gives those back
/// that were not.
///
/// ```
/// use stheno_core::{Bus, Outgoing, bus::PublishAllError};
///
/// # async fn example(bus: &Bus, orders: Vec<Outgoing>) -> Result<(), PublishAllError> {
/// if let Err(error) = bus.publish_all(orders).await {
///     for published in error.results().iter().flatten() {
///         println!("{} has sequence {:?}", published.id, published.sequence);
///     }
///     // Each keeps its id, so that what was stored after all is not stored twice.
///     bus.publish_all(error.into_unpublished()).await?;
/// }
/// # Ok(())
/// # }
/// ```
pub struct PublishAllError {
    results: Vec<Result<Published, PublishError>>,
    /// The place of the error that is the cause of the others, if there are others.
    first: usize,
}

impl PublishAllError {
    /// The results, if one of them is an error.
    pub(crate) fn check(results: Vec<Result<Published, PublishError>>) -> Result<Vec<Published>, Self> {
        let cause = |result: &Result<Published, PublishError>| matches!(result, Err(error) if *error.kind() != PublishErrorKind::NotSent);
        let first = results.iter().position(cause).or_else(|| results.iter().position(Result::is_err));
        match first {
            Some(first) => Err(Self { results, first }),
            None => Ok(results.into_iter().flatten().collect()),
        }
    }

    /// What became of each event, in the order in which they were given.
    pub fn results(&self) -> &[Result<Published, PublishError>] {
        &self.results
    }

    /// The same, taken out.
    pub fn into_results(self) -> Vec<Result<Published, PublishError>> {
        self.results
    }

    /// The events that were not published, or of which it is unknown, with the ids under which they were sent.
    pub fn into_unpublished(self) -> Vec<Outgoing> {
        self.results.into_iter().filter_map(|result| result.err()?.into_event()).collect()
    }

    /// The first error that is not the consequence of another one.
    pub fn first(&self) -> &PublishError {
        match &self.results[self.first] {
            Err(error) => error,
            #[expect(clippy::unreachable, reason = "`check` has found an error at this place")]
            Ok(_) => unreachable!("there is an error at this place"),
        }
    }

    /// Why the first was not published.
    pub fn kind(&self) -> &PublishErrorKind {
        self.first().kind()
    }

    /// Whether the log did not say of some event what became of it.
    pub fn is_unknown(&self) -> bool {
        self.results.iter().any(|result| matches!(result, Err(error) if error.is_unknown()))
    }

    /// Whether the first was refused because its key has other events than expected.
    pub fn is_conflict(&self) -> bool {
        self.first().is_conflict()
    }
}

impl fmt::Debug for PublishAllError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublishAllError").field("first", self.first()).field("results", &self.results).finish()
    }
}

impl fmt::Display for PublishAllError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let failed = self.results.iter().filter(|result| result.is_err()).count();
        let (all, number) = (self.results.len(), self.first + 1);
        write!(
            f,
            "{failed} of {all} events were not published (`results` says what became of each); event {number} was the first: {}",
            self.first()
        )
    }
}

// The message has the whole reason.
impl StdError for PublishAllError {}
