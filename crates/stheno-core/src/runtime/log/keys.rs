//! Which key an event has that was stored without one: by the catalogs of this host, or by what other hosts have recorded
//! of theirs. A host that no longer has a catalog keeps the order that was begun with it.

use std::sync::{
    Arc, PoisonError, RwLock,
    atomic::{AtomicU64, Ordering},
};

use crate::{
    backend::{Backend, BackendError},
    catalog::set::Catalogs,
    delivery::names,
    key::Key,
    name::EventName,
    pattern::Pattern,
    runtime::{host::CatalogSpec, rules::RecordedSource, store},
};

/// Finds the keys of events that were stored without one.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    catalogs: Arc<Catalogs>,
    recorded: RwLock<Vec<(Pattern, Vec<RecordedSource>)>>,
    /// How often more was learnt.
    learnt: AtomicU64,
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
        if changed {
            self.learnt.fetch_add(1, Ordering::Relaxed);
        }
        Ok(changed)
    }

    /// Changes when keys may be other ones than before.
    pub(crate) fn learnt(&self) -> u64 {
        self.learnt.load(Ordering::Relaxed)
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
