//! Closing a backend that may never answer.

use std::time::Duration;

/// How long a backend may take to close.
pub(crate) const CLOSE: Duration = Duration::from_secs(12);

/// Whether a backend closed in time, and before it had to be left at once.
pub(crate) async fn in_time(closing: impl Future<Output = ()>, at_once: impl Future<Output = ()>) -> bool {
    tokio::select! {
        biased;
        () = closing => true,
        () = at_once => false,
        () = tokio::time::sleep(CLOSE) => {
            tracing::warn!("the backend has not closed within {CLOSE:?}; it is left as it is");
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_second_signal_is_heard_while_the_backend_closes() {
        let begun = tokio::time::Instant::now();
        let second = tokio::time::sleep(Duration::from_secs(1));
        assert!(!in_time(pending(), second).await);
        assert_eq!(begun.elapsed(), Duration::from_secs(1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_backend_that_does_not_close_is_left() {
        let begun = tokio::time::Instant::now();
        assert!(!in_time(pending(), pending()).await);
        assert_eq!(begun.elapsed(), CLOSE);
        assert!(in_time(ready(()), ready(())).await);
    }
}
