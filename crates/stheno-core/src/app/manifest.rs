//! The manifest: what an app runs, as a file that is kept beside the code, so that CI notices a plugin that fell out.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::{app::table::Row, runtime::unknown};

/// What an app runs. Sorted, and without anything that changes from run to run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Manifest {
    /// The subscribers, by id.
    pub subscribers: Vec<ManifestEntry>,
}

/// One subscriber of a [`Manifest`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ManifestEntry {
    /// Its id.
    pub id: String,
    /// What it takes.
    pub patterns: Vec<String>,
    /// The plugin it belongs to.
    pub plugin: String,
    /// The crate it is in.
    #[serde(rename = "crate")]
    pub crate_name: String,
    /// The version of that crate.
    pub version: String,
}

impl ManifestEntry {
    /// What was and what is, in words.
    fn difference(&self, before: &ManifestEntry) -> String {
        let fields = [
            ("patterns", before.patterns.join(" "), self.patterns.join(" ")),
            ("plugin", before.plugin.clone(), self.plugin.clone()),
            ("crate", before.crate_name.clone(), self.crate_name.clone()),
            ("version", before.version.clone(), self.version.clone()),
        ];
        let changed = fields.into_iter().filter(|(_, before, now)| before != now);
        let words: Vec<_> =
            changed.map(|(field, before, now)| format!("{field} was `{before}` and is `{now}`")).collect();
        words.join(", ")
    }
}

impl Manifest {
    pub(crate) fn of(rows: &[Row]) -> Self {
        let own = rows.iter().filter(|row| row.id != unknown::SUBSCRIBER);
        let mut subscribers: Vec<_> = own
            .map(|row| ManifestEntry {
                id: row.id.clone(),
                patterns: row.patterns.clone(),
                plugin: row.plugin.clone(),
                crate_name: row.crate_name.clone(),
                version: row.crate_version.clone(),
            })
            .collect();
        subscribers.sort_by(|a, b| a.id.cmp(&b.id));
        Self { subscribers }
    }

    /// The manifest as the file holds it.
    pub fn to_json(&self) -> String {
        // Strings and lists of strings can always be written.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// What differs from the file, one sentence each; nothing if it is the same.
    pub fn compare(&self, path: &Path) -> Vec<String> {
        let place = path.display();
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => {
                return vec![format!(
                    "the manifest {place} cannot be read ({error}); write it with STHENO_MANIFEST=write"
                )];
            }
        };
        let expected: Manifest = match serde_json::from_str(&text) {
            Ok(manifest) => manifest,
            Err(error) => {
                return vec![format!("the manifest {place} is not one ({error}); write it with STHENO_MANIFEST=write")];
            }
        };
        let find = |all: &Manifest, id: &str| all.subscribers.iter().find(|entry| entry.id == id).cloned();
        let mut differences = Vec::new();
        for entry in &expected.subscribers {
            match find(self, &entry.id) {
                None => differences.push(format!(
                    "subscriber `{}` of plugin `{}` is in the manifest {place} and not linked; does the host still name the plugin in `plugins!`?",
                    entry.id, entry.plugin
                )),
                Some(now) if now != *entry => differences.push(format!(
                    "subscriber `{}` differs from the manifest {place}: {}; if that is meant, write it again with STHENO_MANIFEST=write",
                    entry.id,
                    now.difference(entry)
                )),
                Some(_) => {}
            }
        }
        for entry in self.subscribers.iter().filter(|entry| find(&expected, &entry.id).is_none()) {
            differences.push(format!(
                "subscriber `{}` is linked and not in the manifest {place}; if that is meant, write it again with STHENO_MANIFEST=write",
                entry.id
            ));
        }
        differences
    }
}
