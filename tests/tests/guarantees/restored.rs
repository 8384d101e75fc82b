//! A log that was restored to an earlier state, and a database of a handler that was not: effects go on.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use stheno::{
    App, RewindTo, SubscriberDef,
    app::{Running, Stopped},
    medusa::OrderPlaced,
    sqlite::{handled_once, once::rusqlite::Connection},
};
use stheno_system_tests::{LogFile, eventually, settle, subscriber};

/// A shop's own database, and how many it has sold.
#[derive(Clone)]
struct Shop(Arc<Mutex<Connection>>);

impl Shop {
    fn new(path: &Path) -> Self {
        let shop = Connection::open(path).unwrap();
        shop.execute_batch("CREATE TABLE stock (sold INTEGER); INSERT INTO stock VALUES (0)").unwrap();
        Self(Arc::new(Mutex::new(shop)))
    }

    fn sold(&self) -> i64 {
        self.0.lock().unwrap().query_row("SELECT sold FROM stock", [], |row| row.get(0)).unwrap()
    }

    fn execute(&self, statement: &str) {
        self.0.lock().unwrap().execute_batch(statement).unwrap();
    }

    fn selling(&self) -> SubscriberDef {
        self.selling_as("stock.sell")
    }

    fn selling_as(&self, id: &str) -> SubscriberDef {
        let shop = self.clone();
        subscriber(id, "order.placed", move |_, cx| {
            let shop = shop.clone();
            async move {
                let mut shop = shop.0.lock().expect("a panic in a test ends it");
                let transaction = shop.transaction()?;
                if handled_once(&transaction, &cx)? {
                    transaction.execute("UPDATE stock SET sold = sold + 1", [])?;
                }
                transaction.commit()?;
                Ok(())
            }
        })
    }
}

async fn start(file: &LogFile, shop: &Shop) -> Running {
    App::new(file.open().await).subscribe(shop.selling()).start().await.unwrap()
}

async fn sell(file: &LogFile, shop: &Shop, order: &str) {
    let running = start(file, shop).await;
    running.bus().publish(OrderPlaced::new(order)).await.unwrap();
    settle(&running).await;
    assert_eq!(running.stop().await, Stopped::Drained);
}

fn log_file(file: &LogFile) -> PathBuf {
    file.beside("stheno.db")
}

/// Puts an earlier copy in the place of the log, which nobody has open.
fn restore(file: &LogFile, copy: &Path) {
    fs::copy(copy, log_file(file)).unwrap();
    for suffix in ["-wal", "-shm"] {
        let beside = log_file(file).with_extension(format!("db{suffix}"));
        assert!(!beside.exists() || fs::remove_file(beside).is_ok());
    }
}

#[tokio::test]
async fn effects_go_on_after_the_log_was_restored() {
    let file = LogFile::new();
    let shop = Shop::new(&file.beside("shop.db"));
    sell(&file, &shop, "order_1").await;
    let copy = file.beside("copy.db");
    fs::copy(log_file(&file), &copy).unwrap();
    for order in ["order_2", "order_3", "order_4"] {
        sell(&file, &shop, order).await;
    }
    restore(&file, &copy);
    sell(&file, &shop, "order_5").await;
    assert_eq!(shop.sold(), 5);
}

#[tokio::test]
async fn effects_go_on_after_a_clock_was_far_ahead() {
    let file = LogFile::new();
    let shop = Shop::new(&file.beside("shop.db"));
    sell(&file, &shop, "order_1").await;
    // What a holder would have left whose clock was ahead, if the log's own record of it were lost.
    shop.execute("UPDATE stheno_epoch SET epoch = 300000000000000");
    let running = start(&file, &shop).await;
    for order in ["order_2", "order_3"] {
        running.bus().publish(OrderPlaced::new(order)).await.unwrap();
    }
    eventually(|| async { shop.sold() }, |sold| *sold == 3).await;
    settle(&running).await;
    assert!(running.operator().dead_letters("stock.sell").await.unwrap().is_empty());
    assert_eq!(running.stop().await, Stopped::Drained);
}

#[tokio::test]
async fn a_replay_does_the_work_although_one_of_its_number_was_forgotten() {
    let file = LogFile::new();
    let shop = Shop::new(&file.beside("shop.db"));
    sell(&file, &shop, "order_1").await;
    let copy = file.beside("copy.db");
    fs::copy(log_file(&file), &copy).unwrap();
    for replays in 1..=2 {
        let running = start(&file, &shop).await;
        running.operator().rewind("stock.sell", RewindTo::Beginning).await.unwrap();
        eventually(|| async { shop.sold() }, |sold| *sold == 1 + replays).await;
        settle(&running).await;
        assert_eq!(running.stop().await, Stopped::Drained);
        restore(&file, &copy);
    }
}

#[tokio::test]
async fn a_new_id_that_is_taken_back_and_comes_again_sells_nothing_twice() {
    let file = LogFile::new();
    let shop = Shop::new(&file.beside("shop.db"));
    let mut published = 0;
    for release in ["stock.sell", "stock.sold", "stock.sell", "stock.sold", "stock.sell"] {
        let selling = match release {
            "stock.sold" => shop.selling_as(release).was("stock.sell"),
            _ => shop.selling_as(release),
        };
        let running = App::new(file.open().await).subscribe(selling).start().await.unwrap();
        for _ in 0..3 {
            published += 1;
            running.bus().publish(OrderPlaced::new(format!("order_{published}"))).await.unwrap();
        }
        settle(&running).await;
        assert_eq!(running.stop().await, Stopped::Drained);
        assert_eq!(shop.sold(), i64::from(published), "after {release}");
    }
}
