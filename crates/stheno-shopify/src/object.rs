//! The event object: what Shopify says of one event, for all resources and verbs alike.

use std::fmt;

use stheno::{Currency, Decimal, Extra, OffsetTime, Payload, Timestamp};

use crate::{Arguments, Id, Text, UnknownVerb, Verb, markup::escaped, message::MessageError};

/// Who is named as the author where nobody else is.
const AUTHOR: &str = "Shopify";

/// An event as Shopify's Event resource has it.
///
/// The documentation lists ten properties and no `author`, and shows eleven in every response; it shows `arguments` as a
/// text in the list and as an array in every response. No message of a response is the one that the table of verbs documents.
///
/// More is read than is documented, because Shopify and its clients send more: ids in quotes, arguments that are no texts or are
/// not there, a message that is null, a time without an offset, and resources and verbs of which nobody wrote.
///
/// What was read is written back: ids up to `u64::MAX`, in quotes or not, `created_at` to the letter, `arguments` whatever they
/// are, and fields that nobody documented. Not kept is what means nothing in JSON (the order of the fields, spaces, how a text is
/// escaped), and:
///
/// - whether `arguments`, `body`, `message`, `author`, `description` or `path` was null or absent. Either is written as null: every
///   documented response has all of its fields, so a reader of one may count on them;
/// - digits of a number in an undocumented field beyond those of a 64-bit integer or float, and half a character. An event of a
///   [page](crate::Page) has the bytes that came, and publishes those.
#[derive(Clone, PartialEq, Payload)]
pub struct EventObject {
    /// The unique numeric identifier for the event.
    #[field(kind = "integer", example = 164_748_010_u64)]
    pub id: Id,
    /// The id of the resource that generated the event.
    #[field(kind = "integer", example = 450_789_469_u64)]
    pub subject_id: Id,
    /// When it happened, with the offset of the shop's timezone.
    #[field(example = created_at())]
    pub created_at: OffsetTime,
    /// The type of the resource that generated the event: `Order`.
    #[field(example = "Order")]
    pub subject_type: String,
    /// The type of event that took place: `confirmed`.
    #[field(example = "confirmed")]
    pub verb: String,
    /// What the message is made of: an array of texts in every documented response, one text in the list of properties. Shopify
    /// also sends other items in the array, or leaves it out.
    #[field(personal, kind = "string_or_strings", example = Arguments::from(["#1001", "Bob Norman"]))]
    pub arguments: Arguments,
    /// A text field containing information about the event; null in every documented response.
    #[field(nullable, personal)]
    pub body: Option<String>,
    /// Human readable text that describes the event; may contain links in HTML.
    #[field(
        personal,
        kind = "string",
        example = r##"Received new order <a href="/admin/orders/450789469">#1001</a> by Bob Norman"##
    )]
    pub message: Text,
    /// Who did it.
    #[field(nullable, personal, example = AUTHOR)]
    pub author: Option<String>,
    /// The message as plain text; deprecated since 2017, and still sent.
    #[field(nullable, personal, example = "Received new order #1001 by Bob Norman")]
    pub description: Option<String>,
    /// A relative URL to the resource the event is for.
    #[field(nullable, example = "/admin/orders/450789469")]
    pub path: Option<String>,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}

fn created_at() -> OffsetTime {
    // The text is a time, as a test reads it; a slip would show as the year 1970.
    "2008-01-10T06:00:00-05:00".parse().unwrap_or_else(|_| Timestamp::default().into())
}

impl EventObject {
    /// An event of a verb, as Shopify would make it: message and description rendered from the arguments, the path that of
    /// the resource.
    ///
    /// # Errors
    /// [`MessageError::Arguments`] when the arguments are not those of the verb's message.
    pub fn of_verb(
        verb: &Verb,
        id: u64,
        subject_id: u64,
        created_at: OffsetTime,
        arguments: impl Into<Arguments>,
    ) -> Result<Self, MessageError> {
        let arguments = arguments.into();
        let message = verb.render(arguments.as_slice())?;
        let path = format!("/admin/{}/{subject_id}", verb.resource().plural());
        let subject_type = verb.resource().subject_type();
        let object = Self::new(id, subject_id, created_at, subject_type, verb.verb(), arguments, escaped(&message));
        Ok(object.author(AUTHOR).description(message).path(path))
    }

    /// An example of a verb.
    pub(crate) fn example_of(verb: &Verb) -> Self {
        let arguments: Vec<&str> = match verb.params() {
            ["money_amount"] => vec!["389404469", "210.94", "USD"],
            params => params.iter().map(|param| example_argument(param)).collect(),
        };
        let example = Self::of_verb(verb, 164_748_010, 450_789_469, created_at(), arguments);
        // The arguments are those of the verb; a test makes all 50.
        example.unwrap_or_else(|_| Self::example())
    }

    /// Its verb, if the documentation has it.
    ///
    /// # Errors
    /// [`UnknownVerb`] names the field.
    pub fn documented_verb(&self) -> Result<&'static Verb, UnknownVerb> {
        Verb::find(&self.subject_type, &self.verb)
    }

    /// The money that the event is about, where its arguments say it as documented responses do: the id of a transaction,
    /// an amount, a currency.
    ///
    /// # Errors
    /// [`ArgumentError`] names the argument that is no amount or no currency.
    pub fn money(&self) -> Result<Option<Money>, ArgumentError> {
        let is_about_money = self.documented_verb().is_ok_and(|verb| verb.params() == ["money_amount"]);
        let [transaction_id, amount, currency] = self.arguments.as_slice() else { return Ok(None) };
        if !is_about_money {
            return Ok(None);
        }
        let wrong = |index, problem: &dyn fmt::Display| ArgumentError { index, problem: problem.to_string() };
        Ok(Some(Money {
            transaction_id: transaction_id.clone(),
            amount: amount.parse().map_err(|error| wrong(1, &error))?,
            currency: currency.parse().map_err(|error| wrong(2, &error))?,
        }))
    }

    /// Whether it is of this verb.
    pub(crate) fn check(&self, verb: &'static Verb) -> Result<(), WrongVerb> {
        let is_resource = self.subject_type == verb.resource().subject_type();
        match (is_resource, self.verb == verb.verb()) {
            (true, true) => Ok(()),
            (true, false) => Err(WrongVerb { expected: verb, field: "verb" }),
            (false, _) => Err(WrongVerb { expected: verb, field: "subject_type" }),
        }
    }
}

fn example_argument(param: &str) -> &str {
    match param {
        "order_number" => "#1001",
        "customer_name" => "Bob Norman",
        "shop_staff_name" => "Ada Example",
        "number_of_line_items" => "2",
        "line_items" => "2 line items",
        "message_type" => "Order confirmation",
        "product_title" | "product_name" => "IPod Nano - 8GB",
        "article_url" => "/admin/articles/450789469",
        "new_blog_url" => "/admin/blogs/450789469",
        "collection_url" => "/admin/collections/450789469",
        "page_url" => "/admin/pages/450789469",
        "blog_name" => "Example Blog",
        "comment_excerpt" => "Well said.",
        other => other,
    }
}

/// Money that an event is about.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Money {
    /// The transaction.
    pub transaction_id: String,
    /// How much.
    pub amount: Decimal,
    /// In which currency.
    pub currency: Currency,
}

/// An argument that is not what its verb documents.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`arguments[{index}]` {problem}")]
pub struct ArgumentError {
    index: usize,
    problem: String,
}

impl ArgumentError {
    /// Which argument, counted from 0.
    pub fn index(&self) -> usize {
        self.index
    }
}

/// An event object of another resource or verb.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("is not that of `{expected}`")]
pub struct WrongVerb {
    expected: &'static Verb,
    field: &'static str,
}

impl WrongVerb {
    /// The field that says so: `subject_type` or `verb`.
    pub fn field(&self) -> &'static str {
        self.field
    }
}
