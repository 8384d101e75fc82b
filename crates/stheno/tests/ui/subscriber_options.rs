//! What `#[subscriber(..)]` may not say, and what it has to.

use stheno::prelude::*;

/// A new order was placed.
#[derive(Payload, Event)]
#[event(name = "order.placed", key = "order:/id")]
struct OrderPlaced {
    #[field(example = "order_1")]
    id: String,
}

#[subscriber]
async fn missing_id(_order: OrderPlaced) -> Result<(), Failure> {
    Ok(())
}

#[subscriber(id = "Receipts.Send")]
async fn bad_id(_order: OrderPlaced) -> Result<(), Failure> {
    Ok(())
}

#[subscriber(id = "receipts.a", atempts = 3)]
async fn unknown_option(_order: OrderPlaced) -> Result<(), Failure> {
    Ok(())
}

#[subscriber(id = "receipts.b", timeout = "1 fortnight")]
async fn bad_duration(_order: OrderPlaced) -> Result<(), Failure> {
    Ok(())
}

#[subscriber(id = "receipts.c", attempts = 0)]
async fn no_attempts(_order: OrderPlaced) -> Result<(), Failure> {
    Ok(())
}

#[subscriber(id = "receipts.d", start = "now")]
async fn bad_start(_order: OrderPlaced) -> Result<(), Failure> {
    Ok(())
}

#[subscriber(id = "receipts.e", id = "receipts.f")]
async fn twice(_order: OrderPlaced) -> Result<(), Failure> {
    Ok(())
}

#[subscriber("order.plac*", "order.", id = "receipts.g")]
async fn bad_patterns(_order: OrderPlaced) -> Result<(), Failure> {
    Ok(())
}

#[subscriber(id = "receipts.h", crash_limit = 0)]
async fn no_crash(_order: OrderPlaced) -> Result<(), Failure> {
    Ok(())
}

fn main() {}
