//! Events: what a payload type promises, and what the log holds.
//!
//! Reading order: `payload` (typed bodies and their documentation), `object` (how a derived one is read and written),
//! `decimal` and
//! `currency` (money in them), `exact` (numbers that would be rounded), `tolerant` (JSON that
//! other languages write), `typed` (the `Event` trait), `recorded` (events as the log holds them),
//! `envelope` (bodies that are not the payload), `parts` (the items of a list, none of them read), `input` (what a handler may take as its first argument).

pub mod currency;
pub mod decimal;
pub mod envelope;
mod exact;
pub mod input;
#[doc(hidden)]
pub mod object;
pub mod parts;
pub mod payload;
pub mod recorded;
pub(crate) mod tolerant;
pub mod typed;
