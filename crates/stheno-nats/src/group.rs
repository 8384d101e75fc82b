//! Group commit: single appends that wait for a server that writes each of them through to its disk go out together.
//!
//! As long as few are under way each is sent by itself, which is quickest. What comes while more are under way gathers, and
//! goes out as one atomic batch when they have come to their end (`together`). Each append has its own answer.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicBool},
    time::Duration,
};

use stheno_core::{
    NewEvent,
    backend::{AppendError, Appended},
};
use tokio::{
    runtime::Handle,
    sync::{Notify, oneshot},
    time::Instant,
};

use crate::{
    append::{self, MAX_BATCH},
    error,
    log::Log,
    publish::Tries,
    together,
};

/// Fewer than this are sent side by side: a batch costs the server as much as about so many single messages.
pub(crate) const FEW: usize = 16;
/// Bytes of bodies in one batch.
const BYTES: usize = 4 * 1024 * 1024;
/// Longest wait for those who were just answered and are expected to append again.
const LINGER: Duration = Duration::from_millis(5);

/// What becomes of an append.
type Outcome = Result<Appended, AppendError>;

/// An append that waits for its answer.
pub(crate) struct Waiting {
    pub(crate) event: NewEvent,
    answer: oneshot::Sender<Outcome>,
}

impl Waiting {
    /// Says what became of it. Whoever does not wait any more does not need to know.
    pub(crate) fn answer(self, outcome: Outcome) {
        let _ = self.answer.send(outcome);
    }
}

/// The appends of one log that gather.
pub(crate) struct Group {
    /// Where batches are sent: whoever waits for one may stop waiting, and the others still get theirs.
    io: Handle,
    state: Mutex<State>,
    /// So many have gathered as were waited for.
    enough: Notify,
    /// The batches of others left no place for one of these.
    pub(crate) crowded: AtomicBool,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Waiting>,
    /// Somebody sends what gathers.
    sending: bool,
    /// Appends that are under way by themselves.
    alone: usize,
    /// How many are waited for.
    wanted: usize,
}

enum Joined {
    /// Few are under way.
    Alone(NewEvent),
    Gathered {
        receiver: oneshot::Receiver<Outcome>,
        /// Nobody sends yet.
        first: bool,
    },
}

impl Group {
    /// Of a log whose connections live on this runtime.
    pub(crate) fn new(io: Handle) -> Self {
        Self { io, state: Mutex::default(), enough: Notify::new(), crowded: AtomicBool::new(false) }
    }

    fn join(&self, event: NewEvent) -> Joined {
        let mut state = self.state();
        if !state.sending && state.alone < FEW {
            state.alone += 1;
            return Joined::Alone(event);
        }
        let (answer, receiver) = oneshot::channel();
        state.queue.push_back(Waiting { event, answer });
        let first = !state.sending;
        state.sending = true;
        let enough = state.queue.len() == state.wanted;
        drop(state);
        if enough {
            self.enough.notify_one();
        }
        Joined::Gathered { receiver, first }
    }

    /// What goes out next, in the order it came in; nothing when there is nothing, and then nobody sends any more.
    fn take(&self) -> Vec<Waiting> {
        let mut state = self.state();
        let mut taken = Vec::with_capacity(state.queue.len().min(MAX_BATCH));
        let mut bytes = 0;
        while taken.len() < MAX_BATCH
            && let Some(waiting) = state.queue.pop_front()
        {
            // Nothing was sent of an append that was given up.
            if waiting.answer.is_closed() {
                continue;
            }
            bytes += waiting.event.body.len();
            if bytes > BYTES && !taken.is_empty() {
                state.queue.push_front(waiting);
                break;
            }
            taken.push(waiting);
        }
        state.sending = !taken.is_empty();
        taken
    }

    /// Waits until so many have gathered, but not for long.
    async fn gather(&self, wanted: usize, long: Duration) {
        let until = Instant::now() + long.min(LINGER);
        self.state().wanted = wanted;
        while self.state().queue.len() < wanted && tokio::time::timeout_at(until, self.enough.notified()).await.is_ok()
        {
        }
        self.state().wanted = 0;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Appends an event that asks for nothing of its own, together with others if many are under way.
pub(crate) async fn append(log: &Arc<Log>, event: NewEvent) -> Result<Appended, AppendError> {
    match log.group.join(event) {
        Joined::Alone(event) => {
            let _alone = Alone(&log.group);
            append::one(log, &event, Tries::begin(log)).await
        }
        Joined::Gathered { receiver, first } => {
            if first {
                log.group.io.spawn(Sender { log: Arc::clone(log), ended: false }.run());
            }
            receiver.await.unwrap_or_else(|_| Err(AppendError::unknown(error::closed())))
        }
    }
}

/// An append that is under way by itself.
struct Alone<'g>(&'g Group);

impl Drop for Alone<'_> {
    fn drop(&mut self) {
        self.0.state().alone -= 1;
    }
}

/// Sends what gathers, one batch after the other, until nothing gathers any more.
struct Sender {
    log: Arc<Log>,
    /// Nothing gathered any more; others may send by now.
    ended: bool,
}

impl Sender {
    async fn run(mut self) {
        let log = Arc::clone(&self.log);
        loop {
            let batch = log.group.take();
            let (count, began) = (batch.len(), Instant::now());
            if count == 0 {
                self.ended = true;
                return;
            }
            together::append(&log, batch).await;
            // Most of those who were answered append again at once; to leave without them would be to leave half empty.
            if count >= FEW {
                log.group.gather(count, began.elapsed() / 4).await;
            }
        }
    }
}

impl Drop for Sender {
    /// When it ends before its time, with its thread, whoever waits hears of it.
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        let given_up = {
            let mut state = self.log.group.state();
            state.sending = false;
            std::mem::take(&mut state.queue)
        };
        drop(given_up);
    }
}

#[cfg(test)]
mod tests {
    use stheno_core::EventName;

    use super::*;

    fn event(length: usize) -> NewEvent {
        NewEvent::new(EventName::new("order.placed").unwrap(), vec![b'x'; length])
    }

    /// A group in which few are under way, and the receivers of those that gather on top.
    fn gathering(events: impl IntoIterator<Item = NewEvent>) -> (Group, Vec<oneshot::Receiver<Outcome>>) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let group = Group::new(runtime.handle().clone());
        (0..FEW).for_each(|_| assert!(matches!(group.join(event(1)), Joined::Alone(_))));
        let gathered = events.into_iter().enumerate().map(|(number, event)| match group.join(event) {
            Joined::Gathered { receiver, first } => {
                assert_eq!(first, number == 0, "one of them sends");
                receiver
            }
            Joined::Alone(_) => panic!("enough are under way"),
        });
        let gathered = gathered.collect();
        (group, gathered)
    }

    #[test]
    fn a_batch_is_bounded_by_events_and_by_bytes_and_takes_at_least_one() {
        let (group, _waiting) = gathering((0..MAX_BATCH + 1).map(|_| event(1)));
        assert_eq!((group.take().len(), group.take().len()), (MAX_BATCH, 1));
        let (group, _waiting) = gathering([BYTES + 1, BYTES - 1, 1, 1].map(event));
        assert_eq!([group.take().len(), group.take().len(), group.take().len()], [1, 2, 1]);
    }

    #[test]
    fn what_was_given_up_is_not_sent_and_when_nothing_is_left_nobody_sends() {
        let (group, mut waiting) = gathering([1, 1, 1].map(event));
        waiting.remove(1);
        assert_eq!(group.take().len(), 2);
        assert!(group.state().sending);
        assert!(group.take().is_empty() && !group.state().sending);
    }
}
