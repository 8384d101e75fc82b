//! Appends that gathered: one atomic batch, and each of them by itself when the server does not take them together.

use std::collections::HashSet;

use futures_util::future::join_all;
use stheno_core::backend::Appended;

use crate::{
    append, batch,
    error::{Trouble, code},
    group::{FEW, Waiting},
    log::Log,
    publish::{Ack, Tries},
};

/// Appends them in their order and answers each.
pub(crate) async fn append(log: &Log, gathered: Vec<Waiting>) {
    let mut tries = Tries::begin(log);
    let (gathered, twins) = apart(gathered);
    if gathered.len() < FEW {
        each(log, gathered, tries).await;
    } else {
        match send(log, &gathered, &mut tries).await {
            Ok(ack) => {
                let first = (ack.seq + 1).saturating_sub(gathered.len() as u64);
                let sequences = first..=ack.seq;
                sequences.zip(gathered).for_each(|(sequence, waiting)| waiting.answer(Ok(Appended::stored(sequence))));
            }
            // Not for long enough, or not any more: nobody else would fare better now.
            Err(trouble) if trouble.passes() && !is_incomplete(&trouble) || matches!(trouble, Trouble::Closed) => {
                gathered.into_iter().for_each(|waiting| waiting.answer(Err(tries.failed(log, trouble.clone()))));
            }
            // One of them is known already, or the server refuses one: who is meant, only each by itself tells. What a
            // try stored whose answer was lost is found by its id then, and is nobody's duplicate.
            Err(trouble) => {
                tracing::debug!(?trouble, events = gathered.len(), "appends go one by one that did not go together");
                each(log, gathered, tries).await;
            }
        }
    }
    // The server knows their ids now.
    each(log, twins, Tries::begin(log)).await;
}

/// Sends them as a batch until it is acknowledged or refused.
async fn send(log: &Log, gathered: &[Waiting], tries: &mut Tries) -> Result<Ack, Trouble> {
    let _room = log.batches.acquire().await.map_err(|_| Trouble::Closed)?;
    loop {
        let messages: Vec<_> = gathered.iter().map(|waiting| append::outgoing(log, &waiting.event)).collect();
        match batch::send(&log.writing.link, messages.into_iter()).await {
            Ok(ack) => return Ok(ack),
            Err(trouble) if is_incomplete(&trouble) => return Err(trouble),
            Err(trouble) => tries.again(trouble).await?,
        }
    }
}

/// The server has refused or missed a message of the batch before its last.
fn is_incomplete(trouble: &Trouble) -> bool {
    trouble.code() == Some(code::BATCH_INCOMPLETE)
}

/// Sends each by itself, side by side and in their order.
async fn each(log: &Log, gathered: Vec<Waiting>, tries: Tries) {
    let one = |waiting: Waiting| async move {
        let outcome = append::one(log, &waiting.event, tries).await;
        waiting.answer(outcome);
    };
    join_all(gathered.into_iter().map(one)).await;
}

/// Sets those apart whose id another one of them has: one batch has no id twice.
fn apart(gathered: Vec<Waiting>) -> (Vec<Waiting>, Vec<Waiting>) {
    let mut ids = HashSet::with_capacity(gathered.len());
    let first: Vec<_> = gathered.iter().map(|waiting| ids.insert(waiting.event.id.clone())).collect();
    let mut first = first.into_iter();
    gathered.into_iter().partition(|_| first.next().unwrap_or(true))
}
