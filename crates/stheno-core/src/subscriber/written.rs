//! What `#[subscriber]` puts between a handler, whose types it cannot look into, and
//! [`SubscriberDef::from_fn`](crate::SubscriberDef::from_fn), so that the compiler reports a wrong type once, and where it
//! is written. Nothing here is public API.

use crate::{
    failure::{Failure, IntoFailure},
    subscriber::definition::SubscriberDef,
};

/// A handler. It is one constant, so that a first argument that is no event is reported once.
#[derive(Debug)]
pub struct Written {
    /// The patterns the first argument stands for.
    pub patterns: &'static [&'static str],
    /// Whether one call takes many events.
    pub batch: bool,
    /// Makes the subscriber, before any option.
    pub define: fn() -> SubscriberDef,
}

/// What a handler returns. The result has the same type whatever the handler returns.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be what a subscriber returns",
    label = "not a result of `()`",
    note = "return `Result<(), Failure>`, or a `Result<(), E>` with an error of your own"
)]
pub trait Outcome {
    /// The error of the handler.
    type Error;

    /// Whether the attempt failed.
    ///
    /// # Errors
    /// The failed attempt.
    fn into_result(self) -> Result<(), Failure>
    where
        Self::Error: IntoFailure;
}

impl<E> Outcome for Result<(), E> {
    type Error = E;

    fn into_result(self) -> Result<(), Failure>
    where
        E: IntoFailure,
    {
        self.map_err(IntoFailure::into_failure)
    }
}
