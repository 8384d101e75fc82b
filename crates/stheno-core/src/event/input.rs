//! What a handler may take as its first argument: one typed event, a view of a body, any event, or a batch.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
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
/// `Ok` counts for all of them; [`Batch::fail`] marks single ones that failed. A call that fails as a whole (an error, a panic, the
/// time-out) is repeated with at most half of its events at a time, until the event that makes it fail stands alone: only that
/// one then waits, uses up its attempts and becomes a dead letter. An event that cannot be decoded is never handed to the handler,
/// and does not touch the others. A batch has at most one event of a key, so that order is kept whatever becomes of it; only a
/// subscriber that is `unordered` gets more.
///
/// What is done for one event of a batch is done with [`Cx::of`](crate::Cx::of): publishing, skipping, idempotency keys.
///
/// ```
/// use stheno_core::{Batch, Body, Cx, Failure};
///
/// #[derive(serde::Deserialize)]
/// struct Stock { left: i64 }
///
/// async fn check(batch: Batch<Body<Stock>>, cx: Cx) -> Result<(), Failure> {
///     for item in batch.iter() {
///         if item.event.0.left < 0 {
///             batch.fail(item, Failure::new("a stock below 0").terminal());
///         } else if item.event.0.left > 10 {
///             cx.of(item).skip::<Failure>("enough is left")?;
///         }
///     }
///     Ok(())
/// }
/// ```
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

    pub(crate) fn shared(&self) -> &Arc<RecordedEvent> {
        &self.recorded
    }
}

impl<T> Batch<T> {
    /// How many events there are.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is none. A subscriber never gets such a batch: if none of its events can be decoded, the handler is not called.
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
            match catch_unwind(AssertUnwindSafe(|| T::decode(event))) {
                Ok(Ok(decoded)) => items.push(BatchItem { index, recorded: Arc::clone(event), event: decoded }),
                Ok(Err(undecodable)) => marks.unreadable(index, Failure::undecodable(undecodable)),
                Err(panic) => marks.unreadable(index, Failure::panicked(&*panic)),
            }
        }
        Ok(Self { items, marks: marks.clone() })
    }
}

/// Which events of a batch failed; shared by the handler's [`Batch`] and the runtime that called it.
#[derive(Clone, Default)]
pub struct BatchMarks(Arc<Mutex<Marks>>);

#[derive(Default)]
struct Marks {
    failed: Vec<(usize, Failure)>,
    /// How many of them the handler did not get.
    unread: usize,
}

impl BatchMarks {
    /// Notes a failure of the event at this index.
    pub(crate) fn fail(&self, index: usize, failure: Failure) {
        let mut marks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !marks.failed.iter().any(|(known, _)| *known == index) {
            marks.failed.push((index, failure));
        }
    }

    /// Notes that the event at this index cannot be handed to the handler.
    fn unreadable(&self, index: usize, failure: Failure) {
        self.fail(index, failure);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).unread += 1;
    }

    /// How many events could not be handed to the handler.
    pub(crate) fn unread(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).unread
    }

    /// Takes what was noted.
    pub(crate) fn take(&self) -> Vec<(usize, Failure)> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner).failed)
    }
}

impl fmt::Debug for BatchMarks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BatchMarks")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cx;

    /// Cannot be read, in two ways.
    #[derive(Debug)]
    struct Fragile;

    impl Input for Fragile {
        const PATTERNS: &'static [&'static str] = &[];

        fn decode(event: &Arc<RecordedEvent>) -> Result<Self, DecodeError> {
            match &event.body[..] {
                b"panics" => panic!("its own decoder does not take it"),
                b"fails" => Err(DecodeError::new("", "it cannot be read")),
                _ => Ok(Self),
            }
        }
    }

    fn event(body: &'static str) -> Arc<RecordedEvent> {
        Arc::new(RecordedEvent { body: body.into(), ..Cx::test("order.placed").event().clone() })
    }

    #[test]
    fn a_decoder_that_fails_or_panics_spoils_its_own_event() {
        let marks = BatchMarks::default();
        let batch = Batch::<Fragile>::decode_batch(&["", "panics", "", "fails"].map(event), &marks).unwrap();
        assert_eq!((batch.len(), marks.unread()), (2, 2));
        batch.fail(&batch.items[1], "not yet");
        assert_eq!(marks.unread(), 2);
        let marked: Vec<_> = marks.take().into_iter().map(|(index, failure)| (index, failure.is_terminal())).collect();
        assert_eq!(marked, [(1, false), (3, true), (2, false)]);
    }
}
