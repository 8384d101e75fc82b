//! Durable publishing: 256 tasks, each awaiting its own publish, against bare SQLite with the same table, indexes, sync
//! mode and batch size.

use std::{path::Path, sync::Arc, time::Instant};

use rusqlite::{Connection, TransactionBehavior, params};
use stheno::{
    Bus, Catalogs, EventId,
    backend::Backend,
    medusa::OrderPlaced,
    sqlite::{SqliteBackend, SqliteOptions},
};
use stheno_bench::{Fallible, rate};

const IN_FLIGHT: usize = 256;

pub(crate) struct Ours {
    pub(crate) rate: f64,
    /// Events in a transaction: half of what is in flight, since one half is prepared while the other is written.
    pub(crate) batch: usize,
}

pub(crate) async fn ours(folder: &Path, events: usize) -> Fallible<Ours> {
    let backend = SqliteBackend::open(SqliteOptions::file(folder.join("ours.db"))).await?;
    let (catalogs, _) = Catalogs::new([stheno::medusa::catalog()], []);
    let bus = Bus::new(Arc::clone(&backend) as Arc<dyn Backend>, Arc::new(catalogs));
    let start = Instant::now();
    let tasks: Vec<_> = (0..IN_FLIGHT)
        .map(|task| {
            let bus = bus.clone();
            tokio::spawn(async move {
                for number in (task..events).step_by(IN_FLIGHT) {
                    bus.publish(OrderPlaced::new(format!("order_01H8X4Q2V5Z7{number:010}"))).send().await?;
                }
                Ok::<_, stheno::PublishError>(())
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    let time = start.elapsed();
    backend.close().await;
    Ok(Ours { rate: rate(events, time), batch: IN_FLIGHT / 2 })
}

pub(crate) fn bare(folder: &Path, events: usize, batch: usize) -> Fallible<f64> {
    let path = folder.join("bare.db");
    // The very table, made by the backend and then filled without it.
    let maker = std::thread::spawn({
        let path = path.clone();
        move || -> Fallible<()> {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let backend = SqliteBackend::open(SqliteOptions::file(path)).await?;
                backend.close().await;
                Ok(())
            })
        }
    });
    maker.join().map_err(|_| "the bare log could not be made")??;
    let mut connection = Connection::open(&path)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.execute("INSERT INTO names (name) VALUES ('order.placed')", [])?;
    let start = Instant::now();
    let mut number = 0;
    while number < events {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        {
            let mut insert = transaction.prepare_cached(
                "INSERT INTO events (name, stored, time, id, key, source, headers, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?;
            for _ in 0..batch.min(events - number) {
                let id = EventId::random();
                let order = format!("order_01H8X4Q2V5Z7{number:010}");
                let body = serde_json::to_vec(&OrderPlaced::new(order.as_str()))?;
                let key = format!("order:{order}");
                insert.execute(params![
                    1,
                    1_795_000_000_000_000_i64,
                    None::<i64>,
                    id.as_str(),
                    key,
                    None::<&str>,
                    None::<&str>,
                    body
                ])?;
                number += 1;
            }
        }
        transaction.commit()?;
    }
    Ok(rate(events, start.elapsed()))
}
