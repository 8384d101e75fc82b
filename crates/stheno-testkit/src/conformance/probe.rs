//! Handlers that note what they were called with, and wait for the test.

use std::sync::Arc;

use async_trait::async_trait;
use stheno_core::{AnyEvent, Cx, EventId, Failure, Key, RecordedEvent, Subscriber, SubscriberDef};
use tokio::sync::{Semaphore, watch};

use crate::conformance::world::bounded;

/// One call of a handler.
#[derive(Debug, Clone)]
pub(crate) struct Called {
    pub(crate) subscriber: String,
    pub(crate) event: Arc<RecordedEvent>,
    pub(crate) attempt: u32,
    pub(crate) run: u32,
    pub(crate) epoch: u64,
    pub(crate) idempotency_key: String,
}

impl Called {
    pub(crate) fn sequence(&self) -> u64 {
        self.event.sequence
    }

    pub(crate) fn id(&self) -> &EventId {
        &self.event.id
    }

    pub(crate) fn key(&self) -> Option<&Key> {
        self.event.key.as_ref()
    }
}

/// What handlers were called with, in the order of the calls. Cloning shares it.
#[derive(Clone)]
pub(crate) struct Calls(watch::Sender<Vec<Called>>);

impl Calls {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(Vec::new()))
    }

    pub(crate) fn note(&self, event: &AnyEvent, cx: &Cx) {
        let called = Called {
            subscriber: cx.subscriber().to_owned(),
            event: Arc::new(RecordedEvent::clone(event)),
            attempt: cx.attempt(),
            run: cx.run(),
            epoch: cx.epoch(),
            idempotency_key: cx.idempotency_key(),
        };
        self.0.send_modify(|calls| calls.push(called));
    }

    pub(crate) fn all(&self) -> Vec<Called> {
        self.0.borrow().clone()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.borrow().len()
    }

    /// Forgets the calls so far.
    pub(crate) fn forget(&self) {
        self.0.send_modify(Vec::clear);
    }

    pub(crate) fn of(&self, subscriber: &str) -> Vec<Called> {
        self.all().into_iter().filter(|call| call.subscriber == subscriber).collect()
    }

    /// The sequences of the calls, in their order.
    pub(crate) fn sequences(&self) -> Vec<u64> {
        self.0.borrow().iter().map(Called::sequence).collect()
    }

    /// Waits until the calls are like this.
    pub(crate) async fn until(&self, what: &str, so: impl Fn(&[Called]) -> bool) {
        let mut calls = self.0.subscribe();
        // The sender lives in `self`, so it cannot go while this waits.
        let _ = bounded(what, calls.wait_for(|calls| so(calls))).await;
    }

    /// Waits for so many calls.
    pub(crate) async fn until_len(&self, calls: usize) {
        self.until(&format!("{calls} calls"), |so_far| so_far.len() >= calls).await;
    }

    /// A subscriber that notes its calls and then does as `then` says.
    pub(crate) fn subscriber<F, Fut>(&self, id: &str, then: F) -> SubscriberDef
    where
        F: Fn(AnyEvent, Cx) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), Failure>> + Send + 'static,
    {
        SubscriberDef::new(id, Probe { calls: self.clone(), then }).on(">")
    }

    /// A subscriber that notes its calls and is content.
    pub(crate) fn content(&self, id: &str) -> SubscriberDef {
        self.subscriber(id, |_, _| async { Ok(()) })
    }
}

struct Probe<F> {
    calls: Calls,
    then: F,
}

#[async_trait]
impl<F, Fut> Subscriber for Probe<F>
where
    F: Fn(AnyEvent, Cx) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<(), Failure>> + Send + 'static,
{
    type Event = AnyEvent;

    async fn handle(&self, event: AnyEvent, cx: Cx) -> Result<(), Failure> {
        self.calls.note(&event, &cx);
        (self.then)(event, cx).await
    }
}

/// A door that handlers wait at until the test opens it. Cloning shares it.
#[derive(Clone)]
pub(crate) struct Door(watch::Sender<bool>);

impl Door {
    pub(crate) fn closed() -> Self {
        Self(watch::Sender::new(false))
    }

    pub(crate) fn open(&self) {
        self.0.send_replace(true);
    }

    pub(crate) fn is_open(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it is open.
    pub(crate) async fn pass(&self) {
        let mut open = self.0.subscribe();
        // The sender lives in `self`, so it cannot go while this waits.
        let _ = open.wait_for(|open| *open).await;
    }
}

/// A turnstile that lets as many handlers through as the test says. Cloning shares it.
#[derive(Clone)]
pub(crate) struct Turnstile(Arc<Semaphore>);

impl Turnstile {
    pub(crate) fn closed() -> Self {
        Self(Arc::new(Semaphore::new(0)))
    }

    /// Lets so many more through.
    pub(crate) fn let_through(&self, handlers: usize) {
        self.0.add_permits(handlers);
    }

    /// Lets all through from now on.
    pub(crate) fn open(&self) {
        self.0.close();
    }

    /// Waits until it is let through.
    pub(crate) async fn pass(&self) {
        if let Ok(permit) = self.0.acquire().await {
            permit.forget();
        }
    }
}
