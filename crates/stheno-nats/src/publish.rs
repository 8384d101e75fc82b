//! One message, acknowledged: sent again with the same id until the server has said what became of it.

use std::time::Duration;

use serde::Deserialize;
use stheno_core::backend::AppendError;
use tokio::time::Instant;

use crate::{
    encode::Outgoing,
    error::{Refusal, Trouble},
    link::Link,
    log::Log,
};

/// The wait before a message is sent again that was certainly not stored.
pub(crate) const AGAIN: Duration = Duration::from_millis(50);

/// What the server says once a message is stored.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct Ack {
    #[serde(default)]
    pub(crate) seq: u64,
    #[serde(default)]
    pub(crate) duplicate: bool,
}

#[derive(Deserialize)]
struct AckAnswer {
    error: Option<Refusal>,
    #[serde(flatten)]
    ack: Ack,
}

/// How publishing has gone so far.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tries {
    until: Instant,
    /// One that may have been stored was not acknowledged: a duplicate now is our own.
    pub(crate) unanswered: bool,
}

impl Tries {
    pub(crate) fn begin(log: &Log) -> Self {
        Self { until: Instant::now() + log.options.patience, unanswered: false }
    }

    /// After a failure that may pass: waits and says `Ok` for another try.
    pub(crate) async fn again(&mut self, log: &Log, trouble: Trouble) -> Result<(), Trouble> {
        if !trouble.passes() {
            return Err(trouble);
        }
        if matches!(trouble, Trouble::Unanswered) {
            self.unanswered = true;
        }
        if Instant::now() >= self.until {
            // Nobody listens to a log that was deleted. Only now is it asked: a cluster that starts finds its streams late.
            let is_gone =
                matches!(trouble, Trouble::NoResponders) && matches!(log.writing.stream(log.stream()).await, Ok(None));
            return Err(if is_gone { Trouble::Gone } else { trouble });
        }
        // A lost connection is waited for where the next try is sent.
        if !matches!(trouble, Trouble::Unanswered) {
            tokio::time::sleep(AGAIN).await;
        }
        Ok(())
    }

    /// What it means that this did not come to a good end.
    pub(crate) fn failed(&self, log: &Log, trouble: Trouble) -> AppendError {
        let error = log.explain(trouble);
        if self.unanswered { AppendError::unknown(error) } else { error.into() }
    }
}

/// Sends one message once, and waits for its acknowledgement.
pub(crate) async fn send(link: &Link, outgoing: Outgoing) -> Result<Ack, Trouble> {
    let answer = link.request(outgoing.subject, Some(outgoing.headers), outgoing.body).await;
    acknowledged(&Trouble::of(answer)?.payload)
}

/// Reads what acknowledges a message.
pub(crate) fn acknowledged(payload: &[u8]) -> Result<Ack, Trouble> {
    if let Some(ack) = plain(payload) {
        return Ok(ack);
    }
    let answer: AckAnswer = serde_json::from_slice(payload).map_err(|error| Trouble::Garbled(error.to_string()))?;
    match answer.error {
        Some(refusal) => Err(Trouble::Refused(refusal)),
        None => Ok(answer.ack),
    }
}

/// The acknowledgement of a new message in the form the server writes: `{"stream":"EVENTS","seq":12}`.
fn plain(payload: &[u8]) -> Option<Ack> {
    let rest = payload.strip_prefix(b"{\"stream\":\"")?;
    let end = rest.iter().position(|byte| *byte == b'"')?;
    let digits = rest[end..].strip_prefix(b"\",\"seq\":")?.strip_suffix(b"}")?;
    let seq = std::str::from_utf8(digits).ok()?.parse().ok()?;
    Some(Ack { seq, duplicate: false })
}

/// Sends one message until it is acknowledged or refused.
pub(crate) async fn publish(log: &Log, tries: &mut Tries, outgoing: impl Fn() -> Outgoing) -> Result<Ack, Trouble> {
    loop {
        match send(&log.writing.link, outgoing()).await {
            Ok(ack) => return Ok(ack),
            Err(trouble) => tries.again(log, trouble).await?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acknowledgements_are_read_in_every_form() {
        let read = |text: &str| acknowledged(text.as_bytes()).map(|ack| (ack.seq, ack.duplicate));
        assert_eq!(read(r#"{"stream":"EVENTS","seq":12}"#).unwrap(), (12, false));
        assert_eq!(read(r#"{"stream":"EVENTS","seq":12,"duplicate": true}"#).unwrap(), (12, true));
        assert_eq!(read(r#"{"stream":"EVENTS","domain":"hub","seq":7}"#).unwrap(), (7, false));
        assert_eq!(read(r#"{"stream":"EVENTS","seq":5,"batch":"x","count":2}"#).unwrap(), (5, false));
        let refused = read(r#"{"error":{"code":400,"err_code":10071,"description":"wrong"},"stream":"E","seq":0}"#);
        assert_eq!(refused.unwrap_err().code(), Some(10071));
        assert!(matches!(read("hello"), Err(Trouble::Garbled(_))));
    }
}
