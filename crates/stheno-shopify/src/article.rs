//! Articles of blogs.

use crate::define::verbs;

verbs! {
    /// The article was created.
    #[event(name = "shopify.article.create", key = "shopify.article:/subject_id", section = "Article")]
    pub struct ArticleCreate("shopify.article.create");

    /// The article was deleted.
    #[event(name = "shopify.article.destroy", key = "shopify.article:/subject_id", section = "Article")]
    pub struct ArticleDestroy("shopify.article.destroy");

    /// The article was published.
    #[event(name = "shopify.article.published", key = "shopify.article:/subject_id", section = "Article")]
    pub struct ArticlePublished("shopify.article.published");

    /// Article was unpublished.
    #[event(name = "shopify.article.unpublished", key = "shopify.article:/subject_id", section = "Article")]
    pub struct ArticleUnpublished("shopify.article.unpublished");

    /// Article was updated.
    #[event(name = "shopify.article.update", key = "shopify.article:/subject_id", section = "Article")]
    pub struct ArticleUpdate("shopify.article.update");
}
