//! What only the compiler knows of a variant.

use stheno::prelude::*;

/// A new order was placed.
#[derive(Payload, Event)]
#[event(name = "order.placed", key = "order:/id")]
struct OrderPlaced {
    #[field(example = "order_1")]
    id: String,
}

#[derive(EventSum)]
enum Twice {
    Placed(OrderPlaced),
    Again(OrderPlaced),
}

#[derive(EventSum)]
enum NotAnEvent {
    Text(String),
}

fn main() {}
