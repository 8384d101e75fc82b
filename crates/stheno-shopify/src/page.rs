//! Pages of the storefront.

use crate::define::verbs;

verbs! {
    /// The page was created.
    #[event(name = "shopify.page.create", key = "shopify.page:/subject_id", section = "Page")]
    pub struct PageCreate("shopify.page.create");

    /// The page was deleted.
    #[event(name = "shopify.page.destroy", key = "shopify.page:/subject_id", section = "Page")]
    pub struct PageDestroy("shopify.page.destroy");

    /// The page was published.
    #[event(name = "shopify.page.published", key = "shopify.page:/subject_id", section = "Page")]
    pub struct PagePublished("shopify.page.published");

    /// Page was hidden.
    #[event(name = "shopify.page.unpublished", key = "shopify.page:/subject_id", section = "Page")]
    pub struct PageUnpublished("shopify.page.unpublished");

    /// Page was updated.
    #[event(name = "shopify.page.update", key = "shopify.page:/subject_id", section = "Page")]
    pub struct PageUpdate("shopify.page.update");
}
