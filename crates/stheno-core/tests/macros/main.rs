//! What the macros write, beside what one would write without them.

extern crate stheno_core as stheno;

mod declarative;
mod event;
mod event_sum;
mod payload;
mod subscriber;
