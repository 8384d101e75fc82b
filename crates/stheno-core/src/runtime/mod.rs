//! What drives delivery: a control thread for leases, intake and records, and workers for the handlers.
//!
//! Reading order: `control` (the thread no handler can block), `alarm` (what ends delivery), `store` (what is recorded), `host`,
//! `rules` and `missed` (records that many read), `log` (how it is read), `subscription` (one subscriber, for as long as the app
//! runs), `operator` (what an operator asks), `progress`, `unknown`.

pub(crate) mod alarm;
pub(crate) mod control;
pub mod host;
pub mod log;
pub mod missed;
pub mod operator;
pub(crate) mod pool;
pub mod progress;
pub mod rules;
pub(crate) mod store;
pub mod subscription;
pub mod unknown;
