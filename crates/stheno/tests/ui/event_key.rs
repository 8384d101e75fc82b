//! What is no key.

use stheno::prelude::*;

#[derive(Payload, Event)]
#[event(name = "order.placed", key = "order")]
struct NoColon {}

#[derive(Payload, Event)]
#[event(name = "order.placed", key = "Order:/id")]
struct UpperCase {}

#[derive(Payload, Event)]
#[event(name = "order.placed", key = "order:id")]
struct NoPointer {}

#[derive(Payload, Event)]
#[event(name = "order.placed", key = "order:{last}")]
struct NoNumber {}

#[derive(Payload, Event)]
#[event(name = "order.placed", key("order:{1}", "order:{2}"))]
struct NoSuchToken {}

#[derive(Payload, Event)]
#[event(name = "order.placed", key = "order:/order_id")]
struct NoSuchField {
    #[field(example = "order_1")]
    id: String,
}

fn main() {}
