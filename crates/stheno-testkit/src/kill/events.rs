//! The events of a kill test: each is a pure function of its id, so that whoever has the id can say what it has to be.

use std::time::Duration;

use serde_json::{Value, json};
use stheno_core::{Catalog, EventDescriptor, Key, KeyRule, KeySource, Outgoing};

use crate::random::Random;

/// An event about one of a few orders.
pub const KEYED: &str = "kill.keyed";
/// An event about nothing in particular.
pub const LOOSE: &str = "kill.loose";

const OF_ORDER: KeyRule = KeyRule::new(&[KeySource::Body { kind: "order", pointer: "/order" }]);
/// Few, so that a key has many events.
const ORDERS: u64 = 12;

/// The names above.
pub fn catalog() -> Catalog {
    let declared = |name, key| EventDescriptor::declared(name, "", env!("CARGO_PKG_NAME")).key(key);
    Catalog::new("kill", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
        .event(declared(KEYED, OF_ORDER))
        .event(declared(LOOSE, KeyRule::NONE))
}

/// One event of a kill test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// Its id: round, publisher and number, joined by dashes.
    pub id: String,
    /// Which order it is about, if any.
    pub order: Option<u64>,
    /// Whether a picky subscriber finds it broken for good.
    pub poison: bool,
    /// How much later it is published.
    pub delay: Option<Duration>,
}

impl Planned {
    /// The event of an id.
    pub fn of(id: impl Into<String>) -> Self {
        let id = id.into();
        let mut random = Random::new(number_of(&id));
        let order = (!random.one_in(6)).then(|| random.below(ORDERS));
        let poison = random.one_in(60);
        let delay = random.one_in(25).then(|| random.time_below(Duration::from_millis(300)));
        Self { id, order, poison, delay }
    }

    /// The body it has.
    pub fn body(&self) -> Value {
        match self.order {
            Some(order) => json!({ "order": order.to_string(), "event": self.id }),
            None => json!({ "event": self.id }),
        }
    }

    /// The key it has.
    pub fn key(&self) -> Option<Key> {
        self.order.and_then(|order| Key::new("order", &order.to_string()).ok())
    }

    /// The event, to be published.
    pub fn outgoing(&self) -> Outgoing {
        let name = if self.order.is_some() { KEYED } else { LOOSE };
        let event = Outgoing::raw(name, &self.body()).id(&self.id);
        match self.delay {
            Some(delay) => event.delay(delay),
            None => event,
        }
    }
}

/// The same number for the same text on every machine (FNV-1a).
pub fn number_of(text: &str) -> u64 {
    text.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
}
