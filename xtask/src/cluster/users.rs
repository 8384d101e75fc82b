//! Who there is on the cluster: `users.json`, and the manifest of the host.

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::Value;

/// What accounts are written from.
#[derive(Debug)]
pub(crate) struct Users {
    /// The stream of the log.
    pub(crate) stream: String,
    /// Patterns of the names that a publisher may publish.
    pub(crate) publisher: Vec<String>,
    /// Patterns of the names that the handlers of the host may publish.
    pub(crate) host: Vec<String>,
    /// The subscribers of the host, and what they listen to.
    pub(crate) subscribers: BTreeMap<String, Vec<String>>,
}

/// Reads `users.json`, and the manifest it names.
pub(crate) fn read(path: &Path, root: &Path) -> Result<Users, String> {
    let users = json(path)?;
    let wrong = |what: &str| format!("{} says no {what}", path.display());
    let texts = |value: &Value| -> Option<Vec<String>> {
        value.as_array()?.iter().map(|text| text.as_str().map(str::to_owned)).collect()
    };
    let manifest = users["host"]["manifest"].as_str().ok_or_else(|| wrong("host.manifest"))?;
    let manifest = root.join(manifest);
    let listed = json(&manifest)?;
    let mut subscribers = BTreeMap::new();
    for subscriber in listed["subscribers"].as_array().into_iter().flatten() {
        let (id, patterns) = (subscriber["id"].as_str(), texts(&subscriber["patterns"]));
        let (Some(id), Some(patterns)) = (id, patterns) else {
            return Err(format!("{} has a subscriber without id and patterns", manifest.display()));
        };
        subscribers.insert(id.to_owned(), patterns);
    }
    Ok(Users {
        stream: users["stream"].as_str().ok_or_else(|| wrong("stream"))?.to_owned(),
        publisher: texts(&users["publisher"]["publishes"]).ok_or_else(|| wrong("publisher.publishes"))?,
        host: texts(&users["host"]["publishes"]).ok_or_else(|| wrong("host.publishes"))?,
        subscribers,
    })
}

fn json(path: &Path) -> Result<Value, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
    serde_json::from_str(&text).map_err(|error| format!("{} is no JSON: {error}", path.display()))
}
