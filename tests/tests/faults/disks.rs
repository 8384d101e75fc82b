//! Disks that become full.

use stheno_system_tests::eventually;
use stheno_testkit::nats::NatsClusterOptions;

use crate::world::{STREAM, World};

/// Room for what a test stores, and for the servers themselves.
const MEGABYTES: u32 = 48;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_when_the_disk_of_the_leader_becomes_full() {
    let world = World::begin_with("full disk", NatsClusterOptions::new().small_disks(MEGABYTES), false).await;
    let leader = world.cluster.leader(STREAM);
    let disk = leader.disk().expect("every server has one");
    disk.fill();
    let met = eventually(|| async { leader.log().contains("no space left on device") }, |met| *met).await;
    assert!(met, "the server has met the end of its disk");
    // What an operator does: room, and a restart, for a server that met a full disk writes nothing more until then.
    disk.free();
    leader.kill();
    leader.start();
    world.cluster.wait_until_whole(STREAM);
    world.end().await;
}
