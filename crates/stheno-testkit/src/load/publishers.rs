//! The publishers of a load: one for each key, so that a key's order is known.

use std::{sync::Arc, time::Duration};

use serde_json::json;
use stheno_core::{
    Bus, Catalog, EventDescriptor, KeyRule, KeySource, Outgoing, PublishErrorKind,
    backend::{AppendErrorKind, BackendErrorKind},
};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

use crate::{
    load::ledger::{Ledger, Numbered},
    random::Random,
};

/// The events of a load.
pub const TICKED: &str = "load.ticked";
const OF_KEY: KeyRule = KeyRule::new(&[KeySource::Body { kind: "load", pointer: "/key" }]);
/// How long anything of a load may take.
const LIMIT: Duration = Duration::from_secs(90);
/// The longest wait between two events of a key.
const WAIT: Duration = Duration::from_millis(20);

/// What documents the events of a load.
pub fn catalog() -> Catalog {
    let ticked = EventDescriptor::declared(TICKED, "", env!("CARGO_PKG_NAME")).key(OF_KEY);
    Catalog::new("load", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")).event(ticked)
}

/// Publishers that are at work.
#[derive(Debug)]
#[must_use = "a load goes on until it is ended"]
pub struct Load {
    ledger: Arc<Ledger>,
    stop: watch::Sender<bool>,
    publishers: JoinSet<()>,
}

impl Load {
    /// Begins to publish: one publisher for each key, one event after the other. What comes back with an error that may
    /// pass is published again with the same id.
    pub fn begin(bus: &Bus, ledger: &Arc<Ledger>, keys: u64, seed: u64) -> Self {
        let stop = watch::Sender::new(false);
        let mut publishers = JoinSet::new();
        for key in 0..keys {
            publishers.spawn(publish(bus.clone(), Arc::clone(ledger), key, Random::new(seed ^ key), stop.subscribe()));
        }
        Self { ledger: Arc::clone(ledger), stop, publishers }
    }

    /// Waits until so many more events were acknowledged.
    ///
    /// # Panics
    /// When that does not happen in time.
    pub async fn more(&self, events: usize) {
        let goal = self.ledger.acknowledgements() + events;
        let deadline = Instant::now() + LIMIT;
        while self.ledger.acknowledgements() < goal {
            let now = self.ledger.acknowledgements();
            assert!(Instant::now() < deadline, "{goal} acknowledgements were waited for, and there are {now}");
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Publishes nothing more, and waits until all is acknowledged that was begun.
    ///
    /// # Panics
    /// When a publisher could not get its last event acknowledged in time.
    pub async fn end(mut self) {
        self.stop.send_replace(true);
        let ended = timeout(LIMIT, async {
            while let Some(publisher) = self.publishers.join_next().await {
                publisher.unwrap_or_else(|error| panic!("a publisher failed: {error}"));
            }
        });
        ended.await.unwrap_or_else(|_| panic!("a publisher did not come to its end"));
    }
}

async fn publish(bus: Bus, ledger: Arc<Ledger>, key: u64, mut random: Random, stop: watch::Receiver<bool>) {
    let mut number = 0;
    while !*stop.borrow() {
        let event = Numbered { key, number };
        ledger.attempted(event);
        let deadline = Instant::now() + LIMIT;
        loop {
            let body = json!({ "key": key.to_string(), "number": number });
            match bus.publish(Outgoing::raw(TICKED, &body)).id(&event.to_string()).await {
                Ok(published) => break ledger.acknowledged(event, published.sequence),
                Err(error) => {
                    ledger.failed();
                    assert!(may_pass(error.kind()), "{event} cannot be published: {error:?}");
                    assert!(Instant::now() < deadline, "{event} cannot be published: {error:?}");
                    sleep(Duration::from_millis(50)).await;
                }
            }
        }
        number += 1;
        sleep(random.time_below(WAIT)).await;
    }
}

/// Whether publishing again may help.
fn may_pass(kind: &PublishErrorKind) -> bool {
    let may_pass = |kind: &BackendErrorKind| matches!(kind, BackendErrorKind::Unavailable | BackendErrorKind::Full);
    match kind {
        PublishErrorKind::Append(AppendErrorKind::Unknown) => true,
        PublishErrorKind::Append(AppendErrorKind::Backend(kind)) => may_pass(kind),
        _ => false,
    }
}
