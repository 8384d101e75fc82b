//! How a handler says that it failed: any error means retry, `.terminal()` means stop.

use std::{error::Error as StdError, fmt, time::Duration};

use crate::{
    event::typed::DecodeError,
    shown::{shown_chain, shown_long},
};

/// What is recorded of an error at most: of itself and its sources, and of the text of each in bytes.
const RECORDED_CAUSES: usize = 8;
const RECORDED_TEXT: usize = 2 * 1024;

type BoxError = Box<dyn StdError + Send + Sync>;

/// A failed attempt. Every standard error turns into one with `?`, and is retried by the subscriber's own policy.
///
/// ```
/// use stheno_core::{Failure, FailureExt};
/// fn parse(text: &str) -> Result<u32, Failure> {
///     Ok(text.parse::<u32>().terminal()?) // no retry will make it a number
/// }
/// assert!(parse("x").unwrap_err().is_terminal());
/// ```
pub struct Failure {
    error: BoxError,
    verdict: Verdict,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Retry,
    RetryAfter(Duration),
    Terminal,
    Undecodable,
    TimedOut,
    Panicked,
}

impl Failure {
    /// A failure for a reason, to be retried.
    pub fn new(error: impl Into<BoxError>) -> Self {
        Self { error: error.into(), verdict: Verdict::Retry }
    }

    /// The same failure, which no retry can mend: the event becomes a dead letter now.
    #[must_use]
    pub fn terminal(mut self) -> Self {
        self.verdict = Verdict::Terminal;
        self
    }

    /// The same failure, to be retried no earlier than this.
    #[must_use]
    pub fn retry_after(mut self, delay: Duration) -> Self {
        self.verdict = Verdict::RetryAfter(delay);
        self
    }

    /// Whether no retry can mend it.
    pub fn is_terminal(&self) -> bool {
        matches!(self.verdict, Verdict::Terminal | Verdict::Undecodable)
    }

    /// The error behind it.
    pub fn error(&self) -> &(dyn StdError + Send + Sync + 'static) {
        &*self.error
    }

    /// The error and its sources, outermost first.
    pub fn chain(&self) -> Vec<String> {
        let mut chain = vec![self.error.to_string()];
        let mut source = self.error.source();
        while let Some(error) = source {
            chain.push(error.to_string());
            source = error.source();
        }
        chain
    }

    /// The same as it is recorded: an error may quote a whole page, and a record has to fit a message.
    pub(crate) fn recorded(&self) -> Vec<String> {
        self.chain().into_iter().take(RECORDED_CAUSES).map(cut).collect()
    }

    pub(crate) fn undecodable(error: DecodeError) -> Self {
        Self { error: Box::new(error), verdict: Verdict::Undecodable }
    }

    pub(crate) fn timed_out(after: Duration) -> Self {
        let error = format!("timed out after {}", humantime::format_duration(after)).into();
        Self { error, verdict: Verdict::TimedOut }
    }

    pub(crate) fn panicked(payload: &(dyn std::any::Any + Send)) -> Self {
        let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
        let error = format!("panicked: {}", text.unwrap_or_else(|| "with a payload that is no text".to_owned())).into();
        Self { error, verdict: Verdict::Panicked }
    }

    /// The failure of a whole batch, as that of one of its events.
    pub(crate) fn of_batch(&self) -> Self {
        Self { error: self.chain().join(": ").into(), verdict: self.verdict }
    }

    pub(crate) fn verdict(&self) -> Verdict {
        self.verdict
    }
}

/// A text as it is recorded: its beginning, if it is long.
pub(crate) fn cut(mut text: String) -> String {
    if text.len() > RECORDED_TEXT {
        let all = text.len();
        text.truncate(text.floor_char_boundary(RECORDED_TEXT));
        text.push_str(&format!("… (the first of {all} bytes)"));
    }
    text
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Failure({:?}: {})", self.verdict, shown_chain(&self.chain()))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // It may repeat what a stranger has published. `error` has the text itself.
        fmt::Display::fmt(&shown_long(&self.error.to_string()), f)
    }
}

impl<E: Into<BoxError>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::new(error)
    }
}

/// What a handler may return as its error: any standard error, a text, a [`Failure`], or a type of your own that says how
/// it wants to be treated.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error of a subscriber",
    note = "return `Result<(), Failure>`, or any type that implements `std::error::Error`, or implement `IntoFailure` for your own"
)]
pub trait IntoFailure {
    /// Turns it into a failed attempt.
    fn into_failure(self) -> Failure;
}

impl<E: Into<BoxError>> IntoFailure for E {
    fn into_failure(self) -> Failure {
        Failure::new(self)
    }
}

impl IntoFailure for Failure {
    fn into_failure(self) -> Failure {
        self
    }
}

/// `.terminal()`, `.terminal_if()` and `.retry_after()` on results.
pub trait FailureExt<T, E> {
    /// An error here is final: the event becomes a dead letter now.
    ///
    /// # Errors
    /// The error, marked as final.
    fn terminal(self) -> Result<T, Failure>;

    /// An error here is final if the closure says so, else it is retried.
    ///
    /// # Errors
    /// The error, marked as final or not.
    fn terminal_if(self, is_final: impl FnOnce(&E) -> bool) -> Result<T, Failure>;

    /// An error here is retried no earlier than this.
    ///
    /// # Errors
    /// The error, with the wait it asks for.
    fn retry_after(self, delay: Duration) -> Result<T, Failure>;
}

impl<T, E: IntoFailure> FailureExt<T, E> for Result<T, E> {
    fn terminal(self) -> Result<T, Failure> {
        self.map_err(|error| error.into_failure().terminal())
    }

    fn terminal_if(self, is_final: impl FnOnce(&E) -> bool) -> Result<T, Failure> {
        self.map_err(|error| {
            let last = is_final(&error);
            let failure = error.into_failure();
            if last { failure.terminal() } else { failure }
        })
    }

    fn retry_after(self, delay: Duration) -> Result<T, Failure> {
        self.map_err(|error| error.into_failure().retry_after(delay))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fails() -> Result<(), std::num::ParseIntError> {
        "x".parse::<i32>().map(|_| ())
    }

    #[test]
    fn question_mark_means_retry_and_terminal_means_stop() {
        let retried = || -> Result<(), Failure> { Ok(fails()?) };
        assert!(!retried().unwrap_err().is_terminal());
        assert!(fails().terminal().unwrap_err().is_terminal());
        assert!(fails().terminal_if(|_| true).unwrap_err().is_terminal());
        assert!(!fails().terminal_if(|_| false).unwrap_err().is_terminal());
        let later = fails().retry_after(Duration::from_secs(5)).unwrap_err();
        assert_eq!(later.verdict(), Verdict::RetryAfter(Duration::from_secs(5)));
    }

    #[test]
    fn an_own_error_type_says_how_it_is_treated() {
        struct Gone;
        impl IntoFailure for Gone {
            fn into_failure(self) -> Failure {
                Failure::new("gone").terminal()
            }
        }
        assert!(Gone.into_failure().is_terminal());
    }

    #[test]
    fn the_chain_says_every_cause_once() {
        #[derive(Debug, thiserror::Error)]
        #[error("could not send the mail")]
        struct Outer(#[source] std::num::ParseIntError);
        let inner = "x".parse::<i32>().unwrap_err();
        let failure = Failure::from(Outer(inner));
        assert_eq!(failure.chain(), ["could not send the mail", "invalid digit found in string"]);
    }
}
