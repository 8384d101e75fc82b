//! The conformance suite on three nats-servers that keep three copies: what a cluster answers is not always what a single
//! server does. `cargo xtask mirrors` runs it beside mirrors of each log.

mod common;

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicU32, Ordering},
};

use stheno_core::{async_trait, backend::Backend};
use stheno_nats::{NatsBackend, NatsOptions};
use stheno_testkit::{
    conformance::Harness,
    nats::{NatsCluster, NatsClusterOptions},
};
use tokio::sync::OnceCell;

stheno_testkit::conformance_suite!(ThreeServers::new());

/// The servers of the behaviours that leave them alone. They end with the program.
fn shared() -> &'static NatsCluster {
    static SHARED: OnceLock<NatsCluster> = OnceLock::new();
    SHARED.get_or_init(|| NatsClusterOptions::new().start())
}

/// A log of its own on the servers that all behaviours share, but for those that restart them.
struct ThreeServers {
    number: u32,
    own: OnceLock<NatsCluster>,
    mirrored: OnceCell<()>,
}

impl ThreeServers {
    fn new() -> Self {
        static LOGS: AtomicU32 = AtomicU32::new(0);
        Self { number: LOGS.fetch_add(1, Ordering::Relaxed), own: OnceLock::new(), mirrored: OnceCell::new() }
    }
}

#[async_trait]
impl Harness for ThreeServers {
    async fn open(&self) -> Arc<dyn Backend> {
        let url = tokio::task::block_in_place(|| self.own.get().unwrap_or_else(|| shared()).url());
        let options = NatsOptions::from_url(&url).expect("the address of a cluster").replicas(3);
        let (stream, prefix) = (format!("EVENTS-{}", self.number), format!("t{}", self.number));
        let log = NatsBackend::open(options.stream(&stream).prefix(&prefix)).await.expect("the log opens");
        self.mirrored.get_or_init(|| common::mirrors::if_asked(url, stream, prefix)).await;
        log
    }

    async fn alone(&self) {
        tokio::task::block_in_place(|| self.own.get_or_init(|| NatsClusterOptions::new().start()));
    }

    async fn restart(&self) {
        let own = self.own.get().expect("a behaviour that restarts the log has servers of its own");
        own.nodes().iter().for_each(|node| node.kill());
        own.start();
    }
}
