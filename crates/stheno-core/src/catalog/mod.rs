//! Catalogs: the documented events of one owner.
//!
//! Reading order: `descriptor` (one event), `key_rule` (how its key is found), `check` (is a body what the name
//! documents), `redact` (a body that may be shown), `set` (several catalogs, one owner a name), `reference` (the
//! page that people read).

pub mod check;
pub mod descriptor;
pub mod key_rule;
mod pointer;
pub mod redact;
pub mod reference;
pub mod set;

pub use descriptor::{EventDescriptor, Status};
