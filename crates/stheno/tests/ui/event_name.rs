//! What is no name of an event.

use stheno::prelude::*;

#[derive(Payload, Event)]
#[event(name = "")]
struct Empty {}

#[derive(Payload, Event)]
#[event(name = "order..placed")]
struct TwoDots {}

#[derive(Payload, Event)]
#[event(name = "order placed")]
struct Space {}

#[derive(Payload, Event)]
#[event(name = "order.pl*")]
struct HalfAToken {}

#[derive(Payload, Event)]
#[event(name = "order.>.placed")]
struct RestInTheMiddle {}

fn main() {}
