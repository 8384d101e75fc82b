//! Product variants: what is really sold and stocked.

use serde_json::{Map, Value};
use stheno::{Event, Extra, Payload};

use crate::{
    define::ids,
    examples::{PRODUCT, VARIANT},
};

ids! {
    /// Triggered when a product variant is created.
    #[event(name = "product-variant.created", key = "product-variant:/id", section = "Product Variant Events")]
    pub struct ProductVariantCreated {
        /// ID of the variant.
        id = VARIANT,
        /// ID of the product.
        product_id = PRODUCT,
    }
}

/// Triggered when a product variant is updated.
#[derive(Clone, PartialEq, Payload, Event)]
#[event(
    name = "product-variant.updated",
    key = "product-variant:/id",
    section = "Product Variant Events",
    note = "Since Medusa 1.8 sent only when something changed."
)]
pub struct ProductVariantUpdated {
    /// ID of the variant.
    #[field(example = VARIANT)]
    pub id: String,
    /// ID of the product.
    #[field(example = PRODUCT)]
    pub product_id: String,
    /// Names of the updated fields.
    #[field(example = ["title", "inventory_quantity"])]
    pub fields: Vec<String>,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}

/// Triggered when a product variant is deleted.
#[derive(Clone, PartialEq, Payload, Event)]
#[event(name = "product-variant.deleted", key = "product-variant:/id", section = "Product Variant Events")]
pub struct ProductVariantDeleted {
    /// ID of the variant.
    #[field(example = VARIANT)]
    pub id: String,
    /// ID of the product.
    #[field(example = PRODUCT)]
    pub product_id: String,
    /// The `metadata` of the variant, where it had any.
    #[field(example = Map::from_iter([("supplier".to_owned(), Value::from("north"))]))]
    pub metadata: Option<Map<String, Value>>,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}
