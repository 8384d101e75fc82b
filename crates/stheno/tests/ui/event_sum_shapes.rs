//! What is no set of events.

use stheno::prelude::*;

#[derive(EventSum)]
struct NotAnEnum(AnyEvent);

#[derive(EventSum)]
enum Nothing {}

#[derive(EventSum)]
enum NoEvents {
    Unit,
    Named { event: AnyEvent },
    #[event(others)]
    Unknown(AnyEvent),
    #[event(other)]
    Bare,
}

#[derive(EventSum)]
enum TwoRests {
    #[event(other)]
    One(AnyEvent),
    #[event(other)]
    Two(AnyEvent),
}

fn main() {}
