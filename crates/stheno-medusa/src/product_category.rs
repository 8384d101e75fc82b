//! Product categories.

use crate::{define::ids, examples::CATEGORY};

ids! {
    /// Triggered when a product category is created.
    #[event(name = "product-category.created", key = "product-category:/id", section = "Product Category Events")]
    pub struct ProductCategoryCreated {
        /// ID of the category.
        id = CATEGORY,
    }

    /// Triggered when a product category is updated.
    #[event(name = "product-category.updated", key = "product-category:/id", section = "Product Category Events")]
    pub struct ProductCategoryUpdated {
        /// ID of the category.
        id = CATEGORY,
    }

    /// Triggered when a product category is deleted.
    #[event(name = "product-category.deleted", key = "product-category:/id", section = "Product Category Events")]
    pub struct ProductCategoryDeleted {
        /// ID of the category.
        id = CATEGORY,
    }
}
