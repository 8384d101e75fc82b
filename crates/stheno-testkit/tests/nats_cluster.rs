//! The cluster of the test kit: it starts, a stream survives its leader, and what a server stored is there when it is back.

use std::{
    thread,
    time::{Duration, Instant},
};

use serde_json::json;
use stheno_testkit::nats::{NatsClusterOptions, Wire};

#[test]
fn a_stream_gets_another_leader_and_is_whole_again_when_the_first_is_back() {
    let cluster = NatsClusterOptions::new().start();
    let mut wire = Wire::connect(cluster.nodes()[0].port()).unwrap();
    let config = json!({ "name": "S", "subjects": ["s.>"], "num_replicas": 3, "storage": "file" });
    let made = wire.api("STREAM.CREATE.S", &config).unwrap();
    assert!(made["error"].is_null(), "{made}");
    let first = cluster.leader("S");
    let mut wire = Wire::connect(cluster.follower("S").port()).unwrap();
    // The other servers hear of a new stream a moment later than its leader.
    let until = Instant::now() + Duration::from_secs(30);
    let stored = loop {
        let reply = wire.request("s.a", &[("Nats-Msg-Id", "1")], b"{}").unwrap();
        if reply.status != Some(503) || Instant::now() > until {
            break reply;
        }
        thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(stored.status, None, "{stored:?}");
    assert_eq!(wire.request("nobody", &[], b"").unwrap().status, Some(503));

    first.kill();
    let second = cluster.leader("S");
    assert_ne!(first.name(), second.name());
    first.start();
    cluster.wait_until_whole("S");
    assert_eq!(cluster.stream("S").unwrap()["state"]["messages"], 1);
}
