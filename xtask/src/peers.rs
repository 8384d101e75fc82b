//! Other libraries for the benchmark, built and installed under the target directory.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    node::{self, Node, node_with},
    run::{Done, root, run, target},
};

/// Names the redis-server.
const REDIS: &str = "STHENO_REDIS_SERVER";

/// What is ready, by the variable that the benchmark looks for it in. What cannot be made ready is said here, and its rows
/// are said to be missing by the benchmark.
pub(crate) fn ready() -> Vec<(&'static str, PathBuf)> {
    let node = node();
    let wanted = [
        ("STHENO_PEERS_RUST", rust()),
        ("STHENO_PEERS_PYTHON", python()),
        ("STHENO_PEERS_NODE", node.as_ref().map(|node| node.packages.clone()).map_err(String::clone)),
        (node::VARIABLE, node.map(|node| node.program)),
        (REDIS, redis()),
    ];
    let made = wanted.into_iter().filter_map(|(variable, made)| match made {
        Ok(place) => Some((variable, place)),
        Err(message) => {
            eprintln!("xtask: {variable} stays empty: {message}");
            None
        }
    });
    made.collect()
}

fn rust() -> Result<PathBuf, String> {
    let folder = target().join("peers").join("rust");
    let manifest = root().join("bench/peers/Cargo.toml");
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["build", "--release", "--quiet", "--manifest-path"]).arg(manifest);
    run(command.arg("--target-dir").arg(&folder))?;
    Ok(folder.join("release"))
}

fn python() -> Result<PathBuf, String> {
    let sources = root().join("bench/peers/python");
    let folder = target().join("peers").join("python");
    let requirements = sources.join("requirements.txt");
    once(&folder, &text(&requirements)?, || {
        venv(&folder)?;
        pip(&folder, &["-r", &requirements.display().to_string()])
    })?;
    copy(&sources, &folder, &["peer.py"])?;
    Ok(folder)
}

fn node() -> Result<Node, String> {
    let sources = root().join("bench/peers/node");
    let folder = target().join("peers").join("node");
    let node = node_with(&sources, &folder)?;
    copy(&sources, &folder, &["measurement.mjs", "jetstream.mjs", "bullmq.mjs"])?;
    Ok(node)
}

fn redis() -> Result<PathBuf, String> {
    if let Some(named) = env::var_os(REDIS) {
        return Ok(PathBuf::from(named));
    }
    let found = paths().map(|path| path.join("redis-server")).find(|program| program.is_file());
    found.ok_or_else(|| {
        format!("there is no redis-server; install one (Debian: apt install redis-server) or name it in {REDIS}")
    })
}

fn paths() -> impl Iterator<Item = PathBuf> {
    env::var_os("PATH").map(|paths| env::split_paths(&paths).collect::<Vec<_>>()).unwrap_or_default().into_iter()
}

/// Installs unless the same was installed before.
fn once(folder: &Path, what: &str, install: impl FnOnce() -> Done) -> Done {
    let stamp = folder.join("installed.txt");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == what) {
        return Ok(());
    }
    install()?;
    fs::write(&stamp, what).map_err(|error| format!("{} cannot be written: {error}", stamp.display()))
}

fn venv(folder: &Path) -> Done {
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(folder))
        .map_err(|error| format!("{error}; install python3 with venv and pip"))
}

fn pip(folder: &Path, words: &[&str]) -> Done {
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    run(Command::new(folder.join("bin/python")).args(pip).args(words))
        .map_err(|error| format!("{error}; check the package index"))
}

fn text(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))
}

fn copy(from: &Path, to: &Path, names: &[&str]) -> Done {
    for name in names {
        fs::copy(from.join(name), to.join(name)).map_err(|error| format!("{name} cannot be copied: {error}"))?;
    }
    Ok(())
}
