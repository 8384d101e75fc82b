//! Products.

use serde_json::{Map, Value};
use stheno::{Extra, Payload};

use crate::examples::{CREATED_AT, PRODUCT, UPDATED_AT};

stheno::text_enum! {
    /// Whether a product can be seen in the store.
    pub enum ProductStatus {
        /// Being written.
        Draft = "draft",
        /// Waiting to be approved.
        Proposed = "proposed",
        /// Can be seen.
        Published = "published",
        /// Was not approved.
        Rejected = "rejected",
    }
}

/// What a store sells, in one or more variants.
#[derive(Clone, PartialEq, Payload)]
pub struct Product {
    /// Its id.
    #[field(example = PRODUCT)]
    pub id: String,
    /// What it is called.
    #[field(example = "Linen shirt")]
    pub title: Option<String>,
    /// More of what it is called.
    pub subtitle: Option<String>,
    /// What it is.
    #[field(example = "A shirt for warm days.")]
    pub description: Option<String>,
    /// Its name in addresses of the store.
    #[field(example = "linen-shirt")]
    pub handle: Option<String>,
    /// Whether it is a gift card.
    #[field(example = false)]
    pub is_giftcard: Option<bool>,
    /// Whether it can be seen in the store.
    #[field(kind = "string", example = ProductStatus::Published)]
    pub status: Option<ProductStatus>,
    /// Address of a small picture.
    pub thumbnail: Option<String>,
    /// Weight, in the unit of the shop.
    #[field(example = 240)]
    pub weight: Option<i64>,
    /// Length, in the unit of the shop.
    pub length: Option<i64>,
    /// Height, in the unit of the shop.
    pub height: Option<i64>,
    /// Width, in the unit of the shop.
    pub width: Option<i64>,
    /// Harmonized System code, for customs.
    pub hs_code: Option<String>,
    /// Where it was made, for customs.
    #[field(example = "pt")]
    pub origin_country: Option<String>,
    /// Manufacturer's identification code, for customs.
    pub mid_code: Option<String>,
    /// What it is made of.
    #[field(example = "linen")]
    pub material: Option<String>,
    /// The collection it is in.
    pub collection_id: Option<String>,
    /// The product type it is of.
    pub type_id: Option<String>,
    /// Whether discounts count.
    #[field(example = true)]
    pub discountable: Option<bool>,
    /// Its id in another system.
    pub external_id: Option<String>,
    /// Whatever the shop keeps with it.
    pub metadata: Option<Map<String, Value>>,
    /// When it was created.
    #[field(example = CREATED_AT)]
    pub created_at: Option<String>,
    /// When it last changed.
    #[field(example = UPDATED_AT)]
    pub updated_at: Option<String>,
    /// When it was deleted.
    pub deleted_at: Option<String>,
    /// The shipping profile, if profiles were loaded.
    pub profile_id: Option<String>,
    /// The shipping profile, if profiles were loaded.
    #[field(kind = "object")]
    pub profile: Option<Value>,
    /// Shipping profiles, if loaded.
    pub profiles: Option<Vec<Value>>,
    /// Pictures, if loaded.
    pub images: Option<Vec<Value>>,
    /// Options, such as size and colour, if loaded.
    pub options: Option<Vec<Value>>,
    /// Variants, if loaded.
    pub variants: Option<Vec<Value>>,
    /// Categories, if loaded.
    pub categories: Option<Vec<Value>>,
    /// Tags, if loaded.
    pub tags: Option<Vec<Value>>,
    /// Sales channels, if loaded.
    pub sales_channels: Option<Vec<Value>>,
    /// The collection, if loaded.
    #[field(kind = "object")]
    pub collection: Option<Value>,
    /// The product type, if loaded.
    #[field(kind = "object")]
    pub r#type: Option<Value>,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}
