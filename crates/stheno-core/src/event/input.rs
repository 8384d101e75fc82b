//! What a handler may take as its first argument: one typed event, a view of a body, any event, or a batch.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use serde::de::DeserializeOwned;

use crate::{
    event::{
        recorded::RecordedEvent,
        typed::{DecodeError, Event, decode_json},
    },
    failure::{Failure, IntoFailure},
};

/// The first argument of a handler: it says which events it takes and how to read one.
///
/// Every [`Event`] is one; so are [`Body`], [`AnyEvent`], [`Batch`] and enums with `#[derive(EventSum)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the first argument of a subscriber",
    label = "not an event",
    note = "take an event type (`#[derive(Payload, Event)]`), `Body<T>` for a view of the body, `AnyEvent`, `Batch<T>`, or an enum with `#[derive(EventSum)]`"
)]
pub trait Input: Sized + Send + 'static {
    /// The patterns the type itself stands for; empty when only the subscriber can say.
    const PATTERNS: &'static [&'static str];

    /// Whether one call takes many events.
    const BATCH: bool = false;

    /// Reads one event.
    ///
    /// # Errors
    /// [`DecodeError`] when the body is not what the type needs; the event becomes a dead letter.
    fn decode(event: &Arc<RecordedEvent>) -> Result<Self, DecodeError>;

    /// Reads many events for one call; only meant for inputs with [`Input::BATCH`].
    ///
    /// # Errors
    /// [`DecodeError`] from an input that takes one event at a time.
    fn decode_batch(events: &[Arc<RecordedEvent>], marks: &BatchMarks) -> Result<Self, DecodeError> {
        let _ = marks;
        match events {
            [one] => Self::decode(one),
            _ => Err(DecodeError::new("", "this subscriber takes one event at a time")),
        }
    }
}

impl<E: Event> Input for E {
    const PATTERNS: &'static [&'static str] = &[E::PATTERN];

    fn decode(event: &Arc<RecordedEvent>) -> Result<Self, DecodeError> {
        E::decode(&event.name, event.payload()?)
    }
}

/// A view of a body: any type serde can read, for several names that share some fields.
///
/// ```
/// # use stheno_core::Body;
/// #[derive(serde::Deserialize)]
/// struct OrderRef { id: String }
/// fn takes(order: Body<OrderRef>) -> String { order.0.id }
/// ```
#[derive(Debug, Clone)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned + Send + 'static> Input for Body<T> {
    const PATTERNS: &'static [&'static str] = &[];

    fn decode(event: &Arc<RecordedEvent>) -> Result<Self, DecodeError> {
        decode_json(event.payload()?).map(Body)
    }
}

/// Any event, undecoded. Reads like a [`RecordedEvent`].
#[derive(Debug, Clone)]
pub struct AnyEvent(Arc<RecordedEvent>);

impl AnyEvent {
    /// Wraps an event of the log.
    pub fn new(event: Arc<RecordedEvent>) -> Self {
        Self(event)
    }

    /// Reads the body as any type serde can read.
    ///
    /// # Errors
    /// [`DecodeError`] with the path of the field at fault, or for a body that is an envelope.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, DecodeError> {
        decode_json(self.0.payload()?)
    }
}

impl std::ops::Deref for AnyEvent {
    type Target = RecordedEvent;
    fn deref(&self) -> &RecordedEvent {
        &self.0
    }
}

impl Input for AnyEvent {
    const PATTERNS: &'static [&'static str] = &[];

    fn decode(event: &Arc<RecordedEvent>) -> Result<Self, DecodeError> {
        Ok(Self(Arc::clone(event)))
    }
}

/// Several events in one call, in log order.
///
/// The result of the handler counts for all of them; [`Batch::fail`] marks single ones that failed. A batch has at most one
/// event of a key, so that order is kept whatever becomes of it; only a subscriber that is `unordered` gets more.
#[derive(Debug)]
pub struct Batch<T> {
    items: Vec<BatchItem<T>>,
    marks: BatchMarks,
}

/// One event of a [`Batch`].
#[derive(Debug)]
pub struct BatchItem<T> {
    index: usize,
    recorded: Arc<RecordedEvent>,
    /// The decoded event.
    pub event: T,
}

impl<T> BatchItem<T> {
    /// The event as it stands in the log.
    pub fn recorded(&self) -> &RecordedEvent {
        &self.recorded
    }
}

impl<T> Batch<T> {
    /// How many events there are.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is none: every event of the batch failed to decode.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The events, in log order.
    pub fn iter(&self) -> impl Iterator<Item = &BatchItem<T>> {
        self.items.iter()
    }

    /// Marks one event as failed; the others are not affected.
    pub fn fail(&self, item: &BatchItem<T>, failure: impl IntoFailure) {
        self.marks.fail(item.index, failure.into_failure());
    }
}

impl<T: Input> Input for Batch<T> {
    const PATTERNS: &'static [&'static str] = T::PATTERNS;
    const BATCH: bool = true;

    fn decode(event: &Arc<RecordedEvent>) -> Result<Self, DecodeError> {
        let recorded = Arc::clone(event);
        let item = BatchItem { index: 0, event: T::decode(event)?, recorded };
        Ok(Self { items: vec![item], marks: BatchMarks::default() })
    }

    fn decode_batch(events: &[Arc<RecordedEvent>], marks: &BatchMarks) -> Result<Self, DecodeError> {
        let mut items = Vec::with_capacity(events.len());
        for (index, event) in events.iter().enumerate() {
            match T::decode(event) {
                Ok(decoded) => items.push(BatchItem { index, recorded: Arc::clone(event), event: decoded }),
                Err(undecodable) => marks.fail(index, Failure::undecodable(undecodable)),
            }
        }
        Ok(Self { items, marks: marks.clone() })
    }
}

/// Which events of a batch failed; shared by the handler's [`Batch`] and the runtime that called it.
#[derive(Clone, Default)]
pub struct BatchMarks(Arc<Mutex<Vec<(usize, Failure)>>>);

impl BatchMarks {
    /// Notes a failure of the event at this index.
    pub(crate) fn fail(&self, index: usize, failure: Failure) {
        let mut marks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !marks.iter().any(|(known, _)| *known == index) {
            marks.push((index, failure));
        }
    }

    /// Takes what was noted.
    pub(crate) fn take(&self) -> Vec<(usize, Failure)> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for BatchMarks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BatchMarks")
    }
}
