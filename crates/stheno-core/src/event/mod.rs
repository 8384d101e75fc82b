//! Events: what a payload type promises, and what the log holds.
//!
//! Reading order: `payload` (typed bodies and their documentation), `object` (how a derived one is read and written),
//! `decimal` and
//! `currency` (money in them), `exact` (numbers that would be rounded), `typed` (the `Event` trait), `recorded` (events as the log holds them),
//! `envelope` (bodies that are not the payload), `input` (what a handler may take as its first argument).

pub mod currency;
pub mod decimal;
pub mod envelope;
mod exact;
pub mod input;
#[doc(hidden)]
pub mod object;
pub mod payload;
pub mod recorded;
pub mod typed;
