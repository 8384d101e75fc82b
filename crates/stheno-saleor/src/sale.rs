//! Sales: discounts on categories, collections, products and variants.

use stheno::{Extra, Payload};

use crate::{GlobalId, define::enveloped, entity::Meta, examples::PRODUCT};

const SALE: &str = "U2FsZToxMw==";

/// A sale, and what was added to it and removed from it.
#[derive(Clone, PartialEq, Payload)]
pub struct SaleChange {
    /// What it is: `Sale`.
    #[field(example = "Sale")]
    pub r#type: String,
    /// Its id.
    #[field(kind = "string_or_number", example = SALE)]
    pub id: GlobalId,
    /// Categories that were added.
    #[field(example = [])]
    pub categories_added: Vec<String>,
    /// Categories that were removed.
    #[field(example = [])]
    pub categories_removed: Vec<String>,
    /// Collections that were added.
    #[field(example = [])]
    pub collections_added: Vec<String>,
    /// Collections that were removed.
    #[field(example = [])]
    pub collections_removed: Vec<String>,
    /// Products that were added.
    #[field(example = [PRODUCT])]
    pub products_added: Vec<String>,
    /// Products that were removed.
    #[field(example = [])]
    pub products_removed: Vec<String>,
    /// Variants that were added.
    #[field(example = [])]
    pub variants_added: Vec<String>,
    /// Variants that were removed.
    #[field(example = [])]
    pub variants_removed: Vec<String>,
    /// When and by whom it was sent.
    #[field(fields, undocumented)]
    pub meta: Option<Meta>,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}

/// A sale that began or ended, and what it is on.
#[derive(Clone, PartialEq, Payload)]
pub struct SaleToggled {
    /// What it is: `Sale`.
    #[field(example = "Sale")]
    pub r#type: String,
    /// Its id.
    #[field(kind = "string_or_number", example = SALE)]
    pub id: GlobalId,
    /// Categories it is on; Saleor leaves the list out where it is on none.
    #[field(sometimes, example = ["Q2F0ZWdvcnk6Mjk="])]
    pub categories: Vec<String>,
    /// Collections it is on; Saleor leaves the list out where it is on none.
    #[field(sometimes, example = [])]
    pub collections: Vec<String>,
    /// Products it is on; Saleor leaves the list out where it is on none.
    #[field(sometimes, example = [])]
    pub products: Vec<String>,
    /// Variants it is on; Saleor leaves the list out where it is on none.
    #[field(sometimes, example = [])]
    pub variants: Vec<String>,
    /// When and by whom it was sent.
    #[field(fields, example = Meta::example())]
    pub meta: Meta,
    /// Whether the sale is on now.
    #[field(example = false)]
    pub is_active: bool,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}

enveloped! {
    /// A sale was created.
    #[event(name = "saleor.sale.created", key("saleor.sale:/payload/id", "saleor.sale:/0/id"), section = "Webhooks", note = "The program sends an array of one object without an envelope.")]
    #[event(note = "Versions read: 3.1 to 3.24.")]
    pub struct SaleCreated("sale_created", SaleChange);

    /// A sale was updated.
    #[event(name = "saleor.sale.updated", key("saleor.sale:/payload/id", "saleor.sale:/0/id"), section = "Webhooks", note = "The program sends an array of one object without an envelope.")]
    #[event(note = "Versions read: 3.1 to 3.24.")]
    pub struct SaleUpdated("sale_updated", SaleChange);

    /// A sale was deleted.
    #[event(name = "saleor.sale.deleted", key("saleor.sale:/payload/id", "saleor.sale:/0/id"), section = "Webhooks", note = "The program sends an array of one object without an envelope.")]
    #[event(note = "Versions read: 3.1 to 3.24.")]
    pub struct SaleDeleted("sale_deleted", SaleChange);

    /// A sale began or ended.
    #[event(name = "saleor.sale.toggle", key("saleor.sale:/payload/id", "saleor.sale:/0/id"), section = "Webhooks", note = "The program sends an array of one object without an envelope.")]
    #[event(note = "Versions read: 3.5 to 3.24.")]
    pub struct SaleToggle("sale_toggle", SaleToggled);
}
