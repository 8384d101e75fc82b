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
        Abilities, Append, AppendError, Appended, Backend, BackendError, BackendErrorKind, Direction, LogInfo, Page,
        Query, Record, RecordCursor, RecordError, RecordName, RecordPage, RecordWrite, Revision, Tail, count_pages,
    },
    event::recorded::{EventId, NewEvent, RecordedEvent},
    runtime::log::{
        batch::BATCH,
        index::{Index, Wanted},
        keys::Keys,
    },
};

/// What delivery reads instead of a log that other programs append to.
struct Keyed {
    log: Arc<dyn Backend>,
    keys: Arc<Keys>,
    /// What is kept in mind from one read to the next; who reads a page now and then keeps nothing.
    index: Option<Index>,
}

/// The log as delivery reads it.
pub(crate) fn keyed(log: &Arc<dyn Backend>, keys: &Arc<Keys>) -> Arc<dyn Backend> {
    with_index(log, keys, Some(Index::default()))
}

/// The same for who reads a page of it and no more.
pub(crate) fn keyed_pages(log: &Arc<dyn Backend>, keys: &Arc<Keys>) -> Arc<dyn Backend> {
    with_index(log, keys, None)
}

fn with_index(log: &Arc<dyn Backend>, keys: &Arc<Keys>, index: Option<Index>) -> Arc<dyn Backend> {
    match log.abilities().foreign {
        true => Arc::new(Keyed { log: Arc::clone(log), keys: Arc::clone(keys), index }),
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

/// Two pages of the same part of a log, of which no event is in both, as far as both reach.
fn joined(one: Page, other: Page, direction: Direction) -> Page {
    let covered = match direction {
        // What only one of them has seen is not covered: the other may have asked a server that was not as far.
        Direction::Forward => one.covered.min(other.covered),
        Direction::Backward => {
            let unfinished = [&one, &other].into_iter().filter(|page| !page.end).map(|page| page.covered);
            unfinished.max().unwrap_or(one.covered.min(other.covered))
        }
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

impl Keyed {
    /// A page of the events of a key, of which as much is looked through as a page is long.
    async fn page_of(&self, query: Query) -> Result<Page, BackendError> {
        let (key, direction) = (query.key.clone(), query.direction);
        let limit = query.limit;
        // Few of them have the key.
        let mut without = query.clone().keyless().limit(limit.max(BATCH));
        without.key = None;
        let stored = self.log.read(query).await?;
        let mut found = with_keys(self.log.read(without).await?, &self.keys);
        found.events.retain(|event| event.key == key);
        let mut page = joined(stored, found, direction);
        if page.events.len() > limit {
            page.events.truncate(limit);
            page.covered = page.events.last().map_or(page.covered, |event| event.sequence);
            page.end = false;
        }
        Ok(page)
    }

    /// What was stored without a key, for each query about one.
    async fn without_key(&self, index: &Index, queries: &[Query]) -> Vec<Result<Page, BackendError>> {
        let asked: Vec<&Query> = queries.iter().filter(|query| query.key.is_some()).collect();
        let wanted: Vec<Wanted<'_>> = asked
            .iter()
            .filter_map(|query| {
                let (key, upto) = (query.key.as_ref()?, query.upto.unwrap_or(u64::MAX));
                Some(Wanted { key, after: query.after, upto, limit: query.limit, bytes: query.bytes })
            })
            .collect();
        let found = match index.find(&*self.log, &self.keys, &wanted).await {
            Ok(found) => found,
            // One that fails fails them all: nobody knows what else there is.
            Err(error) => {
                let again = || Err(BackendError::new(error.kind(), error.to_string()));
                return asked.iter().map(|_| again()).collect();
            }
        };
        let single = |sequence: &u64| Query::all().after(sequence - 1).upto(*sequence).limit(1);
        let singles = found.iter().flat_map(|found| found.sequences.iter().map(single)).collect();
        let mut pages = self.log.read_each(singles).await.into_iter();
        let mut read = Vec::with_capacity(asked.len());
        for (query, found) in asked.into_iter().zip(found) {
            let mut events = Vec::with_capacity(found.sequences.len());
            let mut failed = None;
            for page in pages.by_ref().take(found.sequences.len()) {
                match page {
                    Ok(page) => events.extend(with_keys(page, &self.keys).events),
                    Err(error) => failed = Some(error),
                }
            }
            // Two keys may have one hash.
            events.retain(|event| event.key == query.key && query.patterns.matches(&event.name));
            read.push(failed.map_or_else(|| Ok(Page::new(events, found.covered, found.end)), Err));
        }
        read
    }
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
        if query.key.is_some() && (self.index.is_none() || query.direction == Direction::Backward) {
            return self.page_of(query).await;
        }
        let page = self.read_each(vec![query]).await.pop();
        page.unwrap_or_else(|| Err(BackendError::new(BackendErrorKind::Other, "the backend has answered nothing")))
    }

    async fn read_each(&self, queries: Vec<Query>) -> Vec<Result<Page, BackendError>> {
        if queries.iter().all(|query| query.key.is_none()) {
            let pages = self.log.read_each(queries).await.into_iter();
            return pages.map(|page| page.map(|page| with_keys(page, &self.keys))).collect();
        }
        let forward = queries.iter().all(|query| query.direction == Direction::Forward);
        let Some(index) = self.index.as_ref().filter(|_| forward) else {
            let mut read = Vec::with_capacity(queries.len());
            for query in queries {
                read.push(self.read(query).await);
            }
            return read;
        };
        let pages = self.log.read_each(queries.clone()).await;
        let pages = pages.into_iter().map(|page| page.map(|page| with_keys(page, &self.keys)));
        let mut others = self.without_key(index, &queries).await.into_iter();
        let mut read = Vec::with_capacity(queries.len());
        for (query, page) in queries.iter().zip(pages) {
            let other = query.key.as_ref().and_then(|_| others.next());
            read.push(match (page, other) {
                (Ok(stored), Some(Ok(found))) => Ok(joined(stored, found, query.direction)),
                (Ok(_), Some(Err(error))) => Err(error),
                (page, _) => page,
            });
        }
        read
    }

    async fn count(&self, query: Query) -> Result<u64, BackendError> {
        match query.key {
            None => self.log.count(query).await,
            Some(_) => count_pages(self, query).await,
        }
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
        assert_eq!((sequences(&ended), ended.covered, ended.end), (vec![], 1, false));
        let end = joined(page(&[2], 2, true), page(&[], 1, true), Direction::Forward);
        assert_eq!((sequences(&end), end.covered, end.end), (vec![2], 1, true));
        let backward = joined(page(&[7, 2], 2, false), page(&[6, 5], 5, false), Direction::Backward);
        assert_eq!((sequences(&backward), backward.covered), (vec![7, 6, 5], 5));
    }
}
