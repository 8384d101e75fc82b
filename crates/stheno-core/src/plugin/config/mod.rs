//! `stheno.toml` and the environment: the tables of plugins and the policies of subscribers.
//!
//! Reading order: this file (`Config`), `setting` (what is set, and where), `lines` (on which line of the file), `read` (into the
//! types of plugins), `error` (which says everything but the value), `culprit` (which field is at fault), `strangers` (what
//! belongs to nothing).

mod culprit;
mod error;
mod lines;
mod read;
mod setting;
mod strangers;

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
    rc::Rc,
};

use serde::{Deserialize, de::DeserializeOwned};
use toml::{Table, Value, de::DeTable};

use crate::{
    plugin::config::{
        error::ReadError,
        lines::{Lines, line_at},
        setting::{FromFile, Guesses, SetTwice, Setting},
    },
    shown::{shown, shown_long},
    subscriber::policy::PolicyPatch,
};

/// The prefix of environment variables that set a plugin's fields: `STHENO_PLUGIN_RECEIPTS__FROM`.
const ENV_PREFIX: &str = "STHENO_PLUGIN_";

/// The configuration of an application.
#[derive(Debug, Clone, Default)]
pub struct Config {
    path: Option<PathBuf>,
    url: Option<String>,
    plugins: BTreeMap<String, Table>,
    subscribers: BTreeMap<String, PolicyPatch>,
    environment: Vec<(String, String)>,
    lines: Lines,
    mistakes: Vec<String>,
}

/// A configuration that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    place: String,
    message: String,
}

impl ConfigError {
    fn new(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { place: place.into(), message: message.into() }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", shown_long(&self.place), shown_long(&self.message))
    }
}

impl std::error::Error for ConfigError {}

impl Config {
    /// Reads a configuration from text; `place` is what errors call it. Tables and keys that mean nothing are kept as
    /// [`Config::mistakes`], so that the start can say them together with everything else that is wrong.
    ///
    /// # Errors
    /// [`ConfigError`] with line and column for text that is not TOML, and for an address that is no text, or an empty one.
    pub fn parse(text: &str, place: &str) -> Result<Self, ConfigError> {
        let parsed = DeTable::parse(text).map_err(|error| syntax(text, place, &error))?;
        let lines = Lines::of(parsed.get_ref(), text);
        let document: Table = toml::from_str(text).map_err(|_| too_large(parsed.get_ref(), &lines, place))?;
        let mut config = Self { path: Some(place.into()), lines, ..Self::default() };
        for (key, value) in document {
            match (key.as_str(), value) {
                ("url", Value::String(url)) if url.trim().is_empty() => {
                    return Err(ConfigError::new(place, "`url` is empty; say where the log is, or leave it out"));
                }
                ("url", Value::String(url)) => config.url = Some(url),
                ("url", _) => return Err(ConfigError::new(place, "`url` is not text, such as \"sqlite://stheno.db\"")),
                ("plugins", Value::Table(plugins)) => config.take_plugins(plugins),
                ("subscribers", Value::Table(subscribers)) => config.take_subscribers(subscribers),
                (table @ ("plugins" | "subscribers"), _) => {
                    config.mistake(format!("`{table}` is no table; write [{table}.<name>]"));
                }
                (other, _) => config.mistake(unknown_key(other, &["url", "plugins", "subscribers"])),
            }
        }
        Ok(config)
    }

    fn take_plugins(&mut self, plugins: Table) {
        for (name, value) in plugins {
            match value {
                Value::Table(table) => _ = self.plugins.insert(name, table),
                _ => {
                    let name = shown(&name);
                    self.mistake(format!("`plugins.{name}` is no table; write [plugins.{name}]"));
                }
            }
        }
    }

    fn take_subscribers(&mut self, subscribers: Table) {
        let lines = self.lines.clone();
        for (id, value) in subscribers {
            let named = shown(&id).to_string();
            let Value::Table(table) = value else {
                self.mistake(format!("`subscribers.{named}` is no table; write [subscribers.\"{named}\"]"));
                continue;
            };
            let path = format!("subscribers.{id}");
            let patch = |table: &Table| patch(FromFile { table, lines: &lines, path: &path });
            // Key by key, so that every mistake of the table is said, and not only the first.
            let mut good = Table::new();
            for (key, value) in table {
                let one = Table::from_iter([(key.clone(), value.clone())]);
                match patch(&one) {
                    Ok(_) => _ = good.insert(key, value),
                    Err(_) if !PolicyPatch::KEYS.contains(&key.as_str()) => {
                        self.mistake(format!("[subscribers.\"{named}\"]: {}", unknown_key(&key, &PolicyPatch::KEYS)));
                    }
                    Err(error) => self.mistake(format!("[subscribers.\"{named}\"]: {error}")),
                }
            }
            match patch(&good) {
                Ok(patch) => _ = self.subscribers.insert(id, patch),
                Err(error) => self.mistake(format!("[subscribers.\"{named}\"]: {error}")),
            }
        }
    }

    fn mistake(&mut self, what: String) {
        let file = self.file();
        self.mistakes.push(format!("{}: {}", shown(&file), shown_long(&what)));
    }

    /// What is wrong in the file, beside what kept it from being read.
    pub fn mistakes(&self) -> &[String] {
        &self.mistakes
    }

    /// What messages call the file.
    fn file(&self) -> String {
        self.path.as_ref().map_or("stheno.toml (which is not there)".into(), |path| path.display().to_string())
    }

    /// Reads a file; a file that is not there is an empty configuration.
    ///
    /// # Errors
    /// [`ConfigError`] for a file that cannot be read, and as [`Config::parse`].
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let place = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text, &place),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(ConfigError::new(place, format!("cannot be read: {error}"))),
        }
    }

    /// Lets these environment variables override the fields of plugins. Others are ignored.
    #[must_use]
    pub fn with_environment(mut self, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        self.environment.extend(variables.into_iter().filter(|(name, _)| name.starts_with(ENV_PREFIX)));
        self
    }

    /// The address of the log, if the file says one.
    pub fn url(&self) -> Option<&str> {
        self.url.as_deref()
    }

    /// The file it was read from.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// The configuration of one plugin.
    pub(crate) fn plugin<T: DeserializeOwned>(&self, name: &str) -> Result<T, ConfigError> {
        let empty = Table::new();
        let path = format!("plugins.{name}");
        let file = FromFile { table: self.plugins.get(name).unwrap_or(&empty), lines: &self.lines, path: &path };
        let variables = self.variables_of(name);
        let names: Vec<&str> = variables.iter().map(|(variable, ..)| *variable).collect();
        let place = self.place(name, &names);
        let read = |texts: Vec<String>| read_as::<T>(file, &variables, texts);
        let (guesses, first) = read(Vec::new());
        let result = match first {
            Ok(Ok(read)) => Ok(read),
            Ok(Err(wrong)) => {
                // The types say what they want of most texts. Where they do not, one that was taken for a number may be a text.
                let mut others = other_guesses(&guesses).filter_map(|texts| read(texts).1.ok()?.ok());
                others.next().ok_or(wrong)
            }
            Err(twice) => Err(twice.to_string()),
        };
        result.map_err(|what| ConfigError::new(place, what))
    }

    /// The variables that set fields of a plugin, each with the path of the field.
    fn variables_of(&self, plugin: &str) -> Vec<(&str, Vec<String>, &str)> {
        let prefix = format!("{ENV_PREFIX}{}__", env_name(plugin));
        let found = self.environment.iter().filter_map(|(variable, text)| {
            let path = variable.strip_prefix(&prefix)?.split("__").map(str::to_ascii_lowercase).collect();
            Some((variable.as_str(), path, text.as_str()))
        });
        found.collect()
    }

    fn place(&self, plugin: &str, overridden: &[&str]) -> String {
        let file = self.file();
        match overridden {
            [] => format!("[plugins.{}] in {}", shown(plugin), shown(&file)),
            variables => {
                let variables: Vec<_> = variables.iter().map(|variable| shown(variable).to_string()).collect();
                format!("[plugins.{}] in {}, with {}", shown(plugin), shown(&file), variables.join(", "))
            }
        }
    }

    pub(crate) fn policy(&self, subscriber: &str) -> Option<&PolicyPatch> {
        self.subscribers.get(subscriber)
    }
}

fn unknown_key(key: &str, known: &[&str]) -> String {
    match crate::nearest::nearest(key, known.iter().copied()) {
        Some(meant) => format!("unknown key `{}`; did you mean `{meant}`?", shown(key)),
        None => format!("unknown key `{}`; there are {}", shown(key), known.join(", ")),
    }
}

fn env_name(plugin: &str) -> String {
    plugin.to_ascii_uppercase().replace(['-', '.'], "_")
}

/// One policy, as an operator wrote it.
fn patch(table: FromFile<'_>) -> Result<PolicyPatch, String> {
    let setting = Setting::layered(table, &[], &Rc::default()).map_err(|twice| twice.to_string())?;
    PolicyPatch::deserialize(setting).map_err(|error: ReadError| error.to_string())
}

/// Texts of variables that were guessed to be something else.
type Guessed = Vec<String>;

/// Reads what is set into a type; what is wrong names every key that the type does not have.
fn read_as<T: DeserializeOwned>(
    file: FromFile<'_>,
    variables: &[(&str, Vec<String>, &str)],
    texts: Vec<String>,
) -> (Guessed, Result<Result<T, String>, SetTwice>) {
    let guesses = Rc::new(Guesses { texts, ..Guesses::default() });
    let settings = match Setting::layered(file, variables, &guesses) {
        Ok(settings) => settings,
        Err(twice) => return (Vec::new(), Err(twice)),
    };
    let whole = settings.clone();
    let mut unknown = Vec::new();
    // An optional table on the way is written as `?`, which nobody has in a file.
    let note = |path: serde_ignored::Path<'_>| unknown.push(path.to_string().replace(".?.", "."));
    let parsed: Result<T, ReadError> = serde_ignored::deserialize(settings, note);
    // A name inside the text of a variable is part of a value.
    let inside = |path: &str| variables.iter().find(|(_, of, _)| path.starts_with(&format!("{}.", of.join("."))));
    let said = |path: &String| match inside(path) {
        Some((variable, ..)) => format!("unknown key in {}; correct or remove it", shown(variable)),
        None => format!("unknown key `{}`; correct or remove it", shown(path)),
    };
    let strange = unknown.iter().map(said).collect::<Vec<_>>().join(", ");
    let made = guesses.made.take();
    let parsed = parsed.map_err(|error| {
        let read = |settings: Setting| T::deserialize(settings).err();
        // A field that is missing stands nowhere.
        let found = error.missing().is_none().then(|| culprit::find(&whole, &error, read)).flatten();
        match found {
            Some(place) => error.moved(place),
            None => error,
        }
    });
    let read = match (parsed, strange.is_empty()) {
        (Ok(parsed), true) => Ok(parsed),
        (Ok(_), false) => Err(strange),
        (Err(error), true) => Err(error.to_string()),
        // A key that is misspelt and the one that is missing therefore are one mistake: both are said.
        (Err(error), false) => Err(format!("{error}; {strange}")),
    };
    (made, Ok(read))
}

/// Most fields whose guesses are tried in every combination.
const GUESSES: usize = 6;

/// Which guesses to take back, the fewest first; beyond [`GUESSES`] all of them.
fn other_guesses(made: &[String]) -> impl Iterator<Item = Vec<String>> {
    let few = if made.len() <= GUESSES { made.len() } else { 0 };
    let mut masks: Vec<u32> = (1..1_u32 << few).collect();
    masks.sort_by_key(|mask| mask.count_ones());
    let chosen = |mask: u32| {
        let chosen = made.iter().enumerate().filter(move |(index, _)| mask & (1 << index) != 0);
        chosen.map(|(_, path)| path.clone()).collect::<Vec<_>>()
    };
    let mut all: Vec<_> = masks.into_iter().map(chosen).collect();
    if few < made.len() {
        all.push(made.to_vec());
    }
    all.into_iter()
}

/// A number that is beyond what is kept. The crate `toml` would repeat it.
fn too_large(parsed: &DeTable<'_>, lines: &Lines, place: &str) -> ConfigError {
    let Some(path) = lines::beyond(parsed) else { return ConfigError::new(place, "has a value that cannot be kept") };
    let line = lines.get(&path).map(|line| format!("line {line}: ")).unwrap_or_default();
    let message = format!("{line}`{}` is a number beyond 64 bits; write it in quotes if it is a text", shown(&path));
    ConfigError::new(place, message)
}

/// A text that is not TOML: where, and why, without the line itself, which may have a secret.
fn syntax(text: &str, place: &str, error: &toml::de::Error) -> ConfigError {
    let Some(span) = error.span() else { return ConfigError::new(place, error.message()) };
    let before = text.get(..span.start).unwrap_or(text);
    let line = line_at(text, span.start);
    let column = before.chars().rev().take_while(|character| *character != '\n').count() + 1;
    ConfigError::new(place, format!("line {line}, column {column}: {}", error.message()))
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod told;
