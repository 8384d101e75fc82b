//! Names in the log that no catalog knows: kept, counted, and shown with the nearest known name.

use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{
    backend::{Backend, BackendError, Expect, RecordWrite},
    catalog::set::Catalogs,
    cx::Cx,
    delivery::{commit::json, names},
    event::input::AnyEvent,
    failure::Failure,
    runtime::{host, store},
    subscriber::{Subscriber, definition::SubscriberDef, policy::Start},
    time::Timestamp,
};

/// The id of the built-in subscriber that counts them.
pub const SUBSCRIBER: &str = "stheno.unknown-names";

/// A name that no catalog knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UnknownName {
    /// The name.
    pub name: String,
    /// The known name nearest to it, if one is near enough to be meant.
    pub nearest: Option<String>,
    /// How many events have it.
    pub count: u64,
    /// The newest of them.
    pub last_sequence: u64,
    /// When that one was stored.
    pub last_stored: Timestamp,
}

pub(crate) async fn list(backend: &Arc<dyn Backend>) -> Result<Vec<UnknownName>, BackendError> {
    backend.list_records(names::UNKNOWN).await?.iter().map(store::parse).collect()
}

/// Counts the events whose name no catalog of this host knows.
pub(crate) fn subscriber(backend: Arc<dyn Backend>, catalogs: Arc<Catalogs>) -> SubscriberDef {
    // One at a time: the count of a name goes by sequence.
    SubscriberDef::new(SUBSCRIBER, CountUnknown { backend, catalogs }).on(">").concurrency(1).start(Start::Beginning)
}

struct CountUnknown {
    backend: Arc<dyn Backend>,
    catalogs: Arc<Catalogs>,
}

#[async_trait]
impl Subscriber for CountUnknown {
    type Event = AnyEvent;

    async fn handle(&self, event: AnyEvent, _cx: Cx) -> Result<(), Failure> {
        if self.catalogs.find(&event.name).is_some() {
            return Ok(());
        }
        // Another host on this log may have a catalog that this one has not.
        if host::knows(&self.backend, &event.name).await? {
            return Ok(());
        }
        let record_name = names::unknown(&event.name);
        let found = self.backend.get_record(&record_name).await?;
        let before: Option<UnknownName> = found.as_ref().map(store::parse).transpose()?;
        if before.as_ref().is_some_and(|before| before.last_sequence >= event.sequence) {
            return Ok(());
        }
        let nearest = self.catalogs.nearest(event.name.as_str());
        if before.is_none() {
            tracing::warn!(name = %event.name, ?nearest, sequence = event.sequence, "no catalog knows this event; was it misspelt?");
        }
        let now = UnknownName {
            name: event.name.as_str().to_owned(),
            nearest: nearest.map(str::to_owned),
            count: before.map_or(0, |before| before.count) + 1,
            last_sequence: event.sequence,
            last_stored: event.stored,
        };
        let expect = found.map_or(Expect::Absent, |record| Expect::Revision(record.revision));
        self.backend.write_records(vec![RecordWrite::put(record_name, json(&now)).expect(expect)]).await?;
        Ok(())
    }
}
