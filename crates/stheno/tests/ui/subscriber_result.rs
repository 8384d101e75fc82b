//! A result that says nothing about the failure.

use stheno::prelude::*;

/// A new order was placed.
#[derive(Payload, Event)]
#[event(name = "order.placed", key = "order:/id")]
struct OrderPlaced {
    #[field(example = "order_1")]
    id: String,
}

struct Refused;

#[subscriber(id = "receipts.send")]
async fn own_error(_order: OrderPlaced) -> Result<(), Refused> {
    Ok(())
}

#[subscriber(id = "receipts.count")]
async fn count(_order: OrderPlaced) -> Result<u32, Failure> {
    Ok(1)
}

fn classify(_error: String) -> Failure {
    Failure::new("refused")
}

#[subscriber(id = "receipts.classified", classify = classify)]
async fn classified(_order: OrderPlaced) -> Result<(), Refused> {
    Ok(())
}

fn main() {}
