//! How the keys of a catalog's events are found, as a host records it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    catalog::key_rule::{KeyRule, KeySource},
    key::Key,
    name::EventName,
};

/// The key rules of a catalog as a host records them: for a name, or a pattern of names, where its key comes from.
pub type RecordedRules = BTreeMap<String, Vec<RecordedSource>>;

/// [`KeySource`] in a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum RecordedSource {
    /// [`KeySource::Body`].
    Body {
        /// The kind of the key.
        kind: String,
        /// The pointer.
        pointer: String,
    },
    /// [`KeySource::Token`].
    Token {
        /// The kind of the key.
        kind: String,
        /// Which token.
        token: usize,
    },
}

impl RecordedSource {
    /// What a host records of a rule.
    pub(crate) fn of(rule: KeyRule) -> Vec<Self> {
        let recorded = |source: &KeySource| match *source {
            KeySource::Body { kind, pointer } => Self::Body { kind: kind.to_owned(), pointer: pointer.to_owned() },
            KeySource::Token { kind, index } => Self::Token { kind: kind.to_owned(), token: index },
        };
        rule.sources().iter().map(recorded).collect()
    }

    /// The key of an event by this rule.
    pub(crate) fn key(&self, name: &EventName, body: &[u8]) -> Option<Key> {
        match self {
            Self::Body { kind, pointer } => KeySource::at(kind, pointer, body),
            Self::Token { kind, token } => KeySource::in_name(kind, *token, name),
        }
    }
}
