//! The embedded backend of Stheno: the log and the records in one SQLite file, or in memory. No server.
//!
//! ```
//! use stheno_core::{EventName, NewEvent, backend::{Append, Backend, Query}};
//! use stheno_sqlite::SqliteBackend;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let log = SqliteBackend::memory()?;
//! let placed = NewEvent::new(EventName::new("order.placed")?, r#"{"id":"order_1"}"#);
//! let appended = log.append(Append::one(placed)).await?;
//! assert_eq!(appended[0].sequence, Some(1));
//! assert_eq!(log.read(Query::all()).await?.events.len(), 1);
//! # Ok(())
//! # }
//! ```
//!
//! What it promises beyond the contract of [`stheno_core::backend`]:
//!
//! - Appends and record writes of any number of tasks are committed in groups: one transaction and one `fsync` for all
//!   that gathered while the commit before was under way. Nobody is answered before the commit is done.
//! - Any number of processes on one machine may use one file at once. A tail sees what another process wrote within
//!   about [`SqliteOptions::POLL`]. A network file system is refused: SQLite's write-ahead log needs shared memory.
//! - All methods need a Tokio runtime with time enabled around them, and any may be called from several runtimes. No
//!   thread is held between calls.
//! - Sequences have no gaps and never repeat. The clock of the machine may go back; reading by time stays exact.
//!
//! Reading order: [`SqliteOptions`] and their address form (`options`, `url`); what is checked before a file is used
//! (`place`, `companions`, `mounts`, `beside`, `sign`, `note`, `alone`, `tables`, `schema`, `form`, `patience`, `connect`); a connection and what it remembers (`session`, `names`);
//! group commit (`writer`), one transaction (`commit`, `pending`, `writing`) and what is written in it (`append`, `scheduled`, `records`); what ends
//! the use of a log (`health`, `refusal`), and what is looked at for that (`wal`, `marks`, `missing`, `examine`); how a page is read (`readers`, `read`,
//! `span`, `seek`, `row`, `column`, `count`); how readers learn of new events (`signal`, `watch`, `tail`); copies (`backup`); the contract
//! (`backend`); exactly-once effects in the user's own database ([`once`]).

#![cfg_attr(not(test), deny(clippy::expect_used, clippy::panic, clippy::unreachable, clippy::unwrap_used))]

mod alone;
mod append;
mod backend;
mod backup;
mod beside;
mod column;
mod commit;
mod companions;
mod connect;
mod count;
mod error;
mod examine;
mod form;
mod health;
mod marks;
mod missing;
mod mounts;
mod names;
mod note;
mod options;
mod patience;
mod pending;
mod place;
mod read;
mod readers;
mod records;
mod refusal;
mod row;
mod scheduled;
mod schema;
mod seek;
mod session;
mod sign;
mod signal;
mod span;
mod tables;
mod tail;
mod url;
mod wal;
mod watch;
mod writer;
mod writing;

pub mod once;

pub use crate::{
    backend::SqliteBackend,
    once::{OnceError, OnceErrorKind, handled_once},
    options::{SqliteOptions, SyncMode},
};
