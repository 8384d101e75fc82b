//! Fulfillments: what was sent, and how to follow it.

use stheno::{Extra, Payload};

use crate::{GlobalId, entity::OrderLine, examples::ORDER};

/// How to follow what was sent.
#[derive(Clone, PartialEq, Payload)]
pub struct Fulfillment {
    /// Number or address for tracking; empty when there is none.
    #[field(example = "https://track.example/1")]
    pub tracking_number: String,
    /// Whether that is an address in the web.
    #[field(example = true)]
    pub is_tracking_number_url: bool,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}

/// A line of an order, as far as it was sent.
#[derive(Clone, PartialEq, Payload)]
pub struct FulfillmentLine {
    /// Its id.
    #[field(kind = "string_or_number", example = ORDER)]
    pub id: GlobalId,
    /// The line of the order.
    #[field(fields, example = OrderLine::example())]
    pub order_line: OrderLine,
    /// How many were sent.
    #[field(example = 1)]
    pub quantity: i64,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}
