//! A part of a stream, read once: a consumer without acknowledgements that is asked for so many messages.

use std::time::Duration;

use async_nats::{StatusCode, Subscriber};
use futures_util::{FutureExt, StreamExt};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::{
    api::Api,
    error::Trouble,
    link::{Health, PATIENCE},
    message::{Place, Stored},
};

/// After how long the server forgets a consumer that nobody asks any more, or whose reader has gone.
pub(crate) const FORGET: Duration = Duration::from_secs(30);
/// What subjects take of a message beside its payload, at most.
const SUBJECTS: usize = 16 * 1024;

/// Where reading begins.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Begin {
    /// At a sequence.
    At(u64),
    /// With the newest message of each subject.
    Newest,
}

impl Begin {
    /// As a consumer's configuration says it.
    pub(crate) fn say(self, config: &mut Value) {
        match self {
            Begin::At(sequence) => {
                config["deliver_policy"] = "by_start_sequence".into();
                config["opt_start_seq"] = sequence.max(1).into();
            }
            Begin::Newest => config["deliver_policy"] = "last_per_subject".into(),
        }
    }
}

/// A consumer that is asked for messages.
pub(crate) struct Fetch {
    api: Api,
    stream: String,
    name: String,
    /// Where messages come; a last token says which question they answer.
    inbox: String,
    asked: u64,
    replies: Subscriber,
    health: watch::Receiver<Health>,
    lost: u64,
    /// Messages it has left, as far as is known.
    pending: u64,
    delivered: u64,
}

impl Fetch {
    /// Makes the consumer.
    pub(crate) async fn open(api: &Api, stream: &str, begin: Begin, filters: &[String]) -> Result<Self, Trouble> {
        let name = format!("stheno-{}", uuid::Uuid::now_v7().simple());
        let mut health = api.link.health();
        let lost = health.borrow_and_update().lost;
        let inbox = api.link.new_inbox();
        let replies = api.link.subscribe(format!("{inbox}.*")).await.map_err(|_| Trouble::Unanswered)?;
        let mut config = json!({
            "name": name,
            "ack_policy": "none",
            "max_deliver": 1,
            "replay_policy": "instant",
            "inactive_threshold": u64::try_from(FORGET.as_nanos()).unwrap_or(u64::MAX),
            "mem_storage": true,
            "num_replicas": 1,
        });
        begin.say(&mut config);
        if !filters.is_empty() {
            config["filter_subjects"] = json!(filters);
        }
        let info = api.create_consumer(stream, &name, &config).await?;
        Ok(Self {
            api: api.clone(),
            stream: stream.to_owned(),
            name,
            inbox,
            asked: 0,
            replies,
            health,
            lost,
            pending: info.num_pending,
            delivered: 0,
        })
    }

    /// How many messages are left.
    pub(crate) fn pending(&self) -> u64 {
        self.pending
    }

    /// Up to so many of the messages that are left and about so many bytes of them, at least one if any is left. None if all that
    /// were left are gone meanwhile, purged or replaced by newer ones; then nothing is [`pending`](Self::pending) any more.
    pub(crate) async fn next(&mut self, most: usize, bytes: usize) -> Result<Vec<Stored>, Trouble> {
        let wanted = u64::try_from(most).unwrap_or(u64::MAX).min(self.pending);
        let mut found = Vec::with_capacity(usize::try_from(wanted).unwrap_or(0).min(4_096));
        if wanted == 0 {
            return Ok(found);
        }
        // A single message is never more than this.
        let bytes = bytes.max(self.api.link.max_payload() + SUBJECTS);
        // The server says when nothing is left. It would wait for what is gone meanwhile, if it were told to wait.
        let body = json!({ "batch": wanted, "max_bytes": bytes, "no_wait": true });
        self.asked += 1;
        let inbox = format!("{}.{}", self.inbox, self.asked);
        let next = format!("CONSUMER.MSG.NEXT.{}.{}", self.stream, self.name);
        self.api.send_for(&next, &inbox, &body).await?;
        while u64::try_from(found.len()).unwrap_or(u64::MAX) < wanted {
            let Some(message) = self.receive(&inbox).await? else { break };
            found.push(message);
        }
        // What is left has to come, or the consumer is not what it was.
        if found.is_empty() && self.pending > 0 { Err(Trouble::Unanswered) } else { Ok(found) }
    }

    /// The next message; `None` when the server will send no more of what was asked for.
    async fn receive(&mut self, inbox: &str) -> Result<Option<Stored>, Trouble> {
        let message = loop {
            let message = match self.replies.next().now_or_never() {
                Some(message) => message,
                None => self.wait().await?,
            };
            match message {
                None => return Err(Trouble::Unanswered),
                // The end of an earlier answer.
                Some(message) if message.status.is_some() && message.subject.as_str() != inbox => {}
                Some(message) => break message,
            }
        };
        if let Some(status) = message.status {
            return match status {
                StatusCode::NO_RESPONDERS => Err(Trouble::Unanswered),
                StatusCode::NOT_FOUND => {
                    self.pending = 0;
                    Ok(None)
                }
                // Enough bytes.
                _ => Ok(None),
            };
        }
        let place = message.reply.as_ref().and_then(|reply| Place::parse(reply.as_str(), &self.stream, &self.name));
        let place = place.ok_or_else(|| Trouble::not_ours("a message of our consumer", &message.payload))?;
        if place.delivery != self.delivered + 1 {
            return Err(Trouble::Unanswered);
        }
        self.delivered = place.delivery;
        self.pending = place.pending;
        Ok(Some(Stored::delivered(message, place)))
    }

    async fn wait(&mut self) -> Result<Option<async_nats::Message>, Trouble> {
        let lost = self.lost;
        tokio::select! {
            message = self.replies.next() => Ok(message),
            health = self.health.wait_for(|health| health.lost != lost || health.closed) => match health {
                Ok(health) if !health.closed => Err(Trouble::Unanswered),
                _ => Err(Trouble::Closed),
            },
            () = tokio::time::sleep(PATIENCE + Duration::from_secs(1)) => Err(Trouble::Unanswered),
        }
    }
}

impl Drop for Fetch {
    fn drop(&mut self) {
        // Sent at once if there is room among what is to be sent; else the server forgets it by itself.
        let _ = self.api.tell(&format!("CONSUMER.DELETE.{}.{}", self.stream, self.name)).now_or_never();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use stheno_testkit::nats::NatsServer;
    use tokio::runtime::Handle;

    use super::*;
    use crate::{dial::Dial, link::Link, options::NatsOptions, replies::Answer};

    async fn ask(link: &Link, subject: &str, body: &str) {
        let answer = link.request(subject.into(), None, Bytes::from(body.to_owned())).await;
        let Answer::Reply(message) = answer else { panic!("{subject}: {answer:?}") };
        assert!(!String::from_utf8_lossy(&message.payload).contains("error"), "{message:?}");
    }

    #[tokio::test]
    async fn what_is_gone_after_it_was_counted_is_not_waited_for() {
        let server = NatsServer::start();
        let dial = Dial::new(NatsOptions::from_url(&server.url()).unwrap()).unwrap();
        let link = Link::open("test", Arc::new(dial), &Handle::current()).await.unwrap();
        ask(&link, "$JS.API.STREAM.CREATE.S", r#"{"name":"S","subjects":["s.*"],"storage":"memory"}"#).await;
        for subject in ["s.1", "s.2", "s.3"] {
            ask(&link, subject, "{}").await;
        }
        let api = Api::new(Arc::clone(&link), "$JS.API");
        let mut some = Fetch::open(&api, "S", Begin::At(1), &[]).await.unwrap();
        let mut none = Fetch::open(&api, "S", Begin::At(2), &[]).await.unwrap();
        assert_eq!((some.pending(), none.pending()), (3, 2));
        ask(&link, "$JS.API.STREAM.MSG.DELETE.S", r#"{"seq":2}"#).await;
        ask(&link, "$JS.API.STREAM.MSG.DELETE.S", r#"{"seq":3}"#).await;
        let left = some.next(10, 1_000).await.unwrap();
        assert_eq!(left.iter().map(|message| message.sequence).collect::<Vec<_>>(), [1]);
        assert!(none.next(10, 1_000).await.unwrap().is_empty());
        assert_eq!((some.pending(), none.pending()), (0, 0));
        link.close().await;
    }
}
