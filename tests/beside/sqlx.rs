//! A program with sqlx's SQLite, 0.8 or 0.9.

mod shop;

use sqlx::{Executor as _, SqlitePool};

#[tokio::main]
async fn main() -> shop::Done {
    let folder = shop::folder()?;
    let open =
        async |name: &str| SqlitePool::connect(&format!("sqlite://{}?mode=rwc", folder.join(name).display())).await;
    let own = open("own.db").await?;
    own.execute("CREATE TABLE own (number INTEGER)").await?;
    shop::sell(&folder).await?;

    let shared = open("shop.db").await?;
    let sell = "UPDATE stock SET sold = sold + 1 WHERE sold = 1";
    assert_eq!(shared.execute(sell).await?.rows_affected(), 1, "it sees what Stheno's transaction has done");
    assert_eq!(shop::sold(&folder)?, 2, "and Stheno's SQLite sees what it has done");
    assert_eq!(own.execute("INSERT INTO own VALUES (1)").await?.rows_affected(), 1);
    shop::open_again(&folder).await?;
    shared.close().await;
    own.close().await;
    Ok(())
}
