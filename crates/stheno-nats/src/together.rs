//! Appends that gathered: one atomic batch, and by themselves those that the server does not take together.

use std::{
    collections::HashSet,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use futures_util::future::join_all;
use stheno_core::backend::Appended;
use tokio::time::Instant;

use crate::{
    append, batch,
    error::{Trouble, code},
    group::{FEW, Waiting},
    log::Log,
    probe,
    publish::{Ack, Tries},
};

/// How often a batch is sent: once more without those that the server knew.
const ROUNDS: usize = 2;

/// Appends them in their order and answers each.
pub(crate) async fn append(log: &Log, gathered: Vec<Waiting>) {
    let mut tries = Tries::begin(log);
    let (mut gathered, twins) = apart(gathered);
    if gathered.len() >= FEW {
        gathered = together(log, gathered, &mut tries).await;
    }
    // What a try stored whose answer was lost is found by its id here, and is nobody's duplicate.
    each(log, gathered, tries).await;
    // The server knows their ids now.
    each(log, twins, Tries::begin(log)).await;
}

/// Appends them as a batch, and gives back those that have to go by themselves.
async fn together(log: &Log, mut gathered: Vec<Waiting>, tries: &mut Tries) -> Vec<Waiting> {
    let mut alone = Vec::new();
    for _ in 0..ROUNDS {
        match send(log, &gathered, tries).await {
            Ok(ack) => {
                let first = (ack.seq + 1).saturating_sub(gathered.len() as u64);
                let sequences = first..=ack.seq;
                sequences.zip(gathered).for_each(|(sequence, waiting)| waiting.answer(Ok(Appended::stored(sequence))));
                return alone;
            }
            // Nobody would fare better alone now.
            Err(trouble) if is_over(&trouble) => {
                gathered.into_iter().for_each(|waiting| waiting.answer(Err(tries.failed(log, trouble.clone()))));
                return alone;
            }
            Err(trouble) => {
                tracing::debug!(?trouble, events = gathered.len(), "appends do not go together");
                if trouble.code() != Some(code::BATCH_HAS_DUPLICATE) {
                    break;
                }
                let known;
                (known, gathered) = known_and_new(log, gathered).await;
                alone.extend(known);
                if gathered.len() < FEW {
                    break;
                }
            }
        }
    }
    // The server refuses one of them: which, only each by itself tells.
    alone.extend(gathered);
    alone
}

/// Whether it was tried for long enough, or there is no connection any more.
fn is_over(trouble: &Trouble) -> bool {
    matches!(trouble, Trouble::Closed | Trouble::Gone)
        || (trouble.passes() && !is_incomplete(trouble) && !is_crowded(trouble))
}

/// The server has refused or missed a message of the batch before its last.
fn is_incomplete(trouble: &Trouble) -> bool {
    trouble.code() == Some(code::BATCH_INCOMPLETE)
}

/// There are as many batches under way as the server takes, of all who publish to the stream.
fn is_crowded(trouble: &Trouble) -> bool {
    trouble.code() == Some(code::TOO_MANY_BATCHES)
}

/// Sends them as a batch until it is acknowledged or refused, or others leave no place for one for too long.
async fn send(log: &Log, gathered: &[Waiting], tries: &mut Tries) -> Result<Ack, Trouble> {
    let _room = log.appends.batch().await?;
    let mut turn = Turn::begin(&log.group.crowded);
    loop {
        let messages: Vec<_> = gathered.iter().map(|waiting| append::outgoing(log, &waiting.event)).collect();
        match batch::send(&log.writing.link, log.target(), messages.into_iter(), turn.at_once()).await {
            Ok(ack) => {
                turn.come();
                return Ok(ack);
            }
            Err(trouble) if is_incomplete(&trouble) => return Err(trouble),
            Err(trouble) if is_crowded(&trouble) => turn.wait().await.ok_or(trouble)?,
            Err(trouble) => tries.again(log, trouble).await?,
        }
    }
}

/// The wait for a place among the batches that a server has under way.
///
/// Batches of hosts end within milliseconds, and a place comes free. One that somebody has begun and left has its place for ten
/// seconds, and who begins one after the other has them for ever: then appends go by themselves, which is slow and better than
/// nothing, and each time they gather one try tells whether there are places again.
struct Turn<'g> {
    /// None came free when it was waited for last.
    crowded: &'g AtomicBool,
    until: Instant,
    pause: Duration,
}

impl<'g> Turn<'g> {
    /// How long it is waited for.
    const LONG: Duration = Duration::from_millis(500);
    /// The first pause before it is asked again; each is twice the one before.
    const FIRST: Duration = Duration::from_millis(1);
    /// The longest pause.
    const LAST: Duration = Duration::from_millis(16);

    fn begin(crowded: &'g AtomicBool) -> Self {
        let long = if crowded.load(Ordering::Relaxed) { Duration::ZERO } else { Self::LONG };
        Self { crowded, until: Instant::now() + long, pause: Self::FIRST }
    }

    /// How much is sent before there is a place.
    fn at_once(&self) -> usize {
        if self.crowded.load(Ordering::Relaxed) { 0 } else { batch::AT_ONCE }
    }

    fn come(&self) {
        self.crowded.store(false, Ordering::Relaxed);
    }

    /// Waits a little; `None` when it was long enough.
    async fn wait(&mut self) -> Option<()> {
        if Instant::now() >= self.until {
            if !self.crowded.swap(true, Ordering::Relaxed) {
                tracing::warn!(
                    "others have so many atomic batches under way that the server takes no more, so appends go one by one; raise \
                     `limits {{ batch {{ max_inflight_per_stream }} }}` in the `jetstream` block of the servers, or find who \
                     begins batches and leaves them"
                );
            }
            return None;
        }
        tokio::time::sleep(self.pause).await;
        self.pause = (self.pause * 2).min(Self::LAST);
        Some(())
    }
}

/// Those whose id the server knows, or cannot be asked about, and the others. Asking stores nothing.
async fn known_and_new(log: &Log, gathered: Vec<Waiting>) -> (Vec<Waiting>, Vec<Waiting>) {
    let asked = join_all(gathered.iter().map(|waiting| probe::sequence_of(log, &waiting.event))).await;
    let mut new = asked.into_iter().map(|known| matches!(known, Ok(None)));
    gathered.into_iter().partition(|_| !new.next().unwrap_or_default())
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
    gathered.into_iter().partition(|_| first.next().unwrap_or_default())
}
