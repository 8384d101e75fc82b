//! A plugin to copy: the timeline of an order, alike for Medusa, Saleor and Shopify.
//!
//! All three platforms show staff what happened to an order, in order: placed, paid, sent, refunded. `timeline.record` makes
//! one list of their events: a [`Moment`] says what happened whatever the platform calls it, and a detail says how much or
//! what, where the event does. What one platform alone has an event for is [`Moment::Other`], in words.
//!
//! One thing that happened is one entry, and only what is done is shown as done. That a payment was captured is one, and
//! that the order is fully paid another, though both may come of one payment. Goods that came back are not yet in stock, a
//! refund that is pending is none. A note that a customer writes is recorded twice by Saleor, of the order and of the
//! customer; the timeline shows it once, whichever comes first: the same words of the same author within five seconds, one
//! for one. Notes of somebody anonymous are all shown.
//!
//! Mails are shown as mails, with which it was: `mailed`, `shipping_confirmation`. Saleor has no other word for goods that
//! are sent, and says when the mail was sent, so it is not shown as `shipped`.
//!
//! An order is known by the key of its events: `order:order_01H…`, `saleor.order:52`, `shopify.order:450789469`. A payment
//! and a swap of Medusa and what a customer of Saleor does have other keys, and name their order in the body: they may be
//! handled before what happened before them. The timeline is in order by time all the same. Medusa's other events of swaps,
//! and those of claims, do not say which order they are of, so they are in no timeline.
//!
//! Each entry is kept under the sequence of its event. An event that comes again, after a crash or in a replay, puts the same
//! entry in its place: nothing has to be remembered to be exact, and a replay mends what an earlier version had written.
//!
//! What is *not* promised: notes and reasons are shown as they are, and may tell of people; so does the database. Saleor's
//! notifications are left out: they say again what its order events say, under another id of the order.
//!
//! Reading order: this file, [`moment`] (from an event to what happened), [`book`] (the database).

pub mod book;
pub mod moment;

use std::path::PathBuf;

use serde::Deserialize;
use stheno::{prelude::*, sqlite::once::rusqlite};

pub use crate::{
    book::{Book, Entry},
    moment::Moment,
};

stheno::plugin!("timeline", setup = setup);

/// `[plugins.timeline]` in `stheno.toml`.
#[derive(Debug, Deserialize)]
pub struct Config {
    /// The database.
    #[serde(default = "default_database")]
    pub database: PathBuf,
}

fn default_database() -> PathBuf {
    "timeline.db".into()
}

async fn setup(p: &mut Setup) -> Result<(), Failure> {
    let config: Config = p.config()?;
    p.provide(Book::open(&config.database).map_err(|error| unopened(&error))?);
    Ok(())
}

/// Why the database cannot be opened, without its path: a variable may have said it, and those are not shown.
fn unopened(error: &rusqlite::Error) -> Failure {
    let reason =
        error.sqlite_error().map_or_else(|| "its path cannot be that of a file".to_owned(), ToString::to_string);
    Failure::new(format!("what `database` names cannot be opened ({reason}); correct `database`"))
}

/// Why an entry was not written.
#[derive(Debug, thiserror::Error)]
pub enum TimelineError {
    /// The database could not do it.
    #[error("the timeline's database could not do it ({0}); is its disk full, or does another program hold it?")]
    Database(rusqlite::Error),
    /// The event is not what its name documents.
    #[error(transparent)]
    Event(#[from] stheno::DecodeError),
    /// The task that wrote was ended, by a panic or with the process.
    #[error("the entry was cut off ({0})")]
    CutOff(tokio::task::JoinError),
}

// Without `#[from]`: the message has the reason already, which a source would repeat.
impl From<rusqlite::Error> for TimelineError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error)
    }
}

impl From<tokio::task::JoinError> for TimelineError {
    fn from(error: tokio::task::JoinError) -> Self {
        Self::CutOff(error)
    }
}

/// What cannot be read now cannot be read later.
fn classify(error: TimelineError) -> Failure {
    let is_final = matches!(error, TimelineError::Event(_));
    let failure = Failure::new(error);
    if is_final { failure.terminal() } else { failure }
}

/// Writes what happened to an order into its timeline.
#[subscriber(
    "order.*",
    "payment.payment_captured",
    "swap.received",
    "saleor.order.*",
    "saleor.communication.*",
    "saleor.customer.note_added_to_order",
    "saleor.customer.digital_link_downloaded",
    "shopify.order.*",
    id = "timeline.record",
    start = "beginning",
    classify = classify
)]
pub async fn record(event: AnyEvent, book: Res<Book>, cx: Cx) -> Result<(), TimelineError> {
    let Some(order) = moment::order(&event)? else { return cx.skip("it says of no order") };
    let (moment, detail) = moment::of(&event)?;
    let entry = Entry {
        sequence: event.sequence,
        time: event.time,
        event: event.name.as_str().to_owned(),
        moment,
        detail,
        author: moment::author(&event),
    };
    let book = book.into_inner();
    tokio::task::spawn_blocking(move || book.write(&order, &entry)).await??;
    Ok(())
}
