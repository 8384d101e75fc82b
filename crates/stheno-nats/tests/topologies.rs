//! Servers that are not one by one: leaf nodes with and without JetStream of their own, and a server without JetStream in a
//! cluster that has it.

mod common;

use std::{net::TcpListener, time::Duration};

use common::{bounded, open, placed};
use stheno_core::backend::{Append, Backend, Expect, Query, RecordName, RecordWrite};
use stheno_nats::NatsOptions;
use stheno_testkit::nats::{NatsServer, NatsServerOptions};

/// A port that nobody has now.
fn a_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("it has an address").port()
}

/// Waits until a server has a line in its log.
async fn says(server: &NatsServer, words: &str) {
    bounded(words, async {
        while !server.log().contains(words) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
}

/// Everything that a host does with a log: events, records one by one and together, with expectations, lists, deletions.
async fn works(address: &str) {
    let log = open(NatsOptions::from_url(address).expect("an address")).await;
    let appended = log.append(Append::one(placed("1"))).await.expect("it takes an event");
    let page = log.read(Query::all()).await.expect("it is read");
    assert_eq!(page.events.last().map(|event| event.sequence), appended[0].sequence);
    let name = |name: &str| RecordName::trusted(name);
    let put = |of: &str, value: &'static str| RecordWrite::put(name(of), value);
    let one = log.write_records(vec![put("sub/a/state", "1").expect(Expect::Absent)]).await.expect("it takes a record");
    let both = vec![put("sub/a/state", "2").expect(Expect::Revision(one[0])), put("sub/a/lane", "3")];
    log.write_records(both).await.expect("it takes several, all or none");
    assert!(log.write_records(vec![put("sub/a/state", "4").expect(Expect::Revision(one[0]))]).await.is_err());
    log.write_records(vec![RecordWrite::delete(name("sub/a/lane"))]).await.expect("it deletes a record");
    let left = log.list_records("sub/").await.expect("they are listed");
    assert_eq!(left.iter().map(|record| &*record.value).collect::<Vec<_>>(), [b"2"]);
    log.close().await;
}

#[tokio::test]
async fn a_log_in_the_domain_of_a_hub_is_used_from_its_leaf_nodes() {
    let leafs = a_port();
    let listen = format!("leafnodes {{ listen: \"127.0.0.1:{leafs}\" }}");
    let hub = NatsServerOptions::new().jetstream("domain: hub").config(&listen).start();
    let remote = format!("leafnodes {{ remotes: [ {{ url: \"nats-leaf://127.0.0.1:{leafs}\" }} ] }}");
    let with = NatsServerOptions::new().jetstream("domain: leaf").config(&remote).start();
    let without = NatsServerOptions::new().without_jetstream().config(&remote).start();
    for leaf in [&with, &without] {
        says(leaf, "Leafnode connection created").await;
    }
    for (number, server) in [&hub, &with, &without].into_iter().enumerate() {
        works(&format!("{}?domain=hub&stream=LOG-{number}&prefix=l{number}", server.url())).await;
    }
    // The leaf's own JetStream is another one.
    works(&format!("{}?domain=leaf&stream=OWN&prefix=own", with.url())).await;
}

#[tokio::test]
async fn a_server_without_jetstream_is_no_hindrance_in_a_cluster_that_has_it() {
    let ports: Vec<u16> = (0..4).map(|_| a_port()).collect();
    let routes: Vec<_> = ports.iter().map(|port| format!("\"nats-route://127.0.0.1:{port}\"")).collect();
    let cluster = |number: usize| {
        let (own, routes) = (ports[number], routes.join(", "));
        format!("server_name: s{number}\ncluster {{ name: shop, listen: \"127.0.0.1:{own}\", routes: [{routes}] }}")
    };
    let without = NatsServerOptions::new().without_jetstream().config(&cluster(3)).start();
    let with: Vec<_> = (0..3).map(|number| NatsServerOptions::new().config(&cluster(number)).start()).collect();
    bounded("the cluster has a leader", async {
        while !with.iter().any(|server| server.log().contains("JetStream cluster new metadata leader")) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    works(&format!("{}?stream=LOG&prefix=l&replicas=3", without.url())).await;
}

#[tokio::test]
async fn a_leaf_whose_hub_has_no_such_domain_is_told_so() {
    let server = NatsServer::start();
    let opened = stheno_nats::NatsBackend::open(
        NatsOptions::from_url(&format!("{}?domain=hub", server.url())).expect("an address"),
    );
    let Err(error) = opened.await else { panic!("there is no such domain") };
    assert!(error.to_string().contains("hub"), "{error}");
}
