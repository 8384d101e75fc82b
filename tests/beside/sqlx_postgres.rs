//! A program with sqlx for Postgres alone. Cargo takes sqlx's SQLite into account all the same, and builds none of it.

mod shop;

use std::time::Duration;

use sqlx::postgres::PgPoolOptions;

#[tokio::main]
async fn main() -> shop::Done {
    let folder = shop::folder()?;
    let options = PgPoolOptions::new().acquire_timeout(Duration::from_millis(100));
    let pool = options.connect_lazy("postgres://nobody@127.0.0.1:1/none")?;
    shop::sell(&folder).await?;
    assert!(pool.acquire().await.is_err(), "no server is there, and sqlx says so");
    shop::open_again(&folder).await
}
