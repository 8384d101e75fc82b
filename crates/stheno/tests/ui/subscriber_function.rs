//! What a handler cannot look like.

use stheno::prelude::*;

/// A new order was placed.
#[derive(Payload, Event)]
#[event(name = "order.placed", key = "order:/id")]
struct OrderPlaced {
    #[field(example = "order_1")]
    id: String,
}

#[subscriber(id = "receipts.not-async")]
fn not_async(_order: OrderPlaced) -> Result<(), Failure> {
    Ok(())
}

#[subscriber(id = "receipts.no-event")]
async fn no_event() -> Result<(), Failure> {
    Ok(())
}

#[subscriber(id = "receipts.no-result")]
async fn no_result(_order: OrderPlaced) {}

#[subscriber(id = "receipts.generic")]
async fn generic<T>(_order: OrderPlaced, _some: Res<T>) -> Result<(), Failure> {
    Ok(())
}

#[subscriber(id = "receipts.some")]
async fn some(_order: impl Event) -> Result<(), Failure> {
    Ok(())
}

#[subscriber(id = "receipts.borrowed")]
async fn borrowed(_order: &OrderPlaced, _cx: &Cx) -> Result<(), Failure> {
    Ok(())
}

#[subscriber(id = "receipts.greedy")]
async fn greedy(_order: OrderPlaced, _: Cx, _: Cx, _: Cx, _: Cx, _: Cx, _: Cx, _: Cx, _: Cx, _: Cx) -> Result<(), Failure> {
    Ok(())
}

#[subscriber(id = "receipts.type")]
struct NotAFunction;

struct Receipts;

impl Receipts {
    #[subscriber(id = "receipts.method")]
    async fn method(&self, _order: OrderPlaced) -> Result<(), Failure> {
        Ok(())
    }
}

fn main() {}
