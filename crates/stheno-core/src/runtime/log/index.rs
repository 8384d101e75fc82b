//! Which events have which key that were stored without one.
//!
//! No log finds these by their key, so they are looked through once for all lanes and subscribers of a process, and what was
//! found is kept in mind: a part of the log without gaps, of bounded size.

use std::{
    collections::BTreeSet,
    hash::{DefaultHasher, Hash, Hasher},
};

use tokio::sync::Mutex;

use crate::{
    backend::{Backend, BackendError, Query},
    key::Key,
    runtime::log::{
        batch::{BATCH, BATCH_BYTES},
        keys::Keys,
    },
};

/// Events that are kept in mind: about 16 MiB.
const MOST: usize = if cfg!(test) { 4 } else { 400_000 };

/// The events that were found so far.
#[derive(Debug, Default)]
pub(super) struct Index(Mutex<Part>);

/// A part of the log that was looked through.
#[derive(Debug, Default)]
struct Part {
    /// What was known of keys then.
    learnt: u64,
    /// It was looked through after this sequence, and up to the other.
    after: u64,
    upto: u64,
    /// Hashes of keys, with the sequence of an event and its size.
    events: BTreeSet<(u64, u64, usize)>,
}

/// What is asked: the events of a key in a part of the log.
#[derive(Debug)]
pub(super) struct Wanted<'a> {
    pub(super) key: &'a Key,
    pub(super) after: u64,
    pub(super) upto: u64,
    pub(super) limit: usize,
    pub(super) bytes: usize,
}

/// The events that may be of the key, and how far that goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) sequences: Vec<u64>,
    pub(super) covered: u64,
    pub(super) end: bool,
}

impl Index {
    /// Finds events of several keys, in the order in which they were asked for.
    pub(super) async fn find(
        &self,
        log: &dyn Backend,
        keys: &Keys,
        wanted: &[Wanted<'_>],
    ) -> Result<Vec<Found>, BackendError> {
        let mut part = self.0.lock().await;
        let learnt = keys.learnt();
        if part.learnt != learnt {
            *part = Part { learnt, ..Part::default() };
        }
        // Beginning with the lowest, the log is looked through once.
        let mut order: Vec<usize> = (0..wanted.len()).collect();
        order.sort_unstable_by_key(|index| wanted[*index].after);
        let mut found = vec![Found::default(); wanted.len()];
        for index in order {
            let wanted = &wanted[index];
            let (covered, end) = part.look_through(log, keys, wanted.after, wanted.upto).await?;
            found[index] = part.of(wanted, covered, end);
        }
        Ok(found)
    }
}

impl Part {
    /// Looks through the log from a sequence on. Says how far that went, and whether nothing is left.
    async fn look_through(
        &mut self,
        log: &dyn Backend,
        keys: &Keys,
        after: u64,
        upto: u64,
    ) -> Result<(u64, bool), BackendError> {
        if !(self.after..=self.upto).contains(&after) {
            self.begin(after);
        }
        while self.upto < upto {
            if self.events.len() >= MOST {
                if self.upto > after {
                    break;
                }
                self.begin(after);
            }
            let query = Query::all().keyless().after(self.upto).upto(upto).limit(BATCH).bytes(BATCH_BYTES);
            let page = log.read(query).await?;
            for event in &page.events {
                if event.payload().is_ok()
                    && let Some(key) = keys.key_of(&event.name, &event.body)
                {
                    self.events.insert((hash(&key), event.sequence, event.size()));
                }
            }
            let goes_on = page.covered > self.upto;
            self.upto = self.upto.max(page.covered);
            if page.end || !goes_on {
                return Ok((self.upto, page.end));
            }
        }
        Ok((self.upto.min(upto), self.upto >= upto))
    }

    fn begin(&mut self, after: u64) {
        *self = Self { learnt: self.learnt, after, upto: after, events: BTreeSet::new() };
    }

    fn of(&self, wanted: &Wanted<'_>, covered: u64, end: bool) -> Found {
        let (hash, mut bytes) = (hash(wanted.key), 0);
        let mut found = Found { sequences: Vec::new(), covered, end };
        if covered <= wanted.after {
            return found;
        }
        for (_, sequence, size) in self.events.range((hash, wanted.after + 1, 0)..=(hash, covered, usize::MAX)) {
            if found.sequences.len() >= wanted.limit || bytes >= wanted.bytes {
                let last = found.sequences.last().copied().unwrap_or(wanted.after);
                return Found { covered: last, end: false, ..found };
            }
            bytes += size;
            found.sequences.push(*sequence);
        }
        found
    }
}

fn hash(key: &Key) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}
