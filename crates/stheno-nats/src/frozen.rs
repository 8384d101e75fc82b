//! Tests: a server that is frozen keeps its connections open and says nothing. It is noticed all the same, said in the log,
//! and the last of several to be tried again.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use stheno_testkit::{Warnings, nats::NatsServer};
use tokio::{runtime::Handle, sync::watch};

use crate::{
    dial::Dial,
    link::{Health, Link},
    options::NatsOptions,
    replies::Answer,
};

/// After how long a frozen server is noticed at most.
const NOTICED: Duration = Duration::from_secs(15);

async fn link(options: NatsOptions) -> Arc<Link> {
    Link::open("test", Arc::new(Dial::new(options).unwrap()), &Handle::current()).await.unwrap()
}

async fn becomes(health: &mut watch::Receiver<Health>, what: &str, so: fn(&Health) -> bool) {
    let happened = tokio::time::timeout(Duration::from_secs(60), health.wait_for(so)).await;
    happened.unwrap_or_else(|_| panic!("has not happened: {what}")).unwrap();
}

#[tokio::test]
async fn a_connection_to_a_frozen_server_counts_as_lost_and_comes_back() {
    let warnings = Warnings::default();
    let _listening = tracing::subscriber::set_default(warnings.clone());
    let server = NatsServer::start();
    let link = link(NatsOptions::from_url(&server.url()).unwrap()).await;
    let mut health = link.health();
    server.pause();
    let began = Instant::now();
    // The signal takes a moment: what is asked in it is still answered.
    let asking = async { while let Answer::NoResponders = link.request("nobody".into(), None, Bytes::new()).await {} };
    let lost = becomes(&mut health, "the connection counts as lost", |health| health.lost == 1 && !health.connected);
    tokio::join!(asking, lost);
    assert!(began.elapsed() < NOTICED, "{:?}", began.elapsed());
    // What waits for an answer says so before the connection counts as lost.
    for words in ["no answer of the nats-server in time", "the connection was lost"] {
        let said = warnings.about(words);
        let (at, _) = said.first().unwrap_or_else(|| panic!("{words}: {warnings:?}"));
        assert!(at.duration_since(began) < NOTICED, "{words}");
    }
    server.resume();
    becomes(&mut health, "the connection is back", |health| health.connected).await;
    link.close().await;
}

#[tokio::test]
async fn of_several_servers_the_frozen_one_is_not_tried_before_the_others() {
    let servers = [NatsServer::start(), NatsServer::start()];
    let url = format!("nats://127.0.0.1:{},127.0.0.1:{}", servers[0].port(), servers[1].port());
    let link = link(NatsOptions::from_url(&url).unwrap()).await;
    let mut health = link.health();
    let connected = |link: &Link| link.client().server_info().port;
    let (frozen, other) = match connected(&link) == servers[0].port() {
        true => (&servers[0], &servers[1]),
        false => (&servers[1], &servers[0]),
    };
    frozen.pause();
    let began = Instant::now();
    becomes(&mut health, "it is connected to another", |health| health.lost == 1 && health.connected).await;
    assert!(began.elapsed() < NOTICED, "{:?}", began.elapsed());
    assert_eq!(connected(&link), other.port());
    link.close().await;
}
