//! What a platform sent, readable or not: kept, keyed, and never lost.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Map, Value};
use stheno_core::{
    AnyEvent, App, Cx, DecodeError, Failure, Input, Key, NewEvent, Outgoing, RecordedEvent, Subscriber, SubscriberDef,
    app::{Running, Stopped},
    decode_json,
    delivery::{doc::DeadReason, why::Why},
    headers::UNREAD,
};

use crate::{
    ManualClock,
    conformance::{
        Harness,
        orders::{PLACED, name, order_key, placed, stored},
        probe::{Calls, Door},
        world::{World, publish, run_out, settle, start},
    },
};

const ID: &str = "probe.received";

/// An order, whose quantity is a number if it has one.
struct Order;

impl Input for Order {
    const PATTERNS: &'static [&'static str] = &[PLACED];

    fn decode(event: &Arc<RecordedEvent>) -> Result<Self, DecodeError> {
        let order: Map<String, Value> = decode_json(event.payload()?)?;
        let is_number = order.get("quantity").is_none_or(Value::is_number);
        is_number.then_some(Self).ok_or_else(|| DecodeError::new("quantity", "is not a number"))
    }
}

struct ReadsOrders(Calls);

#[async_trait]
impl Subscriber for ReadsOrders {
    type Event = Order;

    async fn handle(&self, _order: Self::Event, cx: Cx) -> Result<(), Failure> {
        self.0.note(&AnyEvent::new(Arc::new(cx.event().clone())), &cx);
        Ok(())
    }
}

fn received(body: &'static str) -> Outgoing {
    Outgoing::raw_bytes(PLACED, body).as_received()
}

async fn why(running: &Running, sequence: u64) -> Why {
    running.operator().why(ID, sequence).await.expect("the log can be read")
}

/// A body that does not decode is taken, marked, and becomes a dead letter with its bytes.
pub async fn a_received_body_that_does_not_decode_is_a_dead_letter_with_its_bytes(harness: &dyn Harness) {
    const BODIES: [&str; 4] = ["{\"id\": \"a\", oops", "<html>504</html>", "", "\u{feff}{\"id\": \"a\"} and more"];
    let world = World::new(harness).await;
    let read = Calls::new();
    let running = start(world.app().await.subscribe(SubscriberDef::new(ID, ReadsOrders(read.clone())))).await;
    for body in BODIES {
        let refused = running.bus().publish(Outgoing::raw_bytes(PLACED, body)).await;
        assert!(refused.is_err(), "what is written here is checked: {body:?}");
        let sequence = publish(running.bus(), received(body)).await;
        settle(&running).await;
        let why = why(&running, sequence).await;
        assert!(matches!(&why, Why::Dead(letter) if letter.reason == DeadReason::Undecodable), "{body:?}: {why:?}");
        let kept = running.operator().event(sequence).await.expect("the log can be read").expect("it is there");
        assert_eq!(kept.body, body);
        assert!(kept.headers.get(UNREAD).is_some_and(|reason| !reason.is_empty()), "{:?}", kept.headers);
    }
    let good = publish(running.bus(), placed("a")).await;
    settle(&running).await;
    assert_eq!(read.sequences(), [good]);
}

/// What other languages write by default is read, and an id is the same in quotes or not; an event that does not decode parks the
/// key that its id gives.
pub async fn the_key_follows_however_the_id_is_written(harness: &dyn Harness) {
    const READ: [&str; 6] = [
        r#"{"id":7,"quantity":1}"#,
        r#"{"id":"7"}"#,
        "\u{feff}{\"id\":7}",
        r#"{"id":"7","note":"\ud83d"}"#,
        r#"{"ratio":NaN,"weight":-Infinity,"large":1e999,"id":7}"#,
        r#"{"id":6,"twice":1,"id":7}"#,
    ];
    let world = World::new(harness).await;
    let read = Calls::new();
    let running = start(world.app().await.subscribe(SubscriberDef::new(ID, ReadsOrders(read.clone())))).await;
    let mut sequences = Vec::new();
    for body in READ {
        sequences.push(publish(running.bus(), received(body)).await);
        sequences.push(stored(&*world.log, of_order_7(body)).await);
    }
    settle(&running).await;
    assert_eq!(read.sequences(), sequences);
    let keys: Vec<Option<Key>> = read.all().iter().map(|called| called.key().cloned()).collect();
    assert!(keys.iter().all(|key| *key == Some(order_key("7"))), "{keys:?}");
    let dead =
        publish(running.bus(), received("\u{feff}{\"quantity\":\"many\",\"note\":\"\\udc00\",\"id\":\"7\"}")).await;
    let parked = publish(running.bus(), received(READ[0])).await;
    settle(&running).await;
    let found = why(&running, dead).await;
    assert!(matches!(&found, Why::Dead(letter) if letter.key == Some(order_key("7"))), "{found:?}");
    assert_eq!(why(&running, parked).await, Why::Parked { dead });
}

/// An event as a program stores it that knows keys.
fn of_order_7(body: &'static str) -> NewEvent {
    let mut event = NewEvent::new(name(PLACED), body);
    event.key = Some(order_key("7"));
    event
}

/// A host that could not read the key of an event has recorded that it waits, or is dead, alone. A host that can read the key
/// finishes both, each once.
pub async fn what_was_recorded_without_a_key_is_finished_with_one(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, mended) = (Calls::new(), Door::closed());
    let subscriber = || {
        let mended = mended.clone();
        let broken = move |event: &AnyEvent| (!mended.is_open()).then(|| event.body.ends_with(b"\"dead\"}"));
        calls.subscriber(ID, move |event, _| {
            let broken = broken(&event);
            async move {
                match broken {
                    Some(true) => Err(Failure::new("broken").terminal()),
                    Some(false) => Err(Failure::new("later")),
                    None => Ok(()),
                }
            }
        })
    };
    let unkeyed = |body: &'static str| NewEvent::new(name(PLACED), body);
    let before = start(App::new(world.handle().await).without_unknown_names().subscribe(subscriber())).await;
    let waiting = stored(&*world.log, unkeyed(r#"{"id":"a"}"#)).await;
    let dead = stored(&*world.log, unkeyed(r#"{"id":"a","is":"dead"}"#)).await;
    calls.until_len(2).await;
    assert_eq!(before.stop().await, Stopped::Drained);
    let lanes = format!("sub/{ID}/lane/");
    assert_eq!(world.log.list_records(&lanes).await.expect("they can be listed").len(), 1);

    calls.forget();
    mended.open();
    let clock = Arc::new(ManualClock::new());
    let running = start(world.app().await.clock(clock.clone()).subscribe(subscriber())).await;
    running.operator().redrive(ID, dead).await.expect("the command is taken");
    let next = publish(running.bus(), placed("a")).await;
    run_out(&running, &clock).await;
    calls.until_len(3).await;
    settle(&running).await;
    let mut handled = calls.sequences();
    handled.sort_unstable();
    assert_eq!(handled, [waiting, dead, next]);
    assert_eq!(running.operator().dead_letters(ID).await.expect("the log can be read"), []);
    assert_eq!(running.stop().await, Stopped::Drained);
    assert_eq!(world.log.list_records(&lanes).await.expect("they can be listed"), []);
}
