//! Events that are made and not yet saved: the design of Saleor's "Events Design", where making an event checks and fills
//! its fields and touches nothing, and saving is one call for one event or one for many.
//!
//! ```
//! # use std::sync::Arc;
//! # use stheno_core::{Bus, Catalogs, backend::Backend};
//! use stheno_saleor::{order_events, unsaved::{Actor, Collector, OrderRef}};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let backend: Arc<dyn Backend> = stheno_sqlite::SqliteBackend::memory()?;
//! # let bus = Bus::new(backend, Arc::new(Catalogs::new([stheno_saleor::catalog()], []).0));
//! let (order, user) = (OrderRef::new(52)?, Actor::user(67)?);
//!
//! order_events::note_added(&order, &user, "hello world!")?.save(&bus).await?;
//!
//! let mut events = Collector::new();
//! events.add(order_events::placed(&order, &user)); // and the customer's `placed_order`
//! events.add(order_events::note_added(&order, &user, "hello again!")?);
//! assert_eq!(events.commit(&bus).await?.len(), 3); // in one round trip, all or nothing
//! # Ok(())
//! # }
//! ```
//!
//! Saving one by one and collecting are the same way into the log: the bus checks each event, and its id, key and source
//! are those it was made with. Its time is what `at` said, or else when it is stored, not when it was made. Whoever is
//! anonymous is written as null: `"user_id": null`. An event has its id from when it is made, so that one that is saved again
//! after an unclear failure is the same event.
//!
//! Reading order: this file (one event), `subject` (of what, by whom), [`order_events`] and [`customer_events`] (making
//! them), `collector` (saving many), `error`.

mod collector;
pub mod customer_events;
mod error;
pub mod order_events;
mod subject;

use std::sync::Arc;

use stheno::{Bus, Event, EventId, Outgoing, Published, Timestamp};

pub use self::{
    collector::Collector,
    error::{FieldError, FieldProblem, SaveError},
    subject::{Actor, OrderRef},
};

/// An event that is made and not yet saved; perhaps with another that belongs to it.
///
/// It happened when it is stored, unless [`at`](Self::at) says otherwise: one that is made now and saved in an hour has the
/// later time.
#[must_use = "nothing is saved before `save` is called, or the event is added to a `Collector`"]
pub struct Unsaved<E> {
    event: E,
    entries: Vec<Entry>,
}

/// One event to be saved, as often as it takes.
struct Entry {
    write: Arc<dyn Fn() -> Outgoing + Send + Sync>,
    id: EventId,
    time: Option<Timestamp>,
    source: Option<Arc<str>>,
}

impl Entry {
    fn new<E: Event + Clone>(event: E) -> Self {
        Self { write: Arc::new(move || Outgoing::from(event.clone())), id: EventId::random(), time: None, source: None }
    }

    fn outgoing(&self) -> Outgoing {
        let mut event = (self.write)().id(self.id.as_str());
        if let Some(time) = self.time {
            event = event.time(time);
        }
        match &self.source {
            Some(source) => event.source(source),
            None => event,
        }
    }
}

impl<E: Event + Clone> Unsaved<E> {
    /// An event of one's own making, checked by nobody yet. An author or user it does not name is written
    /// as null.
    pub fn new(event: E) -> Self {
        Self { entries: vec![Entry::new(event.clone())], event }
    }

    /// The same, with another event that is saved with it or not at all.
    pub(crate) fn with(mut self, other: impl Event + Clone) -> Self {
        self.entries.push(Entry::new(other));
        self
    }

    /// The event itself.
    pub fn event(&self) -> &E {
        &self.event
    }

    /// How many events it is: 2 with the one that belongs to it.
    pub fn count(&self) -> usize {
        self.entries.len()
    }

    /// The id of the event; until one is given it is a new one.
    pub fn id(&self) -> &EventId {
        // There is always the event itself.
        &self.entries[0].id
    }

    /// Gives the id: the same id is the same event. The event that belongs to it has the id with `/1`
    /// behind it.
    ///
    /// # Errors
    /// [`FieldError`] when it is no id.
    pub fn with_id(mut self, id: &str) -> Result<Self, FieldError> {
        for (index, entry) in self.entries.iter_mut().enumerate() {
            let id = if index == 0 { id.to_owned() } else { format!("{id}/{index}") };
            entry.id = EventId::new(id).map_err(|_| FieldError::new(E::PATTERN, "id", FieldProblem::NotAnId))?;
        }
        Ok(self)
    }

    /// Says when it happened, if not when it is stored.
    pub fn at(mut self, time: Timestamp) -> Self {
        self.entries.iter_mut().for_each(|entry| entry.time = Some(time));
        self
    }

    /// Says where it comes from, in place of what the bus says.
    pub fn from_source(mut self, source: &str) -> Self {
        self.entries.iter_mut().for_each(|entry| entry.source = Some(source.into()));
        self
    }

    /// Saves it now. With an event that belongs to it: both, or none.
    ///
    /// # Errors
    /// [`SaveError`] when the bus or the log does not take it; saving it again is safe.
    pub async fn save(&self, bus: &Bus) -> Result<Vec<Published>, SaveError> {
        collector::commit(bus, &self.entries).await
    }
}
