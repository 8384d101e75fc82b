//! What a process is started with: the words after its name, and its environment variables. What is not understood is said by
//! name, and never with its value.

use std::{env, ffi::OsString, sync::Once};

use stheno_core::{
    app::{Error, Result},
    nearest, nearest_slip,
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

/// The words that the process was started with, without its own name.
///
/// # Errors
/// When one is not UTF-8, as a file name can be. The host ends with 64 ([`Exit::USAGE`](crate::Exit::USAGE)).
///
/// ```
/// match stheno::words()?.as_slice() {
///     [] => println!("run without a word"),
///     [first, ..] => println!("the first of the words is {first}"),
/// }
/// # Ok::<(), stheno::Error>(())
/// ```
pub fn words() -> Result<Vec<String>> {
    let words = env::args_os().skip(1).zip(1..);
    let text = |(word, number): (OsString, u32)| {
        word.into_string()
            .map_err(|_| Error::usage(format!("word {number} after the command is not UTF-8; write it as text")))
    };
    words.map(text).collect()
}

/// A variable of the environment, if it is set: where a host of its own reads more than Stheno does.
///
/// # Errors
/// When its value is not UTF-8. What it is, no error says.
///
/// ```
/// let shop = stheno::variable("SHOP_URL")?;
/// assert_eq!(shop, None);
/// # Ok::<(), stheno::Error>(())
/// ```
pub fn variable(name: &str) -> Result<Option<String>> {
    let Some(value) = env::var_os(name) else { return Ok(None) };
    value.into_string().map(Some).map_err(|_| no_text(&[name.to_owned()]))
}

/// All variables that are text.
pub(crate) fn variables() -> impl Iterator<Item = (String, String)> {
    env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// Refuses variables of ours that are misspelt or no text, and says once which ones nobody reads.
pub(crate) fn check() -> Result<()> {
    let wrong: Vec<String> = without_text(env::vars_os(), is_read).collect();
    if !wrong.is_empty() {
        return Err(no_text(&wrong));
    }
    let names: Vec<String> = env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned()).collect();
    let strangers = strangers(&names);
    let misspelt: Vec<&str> = strangers.iter().filter(|one| one.is_meant).map(|one| one.said.as_str()).collect();
    if !misspelt.is_empty() {
        return Err(Error::surroundings(format!("{}; correct the name, or leave it out", misspelt.join(", and "))));
    }
    static SAID: Once = Once::new();
    SAID.call_once(|| strangers.iter().for_each(|one| eprintln!("{}", one.said)));
    Ok(())
}

/// Variables of a kind whose values are no text: left out, they would change what they set without a word.
pub(crate) fn without_text(
    variables: impl Iterator<Item = (OsString, OsString)>,
    is_read: impl Fn(&str) -> bool,
) -> impl Iterator<Item = String> {
    let wrong = variables.filter(|(_, value)| value.to_str().is_none());
    wrong.map(|(name, _)| name.to_string_lossy().into_owned()).filter(move |name| is_read(name))
}

/// What is said of them.
pub(crate) fn not_text(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| shown(name).to_string()).collect();
    format!("{} is not UTF-8; write it as text, or leave it out", names.join(", "))
}

fn no_text(names: &[String]) -> Error {
    Error::surroundings(not_text(names))
}

fn is_read(name: &str) -> bool {
    name.starts_with(OF_PLUGINS) || READ.contains(&name)
}

/// A variable that looks like ours, and that nobody reads.
struct Stranger {
    said: String,
    /// Whether it is one of ours with a slip, and what was meant is not set: its value would be lost. Others are no error, since an
    /// orchestrator makes such names of its own, for a service that is called `stheno`.
    is_meant: bool,
}

/// Variables that nobody reads, each with what was probably meant.
fn strangers(names: &[String]) -> Vec<Stranger> {
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
