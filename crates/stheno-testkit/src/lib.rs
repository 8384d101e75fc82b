//! Tests of Stheno's plugins and backends.
//!
//! - Whoever writes a **plugin** takes [`TestApp`]: given events, when an event, then assertions; the time moves when the
//!   test says so; no server, no sleeps.
//! - Whoever writes a **backend** takes [`conformance`]: one function per behaviour that every backend must show, and
//!   [`conformance_suite!`] to run all of them.
//! - Whoever writes what stands above a backend takes [`fault`]: calls that fail, hang, come late or lose their answer.
//! - Whoever writes a **catalog** takes [`event_types`](mod@event_types): all of its types behind one signature;
//!   [`guard`]: every field of every example as a platform may send it otherwise; and [`generated`]: bodies that were right once,
//!   changed at random.
//! - [`nats`] starts, freezes and kills a real nats-server, and clusters of them; cuts and stalls connections; fills disks.
//! - [`load`] publishes and handles meanwhile, and checks that nothing acknowledged is lost or out of order.
//! - [`Warnings`] hears what is said aloud.
//! - [`kill`] ends a process in the middle of its work, again and again, and checks that nothing acknowledged is lost.
//!
//! Reading order: [`clock`], [`random`], [`fault`], [`app`], [`conformance`], [`event_types`](mod@event_types),
//! [`guard`], [`generated`], [`nats`], [`kill`], [`load`], [`warnings`].

pub mod app;
pub mod clock;
pub mod conformance;
pub mod event_types;
pub mod fault;
pub mod generated;
pub mod guard;
pub mod kill;
pub mod load;
pub mod nats;
pub mod random;
pub mod warnings;

pub use crate::{
    app::{Started, TestApp, TestError},
    clock::ManualClock,
    warnings::Warnings,
};
