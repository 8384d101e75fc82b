//! A host's memory does not depend on how large events are: pages, rings and lanes are bounded in bytes.
//!
//! `STHENO_LARGE_EVENTS=10000 cargo test -p stheno-system-tests --test memory` takes longer, and 10 GB of disk.
#![cfg(target_os = "linux")]

use std::{process::Stdio, time::Duration};

use stheno::{Bus, Catalogs, backend::Backend};
use stheno_system_tests::{LogFile, large, nats};
use stheno_testkit::nats::NatsServer;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

/// What a host may take at most, in KiB.
const MOST: u64 = 256 * 1024;
/// How long a host may say nothing: only a defect, or a machine that stands still, takes so long.
const SILENCE: Duration = Duration::from_secs(900);

fn events() -> usize {
    stheno_testkit::random::number_in("STHENO_LARGE_EVENTS")
        .map_or(400, |events| usize::try_from(events).expect("a number of events"))
}

struct Host {
    _child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Host {
    async fn start(url: &str, plan: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_large-host"))
            .args([url, plan, &events().to_string()])
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the host is built with these tests");
        let lines = BufReader::new(child.stdout.take().expect("it was piped")).lines();
        let mut host = Self { _child: child, lines };
        assert_eq!(host.line().await, "started");
        host
    }

    async fn line(&mut self) -> String {
        let line = tokio::time::timeout(SILENCE, self.lines.next_line()).await.expect("the host says something");
        line.expect("it can be read").expect("the host has not ended before")
    }

    /// What it took at most, once it is through.
    async fn took(mut self) -> u64 {
        self.line().await.parse().expect("a number")
    }
}

/// Publishes every event, a few at a time.
async fn publish(log: std::sync::Arc<dyn Backend>) {
    let (catalogs, _) = Catalogs::new([large::catalog()], []);
    let bus = Bus::new(log, std::sync::Arc::new(catalogs));
    for number in 0..events() {
        bus.publish(large::event(number)).await.expect("the log takes it");
    }
    bus.backend().close().await;
}

/// Live, then from the beginning in every way; each by a process of its own.
async fn hosts_stay_small(url: &str, log: std::sync::Arc<dyn Backend>) {
    let live = Host::start(url, "live").await;
    publish(log).await;
    let mut took = vec![("live", live.took().await)];
    for plan in ["one", "two", "failing"] {
        took.push((plan, Host::start(url, plan).await.took().await));
    }
    println!("{took:?} KiB");
    assert!(took.iter().all(|(_, took)| *took <= MOST), "more than {MOST} KiB: {took:?}");
}

#[tokio::test]
async fn a_host_on_a_file_stays_small_however_large_events_are() {
    let log = LogFile::new();
    hosts_stay_small(&log.url(), log.open().await).await;
}

#[tokio::test]
async fn a_host_on_a_nats_server_stays_small_however_large_events_are() {
    let server = NatsServer::start();
    hosts_stay_small(&server.url(), nats(&server.url()).await).await;
}
