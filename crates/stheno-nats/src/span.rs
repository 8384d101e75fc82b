//! Where a log begins and ends, and which part of it a query is about.

use futures_util::{FutureExt, future::try_join_all};
use serde_json::json;
use stheno_core::{Timestamp, backend::Query};

use crate::{
    api::{Api, StreamState, Which},
    batch,
    error::Trouble,
    log::Log,
    message::Stored,
    place,
};

/// Messages asked for at once.
const CHUNK: usize = 1_000;
/// Messages at the beginning that are looked at one by one for an event: what waits for its time stands there too.
const FEW: usize = 8;
/// How often the end is looked at anew that was gone and has moved.
const LOOKS: usize = 5;

/// The sequence up to which the log can be read now; 0 when there is nothing. Never within a batch: whoever reads up to here
/// sees all of a batch or nothing.
pub(crate) async fn head(log: &Log) -> Result<u64, Trouble> {
    for _ in 0..LOOKS {
        // The newest message of all costs the server nothing. It says none, too, when the last one was deleted.
        let newest = newest(log).await?;
        let begun = newest.as_ref().and_then(|newest| unfinished(log, newest));
        if let Some(event) = newest.as_ref().filter(|newest| begun.is_none() && is_event(log, newest)) {
            return Ok(event.sequence);
        }
        let at = newest.map(|newest| newest.sequence);
        match (end(log, at).await?, begun) {
            (None, _) => {}
            // Nothing has come after it: the rest of the batch is on its way.
            (Some(end), Some(number)) if at == Some(end) => return Ok(end.saturating_sub(number)),
            // Something that is no event, or is gone, stands at the end: what came before it is whole.
            (Some(end), _) => return Ok(place::last(log, &log.reading, end).await?.unwrap_or(0).min(end)),
        }
    }
    Err(Trouble::NoResponders)
}

async fn newest(log: &Log) -> Result<Option<Stored>, Trouble> {
    log.reading.last(log.stream(), ">").await
}

/// The number of an event in a batch whose last it is not.
fn unfinished(log: &Log, message: &Stored) -> Option<u64> {
    match batch::number(message.headers.as_ref()?) {
        Some((number, false)) if is_event(log, message) => Some(number),
        _ => None,
    }
}

/// Where the stream ends whose newest message stands `at` a sequence: there, or further on, where messages are gone; `None` when
/// something has come meanwhile, and it has to be looked anew.
async fn end(log: &Log, at: Option<u64>) -> Result<Option<u64>, Trouble> {
    let last = log.reading.stream(log.stream()).await?.ok_or(Trouble::Gone)?.state.last_seq;
    if at.is_some_and(|at| last <= at) {
        return Ok(at);
    }
    // What has come meanwhile may be a part of a batch.
    let is_newest = newest(log).await?.map(|newest| newest.sequence) == at;
    Ok(if is_newest { Some(last) } else { at })
}

/// The oldest event from a sequence on. To find that of a wildcard the server goes through all subjects it knows, and there is
/// one for each key. So that is asked only when what stands there is no event.
async fn oldest(log: &Log, api: &Api, from: u64) -> Result<Option<Stored>, Trouble> {
    for sequence in (from..).take(FEW) {
        let message = api.message(log.stream(), Which { seq: Some(sequence), ..Which::default() }).await?;
        if let Some(event) = message.filter(|message| is_event(log, message)) {
            return Ok(Some(event));
        }
    }
    api.next(log.stream(), from, &log.subjects.log()).await
}

pub(crate) fn is_event(log: &Log, message: &Stored) -> bool {
    log.subjects.parse(message.subject.as_str()).is_some()
}

/// The first and the last sequence of the log. An event that somebody deleted at its end still counts: subscribers have
/// read it, and the log has not become shorter.
pub(crate) async fn ends(log: &Log, state: StreamState) -> Result<(u64, u64), Trouble> {
    if state.last_seq == 0 {
        return Ok((1, 0));
    }
    let (first, last) = tokio::try_join!(
        oldest(log, &log.writing, state.first_seq.max(1)),
        place::last(log, &log.writing, state.last_seq)
    )?;
    match (first, last) {
        (Some(first), Some(last)) => Ok((first.sequence, last.max(first.sequence))),
        // Nothing but events that wait for their time, from the beginning on: there never was one.
        _ if state.first_seq <= 1 && state.messages == state.last_seq => Ok((1, 0)),
        _ => Ok((state.last_seq + 1, state.last_seq)),
    }
}

/// The first message from a sequence on that one of these filters matches.
pub(crate) async fn next_message(log: &Log, from: u64, filters: &[String]) -> Result<Option<Stored>, Trouble> {
    let found = filters.iter().map(|filter| log.reading.next(log.stream(), from, filter));
    let found = try_join_all(found).await?;
    Ok(found.into_iter().flatten().min_by_key(|message| message.sequence))
}

/// The sequence of that.
pub(crate) async fn first_of(log: &Log, from: u64, filters: &[String]) -> Result<Option<u64>, Trouble> {
    Ok(next_message(log, from, filters).await?.map(|message| message.sequence))
}

/// The part of a log that a query is about: `low <= sequence <= high`; nothing when `low > high`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) low: u64,
    pub(crate) high: u64,
}

impl Span {
    /// What a query is about in a log that ends at `head`.
    pub(crate) async fn of(log: &Log, query: &Query, head: u64) -> Result<Self, Trouble> {
        let mut span =
            Self { low: query.after.saturating_add(1), high: query.upto.map_or(head, |upto| upto.min(head)) };
        if span.is_empty() {
            return Ok(span);
        }
        if let Some(since) = query.since {
            span.low = span.low.max(first_since(log, since).await?);
        }
        if let Some(until) = query.until {
            let first = first_since(log, until).await?;
            if first <= span.high {
                check_until(log, until, first, span.high).await?;
            }
            span.high = span.high.min(first.saturating_sub(1));
        }
        Ok(span)
    }

    /// How many messages it can have beyond a sequence, as far as they are asked for at once.
    pub(crate) fn room(&self, covered: u64) -> usize {
        usize::try_from(self.high.saturating_sub(covered)).unwrap_or(usize::MAX).clamp(1, CHUNK)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.low > self.high
    }
}

/// The server that finds a time may be behind the leader and not have the last messages before it: then it is asked again. What
/// has come beyond `high` may be earlier than a time that is still to come.
async fn check_until(log: &Log, until: Timestamp, first: u64, high: u64) -> Result<(), Trouble> {
    match log.reading.next(log.stream(), first, ">").await? {
        Some(missed) if missed.sequence <= high && missed.stored < until => Err(Trouble::NoResponders),
        _ => Ok(()),
    }
}

/// The first sequence that was stored at a time or later. The server finds it when a consumer is made that begins there.
async fn first_since(log: &Log, time: Timestamp) -> Result<u64, Trouble> {
    // The server knows no time before 1970, and stores nothing after 9999.
    let time = Timestamp::from_micros(time.as_micros().clamp(1, 253_402_300_799_000_000));
    let name = format!("stheno-{}", uuid::Uuid::now_v7().simple());
    let config = json!({
        "name": name,
        "ack_policy": "none",
        "max_deliver": 1,
        "deliver_policy": "by_start_time",
        "opt_start_time": time.to_string(),
        "inactive_threshold": 1_000_000_000_u64,
        "mem_storage": true,
        "num_replicas": 1,
    });
    let info = log.reading.create_consumer(log.stream(), &name, &config).await?;
    // Sent at once if there is room among what is to be sent; else the server forgets it by itself.
    let _ = log.reading.tell(&format!("CONSUMER.DELETE.{}.{name}", log.stream())).now_or_never();
    Ok(info.delivered.stream_seq + 1)
}
