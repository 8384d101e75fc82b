//! Tests, and what has to pass before a change lands.

use std::{env, fs};

use crate::{
    beside, cluster, features, lowest, nats, node, python,
    run::{Done, cargo, run, target},
    suite,
};

/// Every test of the workspace; with words of the caller's own, what `cargo test` makes of them.
pub(crate) fn test(words: &[&str]) -> Done {
    let (python, server, node) = (python::python()?, nats::server()?, node::node()?);
    let command = |words: &[&str]| {
        let mut command = cargo(&["test", "--workspace", "--all-features"]);
        command.args(words).env(python::VARIABLE, &python).env(nats::VARIABLE, &server);
        command.env(node::VARIABLE, &node.program).env(node::PACKAGES_VARIABLE, &node.packages);
        command
    };
    if words.is_empty() { suite::every_test(command) } else { run(&mut command(words)) }
}

/// Everything CI runs.
pub(crate) fn ci() -> Done {
    run(&mut cargo(&["fmt", "--all", "--check"]))?;
    run(&mut cargo(&["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"]))?;
    cluster::config(false)?;
    let mut doc = cargo(&["doc", "--workspace", "--no-deps", "--all-features"]);
    run(doc.env("RUSTDOCFLAGS", "-D warnings"))?;
    test(&[])?;
    features::each()?;
    lowest::lowest()?;
    beside::beside(&[])?;
    main_job()
}

/// `cargo run`, twice on a fresh file, as a newcomer would.
fn main_job() -> Done {
    let folder = target().join("main-job");
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(format!("{} cannot be cleared: {error}", folder.display()));
        }
        _ => {}
    }
    fs::create_dir_all(&folder).map_err(|error| format!("{} cannot be made: {error}", folder.display()))?;
    let manifest = crate::run::root().join("Cargo.toml");
    for _ in 0..2 {
        let mut command = cargo(&["run", "--quiet", "--manifest-path"]);
        run(command.arg(&manifest).current_dir(&folder).env_remove("STHENO_URL").env_remove("NATS_URL"))?;
    }
    Ok(())
}

/// The reference pages, written or compared. The catalogs' own tests do it, so that a page cannot be forgotten.
pub(crate) fn docs(write: bool) -> Done {
    let pages = ["stheno-medusa", "stheno-saleor", "stheno-shopify", "stheno-system-tests"];
    let mut command = cargo(&["test", "--quiet"]);
    command.args(pages.into_iter().flat_map(|package| ["-p", package])).args(["--test", "reference"]);
    if write {
        command.env("STHENO_UPDATE", "1");
    }
    run(&mut command)
}

/// Bad input in quantity: the tests of the catalogs that change bodies at random, with as many cases as one likes.
pub(crate) fn generated(cases: &str) -> Done {
    if cases.parse::<u64>().is_err() {
        return Err(format!("`{cases}` is no number of inputs"));
    }
    let mut command = cargo(&["test", "--release", "-p", "stheno-saleor", "-p", "stheno-shopify", "--all-features"]);
    // Examples in the documentation are none of them. By the name of the tests: others have a number of cases of their
    // own.
    command.args(["--tests", "--", "no_input", "--nocapture"]).env("STHENO_CASES", cases);
    if let Ok(seed) = env::var("STHENO_SEED") {
        command.env("STHENO_SEED", seed);
    }
    run(&mut command)
}

/// The kill test, as long as one likes.
pub(crate) fn kill(rounds: &str) -> Done {
    if rounds.parse::<u32>().is_err() {
        return Err(format!("`{rounds}` is no number of rounds"));
    }
    let mut command = cargo(&["test", "--release", "-p", "stheno-testkit", "--test", "kill", "--", "--nocapture"]);
    command.env("STHENO_KILL_ROUNDS", rounds);
    if let Ok(seed) = env::var("STHENO_SEED") {
        command.env("STHENO_SEED", seed);
    }
    run(&mut command)
}

/// The conformance suite on real servers, beside mirrors of every log.
pub(crate) fn mirrors(words: &[&str]) -> Done {
    let mut command = cargo(&["test", "-p", "stheno-nats", "--no-fail-fast"]);
    command.args(["--test", "conformance", "--test", "conformance_cluster"]).args(words);
    run(command.env(nats::VARIABLE, nats::server()?).env("STHENO_NATS_MIRRORS", "1"))
}
