//! Comments on articles.

use crate::define::verbs;

verbs! {
    /// The comment was created.
    #[event(name = "shopify.comment.create", key = "shopify.comment:/subject_id", section = "Comment")]
    pub struct CommentCreate("shopify.comment.create");
}
