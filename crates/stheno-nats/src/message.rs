//! A message as the stream keeps it, however it was read: delivered by a consumer, or got one by one.

use async_nats::{HeaderMap, Message};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use serde::Deserialize;
use stheno_core::Timestamp;

use crate::error::Trouble;

/// Where a delivered message stands, as its reply subject says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// Its position in the stream.
    pub(crate) sequence: u64,
    /// The how-manieth message of its consumer it is.
    pub(crate) delivery: u64,
    pub(crate) stored: Timestamp,
    /// How many messages the consumer has left.
    pub(crate) pending: u64,
}

impl Place {
    /// Reads `$JS.ACK.<stream>.<consumer>.<attempts>.<sequence>.<delivery>.<nanoseconds>.<pending>`, or the newer form with
    /// domain and account before the stream. `None` when it is not of this consumer.
    pub(crate) fn parse(reply: &str, stream: &str, consumer: &str) -> Option<Self> {
        // Short tokens, once for every message: a loop over bytes is faster than a search for each dot.
        let rest = reply.as_bytes().strip_prefix(b"$JS.ACK.")?;
        let before = match rest.iter().filter(|byte| **byte == b'.').count() {
            6 => 2,
            8.. => 4,
            _ => return None,
        };
        let mut tokens = rest.split(|byte| *byte == b'.').skip(before - 2);
        if tokens.next()? != stream.as_bytes() || tokens.next()? != consumer.as_bytes() {
            return None;
        }
        // How often it was delivered.
        tokens.next()?;
        let mut number = || decimal(tokens.next()?);
        let (sequence, delivery, nanoseconds, pending) = (number()?, number()?, number()?, number()?);
        let stored = Timestamp::from_micros(i64::try_from(nanoseconds / 1_000).ok()?);
        Some(Self { sequence, delivery, stored, pending })
    }
}

fn decimal(digits: &[u8]) -> Option<u64> {
    let digit = |byte: u8| byte.is_ascii_digit().then(|| u64::from(byte - b'0'));
    let add = |number: u64, byte: &u8| number.checked_mul(10)?.checked_add(digit(*byte)?);
    if digits.is_empty() { None } else { digits.iter().try_fold(0, add) }
}

/// A message of the stream.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) subject: async_nats::Subject,
    pub(crate) sequence: u64,
    pub(crate) stored: Timestamp,
    pub(crate) headers: Option<HeaderMap>,
    pub(crate) body: Bytes,
}

impl Stored {
    /// One that a consumer delivered.
    pub(crate) fn delivered(message: Message, place: Place) -> Self {
        let Place { sequence, stored, .. } = place;
        Self { subject: message.subject, sequence, stored, headers: message.headers, body: message.payload }
    }

    /// The first value of a header, by the name the server writes.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.as_ref()?.get(name).map(|value| value.as_str())
    }
}

/// A message as the answer to a request for it has it.
#[derive(Debug, Deserialize)]
pub(crate) struct StoredMessage {
    subject: String,
    seq: u64,
    #[serde(default)]
    hdrs: String,
    #[serde(default)]
    data: String,
    time: String,
}

impl StoredMessage {
    pub(crate) fn sequence(&self) -> u64 {
        self.seq
    }

    pub(crate) fn subject(&self) -> &str {
        &self.subject
    }

    pub(crate) fn decode(self) -> Result<Stored, Trouble> {
        let bytes = |text: &str| BASE64.decode(text).map_err(|error| Trouble::Garbled(error.to_string()));
        let time = humantime::parse_rfc3339(&self.time).map_err(|error| Trouble::Garbled(error.to_string()))?;
        let block = bytes(&self.hdrs)?;
        Ok(Stored {
            subject: self.subject.into(),
            sequence: self.seq,
            stored: Timestamp::from(time),
            headers: (!block.is_empty()).then(|| parse_headers(&block)),
            body: bytes(&self.data)?.into(),
        })
    }
}

/// Reads a block of headers as anybody may have written it; what is no header is left out.
fn parse_headers(block: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in block.split(|byte| *byte == b'\n').skip(1) {
        let text = String::from_utf8_lossy(line);
        let Some((name, value)) = text.split_once(':') else { continue };
        let value: String = value.trim().chars().filter(|character| !matches!(character, '\r' | '\n')).collect();
        if let Ok(name) = name.parse::<async_nats::HeaderName>() {
            headers.append(name, value);
        }
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_the_reply_subject_are_read() {
        let place =
            Place { sequence: 42, delivery: 7, stored: Timestamp::from_micros(1_700_000_000_123_456), pending: 3 };
        let parse = |reply: &str| Place::parse(reply, "EVENTS", "abc");
        assert_eq!(parse("$JS.ACK.EVENTS.abc.1.42.7.1700000000123456789.3"), Some(place));
        assert_eq!(parse("$JS.ACK._.hash.EVENTS.abc.1.42.7.1700000000123456789.3"), Some(place));
        assert_eq!(parse("$JS.ACK.hub.hash.EVENTS.abc.1.42.7.1700000000123456789.3.rest"), Some(place));
        for other in [
            "$JS.ACK.EVENTS.other.1.42.7.1700000000123456789.3",
            "$JS.ACK.ORDERS.abc.1.42.7.1700000000123456789.3",
            "$JS.ACK._.hash.ORDERS.abc.1.42.7.1700000000123456789.3",
            "$JS.ACK.EVENTS.abc.1.42.7.3",
            "$JS.FC.EVENTS.abc.x",
            "_INBOX.x",
            "$JS.ACK.EVENTS.abc.1.x.7.0.3",
            "$JS.ACK.EVENTS.abc.1..7.0.3",
            "$JS.ACK.EVENTS.abc.1.18446744073709551616.7.0.3",
        ] {
            assert_eq!(parse(other), None, "{other}");
        }
    }

    #[test]
    fn a_block_of_headers_is_read_leniently() {
        let block = b"NATS/1.0\r\nce-id: 1\r\nno header\r\nBad Name\x01: x\r\nX: caf\xe9\r\ny:a\rb\r\n\r\n";
        let headers = parse_headers(block);
        assert_eq!(headers.get("ce-id").map(|value| value.as_str()), Some("1"));
        assert_eq!(headers.get("X").map(|value| value.as_str()), Some("caf\u{fffd}"));
        assert_eq!(headers.get("y").map(|value| value.as_str()), Some("ab"));
        assert_eq!(headers.len(), 3);
    }
}
