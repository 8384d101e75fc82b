//! A plugin to copy: every event in an append-only file, without secrets and personal data.
//!
//! One line of JSON for each event ([`Entry`]), in log order. Bodies are redacted by what the catalogs say of their
//! fields: secrets, personal data and whatever nobody documented are replaced before anything is written.
//!
//! - *Durable*: a batch counts as handled once it is on the disk (`fdatasync`, unless `sync = false`).
//! - *Once*: after a crash, what was in flight comes again; lines that are already there are not written again. A replay
//!   is another run and writes again, with its number in `run`.
//! - *Whole*: a line that a crash cut off is taken away at the next start, and its event comes again.
//!
//! Reading order: this file, [`entry`] (one line), [`file`](mod@file) (the file).

pub mod entry;
pub mod file;

use std::path::PathBuf;

use serde::Deserialize;
use stheno::prelude::*;

pub use crate::{entry::Entry, file::AuditFile};

stheno::plugin!("audit", setup = setup);

/// `[plugins.audit]` in `stheno.toml`.
#[derive(Debug, Deserialize)]
pub struct Config {
    /// The file.
    #[serde(default = "default_file")]
    pub file: PathBuf,
    /// Whether a batch must be on the disk before it counts as handled. Without it, a power failure can take the newest
    /// lines; a crash of the process cannot.
    #[serde(default = "default_sync")]
    pub sync: bool,
}

fn default_file() -> PathBuf {
    "audit.jsonl".into()
}

fn default_sync() -> bool {
    true
}

async fn setup(p: &mut Setup) -> Result<(), Failure> {
    let config: Config = p.config()?;
    // Reads the file once, before anything is handled.
    p.provide(AuditFile::open(&config.file, config.sync)?);
    Ok(())
}

/// Writes events to the file, one call at a time so that they stand in log order.
#[subscriber(">", id = "audit.record", batch = 200, linger = "20ms", concurrency = 1, unordered, start = "beginning")]
async fn record(events: Batch<AnyEvent>, file: Res<AuditFile>, bus: Res<Bus>, cx: Cx) -> Result<(), Failure> {
    let entries: Vec<_> = events.iter().map(|item| Entry::of(item.recorded(), bus.catalogs(), cx.run())).collect();
    let file = file.into_inner();
    tokio::task::spawn_blocking(move || file.append(&entries)).await??;
    Ok(())
}
