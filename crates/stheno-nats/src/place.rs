//! The last place of an event, when much that waits for its time stands behind it.
//!
//! What is gone counts as an event: one that was read and deleted afterwards is no reason to take the log for shorter. A place
//! stays one for ever, so that the log never ends before where it ended once. What stands there and is no event is none yet.

use std::{sync::atomic::Ordering, time::Duration};

use crate::{
    api::{Api, Which},
    error::Trouble,
    fetch::{Begin, Fetch},
    log::Log,
    span,
};

/// Messages at the end that are looked at one by one.
const FEW: usize = 8;
/// How often it is searched anew when the stream has moved on, or the server that counts was behind.
const LOOKS: usize = 10;
/// The wait before that.
const AGAIN: Duration = Duration::from_millis(50);

/// The last sequence at which there is, or was, an event, in a stream that ends at `last`.
pub(crate) async fn last(log: &Log, api: &Api, last: u64) -> Result<Option<u64>, Trouble> {
    for sequence in (1..=last).rev().take(FEW) {
        let message = api.message(log.stream(), Which { seq: Some(sequence), ..Which::default() }).await?;
        if message.is_none_or(|message| span::is_event(log, &message)) {
            return Ok(Some(sequence));
        }
    }
    match api.last(log.stream(), &log.subjects.log()).await? {
        Some(event) => Ok(Some(gone(log, api, event.sequence, last).await?)),
        None => Ok(None),
    }
}

/// The last sequence behind the last event at which something is gone; that of the event when nothing is.
async fn gone(log: &Log, api: &Api, event: u64, mut last: u64) -> Result<u64, Trouble> {
    let low = event.max(log.reached.load(Ordering::Relaxed));
    for look in 1..=LOOKS {
        let found = search(log, api, low, last).await?;
        let which = Which { seq: Some(found), ..Which::default() };
        // Any of several servers may have counted, and one may be behind the leader.
        let behind = found > low && api.message(log.stream(), which).await?.is_some();
        let end = api.stream(log.stream()).await?.ok_or(Trouble::Gone)?.state.last_seq;
        if !behind && (end == last || look == LOOKS) {
            log.reached.fetch_max(found, Ordering::Relaxed);
            return Ok(found);
        }
        last = end;
        tokio::time::sleep(AGAIN).await;
    }
    Err(Trouble::NoResponders)
}

/// The last sequence from `low` on behind which nothing is gone.
async fn search(log: &Log, api: &Api, mut low: u64, last: u64) -> Result<u64, Trouble> {
    // Mostly nothing is gone at all.
    if low >= last || is_whole(log, api, low + 1, last).await? {
        return Ok(low);
    }
    let mut high = last;
    low += 1;
    while low < high {
        let middle = low + (high - low) / 2;
        match is_whole(log, api, middle + 1, last).await? {
            true => high = middle,
            false => low = middle + 1,
        }
    }
    Ok(low)
}

/// Whether every message from a sequence on is there: the server counts them when a consumer is made that begins there.
async fn is_whole(log: &Log, api: &Api, from: u64, last: u64) -> Result<bool, Trouble> {
    let counted = Fetch::open(api, log.stream(), Begin::At(from), &[]).await?;
    Ok(counted.pending() > last.saturating_sub(from))
}
