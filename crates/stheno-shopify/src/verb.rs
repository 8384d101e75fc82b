//! Resources and verbs: the 50 things that happen to Shopify's resources, as its documentation lists them.

use std::fmt;

use stheno::{nearest, shown::shown};

/// What an event is about: the documented values of `subject_type` that have verbs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Resource {
    /// An article of a blog.
    Article,
    /// A blog.
    Blog,
    /// A collection of products.
    Collection,
    /// A comment on an article.
    Comment,
    /// An order.
    Order,
    /// A page of the storefront.
    Page,
    /// A product.
    Product,
}

/// The documented subject types. The last has no verbs: no event of it is documented.
pub const SUBJECT_TYPES: [&str; 8] =
    ["Article", "Blog", "Collection", "Comment", "Order", "Page", "Product", "ApiPermission"];

impl Resource {
    /// All of them.
    pub const ALL: [Resource; 7] = [
        Resource::Article,
        Resource::Blog,
        Resource::Collection,
        Resource::Comment,
        Resource::Order,
        Resource::Page,
        Resource::Product,
    ];

    /// Its `subject_type`: `Order`.
    pub const fn subject_type(self) -> &'static str {
        match self {
            Resource::Article => "Article",
            Resource::Blog => "Blog",
            Resource::Collection => "Collection",
            Resource::Comment => "Comment",
            Resource::Order => "Order",
            Resource::Page => "Page",
            Resource::Product => "Product",
        }
    }

    /// What several of it are called in the paths of the admin: `orders`.
    pub const fn plural(self) -> &'static str {
        match self {
            Resource::Article => "articles",
            Resource::Blog => "blogs",
            Resource::Collection => "collections",
            Resource::Comment => "comments",
            Resource::Order => "orders",
            Resource::Page => "pages",
            Resource::Product => "products",
        }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.subject_type())
    }
}

/// One documented verb of a resource.
#[derive(Debug, PartialEq, Eq)]
pub struct Verb {
    resource: Resource,
    verb: &'static str,
    name: &'static str,
    template: &'static str,
    params: &'static [&'static str],
    seen: Option<&'static str>,
}

impl Verb {
    /// All 50, in the order of the documentation.
    pub fn all() -> &'static [Verb] {
        &VERBS
    }

    /// The verb of a `subject_type` and a `verb` of an event object.
    ///
    /// # Errors
    /// [`UnknownVerb`] when the documentation does not have it.
    pub fn find(subject_type: &str, verb: &str) -> Result<&'static Verb, UnknownVerb> {
        let known = VERBS.iter().find(|known| known.resource.subject_type() == subject_type && known.verb == verb);
        known.ok_or_else(|| UnknownVerb::new(subject_type, verb))
    }

    /// The verb of an event name, in a constant.
    ///
    /// # Panics
    /// At compile time, when no verb has this name; `verbs!` alone calls it, and for constants only.
    #[expect(clippy::panic, reason = "at compile time only")]
    pub(crate) const fn named(name: &str) -> &'static Verb {
        let mut index = 0;
        while index < VERBS.len() {
            if same(VERBS[index].name.as_bytes(), name.as_bytes()) {
                return &VERBS[index];
            }
            index += 1;
        }
        panic!("no verb of the table has this name")
    }

    /// The resource it belongs to.
    pub fn resource(&self) -> Resource {
        self.resource
    }

    /// The word itself: `authorization_failure`.
    pub fn verb(&self) -> &'static str {
        self.verb
    }

    /// The name of the event: `shopify.order.authorization_failure`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The documented message, with the names of its [parameters](Verb::params) in it.
    pub fn template(&self) -> &'static str {
        self.template
    }

    /// The parameters of the message, in their order.
    pub fn params(&self) -> &'static [&'static str] {
        self.params
    }

    /// The message as documented responses have it, where one is shown: it is never the template. The parameters are the
    /// same, or none.
    pub fn seen_template(&self) -> Option<&'static str> {
        self.seen
    }
}

const fn same(left: &[u8], right: &[u8]) -> bool {
    if left.len() != right.len() {
        return false;
    }
    let mut index = 0;
    while index < left.len() {
        if left[index] != right[index] {
            return false;
        }
        index += 1;
    }
    true
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// A resource or a verb that the documentation does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownVerb {
    subject_type: String,
    verb: String,
    is_resource: bool,
    nearest: Option<&'static str>,
}

impl UnknownVerb {
    fn new(subject_type: &str, verb: &str) -> Self {
        let shortened = |text: &str| text.chars().take(80).collect();
        let of_resource: Vec<&str> =
            VERBS.iter().filter(|known| known.resource.subject_type() == subject_type).map(Verb::verb).collect();
        let is_resource = !of_resource.is_empty();
        let nearest = match is_resource {
            true => nearest(verb, of_resource.into_iter()),
            false => nearest(subject_type, Resource::ALL.into_iter().map(Resource::subject_type)),
        };
        Self { subject_type: shortened(subject_type), verb: shortened(verb), is_resource, nearest }
    }

    /// The field of the event object that is unknown: `subject_type`, or `verb` of a known one.
    pub fn field(&self) -> &'static str {
        if self.is_resource { "verb" } else { "subject_type" }
    }

    /// The documented word nearest to the unknown one, if one is near enough to be meant: `cancelled` for `canceled`.
    pub fn nearest(&self) -> Option<&'static str> {
        self.nearest
    }

    /// The subject type, cut after 80 characters.
    pub fn subject_type(&self) -> &str {
        &self.subject_type
    }

    /// The verb, cut after 80 characters.
    pub fn verb(&self) -> &str {
        &self.verb
    }
}

impl fmt::Display for UnknownVerb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { subject_type, verb, is_resource, nearest } = self;
        // They come from outside: what is no visible character is shown escaped.
        let (subject_type, verb) = (shown(subject_type).to_string(), shown(verb));
        match (is_resource, subject_type.as_str()) {
            (true, _) => write!(f, "`{verb}` is no documented verb of `{subject_type}`")?,
            (false, "ApiPermission") => f.write_str("no verb of `ApiPermission` is documented")?,
            (false, _) => write!(f, "`{subject_type}` is no documented subject type")?,
        }
        nearest.map_or(Ok(()), |nearest| write!(f, "; did you mean `{nearest}`?"))
    }
}

impl std::error::Error for UnknownVerb {}

/// "Event" of the Admin API, the version without versions. Words are its own: `cancelled` with two l, `update` and
/// `published`, `destroy`, `re_opened`.
#[rustfmt::skip]
static VERBS: [Verb; 50] = [
    Verb { resource: Resource::Article, verb: "create", name: "shopify.article.create", template: "New article created: article_url", params: &["article_url"], seen: None },
    Verb { resource: Resource::Article, verb: "destroy", name: "shopify.article.destroy", template: "article_url was destroyed.", params: &["article_url"], seen: None },
    Verb { resource: Resource::Article, verb: "published", name: "shopify.article.published", template: "article_url was published.", params: &["article_url"], seen: None },
    Verb { resource: Resource::Article, verb: "unpublished", name: "shopify.article.unpublished", template: "article_url was unpublished.", params: &["article_url"], seen: None },
    Verb { resource: Resource::Article, verb: "update", name: "shopify.article.update", template: "article_url was updated (but its published state was not changed).", params: &["article_url"], seen: None },
    Verb { resource: Resource::Blog, verb: "create", name: "shopify.blog.create", template: "New blog created: new_blog_url", params: &["new_blog_url"], seen: None },
    Verb { resource: Resource::Blog, verb: "destroy", name: "shopify.blog.destroy", template: "blog_name was destroyed.", params: &["blog_name"], seen: None },
    Verb { resource: Resource::Blog, verb: "update", name: "shopify.blog.update", template: "blog_name was updated.", params: &["blog_name"], seen: None },
    Verb { resource: Resource::Collection, verb: "create", name: "shopify.collection.create", template: "New collection created: collection_url", params: &["collection_url"], seen: None },
    Verb { resource: Resource::Collection, verb: "destroy", name: "shopify.collection.destroy", template: "collection_url was destroyed.", params: &["collection_url"], seen: None },
    Verb { resource: Resource::Collection, verb: "published", name: "shopify.collection.published", template: "collection_url was published.", params: &["collection_url"], seen: None },
    Verb { resource: Resource::Collection, verb: "unpublished", name: "shopify.collection.unpublished", template: "collection_url was hidden.", params: &["collection_url"], seen: None },
    Verb { resource: Resource::Collection, verb: "update", name: "shopify.collection.update", template: "collection_url was updated.", params: &["collection_url"], seen: None },
    Verb { resource: Resource::Comment, verb: "create", name: "shopify.comment.create", template: "New comment for article_url: comment_excerpt", params: &["article_url", "comment_excerpt"], seen: None },
    Verb { resource: Resource::Order, verb: "authorization_failure", name: "shopify.order.authorization_failure", template: "The customer, unsuccessfully, tried to authorize: money_amount", params: &["money_amount"], seen: None },
    Verb { resource: Resource::Order, verb: "authorization_pending", name: "shopify.order.authorization_pending", template: "Authorization for money_amount is pending.", params: &["money_amount"], seen: None },
    Verb { resource: Resource::Order, verb: "authorization_success", name: "shopify.order.authorization_success", template: "The customer successfully authorized us to capture: money_amount", params: &["money_amount"], seen: Some("A transaction was authorized.") },
    Verb { resource: Resource::Order, verb: "cancelled", name: "shopify.order.cancelled", template: "Order was cancelled by shop_staff_name.", params: &["shop_staff_name"], seen: None },
    Verb { resource: Resource::Order, verb: "capture_failure", name: "shopify.order.capture_failure", template: "We failed to capture: money_amount", params: &["money_amount"], seen: None },
    Verb { resource: Resource::Order, verb: "capture_pending", name: "shopify.order.capture_pending", template: "Capture for money_amount is pending.", params: &["money_amount"], seen: None },
    Verb { resource: Resource::Order, verb: "capture_success", name: "shopify.order.capture_success", template: "We successfully captured: money_amount", params: &["money_amount"], seen: None },
    Verb { resource: Resource::Order, verb: "closed", name: "shopify.order.closed", template: "Order was closed.", params: &[], seen: None },
    Verb { resource: Resource::Order, verb: "confirmed", name: "shopify.order.confirmed", template: "Received a new order: order_number by customer_name.", params: &["order_number", "customer_name"], seen: Some("Received new order order_number by customer_name") },
    Verb { resource: Resource::Order, verb: "fulfillment_cancelled", name: "shopify.order.fulfillment_cancelled", template: "We cancelled number_of_line_items from being fulfilled by the third party fulfillment service.", params: &["number_of_line_items"], seen: None },
    Verb { resource: Resource::Order, verb: "fulfillment_pending", name: "shopify.order.fulfillment_pending", template: "We submitted number_of_line_items to the third party service.", params: &["number_of_line_items"], seen: None },
    Verb { resource: Resource::Order, verb: "fulfillment_success", name: "shopify.order.fulfillment_success", template: "We successfully fulfilled line_items.", params: &["line_items"], seen: None },
    Verb { resource: Resource::Order, verb: "mail_sent", name: "shopify.order.mail_sent", template: "message_type email was sent to the customer.", params: &["message_type"], seen: None },
    Verb { resource: Resource::Order, verb: "placed", name: "shopify.order.placed", template: "Order was placed.", params: &[], seen: Some("Order was placed") },
    Verb { resource: Resource::Order, verb: "re_opened", name: "shopify.order.re_opened", template: "Order was re-opened.", params: &[], seen: None },
    Verb { resource: Resource::Order, verb: "refund_failure", name: "shopify.order.refund_failure", template: "We failed to refund money_amount.", params: &["money_amount"], seen: None },
    Verb { resource: Resource::Order, verb: "refund_pending", name: "shopify.order.refund_pending", template: "Refund of money_amount is still pending.", params: &["money_amount"], seen: None },
    Verb { resource: Resource::Order, verb: "refund_success", name: "shopify.order.refund_success", template: "We successfully refunded money_amount.", params: &["money_amount"], seen: None },
    Verb { resource: Resource::Order, verb: "restock_line_items", name: "shopify.order.restock_line_items", template: "We restocked number_of_line_items.", params: &["number_of_line_items"], seen: None },
    Verb { resource: Resource::Order, verb: "sale_failure", name: "shopify.order.sale_failure", template: "The customer failed to pay money_amount.", params: &["money_amount"], seen: None },
    Verb { resource: Resource::Order, verb: "sale_pending", name: "shopify.order.sale_pending", template: "The money_amount is pending.", params: &["money_amount"], seen: None },
    Verb { resource: Resource::Order, verb: "sale_success", name: "shopify.order.sale_success", template: "We successfully captured money_amount.", params: &["money_amount"], seen: None },
    Verb { resource: Resource::Order, verb: "update", name: "shopify.order.update", template: "order_number was updated.", params: &["order_number"], seen: None },
    Verb { resource: Resource::Order, verb: "void_failure", name: "shopify.order.void_failure", template: "We failed to void the authorization.", params: &[], seen: None },
    Verb { resource: Resource::Order, verb: "void_pending", name: "shopify.order.void_pending", template: "Authorization void is pending.", params: &[], seen: None },
    Verb { resource: Resource::Order, verb: "void_success", name: "shopify.order.void_success", template: "We successfully voided the authorization.", params: &[], seen: None },
    Verb { resource: Resource::Page, verb: "create", name: "shopify.page.create", template: "New page created: page_url", params: &["page_url"], seen: None },
    Verb { resource: Resource::Page, verb: "destroy", name: "shopify.page.destroy", template: "page_url was destroyed.", params: &["page_url"], seen: None },
    Verb { resource: Resource::Page, verb: "published", name: "shopify.page.published", template: "page_url was published.", params: &["page_url"], seen: None },
    Verb { resource: Resource::Page, verb: "unpublished", name: "shopify.page.unpublished", template: "page_url was hidden.", params: &["page_url"], seen: None },
    Verb { resource: Resource::Page, verb: "update", name: "shopify.page.update", template: "page_url was updated.", params: &["page_url"], seen: None },
    Verb { resource: Resource::Product, verb: "create", name: "shopify.product.create", template: "New product created: product_title", params: &["product_title"], seen: Some("created a new product: product_title.") },
    Verb { resource: Resource::Product, verb: "destroy", name: "shopify.product.destroy", template: "product_name was destroyed.", params: &["product_name"], seen: None },
    Verb { resource: Resource::Product, verb: "published", name: "shopify.product.published", template: "product_title was published.", params: &["product_title"], seen: None },
    Verb { resource: Resource::Product, verb: "unpublished", name: "shopify.product.unpublished", template: "product_title was hidden.", params: &["product_title"], seen: None },
    Verb { resource: Resource::Product, verb: "update", name: "shopify.product.update", template: "product_title was updated.", params: &["product_title"], seen: None },
];
