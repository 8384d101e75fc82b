//! What an answer of the server means to a caller: a kind and a sentence that says what to do.

use std::fmt;

use serde::Deserialize;
use stheno_core::backend::{BackendError, BackendErrorKind};

use crate::replies::Answer;

/// Error codes of JetStream that mean something to us.
pub(crate) mod code {
    /// JetStream is not there now: no leader of the meta group.
    pub(crate) const UNAVAILABLE: u32 = 10008;
    pub(crate) const NO_RESOURCES: [u32; 3] = [10023, 10047, 10028];
    pub(crate) const NO_MESSAGE: u32 = 10037;
    pub(crate) const NOT_ENABLED: [u32; 3] = [10039, 10076, 10035];
    pub(crate) const NAME_IN_USE: u32 = 10058;
    pub(crate) const STREAM_NOT_FOUND: u32 = 10059;
    pub(crate) const SUBJECTS_OVERLAP: u32 = 10065;
    pub(crate) const WRONG_LAST_SEQUENCE: [u32; 2] = [10071, 10164];
    pub(crate) const STORE_FAILED: u32 = 10077;
    pub(crate) const ROLLUP_FAILED: u32 = 10111;
    pub(crate) const ID_IN_PROCESS: u32 = 10158;
    pub(crate) const RATE_LIMITED: u32 = 10167;
    pub(crate) const BATCH_INCOMPLETE: u32 = 10176;
    pub(crate) const BATCH_HAS_DUPLICATE: u32 = 10201;
    pub(crate) const TOO_MANY_BATCHES: u32 = 10210;
}

/// An error as JetStream says it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Refusal {
    /// As in HTTP.
    pub(crate) code: u32,
    pub(crate) err_code: u32,
    #[serde(default)]
    pub(crate) description: String,
}

impl Refusal {
    /// Whether only a batch is refused so.
    pub(crate) fn is_of_batch(&self) -> bool {
        matches!(self.err_code, code::BATCH_INCOMPLETE | code::BATCH_HAS_DUPLICATE | code::TOO_MANY_BATCHES)
    }

    /// Whether asking again soon may help, and nothing was done.
    pub(crate) fn passes(&self) -> bool {
        matches!(
            self.err_code,
            code::UNAVAILABLE
                | code::ID_IN_PROCESS
                | code::RATE_LIMITED
                | code::BATCH_INCOMPLETE
                | code::TOO_MANY_BATCHES
        ) || (self.err_code == code::STORE_FAILED && !self.is_full())
            // "insufficient peers", "peer remapping", "raft general error".
            || (self.code == 503 && self.err_code != 0 && !code::NOT_ENABLED.contains(&self.err_code))
    }

    fn is_full(&self) -> bool {
        code::NO_RESOURCES.contains(&self.err_code)
            || (self.err_code == code::STORE_FAILED && self.description.contains("maximum"))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (JetStream error {})", self.description, self.err_code)
    }
}

/// Characters that are shown of an answer that is not ours.
const SHOWN: usize = 120;

/// Why a request has no useful answer.
#[derive(Debug, Clone)]
pub(crate) enum Trouble {
    /// The server answered with an error.
    Refused(Refusal),
    /// Nobody listens there now; nothing was done.
    NoResponders,
    /// Nobody knows whether it was done.
    Unanswered,
    /// The stream of the log was deleted.
    Gone,
    /// The server does not permit it; what it said.
    Denied(String),
    /// It could not be sent; why.
    Unsent(String),
    /// Something answered that is not what was asked, or not as it is documented. Nobody knows whether it was done.
    Garbled(String),
    Closed,
}

impl Trouble {
    /// The reply, or why there is none.
    pub(crate) fn of(answer: Answer) -> Result<async_nats::Message, Trouble> {
        match answer {
            Answer::Reply(message) => Ok(message),
            Answer::NoResponders => Err(Trouble::NoResponders),
            Answer::Lost | Answer::Late => Err(Trouble::Unanswered),
            Answer::Denied(said) => Err(Trouble::Denied(said)),
            Answer::Unsent(why) => Err(Trouble::Unsent(why)),
            Answer::Closed => Err(Trouble::Closed),
        }
    }

    /// An answer that is not the one that was asked for.
    pub(crate) fn not_ours(wanted: &str, answer: &[u8]) -> Self {
        let answer = String::from_utf8_lossy(answer);
        let shown: String = answer.chars().take(SHOWN).collect();
        Trouble::Garbled(format!("{wanted} was expected, and {shown:?} came"))
    }

    /// Whether nobody knows if it was done.
    pub(crate) fn is_unknown(&self) -> bool {
        matches!(self, Trouble::Unanswered | Trouble::Garbled(_))
    }

    /// Whether a question that changes nothing may be asked again.
    pub(crate) fn passes(&self) -> bool {
        match self {
            Trouble::NoResponders | Trouble::Unanswered | Trouble::Garbled(_) => true,
            Trouble::Refused(refusal) => refusal.passes(),
            _ => false,
        }
    }

    /// JetStream's error, if it is one.
    pub(crate) fn refusal(&self) -> Option<&Refusal> {
        match self {
            Trouble::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// The code of JetStream's error, if it is one.
    pub(crate) fn code(&self) -> Option<u32> {
        self.refusal().map(|refusal| refusal.err_code)
    }

    /// What it means for whoever wanted this done with the log at a place.
    pub(crate) fn explain(self, place: &str) -> BackendError {
        match self {
            Trouble::Refused(refusal) => explain_refusal(refusal, place),
            Trouble::NoResponders | Trouble::Unanswered => away(place),
            Trouble::Gone => log_changed(place, "was deleted"),
            Trouble::Denied(said) => denied(place, &said),
            Trouble::Unsent(why) => {
                BackendError::new(BackendErrorKind::Other, format!("the request could not be sent to {place}: {why}"))
            }
            Trouble::Garbled(why) => {
                let message = format!(
                    "something else than our stream answers at {place}: {why}; find the program or the import of an account \
                     that listens on these subjects too, and end it"
                );
                BackendError::new(BackendErrorKind::Other, message)
            }
            Trouble::Closed => closed(),
        }
    }
}

fn explain_refusal(refusal: Refusal, place: &str) -> BackendError {
    let (kind, message) = match refusal.err_code {
        _ if refusal.is_full() => (
            BackendErrorKind::Full,
            format!(
                "there is no room left for the log at {place} ({refusal}); raise its limits or free disk space, and try again"
            ),
        ),
        code if code::NOT_ENABLED.contains(&code) => (BackendErrorKind::Address, jetstream_disabled(place)),
        code::STREAM_NOT_FOUND => (
            BackendErrorKind::LogChanged,
            format!("the stream of the log at {place} is no longer there; if it was made anew, start again"),
        ),
        _ if refusal.passes() => (
            BackendErrorKind::Unavailable,
            format!("{place} cannot do it now, as when it elects a leader ({refusal}); try again"),
        ),
        _ => (BackendErrorKind::Other, format!("the nats-server refused it for the log at {place}: {refusal}")),
    };
    // What it says stands in the message: often nothing else is shown.
    BackendError::new(kind, message)
}

pub(crate) fn jetstream_disabled(place: &str) -> String {
    format!(
        "JetStream is not enabled for this account at {place}; add `jetstream {{ store_dir: \"./data\" }}` to the \
         server's configuration (and `jetstream: enabled` to the account), or start it with `-js`"
    )
}

pub(crate) fn domain_missing(place: &str, domain: &str) -> String {
    format!(
        "nobody answers at {place} for the JetStream domain `{domain}`; correct `domain=` (it is the `domain` of the \
         `jetstream` block in a server's configuration, and `nats account info` shows it), leave it out for the server's \
         own, or enable JetStream for this account there"
    )
}

/// The stream of the records was deleted.
pub(crate) fn records_gone(place: &str, stream: &str) -> BackendError {
    let message = format!(
        "the bucket of the records at {place} (stream `{stream}`) is no longer there, and with it where every subscriber \
         stands; restore it if there is a backup (`nats stream restore`), then start again: without it a start makes an \
         empty one and begins every subscriber anew"
    );
    BackendError::new(BackendErrorKind::LogChanged, message)
}

pub(crate) fn away(place: &str) -> BackendError {
    let message = format!("{place} does not answer now (it is away, or electing a leader); try again");
    BackendError::new(BackendErrorKind::Unavailable, message)
}

pub(crate) fn denied(place: &str, said: &str) -> BackendError {
    let message = format!("this user may not do that at {place}: {said}");
    BackendError::new(BackendErrorKind::Permission, message)
}

pub(crate) fn closed() -> BackendError {
    BackendError::new(BackendErrorKind::Closed, "the log was closed; open it again")
}

pub(crate) fn log_changed(place: &str, what: &str) -> BackendError {
    let message = format!(
        "the log at {place} {what} while it was in use; if it was restored or made anew on purpose, start again and \
         set the positions of the subscribers"
    );
    BackendError::new(BackendErrorKind::LogChanged, message)
}

pub(crate) fn not_sent(error: async_nats::PublishError) -> BackendError {
    away("the connection").with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_says_stands_in_the_message() {
        for (code, err_code, kind) in [
            (400, 10052, BackendErrorKind::Other),
            (503, 10005, BackendErrorKind::Unavailable),
            (503, 10077, BackendErrorKind::Full),
        ] {
            let description = "maximum of it reached".to_owned();
            let error = Trouble::Refused(Refusal { code, err_code, description }).explain("nats://a");
            assert_eq!(error.kind(), kind, "{error}");
            let said = format!("maximum of it reached (JetStream error {err_code})");
            assert!(error.to_string().contains(&said), "{error}");
        }
    }
}
