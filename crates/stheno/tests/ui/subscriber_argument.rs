//! An argument that nobody can provide.

use stheno::prelude::*;

/// A new order was placed.
#[derive(Payload, Event)]
#[event(name = "order.placed", key = "order:/id")]
struct OrderPlaced {
    #[field(example = "order_1")]
    id: String,
}

struct Mailer;

#[subscriber(id = "receipts.send")]
async fn send_receipt(_order: OrderPlaced, _mailer: Mailer, _cx: Cx) -> Result<(), Failure> {
    Ok(())
}

fn main() {}
