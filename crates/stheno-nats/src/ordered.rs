//! New messages of a stream in their order, without gap or repeat: a consumer that the server pushes to, made anew at the
//! next sequence whenever anything is doubtful.
//!
//! It is doubtful when the numbers of the deliveries have a gap, when the connection was lost, or when the server has not
//! even sent a heartbeat for a while (the consumer is gone, or the server is frozen). Nothing is acknowledged. The server
//! waits when too many bytes are under way (flow control), so that a slow reader holds up nobody but itself.

use std::time::Duration;

use async_nats::{Message, StatusCode, Subscriber, header};
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt};
use serde_json::json;
use tokio::{sync::watch, time::Instant};

use crate::{
    api::Api,
    error::Trouble,
    fetch::{Begin, FORGET},
    link::Health,
    message::{Place, Stored},
};

/// How often the server says that it is still there when there is nothing new.
const HEARTBEAT: Duration = Duration::from_secs(2);
/// Silence after which the consumer counts as gone.
const SILENCE: Duration = Duration::from_millis(4_800);
const _: () = assert!(SILENCE.as_millis() > 2 * HEARTBEAT.as_millis() && SILENCE.as_secs() < 15);

/// What came, or why nothing did.
#[derive(Debug)]
pub(crate) enum Heard {
    Message(Stored),
    /// Not now: a sign of life, or what goes with it.
    Nothing,
    /// The consumer has to be made anew.
    Doubt,
}

/// A consumer that the server pushes to.
pub(crate) struct Ordered {
    api: Api,
    stream: String,
    name: String,
    messages: Subscriber,
    health: watch::Receiver<Health>,
    /// How often the connection had been lost when the consumer was made.
    lost: u64,
    delivered: u64,
    heard: Instant,
}

impl Ordered {
    /// Makes the consumer, so that it begins at a sequence.
    pub(crate) async fn open(api: &Api, stream: &str, from: u64, filters: &[String]) -> Result<Self, Trouble> {
        let mut health = api.link.health();
        let lost = health.borrow_and_update().lost;
        let name = format!("stheno-{}", uuid::Uuid::now_v7().simple());
        let inbox = api.link.new_inbox();
        let messages = api.link.subscribe(inbox.clone()).await.map_err(|_| Trouble::Unanswered)?;
        let nanos = |duration: Duration| u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        let mut config = json!({
            "name": name,
            "deliver_subject": inbox,
            "ack_policy": "none",
            "max_deliver": 1,
            "replay_policy": "instant",
            "flow_control": true,
            "idle_heartbeat": nanos(HEARTBEAT),
            "inactive_threshold": nanos(FORGET),
            "mem_storage": true,
            "num_replicas": 1,
        });
        Begin::At(from).say(&mut config);
        if !filters.is_empty() {
            config["filter_subjects"] = json!(filters);
        }
        api.create_consumer(stream, &name, &config).await?;
        let (api, stream) = (api.clone(), stream.to_owned());
        Ok(Self { api, stream, name, messages, health, lost, delivered: 0, heard: Instant::now() })
    }

    /// What has come already, without waiting.
    pub(crate) fn at_hand(&mut self) -> Option<Heard> {
        let message = self.messages.next().now_or_never()?;
        Some(self.hear(message))
    }

    /// Waits for what comes next. Cancelling it loses nothing.
    pub(crate) async fn next(&mut self) -> Heard {
        let lost = self.lost;
        let message = tokio::select! {
            biased;
            message = self.messages.next() => message,
            _ = self.health.wait_for(|health| health.lost != lost || health.closed) => return Heard::Doubt,
            () = tokio::time::sleep_until(self.heard + SILENCE) => return Heard::Doubt,
        };
        self.hear(message)
    }

    fn hear(&mut self, message: Option<Message>) -> Heard {
        let Some(message) = message else { return Heard::Doubt };
        let place = message.reply.as_ref().and_then(|reply| Place::parse(reply.as_str(), &self.stream, &self.name));
        match place {
            Some(place) if message.status.is_none() => {
                if place.delivery != self.delivered + 1 {
                    return Heard::Doubt;
                }
                self.delivered = place.delivery;
                // Reading the clock for each of many would be felt.
                if place.pending == 0 || place.delivery % 256 == 0 {
                    self.heard = Instant::now();
                }
                Heard::Message(Stored::delivered(message, place))
            }
            _ => self.hear_status(&message),
        }
    }

    /// A heartbeat, or a question whether we have come so far. Anything else says that the consumer is gone, or is of
    /// somebody else.
    fn hear_status(&mut self, message: &Message) -> Heard {
        if message.status != Some(StatusCode::IDLE_HEARTBEAT) {
            return Heard::Doubt;
        }
        self.heard = Instant::now();
        if let Some(reply) = &message.reply {
            self.answer(reply.clone());
            return Heard::Nothing;
        }
        let Some(headers) = &message.headers else { return Heard::Doubt };
        if let Some(stalled) = headers.get("Nats-Consumer-Stalled") {
            self.answer(stalled.as_str().into());
        }
        let last = headers.get(header::NATS_LAST_CONSUMER).and_then(|last| last.as_str().parse::<u64>().ok());
        if last == Some(self.delivered) { Heard::Nothing } else { Heard::Doubt }
    }

    /// Says that we have come so far. If there is no room to send it now, the next heartbeat asks again.
    fn answer(&self, subject: async_nats::Subject) {
        let _ = self.api.link.send(subject, None, Bytes::new()).now_or_never();
    }
}

impl Drop for Ordered {
    fn drop(&mut self) {
        // Sent at once if there is room among what is to be sent; else the server forgets it by itself.
        let _ = self.api.tell(&format!("CONSUMER.DELETE.{}.{}", self.stream, self.name)).now_or_never();
    }
}
