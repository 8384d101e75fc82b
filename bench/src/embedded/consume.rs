//! Delivery: an app with trivial typed subscribers reads a full log to its end and records what is done, against a bare
//! loop that selects the rows and parses the JSON.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use rusqlite::Connection;
use serde::Deserialize;
use stheno::medusa::OrderPlaced;
use stheno::sqlite::{SqliteBackend, SqliteOptions};
use stheno::{App, Bus, Catalogs, Failure, Outgoing, Res, SubscriberDef, backend::Backend, subscriber};
use stheno_bench::{Fallible, rate};

/// A log that is full, and how many events it has.
pub(crate) struct Log {
    path: PathBuf,
    events: usize,
}

pub(crate) async fn fill(folder: &Path, events: usize) -> Fallible<Log> {
    let path = folder.join("log.db");
    let backend = SqliteBackend::open(SqliteOptions::file(&path)).await?;
    let (catalogs, _) = Catalogs::new([stheno::medusa::catalog()], []);
    let bus = Bus::new(Arc::clone(&backend) as Arc<dyn Backend>, Arc::new(catalogs));
    let mut number = 0;
    while number < events {
        let batch = 500.min(events - number);
        let orders = (number..number + batch).map(|number| OrderPlaced::new(format!("order_01H8X4Q2V5Z7{number:010}")));
        bus.publish_all(orders.map(Outgoing::from)).atomic().await?;
        number += batch;
    }
    backend.close().await;
    Ok(Log { path, events })
}

#[derive(Deserialize)]
struct Placed {
    id: String,
    no_notification: Option<bool>,
}

/// Selects the same columns, makes owned values of them and parses the JSON into a typed value.
pub(crate) fn bare(log: &Log) -> Fallible<f64> {
    let connection = Connection::open(&log.path)?;
    let start = Instant::now();
    let mut seen = 0;
    let mut last = 0_i64;
    loop {
        let mut select = connection.prepare_cached(
            "SELECT sequence, name, stored, time, id, key, source, headers, body FROM events WHERE sequence > ?1 ORDER BY sequence LIMIT 512",
        )?;
        let mut rows = select.query([last])?;
        let before = seen;
        while let Some(row) = rows.next()? {
            last = row.get(0)?;
            let (_, _, _): (i64, i64, Option<i64>) = (row.get(1)?, row.get(2)?, row.get(3)?);
            let (id, key, _): (String, Option<String>, Option<String>) = (row.get(4)?, row.get(5)?, row.get(6)?);
            let _: Option<String> = row.get(7)?;
            let body: Vec<u8> = row.get(8)?;
            let placed: Placed = serde_json::from_slice(&body)?;
            std::hint::black_box((id, key, placed.id, placed.no_notification));
            seen += 1;
        }
        if seen == before {
            break;
        }
    }
    let time = start.elapsed();
    if seen != log.events {
        return Err(format!("the bare loop saw {seen} of {} events", log.events).into());
    }
    Ok(rate(log.events, time))
}

/// What every subscriber of the benchmark does.
fn count(order: OrderPlaced, handled: &AtomicU64) -> Result<(), Failure> {
    std::hint::black_box(order.id);
    handled.fetch_add(1, Ordering::Relaxed);
    Ok(())
}

macro_rules! trivial_subscribers {
    ($($name:ident = $id:literal),*) => {
        $(
            #[subscriber(id = $id, start = "beginning")]
            async fn $name(order: OrderPlaced, handled: Res<AtomicU64>) -> Result<(), Failure> {
                count(order, &handled)
            }
        )*

        fn subscribers() -> Vec<SubscriberDef> {
            vec![$($name::subscriber()),*]
        }
    };
}

trivial_subscribers! {
    s0 = "bench.s0", s1 = "bench.s1", s2 = "bench.s2", s3 = "bench.s3", s4 = "bench.s4",
    s5 = "bench.s5", s6 = "bench.s6", s7 = "bench.s7", s8 = "bench.s8", s9 = "bench.s9"
}

/// From the start of the app until every subscriber has recorded the whole log as done.
pub(crate) async fn ours(log: &Log, count: usize) -> Fallible<f64> {
    // Each measurement has a copy of the log, in which no subscriber has run before.
    let copy = log.path.with_extension("copy.db");
    std::fs::copy(&log.path, &copy)?;
    let backend = SqliteBackend::open(SqliteOptions::file(&copy)).await?;
    let handled = Arc::new(AtomicU64::new(0));
    let app = App::new(backend).catalog(stheno::medusa::catalog()).without_unknown_names();
    let app = app.provide_shared(Arc::clone(&handled));
    let app = subscribers().into_iter().take(count).fold(app, App::subscribe);
    let start = Instant::now();
    let running = app.start().await?;
    running.settle(Duration::from_secs(300)).await?;
    let time = start.elapsed();
    running.stop().await;
    std::fs::remove_file(&copy)?;
    let expected = (log.events * count) as u64;
    if handled.load(Ordering::Relaxed) != expected {
        return Err(format!("{} of {expected} events were handled", handled.load(Ordering::Relaxed)).into());
    }
    Ok(rate(log.events, time))
}
