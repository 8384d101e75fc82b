//! The conformance suite: one function per behaviour that every backend must show, alone and under delivery.
//!
//! A backend's whole test file is its harness and one line, `conformance_suite!(MyHarness::new());`, which makes one test
//! per behaviour. A behaviour panics when it is not shown, as tests do; it waits for conditions with a bound and never
//! sleeps to be in time.
//!
//! Reading order: [`harness`] (what a backend brings), [`suite`] (the list of all behaviours), [`mod@log`] (what the contract
//! of the backend says), [`delivery`] (what an app with handlers has to show on top of it).

pub mod delivery;
pub mod harness;
pub mod log;
pub mod suite;

mod orders;
mod probe;
mod world;

pub use harness::{Harness, run};
