//! Options of batches on a handler of single events.

use stheno::prelude::*;

/// A new order was placed.
#[derive(Payload, Event)]
#[event(name = "order.placed", key = "order:/id")]
struct OrderPlaced {
    #[field(example = "order_1")]
    id: String,
}

#[subscriber(id = "receipts.batch", batch = 500)]
async fn batch(_order: OrderPlaced) -> Result<(), Failure> {
    Ok(())
}

#[subscriber(id = "receipts.linger", linger = "200ms")]
async fn linger(_order: OrderPlaced) -> Result<(), Failure> {
    Ok(())
}

fn main() {}
