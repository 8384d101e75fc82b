//! Collections of products.

use crate::define::verbs;

verbs! {
    /// The collection was created.
    #[event(name = "shopify.collection.create", key = "shopify.collection:/subject_id", section = "Collection")]
    pub struct CollectionCreate("shopify.collection.create");

    /// The collection was deleted.
    #[event(name = "shopify.collection.destroy", key = "shopify.collection:/subject_id", section = "Collection")]
    pub struct CollectionDestroy("shopify.collection.destroy");

    /// The collection was published.
    #[event(name = "shopify.collection.published", key = "shopify.collection:/subject_id", section = "Collection")]
    pub struct CollectionPublished("shopify.collection.published");

    /// Collection was hidden.
    #[event(name = "shopify.collection.unpublished", key = "shopify.collection:/subject_id", section = "Collection")]
    pub struct CollectionUnpublished("shopify.collection.unpublished");

    /// Collection was updated.
    #[event(name = "shopify.collection.update", key = "shopify.collection:/subject_id", section = "Collection")]
    pub struct CollectionUpdate("shopify.collection.update");
}
