//! One shape for every handler: an event goes in, a future comes out.

use std::{future::Future, marker::PhantomData, pin::Pin, sync::Arc};

use crate::{
    cx::Cx,
    event::{
        input::{BatchMarks, Input},
        recorded::RecordedEvent,
        typed::DecodeError,
    },
    failure::Failure,
    resources::MissingResource,
    subscriber::Subscriber,
};

pub(crate) type Running = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send>>;

/// A handler whose event type is forgotten.
pub(crate) trait Handler: Send + Sync {
    /// Decodes the event and begins the attempt.
    fn call(&self, event: &Arc<RecordedEvent>, cx: Cx) -> Result<Running, DecodeError>;

    /// Decodes many events and begins one attempt at all of them.
    fn call_batch(&self, events: &[Arc<RecordedEvent>], marks: &BatchMarks, cx: Cx) -> Result<Running, DecodeError>;
}

/// A handler that is a function of the event and its context.
pub(crate) struct FnHandler<E, F> {
    function: F,
    event: PhantomData<fn(E)>,
}

impl<E, F> FnHandler<E, F> {
    pub(crate) fn new(function: F) -> Self {
        Self { function, event: PhantomData }
    }
}

impl<E, F, Fut> Handler for FnHandler<E, F>
where
    E: Input,
    F: Fn(E, Cx) -> Fut + Send + Sync,
    Fut: Future<Output = Result<(), Failure>> + Send + 'static,
{
    fn call(&self, event: &Arc<RecordedEvent>, cx: Cx) -> Result<Running, DecodeError> {
        Ok(Box::pin((self.function)(E::decode(event)?, cx)))
    }

    fn call_batch(&self, events: &[Arc<RecordedEvent>], marks: &BatchMarks, cx: Cx) -> Result<Running, DecodeError> {
        Ok(match decoded(events, marks)? {
            Some(batch) => Box::pin((self.function)(batch, cx)),
            None => nothing_to_call(),
        })
    }
}

/// A handler that is a [`Subscriber`].
pub(crate) struct SubscriberHandler<S>(pub(crate) Arc<S>);

impl<S: Subscriber> SubscriberHandler<S> {
    fn begin(&self, event: S::Event, cx: Cx) -> Running {
        let subscriber = Arc::clone(&self.0);
        Box::pin(async move { subscriber.handle(event, cx).await })
    }
}

impl<S: Subscriber> Handler for SubscriberHandler<S> {
    fn call(&self, event: &Arc<RecordedEvent>, cx: Cx) -> Result<Running, DecodeError> {
        Ok(self.begin(S::Event::decode(event)?, cx))
    }

    fn call_batch(&self, events: &[Arc<RecordedEvent>], marks: &BatchMarks, cx: Cx) -> Result<Running, DecodeError> {
        Ok(decoded(events, marks)?.map_or_else(nothing_to_call, |batch| self.begin(batch, cx)))
    }
}

/// What of the events can be decoded, if any can.
fn decoded<E: Input>(events: &[Arc<RecordedEvent>], marks: &BatchMarks) -> Result<Option<E>, DecodeError> {
    let batch = E::decode_batch(events, marks)?;
    Ok((marks.unread() < events.len()).then_some(batch))
}

fn nothing_to_call() -> Running {
    Box::pin(std::future::ready(Ok(())))
}

/// What the arguments of a handler after the event need, each looked up by [`Argument::prepare`]: a tuple of results.
///
/// [`Argument::prepare`]: crate::resources::Argument::prepare
#[doc(hidden)]
pub trait Prepared {
    /// What [`Argument::take`](crate::resources::Argument::take) makes the arguments of one call from.
    type Ready;

    /// All of it, or everything that is missing.
    ///
    /// # Errors
    /// Every resource that nobody provided.
    fn all_ready(self) -> Result<Self::Ready, Vec<MissingResource>>;
}

macro_rules! prepared_for_tuples {
    ($(($($name:ident),*))*) => {$(
        impl<$($name),*> Prepared for ($(Result<$name, MissingResource>,)*) {
            type Ready = ($($name,)*);

            #[allow(non_snake_case, clippy::unused_unit, reason = "one body for every arity, none included")]
            fn all_ready(self) -> Result<Self::Ready, Vec<MissingResource>> {
                let ($($name,)*) = self;
                let missing: Vec<Option<MissingResource>> = vec![$($name.as_ref().err().cloned()),*];
                match ($($name,)*) {
                    ($(Ok($name),)*) => Ok(($($name,)*)),
                    #[allow(unreachable_patterns, reason = "no argument cannot be missing")]
                    _ => Err(missing.into_iter().flatten().collect()),
                }
            }
        }
    )*};
}

prepared_for_tuples! {
    () (A) (A, B) (A, B, C) (A, B, C, D) (A, B, C, D, E) (A, B, C, D, E, F) (A, B, C, D, E, F, G) (A, B, C, D, E, F, G, H)
}
