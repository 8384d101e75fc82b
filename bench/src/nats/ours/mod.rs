//! Ours as it is shipped: typed events published through a bus, and an app with typed subscribers whose work is recorded.

pub mod consume;
pub mod latency;
pub mod publish;
pub mod writes;

use std::sync::Arc;

use stheno::{
    App, Bus, Catalog, Catalogs,
    backend::Backend,
    nats::{HeaderMode, NatsBackend, NatsOptions},
};

use crate::{
    Fallible,
    nats::{
        events,
        side::{Place, Sending},
    },
};

/// A backend with connections of its own.
async fn open(place: &Place, sending: Sending) -> Fallible<Arc<dyn Backend>> {
    let server = place.url.trim_start_matches("nats://");
    let options = NatsOptions::server(server).stream(&*place.stream).prefix(&*place.prefix);
    let options = match sending {
        Sending::Default => options,
        Sending::CloudEvents => options.headers(HeaderMode::CloudEvents),
        Sending::GroupCommit => options.group_commit(true),
    };
    Ok(NatsBackend::open(options).await?)
}

fn catalogs() -> [Catalog; 2] {
    [stheno::medusa::catalog(), events::catalog()]
}

fn bus(backend: &Arc<dyn Backend>) -> Bus {
    let (catalogs, _) = Catalogs::new(catalogs(), []);
    Bus::new(Arc::clone(backend), Arc::new(catalogs))
}

fn app(backend: &Arc<dyn Backend>) -> App {
    let app = App::new(Arc::clone(backend)).without_unknown_names();
    catalogs().into_iter().fold(app, App::catalog)
}
