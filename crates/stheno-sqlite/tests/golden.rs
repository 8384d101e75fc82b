//! The form of the file and of the markers never changes without a new version: files outlive programs.
//!
//! `golden/schema.sql` and `golden/markers.sql` are the tables as this version makes them; `golden/version-1.sql` is a whole log as
//! the first version wrote it. To change a form, give it a new version, read the older one, and keep a log of it here.

mod common;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use stheno_core::{
    Cx, Timestamp,
    backend::{Append, Backend, Query, Revision},
};
use stheno_sqlite::{SqliteBackend, handled_once, once::rusqlite::Connection};

use common::{TestFile, record, with_id};

fn golden(file: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden").join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The statements that make the tables of a database, and what its header says.
fn schema(database: &Connection) -> String {
    let mut said = String::new();
    for pragma in ["application_id", "user_version"] {
        let value: i64 = database.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get(0)).unwrap();
        said += &format!("PRAGMA {pragma} = {value};\n");
    }
    let query = "SELECT sql || ';' FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' AND sql IS NOT NULL ORDER BY name";
    let mut statements = database.prepare(query).unwrap();
    for statement in statements.query_map([], |row| row.get::<_, String>(0)).unwrap() {
        said += &format!("\n{}\n", statement.unwrap());
    }
    said
}

fn log_of_version_1(path: &Path) {
    Connection::open(path).unwrap().execute_batch(&golden("version-1.sql")).unwrap();
}

#[tokio::test]
async fn a_new_file_has_the_tables_of_the_golden_file() {
    let file = TestFile::new();
    file.open().await.close().await;
    assert_eq!(schema(&Connection::open(&file.path).unwrap()), golden("schema.sql"));
}

#[test]
fn the_tables_of_markers_are_those_of_the_golden_file() {
    let mut database = Connection::open_in_memory().unwrap();
    let transaction = database.transaction().unwrap();
    assert!(handled_once(&transaction, &Cx::test("order.placed")).unwrap());
    transaction.commit().unwrap();
    assert_eq!(schema(&database), golden("markers.sql"));
}

#[tokio::test]
async fn a_log_of_the_first_version_is_read_and_gone_on_with() {
    let file = TestFile::new();
    log_of_version_1(&file.path);
    let century = Duration::from_secs(100 * 365 * 86_400);
    let log = SqliteBackend::open(file.options().dedup_window(century)).await.unwrap();

    let info = log.info().await.unwrap();
    assert_eq!((info.log_id.as_str(), info.first, info.last), ("019f0000-0000-7000-8000-000000000001", 1, 3));

    let page = log.read(Query::all()).await.unwrap();
    let [placed, canceled, changed] = &page.events[..] else { panic!("{:?}", page.events) };
    assert_eq!((placed.id.as_str(), placed.name.as_str()), ("order_1/placed", "order.placed"));
    assert_eq!(placed.key.as_ref().map(|key| key.as_str()), Some("order:order_1"));
    assert_eq!(&placed.body[..], br#"{"id":"order_1"}"#);
    assert_eq!(placed.time, placed.stored);
    assert_eq!(placed.stored, Timestamp::from_micros(1_700_000_000_000_001));
    assert_eq!(canceled.source.as_deref(), Some("shop"));
    assert_eq!(canceled.time, Timestamp::from_micros(1_699_999_999_000_000));
    assert_eq!(canceled.headers.get("ce-correlationid"), Some("visit-1"));
    assert_eq!((changed.key.clone(), changed.name.as_str()), (None, "product.updated"));
    let of_key = log.read(Query::all().key("order:order_1".parse().unwrap())).await.unwrap();
    assert_eq!(of_key.events.len(), 2);

    let state = log.get_record(&record("sub/receipts.send/state")).await.unwrap().unwrap();
    assert_eq!((state.revision, &state.value[..]), (Revision(4), &b"{\"format\":1}"[..]));
    assert!(log.get_record(&record("sub/receipts.send/gone")).await.unwrap().is_none(), "it has expired");

    let again = log.append(Append::one(with_id("order.placed", "order_1/placed"))).await.unwrap();
    assert_eq!((again[0].sequence, again[0].duplicate), (Some(1), true));
    // What was scheduled for a time that has passed comes into the log, before or after what is appended now.
    log.append(Append::one(with_id("order.placed", "order_2/placed"))).await.unwrap();
    let mut tail = log.tail(Query::all().after(3)).await.unwrap();
    let mut found = Vec::new();
    while found.len() < 2 {
        let page = tokio::time::timeout(common::BOUND, tail.next()).await.expect("both come").unwrap();
        found.extend(page.events.iter().map(|event| event.id.as_str().to_owned()));
    }
    found.sort_unstable();
    assert_eq!(found, ["later", "order_2/placed"]);
}
