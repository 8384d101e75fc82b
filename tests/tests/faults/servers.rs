//! Servers that are killed, frozen, restarted and retired.

use std::time::Duration;

use crate::world::{RECORDS, SOME, STREAM, WRITER, World};

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_when_the_leader_of_the_stream_is_killed() {
    let mut world = World::begin("kill the leader").await;
    world.moment(Duration::from_millis(300)).await;
    let leader = world.cluster.leader(STREAM);
    leader.kill();
    world.load.more(SOME).await;
    leader.start();
    world.cluster.wait_until_whole(STREAM);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_when_the_leader_of_the_stream_freezes_and_goes_on() {
    let mut world = World::begin("freeze the leader").await;
    world.moment(Duration::from_millis(300)).await;
    let leader = world.cluster.leader(STREAM);
    leader.pause();
    world.load.more(SOME).await;
    leader.resume();
    world.load.more(SOME).await;
    world.cluster.wait_until_whole(STREAM);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_when_all_three_are_killed_and_started_again() {
    let mut world = World::begin("kill all three").await;
    for node in world.cluster.nodes() {
        node.kill();
    }
    world.moment(Duration::from_secs(1)).await;
    world.cluster.start();
    world.cluster.wait_until_whole(STREAM);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_when_the_leader_of_the_stream_is_retired() {
    let mut world = World::begin("lame duck").await;
    world.moment(Duration::from_millis(300)).await;
    let leader = world.cluster.leader(STREAM);
    leader.lame_duck();
    world.load.more(SOME).await;
    // What a new version of the server would do once the old one has ended.
    leader.kill();
    leader.start();
    world.cluster.wait_until_whole(STREAM);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_when_leaders_step_down_again_and_again() {
    let mut world = World::begin("step down").await;
    for stream in [STREAM, RECORDS, STREAM, RECORDS] {
        world.moment(Duration::from_millis(300)).await;
        world.cluster.step_down(stream);
        world.load.more(SOME).await;
    }
    world.cluster.wait_until_whole(STREAM);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_when_the_server_of_the_client_is_gone() {
    let mut world = World::begin("kill the server of the client").await;
    world.moment(Duration::from_millis(300)).await;
    let server = world.cluster.server_of(WRITER);
    server.kill();
    world.load.more(SOME).await;
    server.start();
    world.cluster.wait_until_whole(STREAM);
    world.end().await;
}
