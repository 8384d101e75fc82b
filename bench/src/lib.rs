//! How measurements are taken and shown: interleaved rounds, medians of the ratios of each round.

use std::{fs, path::Path, time::Duration};

use serde::Serialize;

/// One case, measured in several rounds: ours and the reference side by side in each.
#[derive(Debug, Clone, Serialize)]
pub struct Case {
    /// What was measured.
    pub case: String,
    /// Ours, the median over the rounds, in `unit`.
    pub ours: f64,
    /// The reference, the median over the rounds, in `unit`.
    pub reference: f64,
    /// The median of the ratios of each round.
    pub ratio: f64,
    /// The smallest and the largest ratio.
    pub spread: [f64; 2],
    /// What the ratio has to be: at least, or for costs at most.
    pub floor: f64,
    /// What the numbers count.
    pub unit: &'static str,
    /// Whether `floor` is the most the ratio may be.
    #[serde(skip)]
    pub at_most: bool,
}

impl Case {
    /// Puts a case together from the rounds' pairs of ours and reference.
    pub fn of(case: impl Into<String>, unit: &'static str, rounds: &[(f64, f64)], floor: f64) -> Self {
        let mut ratios: Vec<f64> = rounds.iter().map(|(ours, reference)| ours / reference).collect();
        let ratio = median(&mut ratios);
        Self {
            case: case.into(),
            ours: median(&mut rounds.iter().map(|round| round.0).collect::<Vec<_>>()),
            reference: median(&mut rounds.iter().map(|round| round.1).collect::<Vec<_>>()),
            ratio,
            spread: [ratios[0], ratios[ratios.len() - 1]],
            floor,
            unit,
            at_most: false,
        }
    }

    /// The ratio is a cost: it may be at most `floor`.
    #[must_use]
    pub fn at_most(mut self) -> Self {
        self.at_most = true;
        self
    }

    /// Whether the ratio is where it has to be.
    pub fn holds(&self) -> bool {
        if self.at_most { self.ratio <= self.floor } else { self.ratio >= self.floor }
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

/// Prints the cases as a table and writes them as JSON.
///
/// # Errors
/// When the file cannot be written.
pub fn report(cases: &[Case], path: &Path) -> std::io::Result<()> {
    let width = cases.iter().map(|case| case.case.len()).max().unwrap_or(0);
    println!("{:width$}  {:>12}  {:>12}  {:>6}  {:>13}  goal", "case", "ours", "reference", "ratio", "spread");
    for case in cases {
        let goal = if case.at_most { "<=" } else { ">=" };
        let verdict = if case.holds() { "" } else { "  MISSED" };
        let spread = format!("{:.2}-{:.2}", case.spread[0], case.spread[1]);
        println!(
            "{:width$}  {:>12.0}  {:>12.0}  {:>6.2}  {spread:>13}  {goal} {:.2} ({}){verdict}",
            case.case, case.ours, case.reference, case.ratio, case.floor, case.unit
        );
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, serde_json::to_string_pretty(cases).map_err(std::io::Error::other)?)
}
