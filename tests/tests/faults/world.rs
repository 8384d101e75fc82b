//! A cluster with publishers and subscribers at work.

use std::{fs, path::PathBuf, sync::Arc, time::Duration};

use stheno::{App, app::Running};
use stheno_system_tests::nats;
use stheno_testkit::{
    load::{Ledger, Load, publishers, subscribers},
    nats::{NatsCluster, NatsClusterOptions, Proxy},
    random::Random,
};
use tokio::time::Instant;

/// Keys that events are published of, each by a publisher of its own.
const KEYS: u64 = 12;
/// Events that are acknowledged before something goes wrong, and after it.
pub const SOME: usize = 300;
/// How long everything may take to come to rest at the end.
const REST: Duration = Duration::from_secs(60);

/// The stream of the log.
pub const STREAM: &str = "EVENTS";
/// The stream of the records.
pub const RECORDS: &str = "KV_EVENTS-records";
/// The client that appends, as servers know it.
pub const WRITER: &str = "stheno/writing";

/// A cluster with publishers and subscribers at work.
pub struct World {
    what: &'static str,
    pub cluster: NatsCluster,
    /// In front of each server, if the connections go through them.
    pub proxies: Vec<Proxy>,
    pub random: Random,
    pub load: Load,
    ledger: Arc<Ledger>,
    running: Running,
}

impl World {
    /// Starts everything; clients talk to the servers themselves.
    pub async fn begin(what: &'static str) -> Self {
        Self::begin_with(what, NatsClusterOptions::new(), false).await
    }

    /// The same with connections that can be cut and stalled.
    pub async fn begin_behind_proxies(what: &'static str) -> Self {
        Self::begin_with(what, NatsClusterOptions::new(), true).await
    }

    /// The same with a chosen cluster.
    pub async fn begin_with(what: &'static str, options: NatsClusterOptions, behind_proxies: bool) -> Self {
        let random = Random::seeded(what);
        let cluster = tokio::task::spawn_blocking(|| options.start()).await.expect("the cluster starts");
        let mut proxies = Vec::new();
        let mut url = cluster.url();
        if behind_proxies {
            for node in cluster.nodes() {
                proxies.push(Proxy::to(node.port()).await);
            }
            let ports: Vec<_> = proxies.iter().map(|proxy| format!("127.0.0.1:{}", proxy.port())).collect();
            url = format!("nats://{}", ports.join(","));
        }
        let log = nats(&format!("{url}?replicas=3")).await;
        let ledger = Arc::new(Ledger::default());
        let app = App::new(log).catalog(publishers::catalog()).without_unknown_names();
        let app = subscribers::all(&ledger).into_iter().fold(app, App::subscribe);
        let running = app.start().await.unwrap_or_else(|error| panic!("{what}: {error:?}"));
        let load = Load::begin(running.bus(), &ledger, KEYS, random.seed());
        load.more(SOME).await;
        Self { what, cluster, proxies, random, load, ledger, running }
    }

    /// Waits for a moment that the seed chooses.
    pub async fn moment(&mut self, below: Duration) {
        tokio::time::sleep(self.random.time_below(below)).await;
    }

    /// Lets everything come to rest, and checks it.
    pub async fn end(self) {
        let Self { what, cluster, proxies, random, load, ledger, running } = self;
        load.more(SOME).await;
        load.end().await;
        let deadline = Instant::now() + REST;
        while let Some((subscriber, sequence)) = ledger.unhandled() {
            if Instant::now() > deadline {
                let why = running.operator().why(subscriber, sequence.unwrap_or_default()).await;
                panic!("{what}: {subscriber} has not handled {sequence:?}: {why:?}");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        running.stop().await;
        let log = nats(&cluster.url()).await;
        let report = ledger.check(&*log).await.unwrap_or_else(|error| panic!("{what}: {error:?}"));
        println!("{what} (seed {}): {report}", random.seed());
        note(what, &report.to_string());
        log.close().await;
        drop(proxies);
    }
}

/// Keeps the figures where the page about faults is made from.
fn note(what: &str, report: &str) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("faults");
    // The figures are worth having and no reason to fail.
    let _ = fs::create_dir_all(&folder).and_then(|()| fs::write(folder.join(what.replace(' ', "-")), report));
}
