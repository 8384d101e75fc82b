//! The newest message of every subject, as it was when it was asked for.

use std::collections::HashMap;

use crate::{
    error::Trouble,
    fetch::{Begin, Fetch},
    log::Log,
    message::Stored,
};

/// Messages asked for at once.
const CHUNK: usize = 1_000;
/// Bytes asked for at once.
const BYTES: usize = 8 * 1024 * 1024;

/// The newest message of each subject that a filter matches.
///
/// The server that lists them may be behind the leader of the stream, also while a single copy is moved. So the leader is asked
/// first for the newest of all: a server that has it has everything before it. If nothing comes up to it, that server is
/// behind, or the newest is gone already; then it is asked again.
pub(crate) async fn newest(log: &Log, stream: &str, filter: &str) -> Result<Vec<Stored>, Trouble> {
    let Some(last) = log.reading.last(stream, filter).await? else { return Ok(Vec::new()) };
    let mut reading = Fetch::open(&log.reading, stream, Begin::Newest, &[filter.to_owned()]).await?;
    let mut found = Newest::default();
    // What is written meanwhile takes the place of what was listed, so everything is read.
    while reading.pending() > 0 {
        reading.next(CHUNK, BYTES).await?.into_iter().for_each(|message| found.take(message));
    }
    if found.reached < last.sequence { Err(Trouble::NoResponders) } else { Ok(found.all()) }
}

/// The newest of each subject so far.
#[derive(Default)]
struct Newest {
    messages: HashMap<String, Stored>,
    /// The highest sequence of any.
    reached: u64,
}

impl Newest {
    fn take(&mut self, message: Stored) {
        self.reached = self.reached.max(message.sequence);
        let subject = message.subject.as_str();
        match self.messages.get_mut(subject) {
            Some(known) if known.sequence >= message.sequence => {}
            Some(known) => *known = message,
            None => drop(self.messages.insert(subject.to_owned(), message)),
        }
    }

    fn all(self) -> Vec<Stored> {
        self.messages.into_values().collect()
    }
}
