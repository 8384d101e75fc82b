//! What each of these programs does with Stheno: a log, an event that is published twice, and its effect once, in the
//! shop's own database.

use std::{
    error::Error,
    path::{Path, PathBuf},
};

use stheno::{
    AnyEvent, App, Bus, BusExt as _, Cx, Failure, Outgoing, Start, Subscriber, SubscriberDef, async_trait,
    backend::Query,
    sqlite::{SqliteBackend, SqliteOptions, handled_once, once::rusqlite},
};

const LOG: &str = "stheno.db";

pub type Done<T = ()> = Result<T, Box<dyn Error>>;

stheno::declare_event!("shop.sold", "Something was sold.");

/// A folder with nothing in it but what these programs write: the first argument, emptied.
pub fn folder() -> Done<PathBuf> {
    let folder = PathBuf::from(std::env::args_os().nth(1).ok_or("name a folder, which is emptied")?);
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Publishes an event twice with one id, and handles it twice in a shop's database: both must count as once.
pub async fn sell(folder: &Path) -> Done {
    let shop = folder.join("shop.db");
    rusqlite::Connection::open(&shop)?.execute_batch(
        "PRAGMA journal_mode = WAL; CREATE TABLE stock (sold INTEGER NOT NULL); INSERT INTO stock VALUES (0)",
    )?;
    let bus = Bus::connect(&url(folder)).await?;
    for duplicate in [false, true] {
        let sold = Outgoing::raw("shop.sold", &serde_json::json!({ "id": "order_1" }));
        let published = bus.publish(sold.id("order_1/sold")).await?;
        assert_eq!((published.sequence, published.duplicate), (Some(1), duplicate));
    }
    bus.backend().close().await;

    let subscriber =
        SubscriberDef::new("shop.sell", Sell { shop: shop.clone() }).on("shop.sold").start(Start::Beginning);
    let running = App::new(SqliteBackend::open(SqliteOptions::file(folder.join(LOG))).await?)
        .subscribe(subscriber)
        .start()
        .await?;
    running.settle(std::time::Duration::from_secs(60)).await?;
    assert_eq!(running.stop().await, stheno::app::Stopped::Drained);
    assert_eq!(sold(folder)?, 1);
    Ok(())
}

/// The log as it is after the other user of SQLite has done its part: the one event, and room for another.
pub async fn open_again(folder: &Path) -> Done {
    let bus = Bus::connect(&url(folder)).await?;
    assert_eq!(bus.backend().read(Query::all()).await?.events.len(), 1);
    let again = Outgoing::raw("shop.sold", &serde_json::json!({ "id": "order_2" }));
    assert_eq!(bus.publish(again).await?.sequence, Some(2));
    bus.backend().close().await;
    println!("both use SQLite {}", rusqlite::version());
    Ok(())
}

/// How many were sold, as Stheno's own SQLite reads it.
pub fn sold(folder: &Path) -> Done<i64> {
    let shop = rusqlite::Connection::open(folder.join("shop.db"))?;
    Ok(shop.query_row("SELECT sold FROM stock", [], |row| row.get(0))?)
}

fn url(folder: &Path) -> String {
    format!("sqlite://{}", folder.join(LOG).display())
}

struct Sell {
    shop: PathBuf,
}

#[async_trait]
impl Subscriber for Sell {
    type Event = AnyEvent;

    async fn handle(&self, _: AnyEvent, cx: Cx) -> Result<(), Failure> {
        let mut shop = rusqlite::Connection::open(&self.shop)?;
        for _attempt in 0..2 {
            let transaction = shop.transaction()?;
            if handled_once(&transaction, &cx)? {
                transaction.execute("UPDATE stock SET sold = sold + 1", [])?;
            }
            transaction.commit()?;
        }
        Ok(())
    }
}
