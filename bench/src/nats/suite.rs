//! Rounds, and what they come to: every side of a group once in each round, one after the other, and each row compares two
//! of them within the round.

use std::collections::HashMap;

use crate::{
    Case, Fallible,
    nats::{
        log::{Log, Logs},
        quiet,
        side::{self, Side, measure},
        watch::Measured,
    },
    report, results,
};

const ROUNDS: u64 = 5;
const MESSAGES: u64 = 200_000;

/// One side on one log.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Run {
    /// What is measured.
    pub side: Side,
    /// Where.
    pub log: Log,
}

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Metric {
    /// Messages per second; more is better.
    Rate,
    /// One of the further values; less is better.
    Further(&'static str, &'static str),
}

/// One row of the table.
#[derive(Debug, Clone)]
pub struct Row {
    /// What it says.
    pub case: String,
    /// What is compared.
    pub metric: Metric,
    /// Ours.
    pub ours: Run,
    /// What it is compared with; ours alone when there is nothing.
    pub reference: Option<Run>,
    /// What the ratio has to be: at least, or at most where less is better.
    pub floor: Option<f64>,
}

/// The word that chooses what is measured of recovery, which has no sides.
const RECOVERY: &str = "recovery";

/// The program of a suite: `[ROUNDS] [MESSAGES] [WORDS..]`, or one measurement for another process of itself. `further` measures
/// what has no sides, in so many rounds of so many messages.
///
/// # Errors
/// When a measurement fails, or the results cannot be written.
pub async fn main(
    suite: &str,
    groups: Vec<Vec<Row>>,
    further: impl AsyncFnOnce(usize, u64) -> Fallible<Vec<Case>>,
) -> Fallible<()> {
    let words = crate::words();
    if let [word, job] = words.as_slice()
        && word == side::WORD
    {
        return side::work(job).await;
    }
    let mut words = words.iter().map(String::as_str).peekable();
    let mut number =
        |otherwise: u64| words.next_if(|word| word.parse::<u64>().is_ok()).map_or(Ok(otherwise), str::parse);
    let (count, messages) = (usize::try_from(number(ROUNDS)?)?, number(MESSAGES)?);
    let words: Vec<&str> = words.collect();
    let mut logs = Logs::start(messages)?;
    println!("{count} rounds of {messages} messages; load {:.2}\n", quiet::load());
    let mut cases = Vec::new();
    for mut rows in groups {
        rows.retain(|row| words.iter().all(|word| row.case.contains(word)));
        cases.extend(rounds(&rows, count, &mut logs).await?);
    }
    if words.is_empty() || words.contains(&RECOVERY) {
        let mut further = further(count, messages).await?;
        further.retain(|case| words.iter().all(|word| case.case.contains(word)));
        cases.extend(further);
    }
    // Some rows alone are no result of the suite.
    let file = if words.is_empty() { suite.to_owned() } else { format!("{suite}-some") };
    report(&cases, &results(&file))?;
    Ok(())
}

/// Measures the rows, in so many rounds.
async fn rounds(rows: &[Row], rounds: usize, logs: &mut Logs) -> Fallible<Vec<Case>> {
    let mut measured: Vec<HashMap<usize, Measured>> = Vec::new();
    let runs = runs(rows);
    for round in 0..rounds {
        let mut order: Vec<usize> = (0..runs.len()).collect();
        // Nobody always comes after the same other.
        if round % 2 == 1 {
            order.reverse();
        }
        let mut results = HashMap::new();
        for index in order {
            results.insert(index, one(&runs[index], round, logs).await?);
        }
        measured.push(results);
    }
    Ok(rows.iter().map(|row| case(row, &runs, &measured)).collect())
}

/// Every run that a row asks for, once.
fn runs(rows: &[Row]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for run in rows.iter().flat_map(|row| [Some(row.ours), row.reference]).flatten() {
        if !runs.contains(&run) {
            runs.push(run);
        }
    }
    runs
}

async fn one(run: &Run, round: usize, logs: &mut Logs) -> Fallible<Measured> {
    let place = logs.ready(run.log, &run.side).await?;
    let quiet = quiet::quiet().await;
    let measured = measure(run.side, place).await?;
    let remark = if quiet { "" } else { ", and other programs were busy" };
    eprintln!(
        "round {round}: {:?} on {:?}: {:.0}/s, client {:.2} us, server {:.2} us{}{remark}",
        run.side,
        run.log,
        measured.rate(),
        measured.client,
        measured.server,
        measured.further.iter().map(|(what, value)| format!(", {what} {value:.2}")).collect::<String>()
    );
    logs.done(run.log).await?;
    Ok(measured)
}

fn case(row: &Row, runs: &[Run], rounds: &[HashMap<usize, Measured>]) -> Case {
    let find = |run: Run| runs.iter().position(|one| *one == run);
    let all = |run: Run| -> Vec<&Measured> {
        let index = find(run);
        rounds.iter().filter_map(|round| round.get(&index?)).collect()
    };
    let ours = all(row.ours);
    let reference = row.reference.map_or_else(|| ours.clone(), all);
    let pairs: Vec<_> = ours
        .iter()
        .zip(&reference)
        .map(|(ours, reference)| (value(row.metric, ours), value(row.metric, reference)))
        .collect();
    let (unit, at_most) = match row.metric {
        Metric::Rate => ("messages/s", false),
        Metric::Further(_, unit) => (unit, true),
    };
    let case = Case::of(&*row.case, unit, &pairs, row.floor);
    let case = if at_most { case.at_most() } else { case };
    case.costs(costs(&ours), costs(&reference))
}

fn value(metric: Metric, measured: &Measured) -> f64 {
    match metric {
        Metric::Rate => measured.rate(),
        Metric::Further(what, _) => measured.further.get(what).copied().unwrap_or(f64::NAN),
    }
}

/// Medians of the processor time a message: the client's, and the server's.
fn costs(measured: &[&Measured]) -> [f64; 2] {
    let median = |of: fn(&Measured) -> f64| crate::median(&mut measured.iter().map(|one| of(one)).collect::<Vec<_>>());
    [median(|one| one.client), median(|one| one.server)]
}
