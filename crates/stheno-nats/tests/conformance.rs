//! Every behaviour of the conformance suite, on a real nats-server: with each append by itself, and with appends that go out
//! together on a server that writes each through to its disk. `cargo xtask mirrors` runs it beside mirrors of each log.

mod common;

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicU32, Ordering},
};

use stheno_core::{async_trait, backend::Backend};
use stheno_nats::{NatsBackend, NatsOptions, ServerSync};
use stheno_testkit::{
    conformance::Harness,
    nats::{NatsServer, NatsServerOptions},
};
use tokio::sync::OnceCell;

mod alone {
    use super::*;

    stheno_testkit::conformance_suite!(OneServer::new(NatsServerOptions::new(), common::shared, ServerSync::Interval));
}

mod together {
    use super::*;

    stheno_testkit::conformance_suite!(OneServer::new(synced(), shared, ServerSync::Always));

    fn synced() -> NatsServerOptions {
        NatsServerOptions::new().jetstream("sync_interval: always")
    }

    /// The server of the behaviours that leave it alone.
    fn shared() -> &'static NatsServer {
        static SHARED: OnceLock<NatsServer> = OnceLock::new();
        SHARED.get_or_init(|| synced().start())
    }
}

/// A log of its own on the server that all behaviours share, but for those that restart it.
struct OneServer {
    number: u32,
    server: NatsServerOptions,
    shared: fn() -> &'static NatsServer,
    sync: ServerSync,
    own: OnceLock<NatsServer>,
    mirrored: OnceCell<()>,
}

impl OneServer {
    fn new(server: NatsServerOptions, shared: fn() -> &'static NatsServer, sync: ServerSync) -> Self {
        static LOGS: AtomicU32 = AtomicU32::new(0);
        let (number, own, mirrored) = (LOGS.fetch_add(1, Ordering::Relaxed), OnceLock::new(), OnceCell::new());
        Self { number, server, shared, sync, own, mirrored }
    }

    fn url(&self) -> String {
        self.own.get().map_or_else(|| (self.shared)().url(), NatsServer::url)
    }
}

#[async_trait]
impl Harness for OneServer {
    async fn open(&self) -> Arc<dyn Backend> {
        let options = NatsOptions::from_url(&self.url()).expect("the address of a server").sync(self.sync);
        let (stream, prefix) = (format!("EVENTS-{}", self.number), format!("t{}", self.number));
        let log = NatsBackend::open(options.stream(&stream).prefix(&prefix)).await.expect("the log opens");
        self.mirrored.get_or_init(|| common::mirrors::if_asked(self.url(), stream, prefix)).await;
        log
    }

    async fn alone(&self) {
        self.own.get_or_init(|| self.server.clone().start());
    }

    async fn restart(&self) {
        let own = self.own.get().expect("a behaviour that restarts the log has a server of its own");
        own.kill();
        own.start_again();
    }
}
