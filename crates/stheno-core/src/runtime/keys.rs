//! Which key an event has that was stored without one: by the catalogs of this host, or by what other hosts have recorded
//! of theirs. A host that no longer has a catalog keeps the order that was begun with it.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use serde::{Deserialize, Serialize};

use crate::{
    backend::{Backend, BackendError},
    catalog::{
        key_rule::{KeyRule, KeySource},
        set::Catalogs,
    },
    delivery::names,
    key::Key,
    name::EventName,
    pattern::Pattern,
    runtime::{host::CatalogSpec, store},
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

    fn key(&self, name: &EventName, body: &[u8]) -> Option<Key> {
        match self {
            Self::Body { kind, pointer } => KeySource::at(kind, pointer, body),
            Self::Token { kind, token } => KeySource::in_name(kind, *token, name),
        }
    }
}

/// Finds the keys of events that were stored without one.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    catalogs: Arc<Catalogs>,
    recorded: RwLock<Vec<(Pattern, Vec<RecordedSource>)>>,
}

impl Keys {
    /// By these catalogs alone, until more is [learnt](Keys::learn).
    pub(crate) fn new(catalogs: &Arc<Catalogs>) -> Self {
        Self { catalogs: Arc::clone(catalogs), ..Self::default() }
    }

    /// Reads what every host has recorded that ever ran on this log. Says whether that is more, or other, than was known: then
    /// what was read before may lack its keys.
    pub(crate) async fn learn(&self, log: &Arc<dyn Backend>) -> Result<bool, BackendError> {
        if !log.abilities().foreign {
            return Ok(false);
        }
        let mut rules = Vec::new();
        for record in log.list_records(names::CATALOGS).await? {
            let catalog: CatalogSpec = store::parse(&record)?;
            if self.catalogs.iter().any(|own| own.name() == catalog.name) {
                continue;
            }
            let Some(keys) = catalog.keys else {
                tracing::warn!(
                    catalog = catalog.name,
                    "an older host has not recorded which keys the events of this catalog have; what was stored without one \
                     has none here. Start a host that has the catalog once"
                );
                continue;
            };
            rules.extend(keys.into_iter().filter_map(|(pattern, rule)| Some((Pattern::new(&pattern).ok()?, rule))));
        }
        let mut recorded = self.recorded.write().unwrap_or_else(PoisonError::into_inner);
        let changed = *recorded != rules;
        *recorded = rules;
        Ok(changed)
    }

    /// The key of an event: by the catalog of this host that defines its name, by what another has recorded, or by a
    /// declaration.
    pub(crate) fn key_of(&self, name: &EventName, body: &[u8]) -> Option<Key> {
        if !self.catalogs.defines(name) {
            let recorded = self.recorded.read().unwrap_or_else(PoisonError::into_inner);
            if let Some((_, rule)) = recorded.iter().find(|(pattern, _)| pattern.matches(name)) {
                return rule.iter().find_map(|source| source.key(name, body));
            }
        }
        self.catalogs.key_of(name, body)
    }
}
