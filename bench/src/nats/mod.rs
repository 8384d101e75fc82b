//! Measurements on a real nats-server: ours against what people write on the raw client.
//!
//! Every measurement runs in a process of its own, so that the processor time of one side is not counted for the other.
//!
//! Reading order: [`server`] (the process), [`events`] (what is sent), [`log`] (where it lies), [`side`] (what is
//! measured, and the process that does it), [`watch`] (time and processor time), [`raw`] and [`ours`] (the two sides),
//! [`suite`] (rounds, rows), [`cases`] (the table), [`peers`] (the other table).

pub mod cases;
pub mod events;
pub mod latency;
pub mod log;
pub mod ours;
pub mod peers;
pub mod quiet;
pub mod raw;
pub mod redis;
pub mod server;
pub mod side;
pub mod suite;
pub mod watch;
