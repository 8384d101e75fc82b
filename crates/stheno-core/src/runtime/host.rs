//! What a host says of itself in the backend, so that tools and other hosts know its subscribers and catalogs.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    backend::{Backend, BackendError, RecordError, RecordWrite},
    catalog::{key_rule::KeyRule, set::Catalogs},
    delivery::{commit::json, doc::is_false, names, why::Policed},
    name::EventName,
    pattern::Pattern,
    runtime::{
        rules::{RecordedRules, RecordedSource},
        store,
    },
};

/// One subscriber of a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SubscriberSpec {
    /// Its id.
    pub id: String,
    /// What it takes.
    pub patterns: Vec<String>,
    /// Whether it keeps the order of a key.
    pub ordered: bool,
    /// Whether its policy lets it stand still.
    #[serde(default, skip_serializing_if = "is_false")]
    pub paused: bool,
    /// How it is run, in words.
    pub policy: String,
}

/// The events of one catalog, as a host knows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CatalogSpec {
    /// What it is called.
    pub name: String,
    /// The version of its crate.
    pub version: String,
    /// The names, or the patterns of the names.
    pub patterns: Vec<String>,
    /// How the keys of those are found that have one, so that a host without the catalog finds them too. Nothing in the
    /// record of a host that is older than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<RecordedRules>,
}

/// Whether a catalog of any host that has ever run on this log knows a name.
pub(crate) async fn knows(backend: &Arc<dyn Backend>, name: &EventName) -> Result<bool, BackendError> {
    for record in backend.list_records(names::CATALOGS).await? {
        let catalog: CatalogSpec = store::parse(&record)?;
        let mut patterns = catalog.patterns.iter().filter_map(|pattern| Pattern::new(pattern).ok());
        if patterns.any(|pattern| pattern.matches(name)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Records what a host has: its subscribers, each by what it says of itself, and its catalogs.
pub(crate) async fn publish(
    backend: &Arc<dyn Backend>,
    subscribers: impl Iterator<Item = RecordWrite>,
    catalogs: &Catalogs,
) -> Result<(), BackendError> {
    // What a newer version wrote must not be written over either.
    for prefix in [names::SPECS, names::CATALOGS] {
        backend.list_records(prefix).await?.iter().try_for_each(store::refuse_newer)?;
    }
    let known = catalogs.iter().map(|catalog| {
        let keyed = catalog.events().iter().filter(|event| event.key != KeyRule::NONE);
        let spec = CatalogSpec {
            name: catalog.name().to_owned(),
            version: catalog.crate_version().to_owned(),
            patterns: catalog.events().iter().map(|event| event.pattern.to_owned()).collect(),
            keys: Some(keyed.map(|event| (event.pattern.to_owned(), RecordedSource::of(event.key))).collect()),
        };
        RecordWrite::put(names::catalog(catalog.name()), json(&spec))
    });
    for chunk in subscribers.chain(known).collect::<Vec<_>>().chunks(400) {
        match backend.write_records(chunk.to_vec()).await {
            Ok(_) | Err(RecordError::Conflict { .. }) => {}
            Err(RecordError::Backend(error)) => return Err(error),
        }
    }
    Ok(())
}

/// How a subscriber is run; as long as nobody says otherwise, it keeps the order of a key and does not stand still.
pub(crate) async fn policed(backend: &Arc<dyn Backend>, subscriber: &str) -> Result<Policed, BackendError> {
    match backend.get_record(&names::spec(subscriber)).await? {
        Some(record) => {
            let spec = store::parse::<SubscriberSpec>(&record)?;
            Ok(Policed { ordered: spec.ordered, paused: spec.paused })
        }
        None => Ok(Policed { ordered: true, paused: false }),
    }
}
