//! Swaps, as far as a cart event tells of one.

use stheno::{Extra, Payload};

use crate::examples::{CART, ORDER, SWAP};

/// A swap: a customer returns items and gets others for them. Medusa sends one as `cart.updated` by mistake.
#[derive(Clone, PartialEq, Payload)]
pub struct Swap {
    /// Its id.
    #[field(example = SWAP)]
    pub id: String,
    /// The order that items of are swapped.
    #[field(example = ORDER)]
    pub order_id: Option<String>,
    /// The cart in which the customer pays the difference.
    #[field(example = CART)]
    pub cart_id: Option<String>,
    /// Everything else of the swap.
    #[field(extra)]
    pub extra: Extra,
}
