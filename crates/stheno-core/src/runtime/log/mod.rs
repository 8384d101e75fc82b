//! The log as delivery reads it.
//!
//! Reading order: `batch` (what is read together), `keys`, `index` and `keyed` (events that were stored without a key get one), `intake`
//! (one reader for all), `places` and `pages` (who reads what), `no_log`.

pub(crate) mod batch;
mod index;
pub(crate) mod intake;
pub(crate) mod keyed;
pub(crate) mod keys;
pub(crate) mod no_log;
pub(crate) mod pages;
pub(crate) mod places;
