//! The context of one attempt: which event, which attempt, and what the handler may do beside its work.

use std::{
    collections::BTreeMap,
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
};

use tokio::sync::watch;

use crate::{
    bus::{Bus, Outgoing, Publish, PublishError, PublishErrorKind, Published},
    event::{
        input::BatchItem,
        recorded::{EventId, RecordedEvent},
    },
    headers::{self, Headers},
    key::Key,
    marker::{Identity, Marker, Run},
    name::EventName,
    time::Timestamp,
};

/// The context of one attempt. Cloning is cheap.
///
/// In a batch it is that of the call, and says of its first event what it says of an event: [`Cx::of`] gives the context of
/// each one.
#[derive(Clone)]
pub struct Cx(Arc<Inner>);

struct Inner {
    event: Arc<RecordedEvent>,
    attempt: u32,
    scope: Arc<Scope>,
    /// Why the handler chose to do nothing; read by the runtime after the call.
    skipped: Mutex<Option<String>>,
    /// How many events this attempt has published: part of their ids.
    published: AtomicU32,
    /// Whether it is that of a call with a batch, and not of one event.
    of_batch: bool,
    /// The contexts of the events of a batch that were asked for, by sequence: each counts what it has published.
    items: Mutex<BTreeMap<u64, Cx>>,
}

/// What all attempts of one subscriber in one process share.
#[derive(Clone)]
pub(crate) struct Scope {
    pub(crate) subscriber: Arc<str>,
    /// The identity of the log.
    pub(crate) log: Arc<str>,
    /// Under which ids its effects are remembered.
    pub(crate) identity: Arc<Identity>,
    pub(crate) run: u32,
    /// The run that its effects are remembered in.
    pub(crate) marked: Run,
    pub(crate) epoch: u64,
    /// The highest epoch that a store outside of the log has seen. Attempts raise it, and the next epoch is higher.
    pub(crate) seen: Arc<AtomicU64>,
    pub(crate) bus: Bus,
    /// Turns true when the subscriber is asked to stop.
    pub(crate) stopping: watch::Receiver<bool>,
}

impl Cx {
    pub(crate) fn new(event: Arc<RecordedEvent>, attempt: u32, scope: Arc<Scope>) -> Self {
        Self::with(event, attempt, scope, false)
    }

    /// The context of a call with a batch that begins with this event.
    pub(crate) fn of_batch(first: Arc<RecordedEvent>, attempt: u32, scope: Arc<Scope>) -> Self {
        Self::with(first, attempt, scope, true)
    }

    fn with(event: Arc<RecordedEvent>, attempt: u32, scope: Arc<Scope>, of_batch: bool) -> Self {
        let (skipped, published, items) = (Mutex::default(), AtomicU32::new(0), Mutex::default());
        Self(Arc::new(Inner { event, attempt, scope, skipped, published, of_batch, items }))
    }

    /// A context for calling a handler by hand in a test: an event of this name with an empty body, first attempt.
    /// Publishing through it fails; use the `TestApp` of `stheno-testkit` for that.
    ///
    /// # Panics
    /// When `name` is no event name: it is the test's own literal.
    #[expect(clippy::panic, reason = "only tests call it")]
    pub fn test(name: &str) -> Self {
        let name = EventName::new(name).unwrap_or_else(|error| panic!("{error}"));
        let backend = Arc::new(crate::runtime::log::no_log::NoLog);
        let scope = Scope {
            subscriber: "test".into(),
            log: "test".into(),
            identity: Arc::new(Identity { id: "test".into(), former: Vec::new() }),
            run: 0,
            marked: Run::default(),
            epoch: 1,
            seen: Arc::default(),
            bus: Bus::new(backend, Arc::default()),
            stopping: watch::channel(false).1,
        };
        let now = Timestamp::now();
        let event = RecordedEvent {
            sequence: 1,
            id: EventId::random(),
            name,
            key: None,
            source: None,
            time: now,
            stored: now,
            headers: Headers::new(),
            body: bytes::Bytes::from_static(b"{}"),
        };
        Self::new(Arc::new(event), 1, Arc::new(scope))
    }

    /// The context of one event of a batch, the same each time: what is published with it names this event as the cause and has
    /// the same id however the batch is cut, and its [idempotency key](Cx::idempotency_key), its [marker](Cx::marker) and a
    /// [skip](Cx::skip) are of this event alone.
    ///
    /// ```
    /// use stheno_core::{Batch, Body, Cx, Failure, Outgoing};
    ///
    /// # #[derive(serde::Deserialize)]
    /// # struct Order { id: String }
    /// async fn confirm(orders: Batch<Body<Order>>, cx: Cx) -> Result<(), Failure> {
    ///     for item in orders.iter() {
    ///         let confirmed = Outgoing::raw("order.confirmed", &serde_json::json!({ "id": item.event.0.id }));
    ///         cx.of(item).publish(confirmed).await?;
    ///     }
    ///     Ok(())
    /// }
    /// ```
    #[must_use]
    pub fn of<T>(&self, item: &BatchItem<T>) -> Self {
        let event = item.shared();
        let mut items = self.0.items.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Self::new(Arc::clone(event), self.0.attempt, Arc::clone(&self.0.scope));
        items.entry(event.sequence).or_insert_with(new).clone()
    }

    /// Whether it is the context of a call with a batch: what is done for one of its events goes through [`Cx::of`].
    pub fn is_of_batch(&self) -> bool {
        self.0.of_batch
    }

    /// The event as it stands in the log.
    pub fn event(&self) -> &RecordedEvent {
        &self.0.event
    }

    /// The id of the event.
    pub fn id(&self) -> &EventId {
        &self.0.event.id
    }

    /// The name of the event.
    pub fn name(&self) -> &EventName {
        &self.0.event.name
    }

    /// What the event is about.
    pub fn key(&self) -> Option<&Key> {
        self.0.event.key.as_ref()
    }

    /// The position of the event in the log.
    pub fn sequence(&self) -> u64 {
        self.0.event.sequence
    }

    /// When the event happened.
    pub fn time(&self) -> Timestamp {
        self.0.event.time
    }

    /// The headers of the event.
    pub fn headers(&self) -> &Headers {
        &self.0.event.headers
    }

    /// Which attempt this is, from 1. In a batch it is the highest among its events, and calls that failed as a whole count too,
    /// although the policy does not count them; after a restart those begin again.
    pub fn attempt(&self) -> u32 {
        self.0.attempt
    }

    /// Which run this is: 0 is live, each replay has a number of its own.
    pub fn run(&self) -> u32 {
        self.0.scope.run
    }

    /// The epoch of the lease under which the handler runs; a later holder has a higher one. It goes with the time and never
    /// goes back, also when the log is restored to an earlier state.
    pub fn epoch(&self) -> u64 {
        self.0.scope.epoch
    }

    /// Says that a store outside of the log has seen this epoch. If it is higher than that of this attempt, the attempt counts for
    /// nothing: either another process runs the subscriber now, which handles the event, or this one takes it over again with an
    /// epoch that is higher still. Roll back and return an error. `handled_once` of `stheno-sqlite` calls it.
    pub fn saw_epoch(&self, epoch: u64) {
        self.0.scope.seen.fetch_max(epoch, Ordering::Relaxed);
    }

    /// What tells the effect of this attempt from all others, for a store of one's own. In a batch ask each event's own context
    /// ([`Cx::of`]): which event is the first changes with the way the batch is cut.
    pub fn marker(&self) -> Marker<'_> {
        let Scope { log, identity, marked, .. } = &*self.0.scope;
        let Inner { event, .. } = &*self.0;
        let Run { number, epoch } = *marked;
        Marker { log, subscriber: identity.at(event.sequence), event: event.id.as_str(), run: number, run_epoch: epoch }
    }

    /// The identity of the log: another one, or one that was made anew, has another.
    pub fn log_id(&self) -> &str {
        &self.0.scope.log
    }

    /// The id of the subscriber.
    pub fn subscriber(&self) -> &str {
        &self.0.scope.subscriber
    }

    /// The conversation the event belongs to: its correlation header, or the event itself if it began one.
    pub fn correlation(&self) -> &str {
        self.headers().get(headers::CORRELATION).unwrap_or(self.id().as_str())
    }

    /// The same text for every attempt of this subscriber at this event in this run, and for nothing else: give it to
    /// services that take an idempotency key. It has the parts of the [`marker`](Cx::marker), and so stays when the subscriber
    /// gets another id. In a batch ask each event's own context ([`Cx::of`]): which event is the first changes with the way the
    /// batch is cut.
    pub fn idempotency_key(&self) -> String {
        let Marker { subscriber, event, .. } = self.marker();
        format!("{subscriber}/{event}/{}", self.0.scope.marked)
    }

    /// Says that there is nothing to do, and why; the reason is recorded. `return cx.skip("no_notification is set");`
    ///
    /// # Errors
    /// Never; the type lets it stand in a `return`.
    pub fn skip<E>(&self, reason: impl Into<String>) -> Result<(), E> {
        *self.0.skipped.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason.into());
        Ok(())
    }

    /// Whether the subscriber is asked to stop. A handler that is under way has until the drain deadline.
    pub fn is_stopping(&self) -> bool {
        *self.0.scope.stopping.borrow()
    }

    /// Returns when the subscriber is asked to stop.
    pub async fn stopping(&self) {
        let mut stopping = self.0.scope.stopping.clone();
        // The sender is gone only after the subscriber has stopped.
        let _ = stopping.wait_for(|stop| *stop).await;
    }

    /// Publishes an event that this one caused: it carries the correlation and causation, and an id that is the same at
    /// every attempt, so that a retry does not publish it twice. What the event says itself (`id`, `correlation`) stays: an id
    /// of your own has to be the same at every attempt, too.
    ///
    /// A log knows an id for its dedup window. An attempt that comes later (a retry after days, a redrive, a restart) looks for the
    /// event first, among the next 2,048 events of its key and name behind this one.
    ///
    /// In a batch `cx.of(item).publish(..)` says which event is the cause. Without it nobody knows, and the id would change with the
    /// events that happen to be in the call, so that it is refused ([`NoItem`](PublishErrorKind::NoItem)).
    pub fn publish(&self, event: impl Into<Outgoing>) -> CausedPublish {
        if self.0.of_batch {
            return CausedPublish(self.0.scope.bus.publish(event.into().refused(PublishErrorKind::NoItem)));
        }
        let ordinal = self.0.published.fetch_add(1, Ordering::Relaxed);
        let event = event.into();
        let id = self.derived_id(&event, ordinal);
        let publish = self.0.scope.bus.publish(event).first_stands(&self.0.event);
        CausedPublish(publish.caused_by(&id, self.correlation(), self.id().as_str()))
    }

    fn derived_id(&self, event: &Outgoing, ordinal: u32) -> String {
        let (name, key) = event
            .as_event()
            .map_or(("", ""), |event| (event.name.as_str(), event.key.as_ref().map_or("", |key| key.as_str())));
        let Marker { subscriber, event, .. } = self.marker();
        let run = self.0.scope.marked;
        let from = format!("{subscriber}\n{event}\n{run}\n{name}\n{key}\n{ordinal}");
        EventId::derived(&from).to_string()
    }

    /// Why the handler chose to do nothing about this event of a batch.
    pub(crate) fn take_skip_of(&self, sequence: u64) -> Option<String> {
        self.0.items.lock().unwrap_or_else(PoisonError::into_inner).get(&sequence)?.take_skip()
    }

    pub(crate) fn take_skip(&self) -> Option<String> {
        self.0.skipped.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl fmt::Debug for Cx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cx")
            .field("subscriber", &self.subscriber())
            .field("event", self.event())
            .field("attempt", &self.attempt())
            .field("run", &self.run())
            .finish_non_exhaustive()
    }
}

/// An event that a handler publishes; await it.
#[must_use = "nothing is published before it is awaited"]
#[derive(Debug)]
pub struct CausedPublish(Publish);

impl CausedPublish {
    /// Changes the event before it is sent, with the setters of [`Publish`].
    pub fn with(self, change: impl FnOnce(Publish) -> Publish) -> Self {
        Self(change(self.0))
    }

    /// Publishes it.
    ///
    /// # Errors
    /// [`PublishError`] says what is wrong with the event, or that the log did not take it.
    pub async fn send(self) -> Result<Published, PublishError> {
        self.0.send().await
    }
}

impl IntoFuture for CausedPublish {
    type Output = Result<Published, PublishError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}
