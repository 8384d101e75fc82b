//! `stheno.toml` and the environment: the tables of plugins and the policies of subscribers.

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};

use serde::de::DeserializeOwned;
use toml::{Table, Value};

use crate::subscriber::policy::PolicyPatch;

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
        let document: Table =
            toml::from_str(text).map_err(|error| ConfigError::new(place, error.to_string().trim_end()))?;
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
                match one.try_into::<PolicyPatch>() {
                    Ok(_) => _ = good.insert(key, value),
                    Err(_) if !PolicyPatch::KEYS.contains(&key.as_str()) => {
                        self.mistake(format!("[subscribers.\"{id}\"]: {}", unknown_key(&key, &PolicyPatch::KEYS)));
                    }
                    Err(error) => self.mistake(format!("[subscribers.\"{id}\"]: `{key}`: {}", error.message())),
                }
            }
            match good.try_into() {
                Ok(patch) => _ = self.subscribers.insert(id, patch),
                Err(error) => self.mistake(format!("[subscribers.\"{id}\"]: {}", error.message())),
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
        let mut table = self.plugins.get(name).cloned().unwrap_or_default();
        let prefix = format!("{ENV_PREFIX}{}__", env_name(name));
        let mut overridden = Vec::new();
        for (variable, text) in &self.environment {
            if let Some(field) = variable.strip_prefix(&prefix) {
                let path: Vec<String> = field.split("__").map(str::to_ascii_lowercase).collect();
                set(&mut table, &path, parse_value(text));
                overridden.push(variable.as_str());
            }
        }
        let place = self.place(name, &overridden);
        let mut unknown = Vec::new();
        // An optional table on the way is written as `?`, which nobody has in a file.
        let note = |path: serde_ignored::Path<'_>| unknown.push(path.to_string().replace(".?.", "."));
        let parsed = serde_ignored::deserialize(Value::Table(table), note);
        let strange = match unknown.as_slice() {
            [] => None,
            unknown => Some(format!("unknown key `{}`; correct or remove it", unknown.join("`, `"))),
        };
        match (parsed, strange) {
            (Ok(parsed), None) => Ok(parsed),
            (Ok(_), Some(strange)) => Err(ConfigError::new(place, strange)),
            (Err(error), None) => Err(ConfigError::new(place, toml::de::Error::message(&error))),
            // A key that is misspelt and the one that is missing therefore are one mistake: both are said.
            (Err(error), Some(strange)) => Err(ConfigError::new(place, format!("{}; {strange}", error.message()))),
        }
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

/// A value as TOML writes it (`true`, `5`, `["a"]`), or else the text itself.
fn parse_value(text: &str) -> Value {
    let parsed = toml::from_str::<Table>(&format!("v = {text}"));
    parsed.ok().and_then(|mut table| table.remove("v")).unwrap_or_else(|| Value::String(text.to_owned()))
}

fn set(table: &mut Table, path: &[String], value: Value) {
    match path {
        [] => {}
        [last] => {
            table.insert(last.clone(), value);
        }
        [first, rest @ ..] => {
            let inner = table.entry(first.clone()).or_insert_with(|| Value::Table(Table::new()));
            if !inner.is_table() {
                *inner = Value::Table(Table::new());
            }
            if let Value::Table(inner) = inner {
                set(inner, rest, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Receipts {
        from: String,
        #[serde(default)]
        smtp: Option<Smtp>,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Smtp {
        port: u16,
    }

    fn variables(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn the_environment_overrides_the_file() {
        let config =
            Config::parse("[plugins.receipts]\nfrom = 'a@x'\n[plugins.receipts.smtp]\nport = 25", "stheno.toml")
                .unwrap();
        let config = config.with_environment(variables(&[
            ("STHENO_PLUGIN_RECEIPTS__SMTP__PORT", "2525"),
            ("STHENO_PLUGIN_RECEIPTS__FROM", "b@x"),
            ("PATH", "/bin"),
        ]));
        let receipts: Receipts = config.plugin("receipts").unwrap();
        assert_eq!(receipts, Receipts { from: "b@x".into(), smtp: Some(Smtp { port: 2525 }) });
    }

    #[test]
    fn unknown_keys_are_refused_by_name() {
        let config = Config::parse("[plugins.receipts]\nfrom = 'a'\nform = 'b'", "stheno.toml").unwrap();
        let refused = config.plugin::<Receipts>("receipts").unwrap_err().to_string();
        assert!(refused.contains("form"), "{refused}");
        let misspelt = Config::parse("[plugins.receipts]\nform = 'b'", "stheno.toml").unwrap();
        let misspelt = misspelt.plugin::<Receipts>("receipts").unwrap_err().to_string();
        assert!(misspelt.contains("missing field `from`") && misspelt.contains("`form`"), "{misspelt}");
    }

    #[test]
    fn every_mistake_of_a_file_is_said_and_not_only_the_first() {
        let text = "plugin = 1\nplugins.receipts = 2\n[subscribers]\n'receipts.send' = 3\n\
                    [subscribers.'receipts.resend']\natempts = 20\ntimeout = 60\npaused = true\n";
        let config = Config::parse(text, "stheno.toml").unwrap();
        let mistakes = config.mistakes().join("\n");
        assert_eq!(config.mistakes().len(), 5, "{mistakes}");
        for said in ["did you mean `plugins`?", "[plugins.receipts]", "[subscribers.\"receipts.send\"]"] {
            assert!(mistakes.contains(said), "{said}: {mistakes}");
        }
        assert!(mistakes.contains("unknown key `atempts`; did you mean `attempts`?"), "{mistakes}");
        assert!(mistakes.contains("`timeout`: "), "{mistakes}");
        let mut policy = crate::subscriber::policy::Policy::default();
        config.policy("receipts.resend").unwrap().apply(&mut policy);
        assert!(policy.paused, "what is right stays");
    }

    #[test]
    fn an_address_that_is_no_text_is_refused() {
        let refused = Config::parse("url = 5", "stheno.toml").unwrap_err().to_string();
        assert!(refused.starts_with("stheno.toml: `url`"), "{refused}");
    }

    #[test]
    fn variables_of_a_plugin_that_is_not_enabled_are_found() {
        let config = Config::default().with_environment(variables(&[
            ("STHENO_PLUGIN_RECEIPTS__FROM", "a"),
            ("STHENO_PLUGIN_RECEITS__FROM", "a"),
            ("STHENO_PLUGIN_RECEIPTS_FROM", "a"),
        ]));
        let strangers = config.strangers(&["receipts"], &[]);
        assert_eq!(strangers.len(), 2, "{strangers:?}");
        assert!(strangers[0].contains("did you mean `RECEIPTS`?"), "{strangers:?}");
        assert!(strangers[1].contains("STHENO_PLUGIN_<PLUGIN>__<FIELD>"), "{strangers:?}");
    }

    #[test]
    fn tables_that_belong_to_nothing_are_found() {
        let config =
            Config::parse("[plugins.receits]\n[subscribers.'receipts.sent']\npaused = true", "stheno.toml").unwrap();
        let strangers = config.strangers(&["receipts"], &["receipts.send"]);
        assert_eq!(strangers.len(), 2);
        assert!(strangers.iter().all(|line| line.contains("did you mean")), "{strangers:?}");
    }
}
