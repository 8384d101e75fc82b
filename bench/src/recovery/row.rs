//! What is measured, and what each row makes of it.

use crate::{
    Case,
    nats::watch::Measured,
    recovery::{LONGEST, MESSAGES, Stored},
};

/// One measurement of a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum What {
    /// All events go well.
    Clean,
    /// So many of a hundred fail once.
    Failing(u64),
    /// All fail once.
    Failed,
    /// These fall due together.
    Due,
    /// So does a tenth of them.
    FewDue,
    /// Some wait when a host starts.
    AtStart,
    /// As many go well.
    AsMany,
}

/// A row of the results.
pub(super) struct Row {
    pub(super) case: String,
    pub(super) ours: What,
    pub(super) reference: What,
    unit: &'static str,
    /// The values of ours and of the reference.
    pub(super) pair: fn(&Measured, &Measured) -> (f64, f64),
    goal: Option<f64>,
    /// Whether the ratio may be at most the goal.
    at_most: bool,
}

impl Row {
    /// Puts it together from the pairs of all rounds.
    pub(super) fn case(self, rounds: &[(f64, f64)]) -> Case {
        let case = Case::of(self.case, self.unit, rounds, self.goal);
        if self.at_most { case.at_most() } else { case }
    }
}

/// Events for a second of processor time, of the client and the server together.
fn cost(measured: &Measured) -> f64 {
    1e6 / (measured.client + measured.server).max(0.01)
}

fn further(measured: &Measured, what: &str) -> f64 {
    measured.further.get(what).copied().unwrap_or(0.0)
}

/// All rows of a backend.
pub(super) fn all(url: &str, keys: u64, stored: Stored) -> Vec<Row> {
    let is_nats = url == "nats";
    let (fresh_most, ten_least) = if is_nats { (20.0, 0.25) } else { (10.0, 0.4) };
    let stored = format!("{stored:?}").to_lowercase();
    let row = |case: String, [ours, reference]: [What; 2], unit, pair, goal: Option<f64>| {
        let case = format!("recovery, {url} {stored}: {case}");
        Row { case, ours, reference, unit, pair, goal, at_most: false }
    };
    let at_most = |row: Row| Row { at_most: true, ..row };
    let seconds = |ours: &Measured, other: &Measured| (ours.seconds, other.seconds);
    let costs = |ours: &Measured, other: &Measured| (cost(ours), cost(other));
    let percent = |percent: u64, least| {
        let case = format!("{percent} % failing against 0 %, processor time");
        row(case, [What::Failing(percent), What::Clean], "events/s", costs, Some(least))
    };
    let due = format!("{keys} keys due together");
    let mut rows = vec![
        at_most(row(format!("{due}, against a tenth of them"), [What::Due, What::FewDue], "s", seconds, Some(12.0))),
        at_most(row(format!("{due}, against fresh events"), [What::Due, What::Clean], "s", seconds, Some(fresh_most))),
        at_most(row(
            format!("{due}, longest wait of a fresh event, against a second"),
            [What::Due; 2],
            "s",
            |due, _| (further(due, LONGEST), 1.0),
            Some(1.0),
        )),
        row(
            format!("{keys} failing once, against 5,000 a second"),
            [What::Failed; 2],
            "attempts/s",
            |failed, _| (failed.rate(), 5_000.0),
            Some(1.0),
        ),
        row("0 % failing".to_owned(), [What::Clean; 2], "events/s", |clean, _| (clean.rate(), clean.rate()), None),
        percent(1, 0.5),
        percent(10, ten_least),
        at_most(row(
            "200 keys waiting at start, against 200 fresh events".to_owned(),
            [What::AtStart, What::AsMany],
            "s",
            seconds,
            Some(10.0),
        )),
    ];
    if is_nats {
        rows.push(at_most(row(
            "10 % failing, messages an event".to_owned(),
            [What::Failing(10); 2],
            "messages",
            |ten, _| (further(ten, MESSAGES), 1.0),
            Some(3.0),
        )));
    }
    rows
}
