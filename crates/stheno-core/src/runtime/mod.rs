//! What drives delivery: a control thread for leases, intake and records, and workers for the handlers.
//!
//! Reading order: `control` (the thread no handler can block), `keys` and `keyed` (the log as it is read), `lease`, `intake`,
//! `places` and `pages` (who reads what), `alarm` (what ends delivery), `worker` (one subscriber while its lease is held), `attempts` (handlers under way),
//! `supervisor` (one subscriber for as long as the app runs), `supervisors` (all of them), `registration` (where one begins), `store` (what is
//! recorded), `command` and `operator` (what an
//! operator asks), `progress`, `host`, `unknown`.

pub(crate) mod alarm;
pub(crate) mod attempts;
pub mod backfill;
pub(crate) mod command;
pub(crate) mod control;
pub mod host;
pub(crate) mod intake;
pub(crate) mod keyed;
pub mod keys;
pub mod lease;
pub(crate) mod no_log;
pub mod operator;
pub(crate) mod pages;
pub(crate) mod places;
pub mod progress;
pub(crate) mod registration;
pub(crate) mod store;
pub(crate) mod supervisor;
pub(crate) mod supervisors;
pub mod unknown;
pub(crate) mod worker;
