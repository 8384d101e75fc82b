//! A program with a rusqlite of its own: in Stheno's range it is the same one, so `handled_once` takes its transactions.

mod shop;

use rusqlite::Connection;
use stheno::{Cx, sqlite::handled_once};

#[tokio::main]
async fn main() -> shop::Done {
    let folder = shop::folder()?;
    let own = Connection::open(folder.join("own.db"))?;
    own.execute_batch("CREATE TABLE own (number INTEGER)")?;
    shop::sell(&folder).await?;

    let mut shared = Connection::open(folder.join("shop.db"))?;
    let cx = Cx::test("shop.sold");
    for first in [true, false] {
        let transaction = shared.transaction()?;
        assert_eq!(handled_once(&transaction, &cx)?, first);
        if first {
            transaction.execute("UPDATE stock SET sold = sold + 1 WHERE sold = 1", [])?;
        }
        transaction.commit()?;
    }
    assert_eq!(shop::sold(&folder)?, 2);
    assert_eq!(own.execute("INSERT INTO own VALUES (1)", [])?, 1);
    shop::open_again(&folder).await
}
