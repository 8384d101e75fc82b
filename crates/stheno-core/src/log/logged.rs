//! An event that was found.

use std::{fmt, marker::PhantomData, ops::Deref, sync::Arc};

use crate::event::{
    input::{AnyEvent, Input},
    recorded::RecordedEvent,
    typed::DecodeError,
};

/// An event of the log. It reads like a [`RecordedEvent`]; [`event`](Self::event) is what was asked for, decoded when that is called
/// and not before: one that cannot be read holds up no other.
pub struct Logged<E = AnyEvent> {
    recorded: Arc<RecordedEvent>,
    read_as: PhantomData<fn() -> E>,
}

impl<E> Logged<E> {
    pub(super) fn new(recorded: Arc<RecordedEvent>) -> Self {
        Self { recorded, read_as: PhantomData }
    }

    /// The event as it stands in the log.
    pub fn recorded(&self) -> &Arc<RecordedEvent> {
        &self.recorded
    }
}

impl<E: Input> Logged<E> {
    /// Reads the event as the type that was asked for.
    ///
    /// # Errors
    /// [`DecodeError`] with the path of the field at fault. A subscriber of this type would have it as a dead letter.
    pub fn event(&self) -> Result<E, DecodeError> {
        E::decode(&self.recorded)
    }
}

impl<E> Deref for Logged<E> {
    type Target = RecordedEvent;

    fn deref(&self) -> &RecordedEvent {
        &self.recorded
    }
}

impl<E> Clone for Logged<E> {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.recorded))
    }
}

impl<E> fmt::Debug for Logged<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Logged").field(&self.recorded).finish()
    }
}
