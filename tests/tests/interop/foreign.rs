//! Programs that know no catalog publish no key; their events have one all the same, and share its lane and its order with
//! what we publish.

use stheno::{App, FailureExt as _, medusa::OrderPlaced};
use stheno_system_tests::{Gate, Seen, nats, settle, subscriber};
use stheno_testkit::nats::{NatsServer, Wire};

#[tokio::test]
async fn what_foreign_programs_publish_keeps_the_order_of_its_key_with_ours() {
    let (server, seen, mended) = (NatsServer::start(), Seen::default(), Gate::default());
    let handler = {
        let (seen, mended) = (seen.clone(), mended.clone());
        subscriber("interop.order", "order.*", move |event, cx| {
            let broken = cx.key().is_some_and(|key| key.as_str() == "order:order_1") && !mended.is_open();
            seen.note(format!("{}{}", event.id, if broken { " broken" } else { "" }));
            async move { if broken { Err("not yet mended").terminal() } else { Ok(()) } }
        })
    };
    let running = App::new(nats(&server.url()).await).subscribe(handler).start().await.unwrap();
    let foreign = |name: &str, id: &str, order: &str| {
        let mut wire = Wire::connect(server.port()).expect("the server answers");
        let body = format!("{{\"id\":\"{order}\"}}");
        let reply = wire.request(&format!("events.{name}"), &[("Nats-Msg-Id", id)], body.as_bytes());
        assert_eq!(reply.expect("it is acknowledged").status, None);
    };
    foreign("order.placed", "1", "order_1");
    settle(&running).await;
    foreign("order.updated", "2", "order_1");
    running.bus().publish(OrderPlaced::new("order_1")).id("3").await.unwrap();
    foreign("order.canceled", "4", "order_1");
    foreign("order.placed", "other", "order_2");
    settle(&running).await;
    assert_eq!(seen.lines(), ["1 broken", "other"], "the rest of the key waits behind its dead letter");

    mended.open();
    let letters = running.operator().dead_letters("interop.order").await.unwrap();
    running.operator().redrive("interop.order", letters[0].sequence).await.unwrap();
    assert_eq!(seen.at_least(6).await[2..], ["1", "2", "3", "4"]);
    settle(&running).await;
    running.stop().await;
}
