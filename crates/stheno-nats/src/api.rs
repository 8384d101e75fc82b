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

/// A stream as the server describes it.
#[derive(Debug, Deserialize)]
pub(crate) struct StreamInfo {
    pub(crate) config: Value,
    #[serde(default)]
    pub(crate) created: String,
    pub(crate) state: StreamState,
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
    pub(crate) num_pending: u64,
    pub(crate) delivered: Delivered,
}

/// How far a consumer is.
#[derive(Debug, Deserialize)]
pub(crate) struct Delivered {
    pub(crate) stream_seq: u64,
}

#[derive(Deserialize)]
struct MessageAnswer {
    message: StoredMessage,
}

#[derive(Deserialize)]
struct Failed {
    error: Option<Refusal>,
}

impl Api {
    pub(crate) fn new(link: Arc<Link>, prefix: &str) -> Self {
        Self { link, prefix: prefix.into() }
    }

    /// One request.
    pub(crate) async fn call<T: DeserializeOwned>(&self, subject: &str, body: &impl Serialize) -> Result<T, Trouble> {
        self.call_within(PATIENCE, subject, body).await
    }

    async fn call_within<T: DeserializeOwned>(
        &self,
        patience: Duration,
        subject: &str,
        body: &impl Serialize,
    ) -> Result<T, Trouble> {
        let body = serde_json::to_vec(body).map_err(|error| Trouble::Unsent(error.to_string()))?;
        let subject = format!("{}.{subject}", self.prefix);
        let answer = self.link.request_within(patience, subject.into(), None, Bytes::from(body)).await;
        let message = Trouble::of(answer)?;
        let failed: Failed = parse(&message.payload)?;
        match failed.error {
            Some(refusal) => Err(Trouble::Refused(refusal)),
            None => parse(&message.payload),
        }
    }

    /// The same for a question that changes nothing: asked again for a while when nobody answers. What comes of it is known
    /// within [`ASK`], also when the connection is found lost just before: waits do not add up.
    pub(crate) async fn ask<T: DeserializeOwned>(&self, subject: &str, body: &impl Serialize) -> Result<T, Trouble> {
        let until = Instant::now() + ASK;
        loop {
            let patience = PATIENCE.min(until.saturating_duration_since(Instant::now()));
            match self.call_within(patience, subject, body).await {
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
        let answer = self.ask(&format!("STREAM.INFO.{stream}"), &Value::Null).await;
        found(answer, code::STREAM_NOT_FOUND)
    }

    /// A request whose answers come to another subject. Returns the subject it was sent to.
    pub(crate) async fn send_for(&self, subject: &str, inbox: &str, body: &impl Serialize) -> Result<Subject, Trouble> {
        let body = serde_json::to_vec(body).map_err(|error| Trouble::Unsent(error.to_string()))?;
        let subject = Subject::from(format!("{}.{subject}", self.prefix));
        let sent = self.link.send_for(subject.clone(), inbox.to_owned().into(), body.into()).await;
        sent.map(|()| subject).map_err(|_| Trouble::Unanswered)
    }

    /// One message, from the leader of the stream; `None` when there is none.
    pub(crate) async fn message(&self, stream: &str, which: Which<'_>) -> Result<Option<Stored>, Trouble> {
        let answer = self.ask::<MessageAnswer>(&format!("STREAM.MSG.GET.{stream}"), &which).await;
        match found(answer, code::NO_MESSAGE)? {
            Some(answer) => answer.message.decode().map(Some),
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
        self.call(&format!("CONSUMER.CREATE.{stream}.{name}"), &body).await
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

fn parse<T: DeserializeOwned>(payload: &[u8]) -> Result<T, Trouble> {
    serde_json::from_slice(payload).map_err(|error| Trouble::Garbled(error.to_string()))
}
