//! Something to write, until it is answered.

use tokio::{
    runtime::{self, Handle},
    sync::oneshot,
};

use crate::error::Trouble;

/// Something to write, and who waits for the answer.
pub(crate) struct Pending<I, T, E> {
    pub(crate) input: I,
    /// The runtime on which somebody waits.
    pub(crate) home: runtime::Id,
    answer: oneshot::Sender<Result<T, E>>,
    pub(crate) outcome: Option<Result<T, E>>,
}

impl<I, T, E: From<Trouble>> Pending<I, T, E> {
    pub(crate) fn new(input: I) -> (Self, oneshot::Receiver<Result<T, E>>) {
        let (answer, receiver) = oneshot::channel();
        (Self { input, home: Handle::current().id(), answer, outcome: None }, receiver)
    }

    pub(crate) fn settle(self, trouble: Option<&Trouble>) {
        let answer = match (trouble, self.outcome) {
            (Some(trouble), _) => Err(trouble.clone().into()),
            (None, Some(outcome)) => outcome,
            // Not reached: without trouble everything was run. The receiver then hears that the sender is gone.
            (None, None) => return,
        };
        // Whoever does not wait any more does not need the answer.
        let _ = self.answer.send(answer);
    }
}
