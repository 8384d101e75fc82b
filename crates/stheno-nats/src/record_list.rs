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

/// The first messages after a sequence that a filter matches, in their order, and where to go on if something is left. The bucket
/// keeps one message of each subject, so one that is written anew goes to the end.
///
/// The server that gives them may be behind the leader: then some are as they were. That nothing is left only the leader says.
pub(crate) async fn page(
    log: &Log,
    stream: &str,
    filter: &str,
    after: u64,
    limit: usize,
) -> Result<(Vec<Stored>, Option<u64>), Trouble> {
    let mut from = after.saturating_add(1);
    if after == 0 {
        // Mostly nothing is there: then one question is enough.
        let Some(first) = log.reading.next(stream, from, filter).await? else { return Ok((Vec::new(), None)) };
        from = first.sequence;
    }
    let mut reading = Fetch::open(&log.reading, stream, Begin::At(from), &[filter.to_owned()]).await?;
    let mut found: Vec<Stored> = Vec::new();
    let mut bytes = 0;
    while reading.pending() > 0 && found.len() < limit && bytes < BYTES {
        let messages = reading.next((limit - found.len()).min(CHUNK), BYTES - bytes).await?;
        bytes += messages.iter().map(|message| message.body.len()).sum::<usize>();
        found.extend(messages);
    }
    let reached = found.last().map_or(after, |last| last.sequence);
    if reading.pending() > 0 {
        return Ok((found, Some(reached)));
    }
    match log.reading.next(stream, reached.saturating_add(1), filter).await? {
        None => Ok((found, None)),
        Some(_) if found.is_empty() => Err(Trouble::NoResponders),
        Some(_) => Ok((found, Some(reached))),
    }
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
