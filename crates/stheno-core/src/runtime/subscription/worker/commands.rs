//! The commands of one subscriber: read in pages while events flow, and kept here until they are obeyed.
//!
//! Whoever watches for commands says only that there are some. So none is ever passed on twice, a worker that ends leaves all of
//! them to the next one, and memory holds one page however many there are.

use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use tokio::{runtime::Handle, sync::Notify, task::JoinError};

use crate::{
    backend::{Backend, RecordName, RecordPage},
    delivery::names,
    runtime::{
        operator::command::Asked,
        subscription::worker::pager::{Pager, Read},
    },
};

/// Commands read at once.
const PAGE: usize = 64;

pub(crate) struct Commands {
    subscriber: Arc<str>,
    /// Says that there may be some.
    asked: Arc<Notify>,
    /// Those that were read, in the order in which they were asked.
    queue: VecDeque<Asked>,
    reading: Pager,
    /// Whether they are to be read from the first one on.
    wanted: bool,
    unreadable: Unreadable,
}

impl Commands {
    pub(crate) fn new(subscriber: Arc<str>, asked: Arc<Notify>) -> Self {
        let reading = Pager::new(names::commands(&subscriber), PAGE);
        // There may be some from before.
        Self { subscriber, asked, queue: VecDeque::new(), reading, wanted: true, unreadable: Unreadable::default() }
    }

    /// Whether one was read and is not obeyed yet.
    pub(super) fn has_some(&self) -> bool {
        !self.queue.is_empty()
    }

    /// Whether none is known that is not obeyed yet.
    pub(super) fn is_idle(&self) -> bool {
        self.queue.is_empty() && !self.wanted && self.reading.is_over() && !self.reading.is_under_way()
    }

    /// Takes the next ones.
    pub(super) fn take(&mut self, most: usize) -> Vec<Asked> {
        self.queue.drain(..self.queue.len().min(most)).collect()
    }

    /// Says that there may be some that nobody has read.
    pub(super) fn look_again(&mut self) {
        self.wanted = true;
    }

    /// Begins to read the next page, once those before are obeyed.
    pub(super) fn read_on(&mut self, backend: &Arc<dyn Backend>, control: &Handle) {
        if !self.queue.is_empty() || self.reading.is_under_way() {
            return;
        }
        if self.reading.is_over() {
            if !std::mem::take(&mut self.wanted) {
                return;
            }
            self.unreadable.next_round();
            self.reading.begin_again();
        }
        self.reading.read(backend, control, Duration::ZERO);
    }

    /// Waits until a page was read; `None` when somebody says that there may be commands. Nothing is lost if the wait is given up.
    pub(super) async fn next(&mut self) -> Option<Result<Read, JoinError>> {
        tokio::select! {
            biased;
            read = self.reading.next() => Some(read),
            () = self.asked.notified() => None,
        }
    }

    /// Takes a page that was read.
    pub(super) fn took(&mut self, page: RecordPage) {
        for record in &page.records {
            // The commands of its backfills lie below its own.
            if names::commanded(&record.name).as_deref() != Some(&*self.subscriber) {
                continue;
            }
            match Asked::read(record) {
                Ok(asked) => self.queue.push_back(asked),
                Err(error) if self.unreadable.is_new(&record.name) => {
                    tracing::warn!(record = %record.name, %error, "a command cannot be read, and is left where it is");
                }
                Err(_) => {}
            }
        }
        self.reading.took(page.next);
    }

    /// A page could not be read: it is tried again after a while.
    pub(super) fn not_read(&mut self, backend: &Arc<dyn Backend>, control: &Handle, wait: Duration) {
        self.reading.read(backend, control, wait);
    }
}

/// Commands that cannot be read: each is said once.
#[derive(Default)]
struct Unreadable {
    said: HashSet<RecordName>,
    /// Those of this round: what is not met again is gone.
    met: HashSet<RecordName>,
}

impl Unreadable {
    /// Whether it was not said yet; it is from now on.
    fn is_new(&mut self, record: &RecordName) -> bool {
        self.met.insert(record.clone()) && !self.said.contains(record)
    }

    /// Forgets those that are gone.
    fn next_round(&mut self) {
        self.said = std::mem::take(&mut self.met);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_cannot_be_read_is_said_once() {
        let name = RecordName::trusted("command/probe.all/1");
        let mut unreadable = Unreadable::default();
        assert!(unreadable.is_new(&name) && !unreadable.is_new(&name));
        unreadable.next_round();
        assert!(!unreadable.is_new(&name));
        unreadable.next_round();
        unreadable.next_round();
        assert!(unreadable.is_new(&name), "another one of this name");
    }
}
