//! Connections that are cut and stalled, while the servers are well.

use std::time::Duration;

use stheno_testkit::nats::Proxy;

use crate::world::{SOME, WRITER, World};

/// How often connections are cut.
const CUTS: usize = 5;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_when_connections_are_cut() {
    let mut world = World::begin_behind_proxies("cut connections").await;
    for _ in 0..CUTS {
        world.moment(Duration::from_millis(500)).await;
        world.proxies.iter().for_each(Proxy::cut);
        world.load.more(SOME / CUTS).await;
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_when_connections_stall_and_go_on() {
    let mut world = World::begin_behind_proxies("stall connections").await;
    for _ in 0..2 {
        world.proxies.iter().for_each(Proxy::stall);
        world.moment(Duration::from_secs(2)).await;
        world.proxies.iter().for_each(Proxy::heal);
        world.load.more(SOME / 2).await;
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_stalls_for_good_is_given_up_and_nothing_is_lost() {
    let world = World::begin_behind_proxies("stall one server for good").await;
    let server = world.cluster.server_of(WRITER).port();
    let index = world.cluster.nodes().iter().position(|node| node.port() == server).expect("one of the three");
    world.proxies[index].stall();
    // Nothing passes there any more, so this needs another server.
    world.load.more(SOME).await;
    world.proxies[index].heal();
    world.end().await;
}
