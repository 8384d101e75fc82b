//! What a handler publishes again although the log no longer knows its id: a retry after days, a redrive, a restart.
//!
//! A log knows an id for its dedup window. An attempt at an older event may repeat one that lies behind the window. What that
//! one has published stands behind the event, with the key and the name it gets now, and is looked for there.

use crate::{
    backend::{Appended, BackendError, Query},
    bus::Bus,
    event::recorded::{NewEvent, RecordedEvent},
    pattern::PatternSet,
    time::Timestamp,
};

/// Pages of [`Query::DEFAULT_LIMIT`] events that are looked at. Further behind its cause an event is known by its id alone.
const PAGES: usize = 4;

/// The event that caused another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cause {
    sequence: u64,
    stored: Timestamp,
}

impl Cause {
    pub(super) fn of(event: &RecordedEvent) -> Self {
        Self { sequence: event.sequence, stored: event.stored }
    }

    /// Whether an attempt at it may lie behind the window. Clocks may differ, so half of it is not relied on.
    async fn is_old(self, bus: &Bus) -> Result<bool, BackendError> {
        let ask = || async { Ok::<_, BackendError>(bus.backend().info().await?.dedup_window) };
        let window = *bus.0.window.get_or_try_init(ask).await?;
        Ok(bus.0.clock.now().since(self.stored) >= window / 2)
    }
}

/// What became of an event that an earlier attempt has published, unless there is none.
pub(super) async fn published(bus: &Bus, event: &NewEvent, cause: Cause) -> Result<Option<Appended>, BackendError> {
    if !cause.is_old(bus).await? {
        return Ok(None);
    }
    let backend = bus.backend();
    if event.not_before.is_some() && backend.scheduled(&event.id).await?.is_some() {
        return Ok(Some(Appended::duplicate(None)));
    }
    let Ok(name) = PatternSet::parse([event.name.as_str()]) else { return Ok(None) };
    let mut query = Query::new(name).after(cause.sequence);
    (query.key, query.keyless) = (event.key.clone(), event.key.is_none());
    for _ in 0..PAGES {
        let page = backend.read(query.clone()).await?;
        if let Some(there) = page.events.iter().find(|there| there.id == event.id) {
            return Ok(Some(Appended::duplicate(Some(there.sequence))));
        }
        if page.end {
            break;
        }
        query.after = page.covered;
    }
    Ok(None)
}
