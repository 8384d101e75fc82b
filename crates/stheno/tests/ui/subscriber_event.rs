//! A first argument that is no event.

use stheno::prelude::*;

#[derive(serde::Deserialize)]
struct OrderRef {
    _id: String,
}

#[subscriber("order.placed", id = "receipts.send")]
async fn send_receipt(_order: OrderRef, _cx: Cx) -> Result<(), Failure> {
    Ok(())
}

fn main() {}
