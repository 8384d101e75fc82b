//! A program with sqlx for Postgres alone. Cargo takes sqlx's SQLite into account all the same, and builds none of it.

mod shop;

#[tokio::main]
async fn main() -> shop::Done {
    let folder = shop::folder()?;
    let pool = sqlx::PgPool::connect_lazy("postgres://nobody@127.0.0.1:1/none")?;
    shop::sell(&folder).await?;
    assert!(pool.acquire().await.is_err(), "no server is there, and sqlx says so");
    shop::open_again(&folder).await
}
