//! Every behaviour of the conformance suite, on a real nats-server.

mod common;

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicU32, Ordering},
};

use stheno_core::{async_trait, backend::Backend};
use stheno_nats::{NatsBackend, NatsOptions};
use stheno_testkit::{conformance::Harness, nats::NatsServer};

stheno_testkit::conformance_suite!(OneServer::new());

/// A log of its own on the server that all behaviours share, but for those that restart it.
struct OneServer {
    number: u32,
    own: OnceLock<NatsServer>,
}

impl OneServer {
    fn new() -> Self {
        static LOGS: AtomicU32 = AtomicU32::new(0);
        Self { number: LOGS.fetch_add(1, Ordering::Relaxed), own: OnceLock::new() }
    }

    fn options(&self) -> NatsOptions {
        let url = self.own.get().map_or_else(|| common::shared().url(), NatsServer::url);
        let options = NatsOptions::from_url(&url).expect("the address of a server");
        options.stream(format!("EVENTS-{}", self.number)).prefix(format!("t{}", self.number))
    }
}

#[async_trait]
impl Harness for OneServer {
    async fn open(&self) -> Arc<dyn Backend> {
        NatsBackend::open(self.options()).await.expect("the log opens")
    }

    async fn alone(&self) {
        self.own.get_or_init(NatsServer::start);
    }

    async fn restart(&self) {
        let own = self.own.get().expect("a behaviour that restarts the log has a server of its own");
        own.kill();
        own.start_again();
    }
}
