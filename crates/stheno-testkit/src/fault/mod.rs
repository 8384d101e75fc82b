//! Backends that misbehave on demand, for tests of what stands above them.
//!
//! Reading order: [`plan`] (what shall go wrong), [`backend`] (the decorator that does it), [`lent`] (several handles of one
//! log that lives in memory).

pub mod backend;
pub mod lent;
pub mod plan;

pub use backend::FaultyBackend;
pub use lent::Lent;
pub use plan::{Call, Fault};
