//! One subscriber, for as long as the app runs.
//!
//! Reading order: `enabled` (what is run), `registration` (where it begins), `lease`, `surroundings`, `worker` (while its lease
//! is held), `attempts` (handlers under way), `polls` and `holding` (which of them hold their thread), `group` and `batching` (events for one call), `backfill` (what it passed over),
//! `supervisor` (from lease to lease), `supervisors` (all of them), `commanded` (what is asked reaches them).

pub(crate) mod attempts;
pub mod backfill;
pub(crate) mod batching;
pub(crate) mod commanded;
pub(crate) mod enabled;
pub(crate) mod group;
pub(crate) mod holding;
pub mod lease;
pub(crate) mod polls;
pub(crate) mod registration;
pub(crate) mod supervisor;
pub(crate) mod supervisors;
pub(crate) mod surroundings;
pub(crate) mod worker;
