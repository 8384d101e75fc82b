//! Settings that are given twice, or that cannot be meant, are refused where they are written.

use stheno::prelude::*;

/// A new order was placed.
#[derive(Payload, Event)]
#[event(name = "order.placed", key = "order:/id")]
struct OrderPlaced {
    #[field(example = "order_1")]
    id: String,
}

#[subscriber(id = "receipts.send.backfill-7")]
async fn id_of_a_backfill(_order: OrderPlaced) -> Result<(), Failure> {
    Ok(())
}

#[subscriber(id = "receipts.a", was = "receipts.backfill-12")]
async fn was_a_backfill(_order: OrderPlaced) -> Result<(), Failure> {
    Ok(())
}

#[subscriber(id = "receipts.b", was = "")]
async fn was_nothing(_order: OrderPlaced) -> Result<(), Failure> {
    Ok(())
}

#[subscriber(id = "receipts.c", was = "receipts.c")]
async fn was_itself(_order: OrderPlaced) -> Result<(), Failure> {
    Ok(())
}

#[subscriber("order.placed", "order.placed", id = "receipts.d")]
async fn pattern_twice(_order: OrderPlaced) -> Result<(), Failure> {
    Ok(())
}

#[subscriber(id = "receipts.e", timeout = "0s")]
async fn no_time(_order: OrderPlaced) -> Result<(), Failure> {
    Ok(())
}

#[derive(Payload, Event)]
#[event(name = "order.canceled", key())]
struct NoKey {
    #[field(example = "order_1")]
    id: String,
}

#[derive(Payload, Event)]
#[event(name = "order.canceled", key("order:/id", "order:/id"))]
struct KeyTwice {
    #[field(example = "order_1")]
    id: String,
}

#[derive(Payload, Event)]
#[event(name = "order.canceled", note = "")]
struct NoNote {
    #[field(example = "order_1")]
    id: String,
}

#[derive(Payload)]
struct NoName {
    #[field(rename = "")]
    id: Option<String>,
}

#[derive(Payload)]
struct NamedRoom {
    #[field(extra, rename = "rest")]
    extra: Extra,
}

#[derive(EventSum)]
enum Orders {
    Placed(OrderPlaced),
    #[event(other, other)]
    Other(AnyEvent),
}

fn main() {}
