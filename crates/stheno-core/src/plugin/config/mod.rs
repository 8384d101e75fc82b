//! `stheno.toml` and the environment: the tables of plugins and the policies of subscribers.
//!
//! Reading order: this file (`Config`), `setting` (what is set, and where), `read` (into the types of plugins), `error` (which
//! says everything but the value).

mod error;
mod read;
mod setting;

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
    rc::Rc,
};

use serde::{Deserialize, de::DeserializeOwned};
use toml::{Table, Value};

use crate::{
    plugin::config::{
        error::ReadError,
        setting::{Guesses, SetTwice, Setting},
    },
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
        write!(f, "{}: {}", self.place, self.message)
    }
}

impl std::error::Error for ConfigError {}

impl Config {
    /// Reads a configuration from text; `place` is what errors call it. Tables and keys that mean nothing are kept as
    /// [`Config::mistakes`], so that the start can say them together with everything else that is wrong.
    ///
    /// # Errors
    /// [`ConfigError`] with line and column for text that is not TOML, and for an address that is no text.
    pub fn parse(text: &str, place: &str) -> Result<Self, ConfigError> {
        let document: Table = toml::from_str(text).map_err(|error| syntax(text, place, &error))?;
        let mut config = Self { path: Some(place.into()), ..Self::default() };
        for (key, value) in document {
            match (key.as_str(), value) {
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
                _ => self.mistake(format!("`plugins.{name}` is no table; write [plugins.{name}]")),
            }
        }
    }

    fn take_subscribers(&mut self, subscribers: Table) {
        for (id, value) in subscribers {
            let Value::Table(table) = value else {
                self.mistake(format!("`subscribers.{id}` is no table; write [subscribers.\"{id}\"]"));
                continue;
            };
            // Key by key, so that every mistake of the table is said, and not only the first.
            let mut good = Table::new();
            for (key, value) in table {
                let one = Table::from_iter([(key.clone(), value.clone())]);
                match patch(&one) {
                    Ok(_) => _ = good.insert(key, value),
                    Err(_) if !PolicyPatch::KEYS.contains(&key.as_str()) => {
                        self.mistake(format!("[subscribers.\"{id}\"]: {}", unknown_key(&key, &PolicyPatch::KEYS)));
                    }
                    Err(error) => self.mistake(format!("[subscribers.\"{id}\"]: {error}")),
                }
            }
            match patch(&good) {
                Ok(patch) => _ = self.subscribers.insert(id, patch),
                Err(error) => self.mistake(format!("[subscribers.\"{id}\"]: {error}")),
            }
        }
    }

    fn mistake(&mut self, what: String) {
        let file = self.file();
        self.mistakes.push(format!("{file}: {what}"));
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
        let file = self.plugins.get(name).unwrap_or(&empty);
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
            Err(SetTwice(first, second)) => Err(format!("{first} and {second} set the same field; remove one of them")),
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
            [] => format!("[plugins.{plugin}] in {file}"),
            variables => format!("[plugins.{plugin}] in {file}, with {}", variables.join(", ")),
        }
    }

    pub(crate) fn policy(&self, subscriber: &str) -> Option<&PolicyPatch> {
        self.subscribers.get(subscriber)
    }

    /// Tables and variables that belong to no plugin or subscriber of the application.
    pub(crate) fn strangers(&self, plugins: &[&str], subscribers: &[&str]) -> Vec<String> {
        let file = self.file();
        let mut strangers = Vec::new();
        let mut look = |table: &str, name: &str, known: &[&str]| {
            if !known.contains(&name) {
                strangers.push(format!("[{table}.\"{name}\"] in {file}: {}", hint(name, known)));
            }
        };
        self.plugins.keys().for_each(|name| look("plugins", name, plugins));
        self.subscribers.keys().for_each(|id| look("subscribers", id, subscribers));
        let names: Vec<String> = plugins.iter().map(|plugin| env_name(plugin)).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        for (index, name) in names.iter().enumerate() {
            let same = names[..index].iter().position(|earlier| earlier == name);
            let used = |(variable, _): &(String, String)| variable.starts_with(&format!("{ENV_PREFIX}{name}__"));
            if let Some(earlier) = same
                && plugins[earlier] != plugins[index]
                && self.environment.iter().any(used)
            {
                strangers.push(format!(
                    "{ENV_PREFIX}{name}__.. could mean plugin `{}` or plugin `{}`; set their fields in {file}",
                    plugins[earlier], plugins[index]
                ));
            }
        }
        for (variable, _) in &self.environment {
            // Only the ones that begin so were taken.
            let rest = variable.strip_prefix(ENV_PREFIX).unwrap_or_default();
            match rest.split_once("__") {
                Some((plugin, _)) if names.contains(&plugin) => {}
                Some((plugin, _)) => {
                    strangers.push(format!("{variable} sets a field of a plugin: {}", hint(plugin, &names)))
                }
                None => strangers.push(format!("{variable} names no field; write {ENV_PREFIX}<PLUGIN>__<FIELD>")),
            }
        }
        strangers
    }
}

fn hint(name: &str, known: &[&str]) -> String {
    let meant = crate::nearest::nearest(name, known.iter().copied());
    meant.map_or("nothing of that name is enabled".into(), |meant| format!("did you mean `{meant}`?"))
}

fn unknown_key(key: &str, known: &[&str]) -> String {
    match crate::nearest::nearest(key, known.iter().copied()) {
        Some(meant) => format!("unknown key `{key}`; did you mean `{meant}`?"),
        None => format!("unknown key `{key}`; there are {}", known.join(", ")),
    }
}

fn env_name(plugin: &str) -> String {
    plugin.to_ascii_uppercase().replace(['-', '.'], "_")
}

/// One policy, as an operator wrote it.
fn patch(table: &Table) -> Result<PolicyPatch, String> {
    let setting = Setting::layered(table, &[], &Rc::default()).map_err(|_| "is set twice".to_owned())?;
    PolicyPatch::deserialize(setting).map_err(|error: ReadError| error.to_string())
}

/// Texts of variables that were guessed to be something else.
type Guessed = Vec<String>;

/// Reads what is set into a type; what is wrong names every key that the type does not have.
fn read_as<T: DeserializeOwned>(
    file: &Table,
    variables: &[(&str, Vec<String>, &str)],
    texts: Vec<String>,
) -> (Guessed, Result<Result<T, String>, SetTwice>) {
    let guesses = Rc::new(Guesses { texts, ..Guesses::default() });
    let settings = match Setting::layered(file, variables, &guesses) {
        Ok(settings) => settings,
        Err(twice) => return (Vec::new(), Err(twice)),
    };
    let mut unknown = Vec::new();
    // An optional table on the way is written as `?`, which nobody has in a file.
    let note = |path: serde_ignored::Path<'_>| unknown.push(path.to_string().replace(".?.", "."));
    let parsed: Result<T, ReadError> = serde_ignored::deserialize(settings, note);
    // A name inside the text of a variable is part of a value.
    let inside = |path: &str| variables.iter().find(|(_, of, _)| path.starts_with(&format!("{}.", of.join("."))));
    let shown = |path: &String| match inside(path) {
        Some((variable, ..)) => format!("unknown key in {variable}; correct or remove it"),
        None => format!("unknown key `{path}`; correct or remove it"),
    };
    let strange = unknown.iter().map(shown).collect::<Vec<_>>().join(", ");
    let read = match (parsed, strange.is_empty()) {
        (Ok(parsed), true) => Ok(parsed),
        (Ok(_), false) => Err(strange),
        (Err(error), true) => Err(error.to_string()),
        // A key that is misspelt and the one that is missing therefore are one mistake: both are said.
        (Err(error), false) => Err(format!("{error}; {strange}")),
    };
    (guesses.made.take(), Ok(read))
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

/// A text that is not TOML: where, and why, without the line itself, which may have a secret.
fn syntax(text: &str, place: &str, error: &toml::de::Error) -> ConfigError {
    let Some(span) = error.span() else { return ConfigError::new(place, error.message()) };
    let before = text.get(..span.start).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|character| *character != '\n').count() + 1;
    ConfigError::new(place, format!("line {line}, column {column}: {}", error.message()))
}

#[cfg(test)]
mod tests;
