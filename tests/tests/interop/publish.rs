//! What they publish reaches typed handlers: the bare documented body, CloudEvents in binary and in structured mode.

use stheno::{App, medusa::OrderPlaced, prelude::*};
use stheno_system_tests::{Seen, nats};
use stheno_testkit::nats::NatsServer;

use crate::scripts::Language;

stheno::plugin!("interop");

/// Notes what a handler can know of an event.
#[subscriber("order.placed", id = "interop.note", start = "beginning")]
async fn note(order: OrderPlaced, seen: Res<Seen>, cx: Cx) -> Result<(), Failure> {
    let key = cx.key().map_or("none", |key| key.as_str());
    let time = if cx.time() == cx.event().stored { "stored".to_owned() } else { cx.time().to_string() };
    let source = cx.event().source.as_deref().unwrap_or("none");
    seen.note(format!("{} id={} name={} key={key} time={time} source={source}", order.id, cx.id(), cx.name()));
    Ok(())
}

async fn handlers_get_what_is_published_in(language: Language, source: &str) {
    let (server, seen) = (NatsServer::start(), Seen::default());
    let app = App::new(nats(&server.url()).await).plugin(plugin()).provide(seen.clone());
    let running = app.start().await.unwrap();
    let sequences = language.run("publish", &[&server.url()]).await;
    assert_eq!(sequences, ["1", "2", "3"], "it was told where its events are");
    let again = language.run("publish", &[&server.url()]).await;
    assert_eq!(again, sequences, "each is known by its `Nats-Msg-Id`, in every form");

    let mut lines = seen.at_least(3).await;
    lines.sort();
    let expected = |form: &str, said: &str| {
        let order = format!("order_{}_{form}", language.name());
        format!("{order} id={order}/placed name=order.placed key=order:{order} {said}")
    };
    let full = format!("time=2026-11-22T10:00:00.500000Z source={source}");
    let expected =
        [expected("bare", "time=stored source=none"), expected("binary", &full), expected("structured", &full)];
    assert_eq!(lines, expected);
    running.stop().await;
}

#[tokio::test]
async fn typed_handlers_get_what_python_publishes_in_every_form() {
    handlers_get_what_is_published_in(Language::Python, "/shops/café one").await;
}

#[tokio::test]
async fn typed_handlers_get_what_node_publishes_in_every_form() {
    handlers_get_what_is_published_in(Language::Node, "/shops/two").await;
}
