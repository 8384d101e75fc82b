//! Which failures another attempt can mend, in one place for all handlers of the plugin.

use commerce::CommerceError;
use stheno::Failure;

use crate::mail::MailError;

/// Why a mail was not sent.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub enum NotifyError {
    /// What the mail is about could not be looked up.
    Commerce(#[from] CommerceError),
    /// The mail could not be written or handed over.
    Mail(#[from] MailError),
}

/// What a failure means for delivery: each subscriber names it as `classify`.
pub fn classify(error: NotifyError) -> Failure {
    let (is_final, retry_after) = match &error {
        NotifyError::Commerce(lookup) => (lookup.is_final(), lookup.retry_after()),
        NotifyError::Mail(mail) => (mail.is_final(), None),
    };
    let failure = Failure::new(error);
    match retry_after {
        _ if is_final => failure.terminal(),
        Some(delay) => failure.retry_after(delay),
        None => failure,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use commerce::CommerceErrorKind;

    use super::*;

    #[test]
    fn what_is_not_there_is_given_up_and_what_is_down_is_tried_again() {
        let gone = NotifyError::from(CommerceError::not_found("order", "order_1"));
        assert!(classify(gone).is_terminal());
        let retry_after = Some(Duration::from_secs(7));
        let down = CommerceError::new(CommerceErrorKind::Unavailable { retry_after }, "down");
        assert!(!classify(down.into()).is_terminal());
    }
}
