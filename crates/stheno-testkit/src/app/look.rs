//! What became of the events of a test.

use std::sync::Arc;

use stheno_core::{
    Event, Published, RecordedEvent,
    backend::{Backend, Query},
    delivery::{doc::DeadLetter, why::Why},
};

use crate::app::{Started, TestError};

impl Started {
    /// What became of an event at a subscriber: handled, skipped because .., tried again at .., a dead letter.
    ///
    /// # Errors
    /// [`TestError::NotInTheLog`] for an event whose delay has not passed.
    pub async fn outcome(&self, subscriber: &str, event: &Published) -> Result<Why, TestError> {
        let sequence = match event.sequence {
            Some(sequence) => Some(sequence),
            None => self.log().await?.iter().find(|recorded| recorded.id == event.id).map(|event| event.sequence),
        };
        match sequence {
            Some(sequence) => self.outcome_at(subscriber, sequence).await,
            None => Err(TestError::NotInTheLog { id: event.id.to_string() }),
        }
    }

    /// What became of the event at a position of the log, for example of one that a handler published.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn outcome_at(&self, subscriber: &str, sequence: u64) -> Result<Why, TestError> {
        Ok(self.running.operator().why(subscriber, sequence).await?)
    }

    /// The dead letters of a subscriber, oldest event first.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn dead_letters(&self, subscriber: &str) -> Result<Vec<DeadLetter>, TestError> {
        Ok(self.running.operator().dead_letters(subscriber).await?)
    }

    /// The events of one type that handlers have published since the history was given, oldest first.
    ///
    /// # Errors
    /// [`TestError::Decode`] when one of them is not what its type documents.
    pub async fn published<E: Event>(&self) -> Result<Vec<E>, TestError> {
        let descriptor = E::descriptor();
        let reactions = self.reactions().await?;
        let of_type = reactions.iter().filter(|event| descriptor.matches(&event.name));
        let decoded = of_type.map(|event| {
            let sequence = event.sequence;
            E::decode(&event.name, &event.body).map_err(|reason| TestError::Decode { sequence, reason })
        });
        decoded.collect()
    }

    /// Every event that handlers have published since the history was given, oldest first, as it stands in the log.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn reactions(&self) -> Result<Vec<Arc<RecordedEvent>>, TestError> {
        let mut events = self.log().await?;
        let history = self.history();
        events.retain(|event| event.sequence > history.upto && !history.own.contains(&event.id));
        Ok(events)
    }

    /// Everything in the log, oldest first.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn log(&self) -> Result<Vec<Arc<RecordedEvent>>, TestError> {
        let mut events = Vec::new();
        let mut after = 0;
        loop {
            let page = self.log.read(Query::all().after(after)).await?;
            events.extend(page.events);
            if page.end {
                return Ok(events);
            }
            after = page.covered;
        }
    }
}
