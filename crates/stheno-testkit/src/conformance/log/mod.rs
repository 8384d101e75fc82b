//! What the contract of a backend says ([`stheno_core::backend`]), sentence by sentence.
//!
//! Reading order: appending ([`append`], [`dedup`], [`expected`], [`limits`], [`scheduled`]), reading ([`read`], [`model`],
//! [`tail`], [`asking`] through a bus), [`records`], [`lifecycle`] (info, closing, opening again, several handles).

pub mod append;
pub mod asking;
pub mod dedup;
pub mod expected;
pub mod lifecycle;
pub mod limits;
pub mod model;
pub mod read;
pub mod records;
pub mod scheduled;
pub mod tail;
