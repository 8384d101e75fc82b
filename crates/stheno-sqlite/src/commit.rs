//! One transaction, in which everything that has gathered is written.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};
use stheno_core::{Timestamp, backend::BackendError};
use tokio::sync::oneshot;

use crate::{
    append::{self, AppendOp},
    error::Trouble,
    names::Names,
    records::{self, RecordsOp},
    scheduled,
    session::Session,
    span,
};

/// An open transaction and what is known in it.
pub(crate) struct Writing<'c> {
    pub(crate) connection: &'c Connection,
    pub(crate) names: &'c mut Names,
    /// The time of this commit: everything in it is stored at once.
    pub(crate) now: Timestamp,
    /// An id is known as a duplicate if its event was stored after this time.
    pub(crate) known_after: Timestamp,
    /// The last sequence so far.
    pub(crate) last: i64,
    /// When the next scheduled event is due.
    pub(crate) next_due: Option<Timestamp>,
    /// Whether the clock was compared with the last event's time.
    clock_checked: bool,
}

impl Writing<'_> {
    /// Before the first event of a commit: notes it if the clock was set back since the event before.
    pub(crate) fn note_clock_step(&mut self) -> rusqlite::Result<()> {
        if self.clock_checked {
            return Ok(());
        }
        self.clock_checked = true;
        let newest = "SELECT stored FROM events ORDER BY sequence DESC LIMIT 1";
        let newest = self.connection.prepare_cached(newest)?.query_row([], |row| row.get::<_, i64>(0)).optional()?;
        if newest.is_some_and(|newest| newest > self.now.as_micros()) {
            let step = "INSERT INTO clock_steps (sequence) VALUES (?1)";
            self.connection.prepare_cached(step)?.execute([self.last + 1])?;
        }
        Ok(())
    }
}

/// Something to write, and who waits for the answer.
pub(crate) struct Pending<I, T, E> {
    pub(crate) input: I,
    answer: oneshot::Sender<Result<T, E>>,
    outcome: Option<Result<T, E>>,
}

impl<I, T, E: From<Trouble>> Pending<I, T, E> {
    pub(crate) fn new(input: I) -> (Self, oneshot::Receiver<Result<T, E>>) {
        let (answer, receiver) = oneshot::channel();
        (Self { input, answer, outcome: None }, receiver)
    }

    fn settle(self, trouble: Option<&Trouble>) {
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

/// What can be written.
pub(crate) enum Op {
    Append(AppendOp),
    Records(RecordsOp),
    /// Moves scheduled events that are due; every commit does, so this one only causes a commit.
    MoveDue(Pending<(), (), BackendError>),
    /// Is answered when everything before it has been, and writes nothing.
    Finish(Pending<(), (), BackendError>),
}

impl Op {
    fn writes(&self) -> bool {
        !matches!(self, Op::Finish(_))
    }

    /// Writes it. A refusal is an outcome and leaves the transaction as it was; an error spoils the transaction.
    fn run(&mut self, writing: &mut Writing<'_>) -> rusqlite::Result<()> {
        match self {
            Op::Append(op) => op.outcome = Some(append::append(writing, &op.input)?),
            Op::Records(op) => op.outcome = Some(records::write(writing, &op.input)?),
            Op::MoveDue(op) | Op::Finish(op) => op.outcome = Some(Ok(())),
        }
        Ok(())
    }

    /// Answers it: with its outcome, or with the trouble that all of the commit has.
    pub(crate) fn settle(self, trouble: Option<&Trouble>) {
        match self {
            Op::Append(op) => op.settle(trouble),
            Op::Records(op) => op.settle(trouble),
            Op::MoveDue(op) | Op::Finish(op) => op.settle(trouble),
        }
    }
}

/// Where the log ends after a commit.
pub(crate) struct Committed {
    pub(crate) last: i64,
    pub(crate) next_due: Option<Timestamp>,
}

/// Writes everything in one transaction. When this fails, nothing of it is written and the connection is as before.
pub(crate) fn commit(
    session: &mut Session,
    ops: &mut [Op],
    place: &str,
    now: impl FnOnce() -> Timestamp,
    dedup_window: Duration,
) -> Result<Option<Committed>, Trouble> {
    if !ops.iter().any(Op::writes) {
        return Ok(None);
    }
    let result = run(session, ops, place, now, dedup_window);
    if result.is_err() {
        session.names.forget();
    }
    result.map(Some)
}

fn run(
    session: &mut Session,
    ops: &mut [Op],
    place: &str,
    now: impl FnOnce() -> Timestamp,
    dedup_window: Duration,
) -> Result<Committed, Trouble> {
    let explain = |error| Trouble::explain(place, error);
    let Session { connection, names } = session;
    // Rolled back when it is dropped before the commit.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(explain)?;
    // The time is taken inside the transaction, so that times rise with sequences across processes too.
    let now = now();
    let window = i64::try_from(dedup_window.as_micros()).unwrap_or(i64::MAX);
    let mut writing = Writing {
        last: span::last_sequence(&transaction).map_err(explain)?,
        next_due: scheduled::next_due(&transaction).map_err(explain)?,
        connection: &transaction,
        names,
        now,
        known_after: Timestamp::from_micros(now.as_micros().saturating_sub(window)),
        clock_checked: false,
    };
    scheduled::move_due(&mut writing).map_err(explain)?;
    for op in ops {
        op.run(&mut writing).map_err(explain)?;
    }
    let committed = Committed { last: writing.last, next_due: writing.next_due };
    transaction.commit().map_err(|error| Trouble::explain_commit(place, error))?;
    Ok(committed)
}
