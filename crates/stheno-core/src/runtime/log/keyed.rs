//! A log whose events have the keys that their catalogs say, also those that another program has stored without one.
//!
//! A program that knows no catalog publishes a body and no key. Its events keep their order and share the lane of their
//! key only if delivery finds the key: by the catalog's rule, in everything it reads. A lane that is read back from the
//! log has both the events stored with the key and those stored without one that turn out to have it. The catalog may be
//! one that this host does not have (`keys`).

use std::{cmp::Reverse, path::Path, sync::Arc};

use async_trait::async_trait;

use crate::{
    backend::{
        Abilities, Append, AppendError, Appended, Backend, BackendError, Direction, LogInfo, Page, Query, Record,
        RecordCursor, RecordError, RecordName, RecordPage, RecordWrite, Revision, Tail,
    },
    event::recorded::{EventId, NewEvent, RecordedEvent},
    runtime::log::keys::Keys,
};

/// What delivery reads instead of a log that other programs append to.
struct Keyed {
    log: Arc<dyn Backend>,
    keys: Arc<Keys>,
}

/// The log as delivery reads it.
pub(crate) fn keyed(log: &Arc<dyn Backend>, keys: &Arc<Keys>) -> Arc<dyn Backend> {
    match log.abilities().foreign {
        true => Arc::new(Keyed { log: Arc::clone(log), keys: Arc::clone(keys) }),
        false => Arc::clone(log),
    }
}

fn with_keys(mut page: Page, keys: &Keys) -> Page {
    for event in &mut page.events {
        // The fields of an envelope are not those of the payload.
        if event.key.is_none()
            && event.payload().is_ok()
            && let Some(key) = keys.key_of(&event.name, &event.body)
        {
            let event: &mut RecordedEvent = Arc::make_mut(event);
            event.key = Some(key);
        }
    }
    page
}

/// Two pages of the same part of a log, of which no event is in both, as far as both reach. One that has come to the end
/// of the part reaches over all of it.
fn joined(one: Page, other: Page, direction: Direction) -> Page {
    let unfinished = [&one, &other].into_iter().filter(|page| !page.end).map(|page| page.covered);
    let covered = match direction {
        Direction::Forward => unfinished.min().unwrap_or(one.covered.max(other.covered)),
        Direction::Backward => unfinished.max().unwrap_or(one.covered.min(other.covered)),
    };
    let end = one.end && other.end;
    let mut events = one.events;
    events.extend(other.events);
    match direction {
        Direction::Forward => {
            events.retain(|event| end || event.sequence <= covered);
            events.sort_unstable_by_key(|event| event.sequence);
        }
        Direction::Backward => {
            events.retain(|event| end || event.sequence >= covered);
            events.sort_unstable_by_key(|event| Reverse(event.sequence));
        }
    }
    Page::new(events, covered, end)
}

#[async_trait]
impl Backend for Keyed {
    fn abilities(&self) -> Abilities {
        self.log.abilities()
    }

    async fn info(&self) -> Result<LogInfo, BackendError> {
        self.log.info().await
    }

    async fn append(&self, batch: Append) -> Result<Vec<Appended>, AppendError> {
        self.log.append(batch).await
    }

    async fn read(&self, query: Query) -> Result<Page, BackendError> {
        let Some(key) = query.key.clone() else {
            return Ok(with_keys(self.log.read(query).await?, &self.keys));
        };
        let direction = query.direction;
        let mut without = query.clone().keyless();
        without.key = None;
        let stored = self.log.read(query).await?;
        let mut found = with_keys(self.log.read(without).await?, &self.keys);
        found.events.retain(|event| event.key.as_ref() == Some(&key));
        Ok(joined(stored, found, direction))
    }

    async fn tail(&self, query: Query) -> Result<Box<dyn Tail>, BackendError> {
        debug_assert!(query.key.is_none(), "nobody tails the events of one key here");
        let tail = self.log.tail(query).await?;
        Ok(Box::new(KeyedTail { tail, keys: Arc::clone(&self.keys) }))
    }

    async fn scheduled(&self, id: &EventId) -> Result<Option<NewEvent>, BackendError> {
        self.log.scheduled(id).await
    }

    async fn get_record(&self, name: &RecordName) -> Result<Option<Record>, BackendError> {
        self.log.get_record(name).await
    }

    async fn list_records(&self, prefix: &str) -> Result<Vec<Record>, BackendError> {
        self.log.list_records(prefix).await
    }

    async fn read_records(
        &self,
        prefix: &str,
        after: Option<&RecordCursor>,
        limit: usize,
    ) -> Result<RecordPage, BackendError> {
        self.log.read_records(prefix, after, limit).await
    }

    async fn write_records(&self, writes: Vec<RecordWrite>) -> Result<Vec<Revision>, RecordError> {
        self.log.write_records(writes).await
    }

    async fn backup(&self, to: &Path) -> Result<(), BackendError> {
        self.log.backup(to).await
    }

    async fn find_damage(&self) -> Result<(), BackendError> {
        self.log.find_damage().await
    }

    async fn close(&self) {
        self.log.close().await;
    }
}

struct KeyedTail {
    tail: Box<dyn Tail>,
    keys: Arc<Keys>,
}

#[async_trait]
impl Tail for KeyedTail {
    async fn next(&mut self) -> Result<Page, BackendError> {
        Ok(with_keys(self.tail.next().await?, &self.keys))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{headers::Headers, time::Timestamp};

    fn page(sequences: &[u64], covered: u64, end: bool) -> Page {
        let now = Timestamp::from_micros(0);
        let event = |sequence: &u64| {
            let (sequence, name) = (*sequence, "a".into());
            let event =
                RecordedEvent::from_stored(sequence, "i".into(), name, None, None, now, now, Headers::new(), "".into());
            Arc::new(event)
        };
        Page::new(sequences.iter().map(event).collect(), covered, end)
    }

    fn sequences(page: &Page) -> Vec<u64> {
        page.events.iter().map(|event| event.sequence).collect()
    }

    #[test]
    fn pages_are_joined_as_far_as_both_reach() {
        let forward = joined(page(&[2, 7], 7, false), page(&[1, 4], 5, false), Direction::Forward);
        assert_eq!((sequences(&forward), forward.covered, forward.end), (vec![1, 2, 4], 5, false));
        let ended = joined(page(&[2, 7], 7, false), page(&[], 1, true), Direction::Forward);
        assert_eq!((sequences(&ended), ended.covered, ended.end), (vec![2, 7], 7, false));
        let end = joined(page(&[2], 2, true), page(&[], 1, true), Direction::Forward);
        assert_eq!((sequences(&end), end.covered, end.end), (vec![2], 2, true));
        let backward = joined(page(&[7, 2], 2, false), page(&[6, 5], 5, false), Direction::Backward);
        assert_eq!((sequences(&backward), backward.covered), (vec![7, 6, 5], 5));
    }
}
