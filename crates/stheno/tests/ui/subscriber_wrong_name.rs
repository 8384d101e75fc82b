//! A name that does not belong to the payload.

use stheno::prelude::*;

/// A new order was placed.
#[derive(Payload, Event)]
#[event(name = "order.placed", key = "order:/id")]
struct OrderPlaced {
    #[field(example = "order_1")]
    id: String,
}

#[subscriber("order.placd", id = "receipts.typo")]
async fn typo(_order: OrderPlaced) -> Result<(), Failure> {
    Ok(())
}

#[subscriber("order.placed", "order.canceled", id = "receipts.two")]
async fn two_names(_order: OrderPlaced) -> Result<(), Failure> {
    Ok(())
}

#[subscriber("order.*", id = "receipts.wide")]
async fn too_wide(_orders: Batch<OrderPlaced>) -> Result<(), Failure> {
    Ok(())
}

fn main() {}
