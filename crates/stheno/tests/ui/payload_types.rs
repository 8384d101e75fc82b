//! What only the compiler knows of a field.

use stheno::prelude::*;

#[derive(Payload)]
struct WrongExample {
    #[field(example = "yes")]
    confirmed: Option<bool>,
}

#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct LineItem {}

#[derive(Payload)]
struct NotAPayload {
    #[field(fields)]
    items: Option<Vec<LineItem>>,
}

fn main() {}
