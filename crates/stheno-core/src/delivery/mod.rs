//! Delivery: one state machine, without I/O, that means the same on every backend.
//!
//! It does no I/O, spawns nothing and reads no clock: events and times go in, decisions come out. `crate::runtime` drives
//! it. ARCHITECTURE.md has the table of its transitions.
//!
//! Reading order: `doc` (what is kept in records), `names` (under which names), `lane` (the events of one key),
//! `machine` (taking events in and giving attempts out), `settle` (what follows from an attempt), `commit` (what is
//! written, all or nothing), `restore` (how a new holder goes on), `why` (why a handler did not act).

pub(crate) mod alone;
pub mod commit;
pub mod doc;
pub(crate) mod lane;
pub(crate) mod machine;
pub(crate) mod names;
pub(crate) mod restore;
pub(crate) mod settle;
pub mod why;

#[cfg(test)]
mod model;

pub(crate) use machine::{Attempt, Machine, Offer, Step};
