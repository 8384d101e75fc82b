//! An event is a payload first.

use stheno::prelude::*;

#[derive(Event)]
#[event(name = "order.placed")]
struct OrderPlaced {
    id: String,
}

fn main() {}
