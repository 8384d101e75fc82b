//! Benchmarks: built with optimisations, run alone.

use std::process::Command;

use crate::{
    nats, peers,
    run::{Done, cargo, run},
};

/// The embedded log against bare SQLite.
pub(crate) fn embedded(words: &[&str]) -> Done {
    run(suite("embedded").args(words))
}

/// Ours on a nats-server against loops on the bare client.
pub(crate) fn nats(words: &[&str]) -> Done {
    run(suite("nats").args(words).env(nats::VARIABLE, nats::server()?))
}

/// Recovery after an outage, on a file and on a nats-server.
pub(crate) fn recovery(words: &[&str]) -> Done {
    run(suite("recovery").args(words).env(nats::VARIABLE, nats::server()?))
}

/// What an operator looks at, on a file and on a nats-server.
pub(crate) fn operator(words: &[&str]) -> Done {
    run(suite("operator").args(words).env(nats::VARIABLE, nats::server()?))
}

/// Ours on a nats-server against other libraries.
pub(crate) fn peers(words: &[&str]) -> Done {
    let mut command = suite("peers");
    command.args(words).env(nats::VARIABLE, nats::server()?);
    for (variable, place) in peers::ready() {
        command.env(variable, place);
    }
    run(&mut command)
}

fn suite(name: &str) -> Command {
    cargo(&["run", "--release", "--quiet", "-p", "stheno-bench", "--bin", name, "--"])
}
