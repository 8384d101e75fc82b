//! One message, acknowledged: sent again with the same id until the server has said what became of it.

use std::time::Duration;

use bytes::Bytes;
use serde::Deserialize;
use stheno_core::backend::AppendError;
use tokio::time::Instant;

use crate::{
    encode::Outgoing,
    error::{Refusal, Trouble, code},
    link::Link,
    log::Log,
};

/// The wait before a message is sent again that was certainly not stored.
pub(crate) const AGAIN: Duration = Duration::from_millis(50);

/// How often something else than the stream may answer before it is given up. Its answer may only have been the first.
const FOREIGN: u32 = 3;

/// The stream that has to acknowledge a message. Whatever listens on the same subjects may answer too.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target<'a> {
    pub(crate) stream: &'a str,
    /// The domain it is in, if its servers have one: a leaf node's may have a stream of the same name.
    pub(crate) domain: Option<&'a str>,
}

/// What the server says once a message, or a batch, is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ack {
    /// That of the last message; at least the number of messages.
    pub(crate) seq: u64,
    pub(crate) duplicate: bool,
}

/// A batch, as its acknowledgement has to name it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Whole<'a> {
    pub(crate) id: &'a str,
    pub(crate) count: u64,
}

#[derive(Deserialize)]
struct Answer {
    error: Option<Refusal>,
    stream: Option<String>,
    domain: Option<String>,
    seq: Option<u64>,
    #[serde(default)]
    duplicate: bool,
    batch: Option<String>,
    count: Option<u64>,
}

/// How publishing has gone so far.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tries {
    until: Instant,
    /// One that may have been stored was not acknowledged: a duplicate now is our own.
    pub(crate) unanswered: bool,
    /// How often something else than the stream has answered.
    foreign: u32,
}

impl Tries {
    pub(crate) fn begin(log: &Log) -> Self {
        Self { until: Instant::now() + log.options.patience, unanswered: false, foreign: 0 }
    }

    /// After a failure that may pass: waits and says `Ok` for another try.
    pub(crate) async fn again(&mut self, log: &Log, trouble: Trouble) -> Result<(), Trouble> {
        if !trouble.passes() {
            return Err(trouble);
        }
        self.unanswered |= trouble.is_unknown();
        self.foreign += u32::from(matches!(trouble, Trouble::Garbled(_)));
        if Instant::now() >= self.until || self.foreign == FOREIGN {
            // It comes of what was sent by itself, or of something else that answers to a batch.
            self.unanswered |= trouble.code() == Some(code::BATCH_INCOMPLETE);
            if !matches!(trouble, Trouble::NoResponders) {
                return Err(trouble);
            }
            // Only now is it asked: a cluster that starts finds its streams late.
            match log.writing.stream(log.stream()).await {
                // Nobody listens to a log that was deleted.
                Ok(None) => return Err(Trouble::Gone),
                // It is there and answers. So it may have had the message, and something else said that nobody listens.
                Ok(Some(_)) => self.unanswered = true,
                Err(_) => {}
            }
            return Err(trouble);
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
pub(crate) async fn send(link: &Link, target: Target<'_>, outgoing: Outgoing) -> Result<Ack, Trouble> {
    target.read(&request(link, outgoing).await?, None)
}

/// Sends the first message of a batch, and waits until the server says whether it takes the batch. It says nothing when it does.
pub(crate) async fn begin(
    link: &Link,
    target: Target<'_>,
    whole: Whole<'_>,
    outgoing: Outgoing,
) -> Result<(), Trouble> {
    let answer = request(link, outgoing).await?;
    if answer.is_empty() { Ok(()) } else { target.read(&answer, Some(whole)).map(drop) }
}

/// Sends the last message of a batch, and waits for the acknowledgement of the whole.
pub(crate) async fn commit(
    link: &Link,
    target: Target<'_>,
    whole: Whole<'_>,
    outgoing: Outgoing,
) -> Result<Ack, Trouble> {
    target.read(&request(link, outgoing).await?, Some(whole))
}

async fn request(link: &Link, outgoing: Outgoing) -> Result<Bytes, Trouble> {
    let answer = link.request(outgoing.subject, Some(outgoing.headers), outgoing.body).await;
    Ok(Trouble::of(answer)?.payload)
}

impl Target<'_> {
    /// Reads what acknowledges a message, or a batch. An answer of anything else does not say what became of it.
    fn read(self, payload: &[u8], whole: Option<Whole<'_>>) -> Result<Ack, Trouble> {
        if whole.is_none()
            && let Some(ack) = self.plain(payload)
        {
            return Ok(ack);
        }
        let foreign = || Trouble::not_ours(&format!("an acknowledgement of stream `{}`", self.stream), payload);
        let answer: Answer = serde_json::from_slice(payload).map_err(|_| foreign())?;
        let is_ours = |stream: &String| stream == self.stream;
        // While a domain is being named, not every server has it.
        let is_here = |domain: &String| self.domain.is_none_or(|ours| ours == domain);
        let here = answer.domain.as_ref().is_none_or(is_here);
        match answer.error {
            // No stream refuses a single message as a batch.
            Some(refusal) if whole.is_none() && refusal.is_of_batch() => return Err(foreign()),
            Some(refusal) if here && answer.stream.as_ref().is_none_or(is_ours) => {
                return Err(Trouble::Refused(refusal));
            }
            None if here && answer.stream.as_ref().is_some_and(is_ours) => {}
            _ => return Err(foreign()),
        }
        let as_sent = match whole {
            None => answer.batch.is_none() && answer.count.is_none(),
            Some(whole) => answer.batch.as_deref() == Some(whole.id) && answer.count == Some(whole.count),
        };
        let seq = answer.seq.filter(|seq| as_sent && *seq >= whole.map_or(1, |whole| whole.count));
        seq.map(|seq| Ack { seq, duplicate: answer.duplicate }).ok_or_else(foreign)
    }

    /// The acknowledgement of a new message in the form the server writes: `{"stream":"EVENTS","seq":12}`.
    fn plain(self, payload: &[u8]) -> Option<Ack> {
        let rest = payload.strip_prefix(b"{\"stream\":\"")?.strip_prefix(self.stream.as_bytes())?;
        let digits = rest.strip_prefix(b"\",\"seq\":")?.strip_suffix(b"}")?;
        let seq = std::str::from_utf8(digits).ok()?.parse().ok().filter(|seq| *seq > 0)?;
        Some(Ack { seq, duplicate: false })
    }
}

/// Sends one message until it is acknowledged or refused.
pub(crate) async fn publish(log: &Log, tries: &mut Tries, outgoing: impl Fn() -> Outgoing) -> Result<Ack, Trouble> {
    loop {
        match send(&log.writing.link, log.target(), outgoing()).await {
            Ok(ack) => return Ok(ack),
            Err(trouble) => tries.again(log, trouble).await?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENTS: Target<'static> = Target { stream: "EVENTS", domain: None };

    #[test]
    fn acknowledgements_are_read_in_every_form() {
        let read = |text: &str| EVENTS.read(text.as_bytes(), None).map(|ack| (ack.seq, ack.duplicate));
        assert_eq!(read(r#"{"stream":"EVENTS","seq":12}"#).unwrap(), (12, false));
        assert_eq!(read(r#"{"stream":"EVENTS","seq":12,"duplicate": true}"#).unwrap(), (12, true));
        assert_eq!(read(r#"{"stream":"EVENTS","domain":"hub","seq":7}"#).unwrap(), (7, false));
        let refused =
            read(r#"{"error":{"code":400,"err_code":10071,"description":"wrong"},"stream":"EVENTS","seq":0}"#);
        assert_eq!(refused.unwrap_err().code(), Some(10071));
        let whole = Whole { id: "x", count: 2 };
        let of_batch = |text: &str| EVENTS.read(text.as_bytes(), Some(whole)).map(|ack| ack.seq);
        assert_eq!(of_batch(r#"{"stream":"EVENTS","seq":5,"batch":"x","count":2}"#).unwrap(), 5);
        for other in [
            r#"{"stream":"EVENTS","seq":5}"#,
            r#"{"stream":"EVENTS","seq":5,"batch":"y","count":2}"#,
            r#"{"stream":"EVENTS","seq":5,"batch":"x","count":1}"#,
            r#"{"stream":"EVENTS","seq":1,"batch":"x","count":2}"#,
            r#"{"stream":"ORDERS","seq":5,"batch":"x","count":2}"#,
        ] {
            assert!(matches!(of_batch(other), Err(Trouble::Garbled(_))), "{other}");
        }
    }

    #[test]
    fn what_the_stream_did_not_say_acknowledges_nothing() {
        let hub = Target { domain: Some("hub"), ..EVENTS };
        assert!(hub.read(br#"{"stream":"EVENTS","domain":"hub","seq":7}"#, None).is_ok());
        assert!(hub.read(br#"{"stream":"EVENTS","domain":"leaf","seq":7}"#, None).is_err());
        for other in [
            "",
            "hello",
            "{}",
            "null",
            "+ACK",
            r#"{"ok":true}"#,
            r#"{"seq":3}"#,
            r#"{"stream":"EVENTS"}"#,
            r#"{"stream":"EVENTS","seq":0}"#,
            r#"{"stream":"EVENTS","seq":-1}"#,
            r#"{"stream":"EVENTS2","seq":3}"#,
            r#"{"stream":"ORDERS","seq":3,"duplicate":true}"#,
            r#"{"stream":"EVENTS","seq":5,"batch":"x","count":2}"#,
            r#"{"error":{}}"#,
            r#"{"error":"no"}"#,
            r#"{"error":{"code":400,"err_code":10176,"description":"atomic publish batch is incomplete"}}"#,
            r#"{"error":{"code":400,"err_code":10071,"description":"wrong"},"stream":"ORDERS","seq":0}"#,
        ] {
            assert!(matches!(EVENTS.read(other.as_bytes(), None), Err(Trouble::Garbled(_))), "{other}");
        }
    }
}
