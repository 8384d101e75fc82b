//! Many events, saved at once.

use std::collections::HashSet;

use stheno::{Bus, Event, EventId, Published};

use crate::unsaved::{Entry, SaveError, Unsaved};

/// Events that are saved together. Two collectors share nothing.
#[derive(Default)]
#[must_use = "nothing is saved before it is committed"]
pub struct Collector {
    entries: Vec<Entry>,
    /// Where each group begins that must not be parted: an event and the one that belongs to it.
    groups: Vec<usize>,
}

impl Collector {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an event, with the one that belongs to it.
    pub fn add<E: Event + Clone>(&mut self, event: Unsaved<E>) -> &mut Self {
        self.groups.push(self.entries.len());
        self.entries.extend(event.entries);
        self
    }

    /// How many events there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Saves them in the order they were added, in one round trip, all or nothing. Without an event it does nothing.
    ///
    /// # Errors
    /// [`SaveError`]; no event was saved then, and committing again is safe. [`SaveError::too_many`] when there are more
    /// than the log takes at once (1,000 for both backends), [`SaveError::repeated_id`] when two have one id.
    pub async fn commit(&self, bus: &Bus) -> Result<Vec<Published>, SaveError> {
        commit(bus, &self.entries).await
    }

    /// Saves them in chunks of as many as the log takes at once: each chunk all or nothing, an event never without the one
    /// that belongs to it. Every event is checked before the first chunk is sent.
    ///
    /// # Errors
    /// [`SaveError`]; the chunks of [`SaveError::saved`] are in the log: none, when an event is wrong or two have one id.
    /// Committing again is safe: what is there is not stored a second time.
    pub async fn commit_in_chunks(&self, bus: &Bus) -> Result<Vec<Published>, SaveError> {
        // The bus checks each event before it counts them, and sends none when they are too many.
        match commit(bus, &self.entries).await {
            Err(error) if error.too_many().is_some() => {}
            settled => return settled,
        }
        let limit = bus.backend().abilities().max_batch;
        let mut saved = Vec::with_capacity(self.entries.len());
        let mut start = 0;
        while start < self.entries.len() {
            let end = self.end_of_chunk(start, limit);
            match commit(bus, &self.entries[start..end]).await {
                Ok(chunk) => saved.extend(chunk),
                Err(error) => return Err(error.after(saved)),
            }
            start = end;
        }
        Ok(saved)
    }

    /// The last end of a group within the limit; a group that is larger by itself is a chunk of its own.
    fn end_of_chunk(&self, start: usize, limit: usize) -> usize {
        let ends = self.groups.iter().copied().filter(|end| *end > start).chain([self.entries.len()]);
        let mut last = None;
        for end in ends {
            if last.is_some() && end - start > limit {
                break;
            }
            last = Some(end);
        }
        last.unwrap_or(self.entries.len())
    }
}

/// The first id that an event before has too.
fn repeated(entries: &[Entry]) -> Option<&EventId> {
    let mut seen = HashSet::with_capacity(entries.len());
    entries.iter().map(|entry| &entry.id).find(|id| !seen.insert(id.as_str()))
}

/// Saves events all or nothing.
pub(super) async fn commit(bus: &Bus, entries: &[Entry]) -> Result<Vec<Published>, SaveError> {
    if let Some(id) = repeated(entries) {
        return Err(SaveError::repeated(id.clone()));
    }
    bus.publish_all(entries.iter().map(Entry::outgoing)).atomic().send().await.map_err(SaveError::new)
}
