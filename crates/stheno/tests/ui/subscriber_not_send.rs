//! A handler that cannot move between threads.

use std::rc::Rc;

use stheno::prelude::*;

#[subscriber("order.placed", id = "receipts.send")]
async fn send_receipt(_event: AnyEvent) -> Result<(), Failure> {
    let local = Rc::new(1);
    std::future::ready(()).await;
    drop(local);
    Ok(())
}

fn main() {}
