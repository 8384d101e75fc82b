//! A log under load while something goes wrong: publishers and subscribers that note what they did, and a check of what must
//! hold of it afterwards. Nothing acknowledged is lost, nothing is there twice or out of order, every subscriber got all.
//!
//! Reading order: [`ledger`] (what was done, and the check), [`publishers`], [`subscribers`].

pub mod ledger;
pub mod publishers;
pub mod subscribers;

pub use ledger::{Ledger, Report};
pub use publishers::Load;
