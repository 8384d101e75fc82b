//! A program with SeaORM on SQLite, 1 or 2.

mod shop;

use sea_orm::{ConnectionTrait as _, Database};

#[tokio::main]
async fn main() -> shop::Done {
    let folder = shop::folder()?;
    let open = async |name: &str| Database::connect(format!("sqlite://{}?mode=rwc", folder.join(name).display())).await;
    let own = open("own.db").await?;
    own.execute_unprepared("CREATE TABLE own (number INTEGER)").await?;
    shop::sell(&folder).await?;

    let shared = open("shop.db").await?;
    let sell = "UPDATE stock SET sold = sold + 1 WHERE sold = 1";
    let sold = shared.execute_unprepared(sell).await?.rows_affected();
    assert_eq!(sold, 1, "it sees what Stheno's transaction has done");
    assert_eq!(shop::sold(&folder)?, 2, "and Stheno's SQLite sees what it has done");
    assert_eq!(own.execute_unprepared("INSERT INTO own VALUES (1)").await?.rows_affected(), 1);
    shop::open_again(&folder).await?;
    shared.close().await?;
    own.close().await?;
    Ok(())
}
