//! The alarm of a process: its log has a trouble that trying again does not end. Delivery stops then, and the host with it.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use tokio::sync::watch;

use crate::backend::{BackendError, BackendErrorKind};

/// What a task does that could not read or write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Tries again.
    Retry,
    /// Ends, because the backend was closed.
    Closed,
    /// Ends, because this does not pass.
    Lasting,
}

impl Verdict {
    pub(crate) fn of(kind: BackendErrorKind) -> Self {
        match kind {
            BackendErrorKind::Closed => Self::Closed,
            kind if kind.may_pass() => Self::Retry,
            _ => Self::Lasting,
        }
    }
}

/// Raised by the task that finds the trouble, and heard by every worker of the process.
#[derive(Default)]
pub(crate) struct Alarm {
    raised: watch::Sender<bool>,
    /// What was said already. Many tasks find the same trouble, and it is said once.
    said: Mutex<HashSet<String>>,
}

impl Alarm {
    /// What an error of the log means for the task that met it. A lasting one raises the alarm.
    pub(crate) fn judge(&self, error: &BackendError) -> Verdict {
        let verdict = Verdict::of(error.kind());
        if verdict == Verdict::Lasting {
            if let Some(error) = self.unsaid(error) {
                tracing::error!(error, "the log cannot be used any more; delivery stops here");
            }
            self.raised.send_replace(true);
        }
        verdict
    }

    /// Says why one subscriber ends. What is wrong with its records leaves the others running, so this raises no alarm.
    pub(crate) fn say(&self, subscriber: &str, error: &BackendError) {
        if let Some(error) = self.unsaid(error) {
            tracing::error!(subscriber, error, "stopped: this does not pass by itself");
        }
    }

    /// Returns once the alarm was raised.
    pub(crate) async fn heard(&self) {
        let mut raised = self.raised.subscribe();
        // The sender lives as long as this borrow.
        let _ = raised.wait_for(|raised| *raised).await;
    }

    /// An error with its causes, unless it was said before.
    fn unsaid(&self, error: &BackendError) -> Option<String> {
        let text = error.to_string();
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        said.insert(text.clone()).then_some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_what_does_not_pass_raises_the_alarm() {
        let alarm = Alarm::default();
        for (kind, verdict) in [
            (BackendErrorKind::Unavailable, Verdict::Retry),
            (BackendErrorKind::Full, Verdict::Retry),
            (BackendErrorKind::Permission, Verdict::Retry),
            (BackendErrorKind::Address, Verdict::Retry),
            (BackendErrorKind::Other, Verdict::Retry),
            (BackendErrorKind::Closed, Verdict::Closed),
        ] {
            assert_eq!(alarm.judge(&BackendError::new(kind, "trouble")), verdict, "{kind:?}");
        }
        assert!(!*alarm.raised.borrow());
        for kind in [BackendErrorKind::Corrupt, BackendErrorKind::LogChanged, BackendErrorKind::NewerSchema] {
            let alarm = Alarm::default();
            assert_eq!(alarm.judge(&BackendError::new(kind, "trouble")), Verdict::Lasting, "{kind:?}");
            alarm.heard().await;
        }
    }

    #[test]
    fn the_same_trouble_is_said_once() {
        let alarm = Alarm::default();
        let error = |cause: &str| BackendError::new(BackendErrorKind::Corrupt, "damaged").with_source(cause.to_owned());
        assert_eq!(alarm.unsaid(&error("page 7")).as_deref(), Some("damaged: page 7"));
        assert_eq!(alarm.unsaid(&error("page 7")), None);
        assert!(alarm.unsaid(&error("page 8")).is_some());
    }
}
