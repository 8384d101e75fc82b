//! One connection: requests and their replies, what the server says about it, and how it goes on after it was lost.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use async_nats::{Client, Event, HeaderMap, Message, PublishError, PublishErrorKind, ServerError, Subject, Subscriber};
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt};
use stheno_core::{backend::BackendError, shown::shown};
use tokio::{
    runtime::Handle,
    sync::{mpsc, watch},
    task::AbortHandle,
};

use crate::{
    dial::Dial,
    error::{self, Trouble},
    replies::{Answer, Replies},
};

/// How long a request waits for its reply.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);
/// How often late requests are looked for.
const LOOK: Duration = Duration::from_millis(250);
/// How often at most it is said that requests are late.
const SAY: Duration = Duration::from_secs(10);
/// The wait between two attempts to make a connection anew whose client has ended.
const REDIAL: Duration = Duration::from_millis(500);
/// How long what is still to be sent has to be taken when the connection is let go. Nothing is taken while it is away and much is
/// queued.
const DRAIN: Duration = Duration::from_secs(2);

/// What a connection has been through. Who reads over it begins anew when `lost` has moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Health {
    /// How often it was lost.
    pub(crate) lost: u64,
    pub(crate) connected: bool,
    pub(crate) closed: bool,
}

/// One connection.
pub(crate) struct Link {
    /// What it is for, in messages.
    name: &'static str,
    /// Replaced when the client has ended: a message that breaks its protocol reader can do that.
    client: Mutex<Arc<Client>>,
    /// Where replies go; a last token says which request's.
    inbox: String,
    replies: Replies,
    health: watch::Sender<Health>,
    /// What serves the connection; ends with it.
    service: Mutex<Option<AbortHandle>>,
}

impl Link {
    /// Connects. Has to run on the connections' thread, whose handle it is given.
    pub(crate) async fn open(name: &'static str, dial: Arc<Dial>, io: &Handle) -> Result<Arc<Self>, BackendError> {
        let (client, events) = dial.connect(name).await?;
        let inbox = format!("{}.{}", dial.inbox_prefix(), uuid::Uuid::now_v7().simple());
        let replies = subscribe(&client, format!("{inbox}.*")).await?;
        let link = Arc::new(Self {
            name,
            client: Mutex::new(Arc::new(client)),
            inbox,
            replies: Replies::default(),
            health: watch::Sender::new(Health { lost: 0, connected: true, closed: false }),
            service: Mutex::default(),
        });
        // It holds the link weakly, so that the link's end is its end too.
        let service = Service { link: Arc::downgrade(&link), dial, events, replies, said_late: None };
        let running = io.spawn(service.run()).abort_handle();
        *link.service.lock().unwrap_or_else(PoisonError::into_inner) = Some(running);
        Ok(link)
    }

    /// The client as it is now.
    pub(crate) fn client(&self) -> Arc<Client> {
        Arc::clone(&self.current())
    }

    fn current(&self) -> MutexGuard<'_, Arc<Client>> {
        self.client.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What it has been through.
    pub(crate) fn health(&self) -> watch::Receiver<Health> {
        self.health.subscribe()
    }

    /// The largest message the server takes, headers included.
    pub(crate) fn max_payload(&self) -> usize {
        self.current().max_payload()
    }

    /// An inbox of its own.
    pub(crate) fn new_inbox(&self) -> String {
        // One token more than the replies have, so that they stay apart.
        format!("{}.read.{}", self.inbox, uuid::Uuid::now_v7().simple())
    }

    /// Listens on a subject.
    pub(crate) async fn subscribe(&self, subject: String) -> Result<Subscriber, BackendError> {
        let client = self.client();
        taken(subscribe(&client, subject)).await
    }

    /// Sends a message that nobody answers. Waits for as long as the connection is away and much is queued.
    pub(crate) async fn send(&self, subject: Subject, headers: Option<HeaderMap>, body: Bytes) -> Result<(), Trouble> {
        let client = self.client();
        let sent = match headers {
            Some(headers) => client.publish_with_headers(subject, headers, body).await,
            None => client.publish(subject, body).await,
        };
        sent.or_else(|error| Trouble::of(self.unsent(&error)).map(drop))
    }

    /// What it means that the client did not take a message.
    fn unsent(&self, error: &PublishError) -> Answer {
        match error.kind() {
            PublishErrorKind::Send if self.health.borrow().closed => Answer::Closed,
            // The client has ended; another is on its way.
            PublishErrorKind::Send => Answer::NoResponders,
            _ => Answer::Unsent(error.to_string()),
        }
    }

    /// Sends a request whose reply goes to another subject than ours.
    pub(crate) async fn send_for(&self, subject: Subject, reply: Subject, body: Bytes) -> Result<(), BackendError> {
        let client = self.client();
        taken(async { client.publish_with_reply(subject, reply, body).await.map_err(error::not_sent) }).await
    }

    /// Sends a request and waits for what becomes of it, [`PATIENCE`] at most.
    pub(crate) fn request(
        &self,
        subject: Subject,
        headers: Option<HeaderMap>,
        body: Bytes,
    ) -> impl Future<Output = Answer> {
        self.request_within(PATIENCE, subject, headers, body)
    }

    /// The same with a patience of its own.
    pub(crate) async fn request_within(
        &self,
        patience: Duration,
        subject: Subject,
        headers: Option<HeaderMap>,
        body: Bytes,
    ) -> Answer {
        let (reply, mut answer) = self.replies.wait(&self.inbox, subject.clone(), Instant::now() + patience);
        let client = self.client();
        // Boxed, so that what waits for the reply is small.
        let sending = Box::pin(async move {
            match headers {
                Some(headers) => client.publish_with_reply_and_headers(subject, reply, headers, body).await,
                None => client.publish_with_reply(subject, reply, body).await,
            }
        });
        // Sending waits while the connection is away and much is queued; the request is late then like any other.
        let sent = tokio::select! {
            biased;
            sent = sending => sent,
            early = &mut answer => return early.unwrap_or(Answer::Closed),
        };
        match sent {
            Ok(()) => answer.await.unwrap_or(Answer::Closed),
            Err(error) => self.unsent(&error),
        }
    }

    /// Lets go of the connection; whoever waits is answered as closed.
    pub(crate) async fn close(&self) {
        self.health.send_modify(|health| health.closed = true);
        self.replies.close();
        if let Some(service) = self.service.lock().unwrap_or_else(PoisonError::into_inner).take() {
            service.abort();
        }
        let client = self.client();
        // It is gone already when this fails, and away when it takes long.
        let _ = tokio::time::timeout(DRAIN, client.drain()).await;
    }

    /// What the server said to one of these subjects, if it refused one lately.
    pub(crate) fn denial(&self, subjects: &[Subject]) -> Option<String> {
        self.replies.denial(subjects)
    }

    fn lost(&self) {
        self.health.send_modify(|health| {
            health.lost += 1;
            health.connected = false;
        });
        self.replies.lose();
    }

    fn back(&self) {
        self.health.send_modify(|health| health.connected = true);
    }

    /// Takes note of what the client says about the connection.
    fn hear(&self, event: Event) {
        match event {
            Event::Disconnected => {
                tracing::warn!(link = self.name, "the connection was lost, or the server is silent; connecting anew");
                self.lost();
            }
            Event::Connected => {
                if !self.health.borrow().connected {
                    tracing::info!(link = self.name, "the connection is back");
                }
                self.back();
            }
            Event::ServerError(ServerError::Other(said)) => match denied_subject(&said) {
                // Nothing we ask for can be answered.
                Some(subject) if subject.starts_with(&self.inbox) => {
                    tracing::warn!(link = self.name, said = %shown(&said), "no reply can reach us; is `inbox_prefix=` right for this user?");
                    self.replies.refuse(&said);
                }
                Some(subject) => self.replies.deny(subject, &said),
                None => tracing::warn!(link = self.name, said = %shown(&said), "the nats-server reports an error"),
            },
            Event::SlowConsumer(_) => tracing::debug!(link = self.name, "messages were dropped; they are read again"),
            Event::ClientError(error) if error.to_string().to_lowercase().contains("authorization") => {
                tracing::warn!(link = self.name, error = %shown(&error.to_string()), "the nats-server refuses the login; trying again");
            }
            Event::LameDuckMode => tracing::info!(link = self.name, "the nats-server is about to stop"),
            other => tracing::debug!(link = self.name, event = %shown(&other.to_string()), "the connection changed"),
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        let service = self.service.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(service) = service.take() {
            service.abort();
        }
    }
}

/// What runs on the connections' thread for one link.
struct Service {
    link: std::sync::Weak<Link>,
    dial: Arc<Dial>,
    events: mpsc::UnboundedReceiver<Event>,
    replies: Subscriber,
    /// When it was last said that requests are late.
    said_late: Option<Instant>,
}

impl Service {
    async fn run(mut self) {
        let mut look = tokio::time::interval(LOOK);
        loop {
            tokio::select! {
                reply = self.replies.next() => {
                    let Some(link) = self.link.upgrade() else { return };
                    match reply {
                        Some(reply) => self.give(&link, reply),
                        None => self.dial_again().await,
                    }
                }
                event = self.events.recv() => {
                    let Some(link) = self.link.upgrade() else { return };
                    match event {
                        Some(event) => link.hear(event),
                        None => self.dial_again().await,
                    }
                }
                now = look.tick() => {
                    let Some(link) = self.link.upgrade() else { return };
                    self.late(&link, now.into_std());
                }
            }
        }
    }

    /// Gives a reply and those that have come with it.
    fn give(&mut self, link: &Link, first: Message) {
        link.replies.give(first);
        while let Some(Some(reply)) = self.replies.next().now_or_never() {
            link.replies.give(reply);
        }
    }

    /// Answers the requests that are late, and says so now and then: before a connection counts as lost, or while it is
    /// another server that does not answer, nothing else would.
    fn late(&mut self, link: &Link, now: Instant) {
        let late = link.replies.expire(now);
        if late == 0 || self.said_late.is_some_and(|said| now < said + SAY) {
            return;
        }
        self.said_late = Some(now);
        tracing::warn!(
            link = link.name,
            requests = late,
            "no answer of the nats-server in time; asking or sending again"
        );
    }

    /// The client has ended: makes another, however long it takes.
    async fn dial_again(&mut self) {
        if let Some(link) = self.link.upgrade() {
            tracing::warn!(link = link.name, "the connection's client has ended; connecting anew");
            link.lost();
        }
        loop {
            let Some(link) = self.link.upgrade() else { return };
            let dialed = self.dial.connect(link.name).await;
            if let Ok((client, events)) = dialed
                && let Ok(replies) = subscribe(&client, format!("{}.*", link.inbox)).await
            {
                *link.current() = Arc::new(client);
                (self.events, self.replies) = (events, replies);
                link.back();
                return;
            }
            drop(link);
            tokio::time::sleep(REDIAL).await;
        }
    }
}

/// Waits for [`PATIENCE`] until the client takes something: it does not while the connection is away and much is queued.
async fn taken<T>(sent: impl Future<Output = Result<T, BackendError>>) -> Result<T, BackendError> {
    tokio::time::timeout(PATIENCE, sent).await.unwrap_or_else(|_| Err(error::away("the connection")))
}

async fn subscribe(client: &Client, subject: String) -> Result<Subscriber, BackendError> {
    client.subscribe(subject).await.map_err(|error| error::away("the connection").with_source(error))
}

/// The subject of `Permissions Violation for Publish to "log.x"`.
fn denied_subject(said: &str) -> Option<&str> {
    let (_, rest) = said.split_once("ermissions Violation for ")?;
    rest.split('"').nth(1)
}

#[cfg(test)]
mod tests;
