//! Ends a process with SIGKILL in the middle of its work, again and again, and then counts.
//!
//! A child process opens a log in a file, publishes events and says of each that the log took it, and runs subscribers
//! that note every attempt in a ledger of their own. The parent kills it at random moments and starts it again on the same
//! file. At the end nothing may be missing: see [`check`].
//!
//! The moments are random and the numbers of a seed, so that a run can be repeated as far as the machine's timing goes.
//!
//! Reading order: [`events`] (what is published), [`ledger`] (what handlers note), [`child`] (the process that dies),
//! [`rounds`] (the one that kills it), [`check`] (what must hold in the end).

pub mod check;
pub mod child;
pub mod events;
pub mod ledger;
pub mod rounds;

mod subscribers;

pub use rounds::{Report, Rounds};
