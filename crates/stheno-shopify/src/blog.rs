//! Blogs.

use crate::define::verbs;

verbs! {
    /// The blog was created.
    #[event(name = "shopify.blog.create", key = "shopify.blog:/subject_id", section = "Blog")]
    pub struct BlogCreate("shopify.blog.create");

    /// The blog was deleted.
    #[event(name = "shopify.blog.destroy", key = "shopify.blog:/subject_id", section = "Blog")]
    pub struct BlogDestroy("shopify.blog.destroy");

    /// Blog was updated.
    #[event(name = "shopify.blog.update", key = "shopify.blog:/subject_id", section = "Blog")]
    pub struct BlogUpdate("shopify.blog.update");
}
