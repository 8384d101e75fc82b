//! A first argument that stands for no event of its own.

use stheno::prelude::*;

/// A new order was placed.
#[derive(Payload, Event)]
#[event(name = "order.placed", key = "order:/id")]
struct OrderPlaced {
    #[field(example = "order_1")]
    id: String,
}

#[derive(serde::Deserialize)]
struct OrderRef {
    _id: String,
}

#[derive(EventSum)]
enum Orders {
    Placed(OrderPlaced),
    #[event(other)]
    Other(AnyEvent),
}

#[subscriber(id = "receipts.view")]
async fn view(_order: Body<OrderRef>) -> Result<(), Failure> {
    Ok(())
}

#[subscriber(id = "receipts.any")]
async fn any(_event: AnyEvent) -> Result<(), Failure> {
    Ok(())
}

#[subscriber(id = "receipts.open")]
async fn open(_event: Orders) -> Result<(), Failure> {
    Ok(())
}

fn main() {}
