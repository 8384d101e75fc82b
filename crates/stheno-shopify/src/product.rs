//! Products.

use crate::define::verbs;

verbs! {
    /// The product was created.
    #[event(name = "shopify.product.create", key = "shopify.product:/subject_id", section = "Product", note = "Documented responses have another message: `created a new product: product_title.`.")]
    pub struct ProductCreate("shopify.product.create");

    /// The product was deleted.
    #[event(name = "shopify.product.destroy", key = "shopify.product:/subject_id", section = "Product")]
    pub struct ProductDestroy("shopify.product.destroy");

    /// The product was published.
    #[event(name = "shopify.product.published", key = "shopify.product:/subject_id", section = "Product")]
    pub struct ProductPublished("shopify.product.published");

    /// Product was hidden.
    #[event(name = "shopify.product.unpublished", key = "shopify.product:/subject_id", section = "Product")]
    pub struct ProductUnpublished("shopify.product.unpublished");

    /// Product was updated.
    #[event(name = "shopify.product.update", key = "shopify.product:/subject_id", section = "Product")]
    pub struct ProductUpdate("shopify.product.update");
}
