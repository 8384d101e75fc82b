//! What the events come to: each once, whatever is repeated, and the same again after a replay.

use std::{path::Path, sync::Arc};

use commerce::{Commerce, FixtureCommerce, Line, LineQuantity, Order, Return, Swap};
use plugin_stock::{Ledger, Reservation, StockError, StockEvent, reserve};
use stheno::{
    Cx, Outgoing, Res, RewindTo,
    delivery::why::Why,
    medusa::{OrderCanceled, OrderItemsReturned, OrderPlaced, SwapCreated, SwapReceived},
    sqlite::once::rusqlite::Connection,
};
use stheno_testkit::{Started, TestApp};

const SUBSCRIBER: &str = "stock.reserve";

/// An order of two tees and a mug, one tee of it sent back and one swapped for a cap; and an order of ten tees.
fn shop() -> FixtureCommerce {
    let order = Order::new("order_1", 1, "ada@example.com", "eur")
        .line(Line::new("item_tee", "Tee", "variant_tee", 2, 1950))
        .line(Line::new("item_mug", "Mug", "variant_mug", 1, 900))
        .line(Line { variant_id: None, ..Line::new("item_hand", "Engraving", "", 1, 500) })
        .returned(Return { id: "ret_1".into(), received: vec![LineQuantity::new("item_tee", 1)] });
    let swap = Swap {
        id: "swap_1".into(),
        order: order.clone(),
        new_lines: vec![Line::new("item_cap", "Cap", "variant_cap", 1, 1500)],
        received: vec![LineQuantity::new("item_tee", 1)],
        difference_due: None,
    };
    let swap_of_swap = Swap {
        id: "swap_2".into(),
        order: order.clone(),
        new_lines: vec![],
        received: vec![LineQuantity::new("item_cap", 1)],
        difference_due: None,
    };
    let ten =
        Order::new("order_2", 2, "bob@example.com", "eur").line(Line::new("item_ten", "Tee", "variant_tee", 10, 1950));
    FixtureCommerce::new().with_order(order).with_order(ten).with_swap(swap).with_swap(swap_of_swap)
}

async fn start(shop: FixtureCommerce, database: &Path) -> Started {
    let config = format!("[plugins.stock]\ndatabase = {:?}", database.to_str().unwrap());
    let app = TestApp::new().config(config).provide_shared::<dyn Commerce>(Arc::new(shop));
    app.plugin(plugin_stock::plugin()).start().await.unwrap()
}

/// Publishes one after the other, each handled before the next: they have different keys, and the tests want an order.
async fn publish(app: &Started, events: impl IntoIterator<Item = Outgoing>) {
    for event in events {
        app.when(event).await.unwrap();
    }
}

fn story() -> Vec<Outgoing> {
    vec![
        OrderPlaced::new("order_1").into(),
        OrderPlaced::new("order_2").into(),
        OrderItemsReturned::new("order_1", "ret_1").into(),
        SwapCreated::new("swap_1").into(),
        SwapReceived::new("swap_1", "order_1").into(),
        OrderCanceled::new("order_2").into(),
    ]
}

fn reserved(database: &Path) -> Vec<(String, i64)> {
    let all = Ledger::open(database).unwrap().reservations().unwrap();
    all.into_iter().map(|Reservation { variant, units }| (variant, units)).collect()
}

fn pairs(pairs: &[(&str, i64)]) -> Vec<(String, i64)> {
    pairs.iter().map(|(variant, units)| ((*variant).to_owned(), *units)).collect()
}

#[tokio::test]
async fn orders_returns_and_swaps_come_to_what_is_with_the_customers() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("stock.db");
    let app = start(shop(), &database).await;
    publish(&app, story().into_iter().take(2)).await;
    assert_eq!(reserved(&database), pairs(&[("variant_mug", 1), ("variant_tee", 12)]));
    publish(&app, story().into_iter().skip(2)).await;
    assert_eq!(reserved(&database), pairs(&[("variant_cap", 1), ("variant_mug", 1)]));
}

#[tokio::test]
async fn what_a_swap_brought_can_come_back_in_another_swap() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("stock.db");
    let app = start(shop(), &database).await;
    let back: Outgoing = SwapReceived::new("swap_2", "order_1").into();
    publish(&app, story().into_iter().take(5).chain([back])).await;
    assert_eq!(reserved(&database), pairs(&[("variant_mug", 1), ("variant_tee", 10)]));
}

#[tokio::test]
async fn a_second_attempt_after_a_crash_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let ledger: Res<Ledger> = Ledger::open(&folder.path().join("stock.db")).unwrap().into();
    let shop: Res<dyn Commerce> = Res::new(Arc::new(shop()));
    let cx = Cx::test("order.placed");
    for _attempt in 0..3 {
        let placed = StockEvent::Placed(OrderPlaced::new("order_2"));
        reserve(placed, shop.clone(), ledger.clone(), cx.clone()).await.unwrap();
    }
    let tees = Reservation { variant: "variant_tee".into(), units: 10 };
    assert_eq!(ledger.reservations().unwrap(), [tees]);
}

#[tokio::test]
async fn a_replay_from_the_beginning_or_the_middle_comes_to_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("stock.db");
    let app = start(shop(), &database).await;
    publish(&app, story()).await;
    let before = reserved(&database);
    for to in [RewindTo::Beginning, RewindTo::After(3)] {
        app.rewind(SUBSCRIBER, to).await.unwrap();
        assert_eq!(reserved(&database), before, "{to:?}");
    }
    let marks = Connection::open(&database).unwrap();
    let mut runs = marks.prepare("SELECT run, count(*) FROM stheno_handled GROUP BY run ORDER BY run").unwrap();
    let runs: Vec<(u32, u32)> =
        runs.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect();
    assert_eq!(runs, [(0, 6), (1, 6), (2, 3)]);
}

#[tokio::test]
async fn another_log_with_events_of_the_same_ids_is_counted_too() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("stock.db");
    let identified = || story().into_iter().enumerate().map(|(number, event)| event.id(&format!("story/{number}")));
    for logs in 1..=2 {
        let app = start(shop(), &database).await;
        publish(&app, identified()).await;
        let marks = Connection::open(&database).unwrap();
        let count = |query| marks.query_row(query, [], |row| row.get::<_, u32>(0)).unwrap();
        assert_eq!(count("SELECT count(DISTINCT log) FROM stheno_handled"), logs);
        assert_eq!(count("SELECT count(*) FROM stheno_handled"), 6 * logs);
    }
}

#[tokio::test]
async fn a_replay_mends_what_a_mistake_has_written() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("stock.db");
    let app = start(shop(), &database).await;
    publish(&app, story()).await;
    let before = reserved(&database);
    Connection::open(&database).unwrap().execute("UPDATE movements SET units = units * 3", []).unwrap();
    assert_ne!(reserved(&database), before);
    app.rewind(SUBSCRIBER, RewindTo::Beginning).await.unwrap();
    assert_eq!(reserved(&database), before);
}

#[tokio::test]
async fn a_shop_that_is_down_is_asked_again_and_reserves_once() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("stock.db");
    let app = start(shop().down_for(2), &database).await;
    let placed = app.when(OrderPlaced::new("order_2")).await.unwrap();
    assert!(matches!(app.outcome(SUBSCRIBER, &placed).await.unwrap(), Why::Retrying(_)));
    assert!(reserved(&database).is_empty());
    app.advance_over_retries().await.unwrap();
    assert_eq!(app.outcome(SUBSCRIBER, &placed).await.unwrap(), Why::Handled);
    assert_eq!(reserved(&database), pairs(&[("variant_tee", 10)]));
}

#[tokio::test]
async fn an_order_of_nothing_in_stock_is_skipped() {
    let folder = tempfile::tempdir().unwrap();
    let by_hand = Line { variant_id: None, ..Line::new("item_1", "Engraving", "", 1, 500) };
    let shop = FixtureCommerce::new().with_order(Order::new("order_3", 3, "ada@example.com", "eur").line(by_hand));
    let app = start(shop, &folder.path().join("stock.db")).await;
    let placed = app.when(OrderPlaced::new("order_3")).await.unwrap();
    assert!(matches!(app.outcome(SUBSCRIBER, &placed).await.unwrap(), Why::Skipped { .. }));
}

#[tokio::test]
async fn something_nobody_knows_to_have_gone_out_is_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let ledger: Res<Ledger> = Ledger::open(&folder.path().join("stock.db")).unwrap().into();
    let shop: Res<dyn Commerce> = Res::new(Arc::new(shop()));
    let early = StockEvent::SwapReceived(SwapReceived::new("swap_2", "order_1"));
    let failed = reserve(early, shop, ledger.clone(), Cx::test("swap.received")).await.unwrap_err();
    assert!(matches!(failed, StockError::UnknownLine { line } if line == "item_cap"));
    assert!(ledger.reservations().unwrap().is_empty());
}
