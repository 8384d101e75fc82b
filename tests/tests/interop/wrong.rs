//! What programs that know no catalog can get wrong: a dead letter with its bytes, or an event all the same. Nobody else waits
//! for it.

use stheno::{App, Plugin, delivery::doc::DeadReason, medusa::OrderPlaced, prelude::*};
use stheno_system_tests::{Seen, nats, settle};
use stheno_testkit::nats::{NatsServer, Wire};

#[subscriber(id = "interop.typed", start = "beginning")]
async fn read(order: OrderPlaced, seen: Res<Seen>) -> Result<(), Failure> {
    seen.note(order.id);
    Ok(())
}

#[tokio::test]
async fn what_a_foreign_program_gets_wrong_is_a_dead_letter_with_its_bytes_or_an_event_all_the_same() {
    let (server, seen) = (NatsServer::start(), Seen::default());
    let plugin = Plugin::new("interop").subscriber(read::subscriber());
    let app = App::new(nats(&server.url()).await).provide(seen.clone()).plugin(plugin);
    let running = app.start().await.unwrap();
    let foreign = |name: &str, headers: &[(&str, &str)], body: &[u8]| {
        let mut wire = Wire::connect(server.port()).expect("the server answers");
        let reply = wire.request(&format!("events.{name}"), headers, body);
        assert_eq!(reply.expect("it is acknowledged").status, None);
    };
    let undecodable: [&[u8]; 4] = [b"\xff\xfe not even text", b"no json", b"{}", b"{\"id\":7}"];
    for body in undecodable {
        foreign("order.placed", &[], body);
    }
    let type_of_nobody = [("ce-specversion", "1.0"), ("ce-type", "nobody.knows_this")];
    for (id, headers) in [
        ("a type that disagrees", &[("ce-type", "order.canceled")][..]),
        ("a type that nobody knows", &type_of_nobody),
        ("a header twice", &[("x-note", "1"), ("x-note", "2")]),
        ("a header that is not ASCII", &[("x-note", "Grüße")]),
        ("an id that is none", &[("Nats-Msg-Id", "a b")]),
        ("good", &[]),
    ] {
        foreign("order.placed", headers, format!("{{\"id\":\"{id}\"}}").as_bytes());
    }
    foreign("nobody.knows_this", &[], b"{}");
    settle(&running).await;

    let mut handled = seen.at_least(6).await;
    handled.sort();
    assert_eq!(
        handled,
        [
            "a header that is not ASCII",
            "a header twice",
            "a type that disagrees",
            "a type that nobody knows",
            "an id that is none",
            "good"
        ]
    );
    let operator = running.operator();
    let letters = operator.dead_letters("interop.typed").await.unwrap();
    assert_eq!(letters.len(), undecodable.len());
    for (letter, body) in letters.iter().zip(undecodable) {
        assert_eq!(letter.reason, DeadReason::Undecodable);
        let event = operator.event(letter.sequence).await.unwrap().expect("the log keeps it");
        assert_eq!(event.body.as_ref(), body, "byte for byte");
    }
    let unknown = operator.unknown_names().await.unwrap();
    assert_eq!(
        unknown.iter().map(|name| (name.name.as_str(), name.count)).collect::<Vec<_>>(),
        [("nobody.knows_this", 1)]
    );
    running.stop().await;
}
