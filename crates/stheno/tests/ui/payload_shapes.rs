//! Only a struct with named fields is read as a JSON object.

use stheno::prelude::*;

#[derive(Payload)]
struct Generic<T> {
    #[field(example = "order_1")]
    id: T,
}

#[derive(Payload)]
struct Tuple(String);

#[derive(Payload)]
enum Shapes {
    Id(String),
    Whole { id: String },
}

fn main() {}
