//! The transaction helper, in the user's own database.

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use stheno_core::{
    AnyEvent, App, Batch, Catalog, Cx, EventDescriptor, Failure, IntoFailure, Outgoing, Start, Subscriber,
    SubscriberDef, async_trait,
};
use stheno_sqlite::{
    OnceError, OnceErrorKind, SqliteBackend, handled_once,
    once::rusqlite::{Connection, TransactionBehavior},
};

/// The user's database: how many were sold.
fn shop(path: &Path) -> Connection {
    let shop = Connection::open(path).unwrap();
    shop.execute_batch("CREATE TABLE IF NOT EXISTS stock (sold INTEGER NOT NULL)").unwrap();
    if sold(&shop) == 0 && shop.query_row("SELECT count(*) FROM stock", [], |row| row.get::<_, i64>(0)).unwrap() == 0 {
        shop.execute("INSERT INTO stock VALUES (0)", []).unwrap();
    }
    shop
}

fn sold(shop: &Connection) -> i64 {
    shop.query_row("SELECT coalesce(max(sold), 0) FROM stock", [], |row| row.get(0)).unwrap()
}

/// One attempt of a handler that sells one; true when it did the work.
fn sell(shop: &mut Connection, cx: &Cx) -> Result<bool, OnceError> {
    let transaction = shop.transaction()?;
    let first = handled_once(&transaction, cx)?;
    if first {
        transaction.execute("UPDATE stock SET sold = sold + 1", [])?;
    }
    transaction.commit()?;
    Ok(first)
}

#[test]
fn the_work_of_an_event_is_done_once_however_often_it_is_attempted() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("shop.db");
    let (one, two) = (Cx::test("order.placed"), Cx::test("order.placed"));
    let mut database = shop(&path);
    assert_eq!([sell(&mut database, &one), sell(&mut database, &one)].map(Result::unwrap), [true, false]);
    assert!(sell(&mut database, &two).unwrap());
    drop(database);
    let mut database = shop(&path);
    assert!(!sell(&mut database, &one).unwrap());
    assert_eq!(sold(&database), 2);
}

#[test]
fn an_attempt_that_was_cut_off_before_the_commit_is_done_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("shop.db");
    let cx = Cx::test("order.placed");
    let mut database = shop(&path);
    {
        let transaction = database.transaction().unwrap();
        assert!(handled_once(&transaction, &cx).unwrap());
        transaction.execute("UPDATE stock SET sold = sold + 1", []).unwrap();
        // Dropped without a commit, as in a crash.
    }
    drop(database);
    let mut database = shop(&path);
    assert_eq!(sold(&database), 0);
    assert!(sell(&mut database, &cx).unwrap());
    assert_eq!(sold(&database), 1);
}

#[test]
fn another_run_another_subscriber_and_another_log_do_the_work_again() {
    let directory = tempfile::tempdir().unwrap();
    let mut database = shop(&directory.path().join("shop.db"));
    let cx = Cx::test("order.placed");
    // Makes the tables.
    assert!(sell(&mut database, &Cx::test("order.placed")).unwrap());
    let insert = "INSERT INTO stheno_handled (log, subscriber, event, run, epoch, at) VALUES (?1, ?2, ?3, ?4, 1, 0)";
    database.execute(insert, (cx.log_id(), cx.subscriber(), cx.id().as_str(), 1)).unwrap();
    database.execute(insert, (cx.log_id(), "other.subscriber", cx.id().as_str(), 0)).unwrap();
    database.execute(insert, ("other log", cx.subscriber(), cx.id().as_str(), 0)).unwrap();
    // Epochs count anew on each log.
    database.execute("INSERT INTO stheno_epoch VALUES ('other log', ?1, 9)", [cx.subscriber()]).unwrap();
    assert!(sell(&mut database, &cx).unwrap());
    assert!(!sell(&mut database, &cx).unwrap());
}

#[test]
fn a_process_that_lost_its_lease_is_refused_and_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let mut database = shop(&directory.path().join("shop.db"));
    let (before, after) = (Cx::test("order.placed"), Cx::test("order.placed"));
    assert!(sell(&mut database, &before).unwrap());
    // Another process has taken the subscriber over and written with a higher epoch.
    database.execute("UPDATE stheno_epoch SET epoch = 5", []).unwrap();
    let refused = sell(&mut database, &after).unwrap_err();
    assert_eq!(refused.kind(), OnceErrorKind::StaleEpoch { seen: 5, own: 1 });
    // Refused means tried again, by whoever holds the lease then.
    assert!(!refused.into_failure().is_terminal());
    assert_eq!(sold(&database), 1);
    let marked = "SELECT count(*) FROM stheno_handled WHERE event = ?1";
    assert_eq!(database.query_row(marked, [after.id().as_str()], |row| row.get::<_, i64>(0)).unwrap(), 0);
    let epoch = |database: &Connection| {
        database.query_row("SELECT epoch FROM stheno_epoch", [], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!(epoch(&database), 5);
    // A higher epoch of one's own is remembered.
    database.execute("UPDATE stheno_epoch SET epoch = 0", []).unwrap();
    assert!(sell(&mut database, &after).unwrap());
    assert_eq!(epoch(&database), 1);
}

#[test]
fn of_two_connections_one_does_the_work() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("shop.db");
    let cx = Cx::test("order.placed");
    shop(&path);
    let worked: usize = std::thread::scope(|scope| {
        let attempts = (0..4).map(|_| {
            scope.spawn(|| {
                let mut database = Connection::open(&path).unwrap();
                let transaction = database.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
                let first = handled_once(&transaction, &cx).unwrap();
                if first {
                    transaction.execute("UPDATE stock SET sold = sold + 1", []).unwrap();
                }
                transaction.commit().unwrap();
                usize::from(first)
            })
        });
        let attempts: Vec<_> = attempts.collect();
        attempts.into_iter().map(|attempt| attempt.join().unwrap()).sum()
    });
    assert_eq!((worked, sold(&Connection::open(&path).unwrap())), (1, 1));
}

#[test]
fn a_database_that_cannot_be_written_is_a_failure_to_try_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("shop.db");
    let mut database = shop(&path);
    let holder = Connection::open(&path).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    database.busy_timeout(std::time::Duration::ZERO).unwrap();
    let refused = sell(&mut database, &Cx::test("order.placed")).unwrap_err();
    assert_eq!(refused.kind(), OnceErrorKind::Database);
    assert!(!refused.into_failure().is_terminal());
}

/// Sells one for each event of a batch, and fails after that as often as it is told.
struct Sells {
    shop: PathBuf,
    fails: AtomicU32,
}

#[async_trait]
impl Subscriber for Sells {
    type Event = Batch<AnyEvent>;

    async fn handle(&self, batch: Batch<AnyEvent>, cx: Cx) -> Result<(), Failure> {
        let mut shop = shop(&self.shop);
        let refused = handled_once(&shop.transaction()?, &cx).unwrap_err();
        assert_eq!(refused.kind(), OnceErrorKind::OfBatch);
        for item in batch.iter() {
            sell(&mut shop, &cx.of(item))?;
        }
        // One call at a time.
        match self.fails.load(Ordering::SeqCst) {
            0 => Ok(()),
            left => {
                self.fails.store(left - 1, Ordering::SeqCst);
                Err(Failure::new("not yet"))
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_event_of_a_batch_is_marked_by_itself_however_the_batch_is_cut() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("shop.db");
    let sells = Sells { shop: path.clone(), fails: 2.into() };
    let subscriber = SubscriberDef::new("shop.sells", sells).on("order.placed").start(Start::Beginning);
    let catalog = Catalog::new("shop", "shop", "1").event(EventDescriptor::declared("order.placed", "", "shop"));
    let app = App::new(SqliteBackend::memory().unwrap()).catalog(catalog).without_unknown_names();
    let running = app.subscribe(subscriber.concurrency(1).batch(4, Duration::from_secs(3600))).start().await.unwrap();
    for _ in 0..4 {
        running.bus().publish(Outgoing::raw_bytes("order.placed", "{}")).await.unwrap();
    }
    running.settle(Duration::from_secs(60)).await.unwrap();
    running.stop().await;
    assert_eq!(sold(&shop(&path)), 4);
}
