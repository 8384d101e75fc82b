//! The JetStream API as far as it is used here: requests in JSON, answers in JSON.

use std::{sync::Arc, time::Duration};

use async_nats::Subject;
use bytes::Bytes;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use tokio::time::Instant;

use crate::{
    error::{Refusal, Trouble, code},
    link::{Link, PATIENCE},
    message::{Stored, StoredMessage},
    subject,
};

/// How long an answer to a question that changes nothing is waited for in all: it is asked again meanwhile.
const ASK: Duration = Duration::from_secs(10);
/// The wait before it is asked again.
const AGAIN: Duration = Duration::from_millis(100);

/// Requests to JetStream over one connection.
#[derive(Clone)]
pub(crate) struct Api {
    pub(crate) link: Arc<Link>,
    /// `$JS.API`, or another for a domain.
    prefix: Arc<str>,
}

/// What is asked of one message.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Which<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) seq: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next_by_subj: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_by_subj: Option<&'a str>,
}

impl Which<'_> {
    /// Whether a message is one that was asked for.
    fn is(&self, message: &StoredMessage) -> bool {
        let (sequence, subject) = (message.sequence(), message.subject());
        match (self.seq, self.next_by_subj.or(self.last_by_subj)) {
            (Some(seq), None) => sequence == seq,
            (seq, Some(filter)) => sequence >= seq.unwrap_or(1) && subject::is_filtered(filter, subject),
            (None, None) => false,
        }
    }
}

/// A stream as the server describes it.
#[derive(Debug, Deserialize)]
pub(crate) struct StreamInfo {
    pub(crate) config: Value,
    pub(crate) created: String,
    pub(crate) state: StreamState,
    /// The JetStream domain it is in, if its servers have one.
    pub(crate) domain: Option<String>,
}

impl StreamInfo {
    fn named(self, stream: &str) -> Result<Self, Trouble> {
        let name = &self.config["name"];
        match name.as_str() == Some(stream) {
            true => Ok(self),
            false => Err(Trouble::not_ours(&format!("stream `{stream}`"), name.to_string().as_bytes())),
        }
    }
}

/// What is in a stream.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct StreamState {
    pub(crate) messages: u64,
    pub(crate) first_seq: u64,
    pub(crate) last_seq: u64,
}

/// A consumer as the server describes it.
#[derive(Debug, Deserialize)]
pub(crate) struct ConsumerInfo {
    stream_name: String,
    name: String,
    pub(crate) num_pending: u64,
    pub(crate) delivered: Delivered,
}

/// How far a consumer is.
#[derive(Debug, Deserialize)]
pub(crate) struct Delivered {
    pub(crate) stream_seq: u64,
}

/// A question to the API: what stands in its subject, and what its answers say they are. Whatever says something else was not
/// said by JetStream.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question {
    subject: &'static str,
    answer: &'static str,
}

/// What every answer begins its type with.
const ANSWERS: &str = "io.nats.jetstream.api.v1.";

impl Question {
    pub(crate) const ACCOUNT: Self = Self { subject: "INFO", answer: "account_info_response" };
    pub(crate) const STREAM: Self = Self { subject: "STREAM.INFO", answer: "stream_info_response" };
    const CREATE: Self = Self { subject: "STREAM.CREATE", answer: "stream_create_response" };
    const UPDATE: Self = Self { subject: "STREAM.UPDATE", answer: "stream_update_response" };
    const MESSAGE: Self = Self { subject: "STREAM.MSG.GET", answer: "stream_msg_get_response" };
    const CONSUMER: Self = Self { subject: "CONSUMER.CREATE", answer: "consumer_create_response" };

    fn of(self, name: &str) -> String {
        let dot = if name.is_empty() { "" } else { "." };
        [self.subject, dot, name].concat()
    }
}

#[derive(Deserialize)]
struct MessageAnswer {
    message: StoredMessage,
}

/// What every answer has.
#[derive(Deserialize)]
struct Head {
    #[serde(rename = "type")]
    kind: String,
    error: Option<Refusal>,
}

impl Api {
    pub(crate) fn new(link: Arc<Link>, prefix: &str) -> Self {
        Self { link, prefix: prefix.into() }
    }

    /// Asks once about what has this name.
    pub(crate) async fn call<T: DeserializeOwned>(
        &self,
        question: Question,
        name: &str,
        body: &impl Serialize,
    ) -> Result<T, Trouble> {
        self.call_within(PATIENCE, question, name, body).await
    }

    async fn call_within<T: DeserializeOwned>(
        &self,
        patience: Duration,
        question: Question,
        name: &str,
        body: &impl Serialize,
    ) -> Result<T, Trouble> {
        let body = serde_json::to_vec(body).map_err(|error| Trouble::Unsent(error.to_string()))?;
        let subject = format!("{}.{}", self.prefix, question.of(name));
        let answer = self.link.request_within(patience, subject.into(), None, Bytes::from(body)).await;
        read(question, &Trouble::of(answer)?.payload)
    }

    /// The same for a question that changes nothing: asked again for a while when nobody answers. What comes of it is known
    /// within [`ASK`], also when the connection is found lost just before: waits do not add up.
    pub(crate) async fn ask<T: DeserializeOwned>(
        &self,
        question: Question,
        name: &str,
        body: &impl Serialize,
    ) -> Result<T, Trouble> {
        let until = Instant::now() + ASK;
        loop {
            let patience = PATIENCE.min(until.saturating_duration_since(Instant::now()));
            match self.call_within(patience, question, name, body).await {
                Err(trouble) if trouble.passes() && Instant::now() + AGAIN < until => tokio::time::sleep(AGAIN).await,
                answered => return answered,
            }
        }
    }

    /// A request that nobody waits for.
    pub(crate) fn tell(&self, subject: &str) -> impl Future<Output = ()> + use<> {
        let (link, subject) = (Arc::clone(&self.link), format!("{}.{subject}", self.prefix));
        async move {
            // What is not done now the server does by itself after a while.
            let _ = link.send(subject.into(), None, Bytes::new()).await;
        }
    }

    /// The state and the configuration of a stream; `None` when there is none.
    pub(crate) async fn stream(&self, stream: &str) -> Result<Option<StreamInfo>, Trouble> {
        let answer = self.ask::<StreamInfo>(Question::STREAM, stream, &Value::Null).await;
        found(answer, code::STREAM_NOT_FOUND)?.map(|info| info.named(stream)).transpose()
    }

    /// Makes a stream.
    pub(crate) async fn create_stream(&self, stream: &str, config: &Value) -> Result<StreamInfo, Trouble> {
        self.call::<StreamInfo>(Question::CREATE, stream, config).await?.named(stream)
    }

    /// Changes the configuration of a stream.
    pub(crate) async fn update_stream(&self, stream: &str, config: &Value) -> Result<StreamInfo, Trouble> {
        self.call::<StreamInfo>(Question::UPDATE, stream, config).await?.named(stream)
    }

    /// A request whose answers come to another subject.
    pub(crate) async fn send_for(&self, subject: &str, inbox: &str, body: &impl Serialize) -> Result<(), Trouble> {
        let body = serde_json::to_vec(body).map_err(|error| Trouble::Unsent(error.to_string()))?;
        let subject = Subject::from(format!("{}.{subject}", self.prefix));
        self.link.send_for(subject, inbox.to_owned().into(), body.into()).await.map_err(|_| Trouble::Unanswered)
    }

    /// One message, from the leader of the stream; `None` when there is none.
    pub(crate) async fn message(&self, stream: &str, which: Which<'_>) -> Result<Option<Stored>, Trouble> {
        let answer = self.ask::<MessageAnswer>(Question::MESSAGE, stream, &which).await;
        match found(answer, code::NO_MESSAGE)? {
            Some(MessageAnswer { message }) if which.is(&message) => message.decode().map(Some),
            Some(MessageAnswer { message }) => {
                let came = format!("message {} on {}", message.sequence(), message.subject());
                Err(Trouble::not_ours(&format!("a message of stream `{stream}` as in {which:?}"), came.as_bytes()))
            }
            None => Ok(None),
        }
    }

    /// The newest message on a subject, which may have wildcards.
    pub(crate) async fn last(&self, stream: &str, subject: &str) -> Result<Option<Stored>, Trouble> {
        self.message(stream, Which { last_by_subj: Some(subject), ..Which::default() }).await
    }

    /// The first message on a subject, which may have wildcards, from a sequence on.
    pub(crate) async fn next(&self, stream: &str, from: u64, subject: &str) -> Result<Option<Stored>, Trouble> {
        self.message(stream, Which { seq: Some(from), next_by_subj: Some(subject), ..Which::default() }).await
    }

    /// Makes a consumer.
    pub(crate) async fn create_consumer(
        &self,
        stream: &str,
        name: &str,
        config: &Value,
    ) -> Result<ConsumerInfo, Trouble> {
        let body = serde_json::json!({ "stream_name": stream, "config": config, "action": "create" });
        let info: ConsumerInfo = self.call(Question::CONSUMER, &format!("{stream}.{name}"), &body).await?;
        match info.stream_name == stream && info.name == name {
            true => Ok(info),
            false => {
                let came = format!("{} of {}", info.name, info.stream_name);
                Err(Trouble::not_ours(&format!("consumer {name} of stream `{stream}`"), came.as_bytes()))
            }
        }
    }
}

/// Reads the answer to a question.
fn read<T: DeserializeOwned>(question: Question, payload: &[u8]) -> Result<T, Trouble> {
    let wanted = || Trouble::not_ours(&format!("an answer of JetStream to {}", question.subject), payload);
    let head: Head = serde_json::from_slice(payload).map_err(|_| wanted())?;
    if head.kind.strip_prefix(ANSWERS) != Some(question.answer) {
        return Err(wanted());
    }
    match head.error {
        Some(refusal) => Err(Trouble::Refused(refusal)),
        None => serde_json::from_slice(payload).map_err(|_| wanted()),
    }
}

/// What was found; `None` when the error says that there is none.
fn found<T>(answer: Result<T, Trouble>, none: u32) -> Result<Option<T>, Trouble> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(trouble) if trouble.code() == Some(none) => Ok(None),
        Err(trouble) => Err(trouble),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_jetstream_did_not_say_is_no_answer() {
        let said = |text: &str| read::<StreamInfo>(Question::STREAM, text.as_bytes());
        let whole = r#"{"type":"io.nats.jetstream.api.v1.stream_info_response","config":{"name":"A"},"created":"x",
            "state":{"messages":1,"first_seq":1,"last_seq":1}}"#;
        assert!(said(whole).unwrap().named("A").is_ok());
        assert!(matches!(said(whole).unwrap().named("B"), Err(Trouble::Garbled(_))));
        let missing =
            r#"{"type":"io.nats.jetstream.api.v1.stream_info_response","error":{"code":404,"err_code":10059}}"#;
        assert_eq!(said(missing).unwrap_err().code(), Some(10059));
        for other in [
            "",
            "{}",
            "null",
            "hello",
            r#"{"error":{"code":404,"err_code":10059}}"#,
            r#"{"error":"no"}"#,
            &whole.replace("stream_info", "stream_create"),
            &whole.replace(r#""last_seq":1"#, r#""last":1"#),
            &whole.replace(r#""created":"x","#, ""),
            &missing.replace(r#","err_code":10059"#, ""),
        ] {
            assert!(matches!(said(other), Err(Trouble::Garbled(_))), "{other}");
        }
    }

    #[test]
    fn a_message_is_the_one_that_was_asked_for() {
        let message = |seq: u64, subject: &str| -> StoredMessage {
            serde_json::from_value(serde_json::json!({ "seq": seq, "subject": subject, "time": "x" })).unwrap()
        };
        let at = Which { seq: Some(5), ..Which::default() };
        assert!(at.is(&message(5, "log.a.b")) && !at.is(&message(6, "log.a.b")));
        let next = Which { seq: Some(5), next_by_subj: Some("log.a.>"), ..Which::default() };
        assert!(
            next.is(&message(7, "log.a.b.c")) && !next.is(&message(4, "log.a.b")) && !next.is(&message(7, "log.b.b"))
        );
        let last = Which { last_by_subj: Some("log.*.b"), ..Which::default() };
        assert!(
            last.is(&message(7, "log.a.b")) && !last.is(&message(7, "log.a.b.c")) && !last.is(&message(0, "log.a.b"))
        );
    }
}
