//! How measurements are taken and shown: interleaved rounds, medians of the ratios of each round.

pub mod nats;
pub mod operator;
pub mod recovery;

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Serialize;

/// What a measurement may fail with.
pub type Fallible<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// The words that the program was started with. It ends with 64 when one is not text.
pub fn words() -> Vec<String> {
    stheno::words().unwrap_or_else(|error| {
        eprintln!("{error}");
        std::process::exit(error.exit().code().into())
    })
}

/// One case, measured in several rounds: ours and the reference side by side in each.
#[derive(Debug, Clone, Serialize)]
pub struct Case {
    /// What was measured.
    pub case: String,
    /// Ours, the median over the rounds, in `unit`.
    pub ours: f64,
    /// The reference, the median over the rounds, in `unit`; ours again when there is none.
    pub reference: f64,
    /// The median of the ratios of each round.
    pub ratio: f64,
    /// The smallest and the largest ratio.
    pub spread: [f64; 2],
    /// What the ratio has to be: at least, or for costs at most. `None` when it is only reported.
    pub floor: Option<f64>,
    /// What the numbers count.
    pub unit: &'static str,
    /// Processor time in microseconds a message, of the client and of the server: ours, then the reference's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub processor_us: Option<[[f64; 2]; 2]>,
    /// Whether `floor` is the most the ratio may be.
    #[serde(skip)]
    pub at_most: bool,
}

impl Case {
    /// Puts a case together from the rounds' pairs of ours and reference.
    pub fn of(
        case: impl Into<String>,
        unit: &'static str,
        rounds: &[(f64, f64)],
        floor: impl Into<Option<f64>>,
    ) -> Self {
        let mut ratios: Vec<f64> = rounds.iter().map(|(ours, reference)| ours / reference).collect();
        let ratio = median(&mut ratios);
        Self {
            case: case.into(),
            ours: median(&mut rounds.iter().map(|round| round.0).collect::<Vec<_>>()),
            reference: median(&mut rounds.iter().map(|round| round.1).collect::<Vec<_>>()),
            ratio,
            spread: [ratios[0], ratios[ratios.len() - 1]],
            floor: floor.into(),
            unit,
            processor_us: None,
            at_most: false,
        }
    }

    /// The ratio is a cost: it may be at most `floor`.
    #[must_use]
    pub fn at_most(mut self) -> Self {
        self.at_most = true;
        self
    }

    /// What a message cost the client and the server: with ours, and with the reference.
    #[must_use]
    pub fn costs(mut self, ours: [f64; 2], reference: [f64; 2]) -> Self {
        self.processor_us = Some([ours, reference]);
        self
    }

    /// Whether the ratio is where it has to be.
    pub fn holds(&self) -> bool {
        self.floor.is_none_or(|floor| if self.at_most { self.ratio <= floor } else { self.ratio >= floor })
    }

    /// Whether some rounds say more and others less: then there is no difference to speak of.
    pub fn is_none(&self) -> bool {
        self.spread[0] <= 1.0 && self.spread[1] >= 1.0
    }
}

/// The median; sorts what it is given.
///
/// # Panics
/// When there is nothing to take it of: a case without rounds is a mistake of the benchmark.
pub fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Things per second.
pub fn rate(things: usize, time: Duration) -> f64 {
    things as f64 / time.as_secs_f64()
}

/// Where the results of a suite are written: `target/bench/<suite>.json`.
pub fn results(suite: &str) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    target.join("bench").join(format!("{suite}.json"))
}

/// Prints the cases as a table and writes them as JSON, and as Markdown beside it.
///
/// # Errors
/// When the file cannot be written.
pub fn report(cases: &[Case], path: &Path) -> std::io::Result<()> {
    let width = cases.iter().map(|case| case.case.len()).max().unwrap_or(0);
    println!("{:width$}  {:>12}  {:>12}  {:>6}  {:>13}  goal", "case", "ours", "reference", "ratio", "spread");
    for case in cases {
        let goal = case
            .floor
            .map_or_else(String::new, |floor| format!("{} {floor:.2} ", if case.at_most { "<=" } else { ">=" }));
        let verdict = if case.holds() { "" } else { "  MISSED" };
        let spread = format!("{:.2}-{:.2}", case.spread[0], case.spread[1]);
        let difference = if case.is_none() { "  (no difference)" } else { "" };
        let costs = case.processor_us.map_or_else(String::new, |[ours, reference]| {
            format!("  client {:.2} / {:.2} us, server {:.2} / {:.2} us", ours[0], reference[0], ours[1], reference[1])
        });
        println!(
            "{:width$}  {:>12}  {:>12}  {:>6.2}  {spread:>13}  {goal}({}){costs}{difference}{verdict}",
            case.case,
            shown(case.ours),
            shown(case.reference),
            case.ratio,
            case.unit
        );
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path.with_extension("md"), markdown(cases))?;
    fs::write(path, serde_json::to_string_pretty(cases).map_err(std::io::Error::other)?)
}

/// The same table for a page of the documentation.
fn markdown(cases: &[Case]) -> String {
    let mut table = String::from("| case | ours | reference | ratio (spread) | goal | client us | server us |\n");
    table += "|---|---|---|---|---|---|---|\n";
    for case in cases {
        let (ours, reference, unit) = (shown(case.ours), shown(case.reference), case.unit);
        let ratio = if case.is_none() { format!("none, {:.2}", case.ratio) } else { format!("{:.2}", case.ratio) };
        let goal = case.floor.map_or_else(String::new, |floor| {
            format!(
                "{} {floor:.2}{}",
                if case.at_most { "<=" } else { ">=" },
                if case.holds() { "" } else { ", missed" }
            )
        });
        let [client, server] = [0, 1].map(|place| {
            let pair = |[ours, reference]: [[f64; 2]; 2]| format!("{:.2} / {:.2}", ours[place], reference[place]);
            case.processor_us.map_or_else(String::new, pair)
        });
        let [low, high] = case.spread;
        table += &format!("| {} | {ours} {unit} | {reference} {unit} | ", case.case);
        table += &format!("{ratio} ({low:.2}-{high:.2}) | {goal} | {client} | {server} |\n");
    }
    table
}

/// A number with as many places as it has something to say with.
fn shown(value: f64) -> String {
    if value.abs() < 10.0 { format!("{value:.4}") } else { format!("{value:.0}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_is_the_median_of_the_rounds_and_not_the_ratio_of_the_medians() {
        let case = Case::of("a", "1/s", &[(10.0, 10.0), (40.0, 20.0), (90.0, 30.0)], 2.0);
        assert_eq!((case.ours, case.reference, case.ratio, case.spread), (40.0, 20.0, 2.0, [1.0, 3.0]));
        assert!(case.holds() && case.is_none());
        assert!(!Case::of("b", "us", &[(2.0, 1.0)], 1.5).at_most().holds());
        assert!(Case::of("c", "us", &[(2.0, 1.0)], None).holds());
    }
}
