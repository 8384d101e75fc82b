//! What `#[event(..)]` may not say, and what it has to.

use stheno::prelude::*;

#[derive(Payload, Event)]
struct NoName {}

#[derive(Payload, Event)]
#[event(name = "order.placed", sektion = "Order Events")]
struct UnknownOption {}

#[derive(Payload, Event)]
#[event(name = "order.placed", status = "sent")]
struct UnknownStatus {}

#[derive(Payload, Event)]
#[event(name = "order.placed", name = "order.canceled")]
struct TwoNames {}

#[derive(Payload, Event)]
#[event(name = "oauth.token_generated.*")]
struct ManyNames {}

fn name(_event: &OneName) -> std::borrow::Cow<'static, str> {
    "order.placed".into()
}

#[derive(Payload, Event)]
#[event(name = "order.placed", name_with = name)]
struct OneName {}

fn main() {}
