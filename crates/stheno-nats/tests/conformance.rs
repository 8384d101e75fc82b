//! Every behaviour of the conformance suite, on a real nats-server: with each append by itself, and with appends that go out
//! together on a server that writes each through to its disk.

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
}

impl OneServer {
    fn new(server: NatsServerOptions, shared: fn() -> &'static NatsServer, sync: ServerSync) -> Self {
        static LOGS: AtomicU32 = AtomicU32::new(0);
        Self { number: LOGS.fetch_add(1, Ordering::Relaxed), server, shared, sync, own: OnceLock::new() }
    }

    fn options(&self) -> NatsOptions {
        let url = self.own.get().map_or_else(|| (self.shared)().url(), NatsServer::url);
        let options = NatsOptions::from_url(&url).expect("the address of a server");
        options.stream(format!("EVENTS-{}", self.number)).prefix(format!("t{}", self.number)).sync(self.sync)
    }
}

#[async_trait]
impl Harness for OneServer {
    async fn open(&self) -> Arc<dyn Backend> {
        NatsBackend::open(self.options()).await.expect("the log opens")
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
