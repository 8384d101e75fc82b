//! The newest message of every subject, as it was when it was asked for.

use std::collections::HashMap;

use async_nats::HeaderMap;
use bytes::Bytes;

use crate::{
    encode::Outgoing,
    error::Trouble,
    fetch::{Begin, Fetch},
    log::Log,
    message::Stored,
    provision, publish,
};

/// Messages asked for at once.
const CHUNK: usize = 1_000;
/// How long a fence stays, in seconds.
const FENCE_STAYS: &str = "5s";

/// The newest message of each subject that a filter matches.
pub(crate) async fn newest(log: &Log, stream: &str, filter: &str) -> Result<Vec<Stored>, Trouble> {
    // Asked each time: the stream of the log says nothing about it, and it may be given more copies while hosts run.
    let info = log.reading.stream(stream).await?;
    match info.is_none_or(|info| provision::is_single(&info)) {
        true => {
            let mut reading = Fetch::open(&log.reading, stream, Begin::Newest, &[filter.to_owned()]).await?;
            let mut found = Newest::default();
            while reading.pending() > 0 {
                let messages = reading.next(CHUNK).await?;
                if messages.is_empty() {
                    return Err(Trouble::NoResponders);
                }
                messages.into_iter().for_each(|message| found.take(message));
            }
            Ok(found.all())
        }
        false => newest_of_many(log, stream, filter).await,
    }
}

/// Of several servers, one may be behind the leader. A message of our own says when it has caught up: everything that
/// was acknowledged before it stands before it.
async fn newest_of_many(log: &Log, stream: &str, filter: &str) -> Result<Vec<Stored>, Trouble> {
    let fence = format!("$KV.{}.=fence.{}", log.options.bucket(), uuid::Uuid::now_v7().simple());
    let covered = filter.ends_with(&format!(".{}.>", log.options.bucket()));
    let filters = if covered { vec![filter.to_owned()] } else { vec![filter.to_owned(), fence.clone()] };
    let mut headers = HeaderMap::new();
    headers.insert("Nats-TTL", FENCE_STAYS);
    let outgoing = Outgoing { subject: fence.clone().into(), headers, body: Bytes::new() };
    let fenced = publish::send(&log.writing.link, log.target_of(stream), outgoing).await?.seq;
    let mut reading = Fetch::open(&log.reading, stream, Begin::Newest, &filters).await?;
    let mut found = Newest::default();
    loop {
        let messages = reading.next(CHUNK).await?;
        if messages.is_empty() {
            return Err(Trouble::NoResponders);
        }
        for message in messages {
            match message.subject.as_str() == fence {
                true if message.sequence == fenced => return Ok(found.all()),
                true => {}
                false => found.take(message),
            }
        }
    }
}

/// The newest of each subject so far.
#[derive(Default)]
struct Newest(HashMap<String, Stored>);

impl Newest {
    fn take(&mut self, message: Stored) {
        let subject = message.subject.as_str();
        match self.0.get_mut(subject) {
            Some(known) if known.sequence >= message.sequence => {}
            Some(known) => *known = message,
            None => drop(self.0.insert(subject.to_owned(), message)),
        }
    }

    fn all(self) -> Vec<Stored> {
        self.0.into_values().collect()
    }
}
