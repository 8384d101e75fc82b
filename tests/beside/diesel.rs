//! A program with Diesel's SQLite.

mod shop;

use std::path::Path;

use diesel::{Connection as _, RunQueryDsl as _, SqliteConnection, sql_query};

#[tokio::main]
async fn main() -> shop::Done {
    let folder = shop::folder()?;
    let open = |path: &Path| SqliteConnection::establish(&path.display().to_string());
    let mut own = open(&folder.join("own.db"))?;
    sql_query("CREATE TABLE own (number INTEGER)").execute(&mut own)?;
    shop::sell(&folder).await?;

    let mut shared = open(&folder.join("shop.db"))?;
    let sell = "UPDATE stock SET sold = sold + 1 WHERE sold = 1";
    assert_eq!(sql_query(sell).execute(&mut shared)?, 1, "it sees what Stheno's transaction has done");
    assert_eq!(shop::sold(&folder)?, 2, "and Stheno's SQLite sees what it has done");
    assert_eq!(sql_query("INSERT INTO own VALUES (1)").execute(&mut own)?, 1);
    shop::open_again(&folder).await
}
