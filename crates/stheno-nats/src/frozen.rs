//! A test: a server that is frozen keeps its connections open and says nothing, and is noticed all the same.

use std::{sync::Arc, time::Duration};

use stheno_testkit::nats::NatsServer;
use tokio::runtime::Handle;

use crate::{
    dial::Dial,
    link::{Health, Link},
    options::NatsOptions,
};

#[tokio::test]
async fn a_connection_to_a_frozen_server_counts_as_lost_and_comes_back() {
    let server = NatsServer::start();
    let options = NatsOptions::from_url(&server.url()).unwrap();
    let dial = Arc::new(Dial::new(options).unwrap());
    let link = Link::open("test", dial, &Handle::current()).await.unwrap();
    let mut health = link.health();
    let mut becomes = async |what: &str, so: fn(&Health) -> bool| {
        let happens = health.wait_for(so);
        let happened = tokio::time::timeout(Duration::from_secs(60), happens).await;
        happened.unwrap_or_else(|_| panic!("has not happened: {what}")).unwrap();
    };
    server.pause();
    becomes("the connection counts as lost", |health| health.lost == 1 && !health.connected).await;
    server.resume();
    becomes("the connection is back", |health| health.connected).await;
    link.close().await;
}
