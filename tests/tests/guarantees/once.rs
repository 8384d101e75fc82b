//! The same id is stored once, and an effect committed together with its marker happens once in a run.

use std::sync::{Arc, Mutex};

use stheno::{
    App, Failure,
    medusa::OrderPlaced,
    sqlite::{handled_once, once::rusqlite::Connection},
};
use stheno_system_tests::{LogFile, Seen, eventually, memory, noting, settle, subscriber};

#[tokio::test]
async fn the_same_id_within_the_window_is_stored_and_handled_once() {
    let seen = Seen::default();
    let running = App::new(memory()).subscribe(noting("reader", "order.placed", &seen)).start().await.unwrap();
    let publish = || running.bus().publish(OrderPlaced::new("order_1")).id("order_1/placed").send();
    let (first, again) = (publish().await.unwrap(), publish().await.unwrap());
    assert_eq!((first.duplicate, again.duplicate), (false, true));
    assert_eq!(first.sequence, again.sequence);
    settle(&running).await;
    running.stop().await;
    assert_eq!(seen.lines(), ["order_1/placed"]);
}

/// How many were sold, in a shop's own database.
fn sold(shop: &Connection) -> i64 {
    shop.query_row("SELECT sold FROM stock", [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn an_effect_committed_with_its_marker_happens_exactly_once_in_a_run() {
    let file = LogFile::new();
    let shop = Connection::open(file.beside("shop.db")).unwrap();
    shop.execute_batch("CREATE TABLE stock (sold INTEGER); INSERT INTO stock VALUES (0)").unwrap();
    let shop = Arc::new(Mutex::new(shop));
    let (used, attempts) = (Arc::clone(&shop), Seen::default());
    let noted = attempts.clone();
    let sell = subscriber("stock.sell", "order.placed", move |_, cx| {
        noted.note(format!("{}.{}", cx.run(), cx.attempt()));
        let (used, last) = (Arc::clone(&used), cx.attempt() == 3);
        async move {
            {
                let mut shop = used.lock().expect("nobody panics with it");
                let transaction = shop.transaction()?;
                if handled_once(&transaction, &cx)? {
                    transaction.execute("UPDATE stock SET sold = sold + 1", [])?;
                }
                transaction.commit()?;
            }
            // The effect is done, and nobody has heard of it: what a crash leaves behind.
            if last { Ok(()) } else { Err(Failure::new("lost on the way back")) }
        }
    });
    let running = App::new(file.open().await).subscribe(sell).start().await.unwrap();
    running.bus().publish(OrderPlaced::new("order_1")).await.unwrap();
    assert_eq!(attempts.at_least(3).await, ["0.1", "0.2", "0.3"]);
    assert_eq!(sold(&shop.lock().unwrap()), 1);

    // A replay is another run, and does the work again.
    settle(&running).await;
    let operator = running.operator();
    operator.rewind("stock.sell", stheno::RewindTo::Beginning).await.unwrap();
    assert_eq!(attempts.at_least(6).await[3..], ["1.1", "1.2", "1.3"]);
    eventually(|| async { sold(&shop.lock().unwrap()) }, |sold| *sold == 2).await;
    settle(&running).await;
    running.stop().await;
    assert_eq!(attempts.lines().len(), 6);
}
