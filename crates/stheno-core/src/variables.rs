//! Environment variables of ours: which there are, which ones are misspelt or no text. What is wrong is said by name, and never with
//! its value. The process is asked for them elsewhere.

use std::ffi::OsString;

use crate::{
    nearest::{nearest, nearest_slip},
    shown::shown,
};

/// What hosts read, but for the fields of plugins.
const READ: [&str; 3] = ["STHENO_URL", "STHENO_CONFIG", "STHENO_MANIFEST"];
/// What the tests and tools of the project read.
const OF_THE_PROJECT: [&str; 16] = [
    "STHENO_CASES",
    "STHENO_KILL_ROUNDS",
    "STHENO_LARGE_EVENTS",
    "STHENO_NATS_MIRRORS",
    "STHENO_NATS_SERVER",
    "STHENO_NODE",
    "STHENO_NODE_PACKAGES",
    "STHENO_PEERS_NODE",
    "STHENO_PEERS_PYTHON",
    "STHENO_PEERS_RUST",
    "STHENO_PYTHON",
    "STHENO_REDIS_SERVER",
    "STHENO_SEED",
    "STHENO_TEST_FILE",
    "STHENO_TEST_ROLE",
    "STHENO_UPDATE",
];
const OURS: &str = "STHENO_";
const OF_PLUGINS: &str = "STHENO_PLUGIN_";
const OF_A_PLUGIN: &str = "STHENO_PLUGIN_<PLUGIN>__<FIELD>";

/// Variables of a kind whose values are no text: left out, they would change what they set without a word.
pub fn without_text(
    variables: impl Iterator<Item = (OsString, OsString)>,
    is_read: impl Fn(&str) -> bool,
) -> impl Iterator<Item = String> {
    let wrong = variables.filter(|(_, value)| value.to_str().is_none());
    wrong.map(|(name, _)| name.to_string_lossy().into_owned()).filter(move |name| is_read(name))
}

/// What is said of them.
pub fn not_text(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| shown(name).to_string()).collect();
    format!("{} is not UTF-8; write it as text, or leave it out", names.join(", "))
}

/// Whether a host reads a variable.
pub fn is_read(name: &str) -> bool {
    name.starts_with(OF_PLUGINS) || READ.contains(&name)
}

/// A variable that looks like ours, and that nobody reads.
#[derive(Debug)]
pub struct Stranger {
    /// What is said of it.
    pub said: String,
    /// Whether it is one of ours with a slip, and what was meant is not set: its value would be lost. Others are no error, since an
    /// orchestrator makes such names of its own, for a service that is called `stheno`.
    pub is_meant: bool,
}

/// Variables that nobody reads, each with what was probably meant.
pub fn strangers(names: &[String]) -> Vec<Stranger> {
    let known = |name: &str| is_read(name) || OF_THE_PROJECT.contains(&name);
    let strange = names.iter().filter(|name| !known(name));
    strange
        .filter_map(|name| {
            let said = |hint: &str| format!("{} is set, and nobody reads it; {hint}", shown(name));
            if let Some(meant) = meant(name) {
                let is_meant = !names.iter().any(|other| other == meant);
                return Some(Stranger { said: said(&format!("did you mean {meant}?")), is_meant });
            }
            let rest = name.strip_prefix(OURS)?;
            let hint = match rest.starts_with("SUBSCRIBER") {
                true => "policies of subscribers are set in stheno.toml: [subscribers.\"<id>\"]".to_owned(),
                false => format!("a host reads {} and {OF_A_PLUGIN}", READ.join(", ")),
            };
            Some(Stranger { said: said(&hint), is_meant: false })
        })
        .collect()
}

/// What a name was meant to be, if it is one of ours with a slip.
fn meant(name: &str) -> Option<&'static str> {
    if let Some((start, _)) = name.split_once("__")
        && let Some((ours, plugin)) = start.split_once('_')
        && plugin.contains('_')
    {
        let word = plugin.split('_').next().unwrap_or_default();
        let is_near = |word: &str, meant: &'static str| nearest_slip(word, [meant].into_iter()).is_some();
        return (is_near(ours, "STHENO") && is_near(word, "PLUGIN")).then_some(OF_A_PLUGIN);
    }
    let Some(rest) = name.strip_prefix(OURS) else { return nearest_slip(name, READ.into_iter()) };
    // Without what all of them begin with: it would make strangers look alike.
    let bare = READ.into_iter().filter_map(|known| known.strip_prefix(OURS));
    let near = nearest(rest, bare)?;
    READ.into_iter().find(|known| known.strip_prefix(OURS) == Some(near))
}

#[cfg(test)]
mod tests;
