//! Carts: what a customer is about to buy.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, json};
use stheno::{DecodeError, Event, EventDescriptor, EventName, Field, FieldKind, Key, KeyRule, KeySource, Payload};

use crate::{
    define::ids,
    entity::{Cart, Swap},
    examples::CART,
    shapes::{self, Shaped, Source},
};

const SECTION: &str = "Cart Events";

/// Triggered when a cart is associated with a different email than it was already associated with, or if a customer
/// logs
/// in after adding items to their cart as a guest.
///
/// The body is a JSON string.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CartCustomerUpdated {
    /// ID of the cart, which is the whole payload.
    pub cart_id: String,
}

impl CartCustomerUpdated {
    /// The event of the cart with this id.
    pub fn new(cart_id: impl Into<String>) -> Self {
        Self { cart_id: cart_id.into() }
    }
}

impl Payload for CartCustomerUpdated {
    const FIELDS: &'static [Field] = &[Field::new("", FieldKind::String, "ID of the cart; it is the whole payload.")];

    fn example() -> Self {
        Self::new(CART)
    }
}

impl Event for CartCustomerUpdated {
    const PATTERN: &'static str = "cart.customer_updated";

    fn descriptor() -> EventDescriptor {
        EventDescriptor::of::<Self>(env!("CARGO_PKG_NAME"))
            .description("Triggered when a cart is associated with a different email than it was already associated with, or if a customer logs in after adding items to their cart as a guest.")
            .section(SECTION)
            .key(KeyRule::new(&[KeySource::Body { kind: "cart", pointer: "" }]))
            .note("The body is a JSON string, not an object.")
    }

    fn key(&self) -> Option<Key> {
        Key::new("cart", &self.cart_id).ok()
    }
}

ids! {
    /// Triggered when a cart is created.
    #[event(name = "cart.created", key = "cart:/id", section = "Cart Events")]
    pub struct CartCreated {
        /// ID of the cart.
        id = CART,
    }
}

/// Triggered when a cart and data associated with it (payment sessions, shipping methods, user details, etc…) are
/// updated.
///
/// The documentation promises an object with at least the id, mostly the whole cart.
#[derive(Debug, Clone, PartialEq)]
pub enum CartUpdated {
    /// Only the id is known. A [`Cart`] with nothing but its id is read back as this.
    Id(String),
    /// The cart, with whatever was loaded of it.
    Cart(Box<Cart>),
    /// A swap. Medusa sends it under this name, by mistake, when metadata of a swap is deleted.
    Swap(Box<Swap>),
}

impl CartUpdated {
    /// The event of the cart with this id.
    pub fn new(id: impl Into<String>) -> Self {
        Self::Id(id.into())
    }

    /// ID of the cart; for a swap that of the cart it is paid in, where it has one.
    pub fn cart_id(&self) -> Option<&str> {
        match self {
            Self::Id(id) => Some(id),
            Self::Cart(cart) => Some(&cart.id),
            Self::Swap(swap) => swap.cart_id.as_deref(),
        }
    }
}

impl From<Cart> for CartUpdated {
    fn from(cart: Cart) -> Self {
        Self::Cart(Box::new(cart))
    }
}

impl Shaped for CartUpdated {
    fn read<S: Source>(looked_at: &Value, source: S) -> Result<Self, S::Error> {
        // Every id of Medusa says by its prefix what it is of.
        let is_swap = looked_at["id"].as_str().is_some_and(|id| id.starts_with("swap_"));
        match shapes::only_id(looked_at) {
            _ if is_swap => source.read().map(|swap| Self::Swap(Box::new(swap))),
            Some(id) => Ok(Self::new(id)),
            None => source.read().map(|cart| Self::Cart(Box::new(cart))),
        }
    }
}

impl<'de> Deserialize<'de> for CartUpdated {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        shapes::deserialize(deserializer)
    }
}

impl Serialize for CartUpdated {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Id(id) => json!({ "id": id }).serialize(serializer),
            Self::Cart(cart) => cart.serialize(serializer),
            Self::Swap(swap) => swap.serialize(serializer),
        }
    }
}

impl Payload for CartUpdated {
    const FIELDS: &'static [Field] = Cart::FIELDS;

    fn example() -> Self {
        Cart::example().into()
    }
}

impl Event for CartUpdated {
    const PATTERN: &'static str = "cart.updated";

    fn descriptor() -> EventDescriptor {
        EventDescriptor::of::<Self>(env!("CARGO_PKG_NAME"))
            .description("Triggered when a cart and data associated with it (payment sessions, shipping methods, user details, etc…) are updated.")
            .section(SECTION)
            .key(KeyRule::new(&[KeySource::Body { kind: "cart", pointer: "/id" }]))
            .note("The payload is `{id}`, or a cart whose relations and totals differ from sender to sender, or, when metadata of a swap is deleted, that swap: its key then has the id of the swap.")
    }

    fn key(&self) -> Option<Key> {
        let id = match self {
            Self::Id(id) => id,
            Self::Cart(cart) => &cart.id,
            Self::Swap(swap) => &swap.id,
        };
        Key::new("cart", id).ok()
    }

    fn decode(_name: &EventName, body: &[u8]) -> Result<Self, DecodeError> {
        shapes::decode(body)
    }
}
