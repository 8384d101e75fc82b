//! Delivery: one state machine, without I/O, that means the same on every backend.
//!
//! It does no I/O, spawns nothing and reads no clock: events and times go in, decisions come out. `crate::runtime` drives
//! it. ARCHITECTURE.md has the table of its transitions.
//!
//! Reading order: `doc` (what is kept in records), `lane_id` and `names` (under which names), `attempt` (what the machine gives out).
//! Then its organs, each of which keeps one promise: `settled` (how far the subscriber is), `reservation` (what may be started),
//! `memory` (how many bytes of events there are), `lane` (the events of one key, and which key goes next), `trial` (who may have ended the process), `outbox` (what waits to be
//! written). Then the machine: `machine` (taking events in and giving attempts out), `settle` (what follows from an attempt),
//! `commit` (what is written, all or nothing), `restore` (how a new holder goes on). Beside it `why` (why a handler did not act).

pub(crate) mod attempt;
pub mod commit;
pub mod doc;
pub(crate) mod lane;
pub(crate) mod lane_id;
pub(crate) mod machine;
pub(crate) mod memory;
pub(crate) mod names;
pub(crate) mod outbox;
pub(crate) mod reservation;
pub(crate) mod restore;
pub(crate) mod settle;
pub(crate) mod settled;
pub(crate) mod trial;
pub mod why;

#[cfg(test)]
mod model;

pub(crate) use attempt::{Attempt, Offer, Step};
pub(crate) use machine::Machine;
pub(crate) use memory::LOAD_BYTES;
