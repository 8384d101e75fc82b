//! One line of the file: what happened, without what nobody may see.

use serde::Serialize;
use serde_json::Value;
use stheno::{Catalogs, RecordedEvent, catalog::redact::redact};

/// One event, as it stands in the file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Entry {
    /// Its position in the log.
    pub sequence: u64,
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Where it comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// When it happened.
    pub time: String,
    /// When it was stored.
    pub stored: String,
    /// Which run wrote the line: 0 is live, each replay has a number of its own.
    pub run: u32,
    /// Its body, redacted.
    pub body: Value,
}

impl Entry {
    /// The line of an event. What no catalog knows is left out of its body altogether.
    pub fn of(event: &RecordedEvent, catalogs: &Catalogs, run: u32) -> Self {
        Self {
            sequence: event.sequence,
            id: event.id.as_str().to_owned(),
            name: event.name.as_str().to_owned(),
            key: event.key.as_ref().map(|key| key.as_str().to_owned()),
            source: event.source.as_deref().map(str::to_owned),
            time: event.time.to_string(),
            stored: event.stored.to_string(),
            run,
            body: redact(catalogs.find(&event.name), &event.body),
        }
    }
}
