//! One transaction, in which everything that has gathered is written.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};
use stheno_core::{Clock, Timestamp, backend::BackendError};
use tokio::{
    runtime::{self, Handle},
    sync::oneshot,
};

use crate::{
    append::{self, AppendOp, Statements},
    error::{self, Trouble},
    marks,
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
    /// The revision of the last record that was written, if one was.
    pub(crate) revision: Option<i64>,
    /// How many more events wait for their time than before.
    pub(crate) waiting: i64,
    /// When the next scheduled event is due.
    pub(crate) next_due: Option<Timestamp>,
    /// The statements that run once per event, looked up once per commit.
    pub(crate) statements: Statements<'c>,
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
    /// The runtime on which somebody waits.
    home: runtime::Id,
    answer: oneshot::Sender<Result<T, E>>,
    outcome: Option<Result<T, E>>,
}

impl<I, T, E: From<Trouble>> Pending<I, T, E> {
    pub(crate) fn new(input: I) -> (Self, oneshot::Receiver<Result<T, E>>) {
        let (answer, receiver) = oneshot::channel();
        (Self { input, home: Handle::current().id(), answer, outcome: None }, receiver)
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
    /// Whether it has to be refused once the log is closed.
    pub(crate) fn writes(&self) -> bool {
        !matches!(self, Op::Finish(_))
    }

    /// The runtime on which somebody waits for the answer.
    pub(crate) fn home(&self) -> runtime::Id {
        match self {
            Op::Append(op) => op.home,
            Op::Records(op) => op.home,
            Op::MoveDue(op) | Op::Finish(op) => op.home,
        }
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
    /// The revision of the last record that it wrote, if it wrote one.
    pub(crate) revision: Option<i64>,
    pub(crate) next_due: Option<Timestamp>,
}

/// What a commit has to know of the log.
pub(crate) struct Terms<'t> {
    pub(crate) place: &'t str,
    pub(crate) clock: &'t dyn Clock,
    pub(crate) dedup_window: Duration,
    /// The log reached to this sequence before.
    pub(crate) heard: u64,
}

/// Writes everything in one transaction, also what `more` brings while it is open (called with how much there is so far,
/// until it brings nothing). When this fails, nothing of it is written and the connection is as before.
pub(crate) fn commit(
    session: &mut Session,
    ops: &mut Vec<Op>,
    terms: &Terms<'_>,
    more: impl FnMut(usize) -> Vec<Op>,
) -> Result<Option<Committed>, Trouble> {
    if !ops.iter().any(Op::writes) {
        return Ok(None);
    }
    let Session { connection, names } = session;
    // Rolled back when it is dropped before the commit.
    let begun = connection.transaction_with_behavior(TransactionBehavior::Immediate);
    let transaction = begun.map_err(|error| Trouble::explain(terms.place, error))?;
    let last = span::last_sequence(&transaction).map_err(|error| Trouble::explain(terms.place, error))?;
    if last.cast_unsigned() < terms.heard {
        // An older state was put in its place, or somebody emptied it: its sequences would be given away a second time.
        return Err(error::went_back(terms.place, &transaction));
    }
    let result = match write(&transaction, names, ops, terms, more) {
        Ok(committed) => match transaction.commit() {
            Ok(()) => Ok(Some(committed)),
            Err(error) => Err(Trouble::explain_commit(terms.place, error)),
        },
        Err(error) => Err(Trouble::explain(terms.place, error)),
    };
    if result.is_err() {
        names.forget();
    }
    result
}

fn write(
    transaction: &Connection,
    names: &mut Names,
    ops: &mut Vec<Op>,
    terms: &Terms<'_>,
    mut more: impl FnMut(usize) -> Vec<Op>,
) -> rusqlite::Result<Committed> {
    // The time is taken inside the transaction, so that times rise with sequences across processes too.
    let now = terms.clock.now();
    let window = i64::try_from(terms.dedup_window.as_micros()).unwrap_or(i64::MAX);
    let last = span::last_sequence(transaction)?;
    let mut writing = Writing {
        connection: transaction,
        names,
        now,
        known_after: Timestamp::from_micros(now.as_micros().saturating_sub(window)),
        last,
        revision: None,
        waiting: 0,
        next_due: scheduled::next_due(transaction)?,
        statements: Statements::prepare(transaction)?,
        clock_checked: false,
    };
    scheduled::move_due(&mut writing)?;
    let mut written = 0;
    loop {
        for op in &mut ops[written..] {
            op.run(&mut writing)?;
        }
        written = ops.len();
        let brought = more(written);
        if brought.is_empty() {
            if writing.last > last {
                marks::raise_newest(transaction, writing.last)?;
            }
            if writing.waiting != 0 {
                marks::count_waiting(transaction, writing.waiting)?;
            }
            let Writing { last, revision, next_due, .. } = writing;
            return Ok(Committed { last, revision, next_due });
        }
        // Added before they are written, so that they are answered also when writing fails.
        ops.extend(brought);
    }
}
