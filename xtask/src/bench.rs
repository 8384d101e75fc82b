//! Benchmarks: built with optimisations, run alone.

use crate::run::{Done, cargo, run};

/// The embedded log against bare SQLite.
pub(crate) fn embedded(words: &[&str]) -> Done {
    let mut command = cargo(&["run", "--release", "--quiet", "-p", "stheno-bench", "--bin", "embedded", "--"]);
    run(command.args(words))
}
