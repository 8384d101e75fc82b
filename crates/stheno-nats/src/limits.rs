//! Limits of a server and of its streams that would keep a log from working: each is said with what is needed.

use std::time::Duration;

use serde_json::Value;
use stheno_core::backend::{BackendError, BackendErrorKind};

use crate::{api::Api, append::HEADER_ROOM, fetch::FORGET, link, options::NatsOptions};

/// Smallest `max_payload` of a server, in bytes: with less there is hardly room for a body beside the headers.
const MIN_PAYLOAD: usize = 64 * 1024;
/// Fewest consumers a stream has to allow. Every reader is one, of every process.
const MIN_CONSUMERS: i64 = 100;
/// What is written when a dedup window is too short, at least.
const DEDUP_MINUTES: u64 = 2;

/// For how long after an append was sent first it may be sent again.
fn sent_again(patience: Duration) -> Duration {
    patience.saturating_add(link::PATIENCE)
}

impl NatsOptions {
    /// The dedup window of a stream that is made.
    pub(crate) fn window(&self) -> Duration {
        self.dedup_window.unwrap_or_else(|| Self::DEDUP_WINDOW.max(sent_again(self.patience)))
    }

    /// Refuses a dedup window that was chosen and is too short.
    pub(crate) fn check_window(&self) -> Result<(), BackendError> {
        let Some(window) = self.dedup_window else { return Ok(()) };
        let edit = |needed: &str| format!("write `dedup={needed}`");
        check_window(window, self.patience, "the dedup window that was chosen (`dedup=`)", edit)
    }

    /// The same of the stream of the log, as it was found.
    pub(crate) fn check_window_of(&self, found: Duration) -> Result<(), BackendError> {
        let (stream, place) = (&self.stream, self.place());
        let edit = |needed: &str| format!("widen it with `nats stream edit {stream} --dupe-window {needed}`");
        check_window(found, self.patience, &format!("the dedup window of stream `{stream}` at {place}"), edit)
    }
}

/// Within the window an append that is sent again is known; after it, it would be stored twice.
fn check_window(
    window: Duration,
    patience: Duration,
    whose: &str,
    edit: impl Fn(&str) -> String,
) -> Result<(), BackendError> {
    let needed = sent_again(patience);
    if window >= needed {
        return Ok(());
    }
    let minutes = needed.as_secs().div_ceil(60).max(DEDUP_MINUTES);
    let message = format!(
        "{whose} is {}, and an append may be sent again for {} (`patience=` is {}): after the window it would be stored \
         twice; {}, or choose a shorter `patience=`",
        said(window),
        said(needed),
        said(patience),
        edit(&format!("{minutes}m")),
    );
    Err(BackendError::new(BackendErrorKind::Address, message))
}

fn said(duration: Duration) -> String {
    humantime::format_duration(duration).to_string()
}

/// Refuses a server that takes too little in one message.
pub(crate) fn check_payload(max_payload: usize, place: &str) -> Result<(), BackendError> {
    if max_payload >= MIN_PAYLOAD {
        return Ok(());
    }
    let message = format!(
        "the nats-server at {place} takes messages of {max_payload} bytes at most, and at least {MIN_PAYLOAD} are needed; set \
         `max_payload: 1MB` in its configuration"
    );
    Err(BackendError::new(BackendErrorKind::Address, message))
}

/// The largest message of ours that a stream has to take.
pub(crate) fn largest(api: &Api, options: &NatsOptions) -> usize {
    options.max_body.saturating_add(HEADER_ROOM).min(api.link.max_payload())
}

/// Every limit of a stream that is there which is too tight, with what is needed.
pub(crate) fn tight(there: &Value, largest: usize) -> Vec<String> {
    let limits = [
        ("max_msg_size", &there["max_msg_size"], i64::try_from(largest).unwrap_or(i64::MAX)),
        ("max_consumers", &there["max_consumers"], MIN_CONSUMERS),
        (
            "consumer_limits.inactive_threshold",
            &there["consumer_limits"]["inactive_threshold"],
            i64::try_from(FORGET.as_nanos()).unwrap_or(i64::MAX),
        ),
        // With any the server makes no consumer that does not acknowledge.
        ("consumer_limits.max_ack_pending", &there["consumer_limits"]["max_ack_pending"], i64::MAX),
    ];
    let tight = limits.into_iter().filter_map(|(field, there, needed)| {
        // Nothing, 0 and -1 are no limit.
        let there = there.as_i64().filter(|there| (1..needed).contains(there))?;
        Some(match needed {
            i64::MAX => format!("`{field}` is {there} there and has to be without limit"),
            _ => format!("`{field}` is {there} there and has to be at least {needed}, or without limit"),
        })
    });
    tight.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_limit_that_is_too_tight_is_said_with_what_is_needed() {
        for wide in [
            json!({ "max_msg_size": -1, "max_consumers": -1 }),
            json!({ "max_msg_size": 1000, "max_consumers": 100, "consumer_limits": {} }),
            json!({ "consumer_limits": { "inactive_threshold": 30_000_000_000_u64 }, "republish": { "src": ">" } }),
        ] {
            assert_eq!(tight(&wide, 1000), Vec::<String>::new(), "{wide}");
        }
        let there = json!({
            "max_msg_size": 999, "max_consumers": 99,
            "consumer_limits": { "inactive_threshold": 29_999_999_999_u64, "max_ack_pending": 1000 },
        });
        assert_eq!(
            tight(&there, 1000),
            [
                "`max_msg_size` is 999 there and has to be at least 1000, or without limit",
                "`max_consumers` is 99 there and has to be at least 100, or without limit",
                "`consumer_limits.inactive_threshold` is 29999999999 there and has to be at least 30000000000, or without \
                 limit",
                "`consumer_limits.max_ack_pending` is 1000 there and has to be without limit",
            ]
        );
    }

    #[test]
    fn a_window_in_which_an_append_may_still_be_sent_again_is_too_short() {
        let options = |window: u64, patience: u64| {
            let options = NatsOptions::server("a").patience(Duration::from_secs(patience));
            options.dedup_window(Duration::from_secs(window)).check()
        };
        assert!(options(25, 20).is_ok() && options(6, 1).is_ok());
        for (window, patience, parts) in [
            (0, 20, ["is 0s", "for 25s", "`dedup=2m`"]),
            (24, 20, ["is 24s", "for 25s", "`dedup=2m`"]),
            (60, 600, ["is 1m", "for 10m 5s", "`dedup=11m`"]),
        ] {
            let error = options(window, patience).unwrap_err();
            assert_eq!(error.kind(), BackendErrorKind::Address);
            parts.iter().for_each(|part| assert!(error.to_string().contains(part), "{part}: {error}"));
        }
        let long = NatsOptions::server("a").patience(NatsOptions::DEDUP_WINDOW);
        assert!(long.check().is_ok() && long.check_window_of(long.window()).is_ok());
        assert_eq!(NatsOptions::server("a").window(), NatsOptions::DEDUP_WINDOW);
    }
}
