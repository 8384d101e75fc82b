//! One transaction, in which everything that has gathered is written.

use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};
use stheno_core::{Clock, Timestamp, backend::BackendError};
use tokio::runtime;

use crate::{
    append::{self, AppendOp},
    error::{self, Trouble},
    marks,
    names::Names,
    pending::Pending,
    records::{self, RecordsOp},
    scheduled,
    session::Session,
    span,
    writing::Writing,
};

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
    let mut writing = Writing::begin(transaction, names, now, terms.dedup_window, scheduled::next_due(transaction)?)?;
    let last = writing.last;
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
