//! A plugin to copy: reservations of stock, exactly once, in a database of its own.
//!
//! `stock.reserve` takes what changes how much of an article is promised to customers:
//!
//! | event | what it does |
//! |---|---|
//! | `order.placed` | reserves the order's lines |
//! | `order.canceled` | releases what is left of them |
//! | `order.items_returned` | releases what came back |
//! | `swap.created` | reserves what the customer gets instead |
//! | `swap.received` | releases what came back |
//!
//! Two things make the numbers right, and both are worth copying:
//!
//! - The change and the mark that it was made are one transaction ([`handled_once`](stheno::sqlite::handled_once)): an
//!   event that is handled a second time after a crash changes nothing.
//! - What each event did is kept under its sequence. A replay puts the same thing in its place instead of adding it again,
//!   from wherever it begins; and it mends what a mistake in an earlier version of this code had written.
//!
//! What is *not* promised: an order and a swap have different keys, so their events may be handled side by side. Sums do
//! not mind. Only a release of "what is left" looks at earlier events, and Medusa cancels no order with an open swap.
//!
//! Reading order: this file, [`change`] (from an event to what it changes), [`ledger`] (the database).

pub mod change;
pub mod failure;
pub mod ledger;

use std::path::PathBuf;

use commerce::Commerce;
use serde::Deserialize;
use stheno::{prelude::*, sqlite::once::rusqlite};

pub use crate::{
    change::{Change, StockEvent},
    failure::StockError,
    ledger::{Ledger, Reservation},
};

stheno::plugin!("stock", setup = setup);

/// `[plugins.stock]` in `stheno.toml`.
#[derive(Debug, Deserialize)]
pub struct Config {
    /// The database.
    #[serde(default = "default_database")]
    pub database: PathBuf,
}

fn default_database() -> PathBuf {
    "stock.db".into()
}

async fn setup(p: &mut Setup) -> Result<(), Failure> {
    let config: Config = p.config()?;
    p.provide(Ledger::open(&config.database).map_err(|error| unopened(&error))?);
    Ok(())
}

/// Why the database cannot be opened, without its path: a variable may have said it, and those are not shown.
fn unopened(error: &rusqlite::Error) -> Failure {
    let reason =
        error.sqlite_error().map_or_else(|| "its path cannot be that of a file".to_owned(), ToString::to_string);
    Failure::new(format!("what `database` names cannot be opened ({reason}); correct `database`"))
}

/// Reserves and releases stock.
#[subscriber(id = "stock.reserve", classify = failure::classify)]
pub async fn reserve(
    event: StockEvent,
    shop: Res<dyn Commerce>,
    ledger: Res<Ledger>,
    cx: Cx,
) -> Result<(), StockError> {
    // Looked up before the transaction: nobody waits for the network with a database locked.
    let change = Change::of(&event, &*shop).await?;
    if change.is_nothing() {
        return cx.skip("nothing of it is kept in stock");
    }
    let ledger = ledger.into_inner();
    tokio::task::spawn_blocking(move || ledger.apply(&change, &cx)).await??;
    Ok(())
}
