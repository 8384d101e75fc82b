//! Connections to a real server that go away or end.

use stheno_testkit::nats::NatsServer;

use super::*;
use crate::{batch, encode::Outgoing, options::NatsOptions, publish::Target};

#[test]
fn a_denied_subject_is_found_in_what_the_server_says() {
    let said = "Permissions Violation for Publish to \"log._.order.placed\"";
    assert_eq!(denied_subject(said), Some("log._.order.placed"));
    assert_eq!(denied_subject("Permissions Violation for Subscription to \"x.>\""), Some("x.>"));
    assert_eq!(denied_subject("Stale Connection"), None);
}

async fn link(server: &NatsServer) -> Arc<Link> {
    let dial = Dial::new(NatsOptions::from_url(&server.url()).unwrap()).unwrap();
    Link::open("test", Arc::new(dial), &Handle::current()).await.unwrap()
}

#[tokio::test]
async fn a_connection_that_is_away_with_much_queued_is_let_go_all_the_same() {
    let server = NatsServer::start();
    let link = link(&server).await;
    server.kill();
    let mut health = link.health();
    health.wait_for(|health| !health.connected).await.unwrap();
    let mut queued = 0;
    let send = || link.send("nobody".into(), None, Bytes::from_static(b"x"));
    while let Ok(sent) = tokio::time::timeout(Duration::from_secs(1), send()).await {
        sent.unwrap();
        queued += 1;
    }
    assert!(queued > 100, "{queued}");
    let closed = tokio::time::timeout(Duration::from_secs(20), link.close()).await;
    assert!(closed.is_ok(), "closing comes to an end");
}

#[tokio::test]
async fn a_batch_whose_client_has_ended_was_not_stored_and_may_be_sent_again() {
    let server = NatsServer::start();
    let link = link(&server).await;
    // Nobody makes another client.
    if let Some(service) = link.service.lock().unwrap().take() {
        service.abort();
    }
    link.client().drain().await.unwrap();
    while link.client().publish("nobody", Bytes::new()).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let message = |_| Outgoing { subject: "nobody".into(), headers: HeaderMap::new(), body: Bytes::new() };
    let target = Target { stream: "EVENTS", domain: None };
    let sent = || batch::send(&link, target, [1, 2].map(message).into_iter(), batch::AT_ONCE);
    assert!(matches!(sent().await, Err(Trouble::NoResponders)));
    link.close().await;
    assert!(matches!(sent().await, Err(Trouble::Closed)));
}
