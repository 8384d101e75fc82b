//! Codes: what Saleor calls its events in GraphQL, in its documentation and in its database, and what they are called here.

use std::fmt;

use stheno::{nearest, shown::shown};

/// What an event is recorded of; codes are unique within one group. `note_added` is the code of two events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Group {
    /// Of an order.
    Order,
    /// Of a mail about an order: the values of `email_type`.
    Communication,
    /// Of a customer.
    Customer,
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Group::Order => "order",
            Group::Communication => "communication",
            Group::Customer => "customer",
        })
    }
}

/// One event under all its names.
///
/// ```
/// use stheno_saleor::codes::{Code, Group};
///
/// for written in ["PLACED_FROM_DRAFT", "draft_placed", "placed_from_draft"] {
///     assert_eq!(Code::parse(Group::Order, written).unwrap().name(), "saleor.order.draft_placed");
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    group: Group,
    code: &'static str,
    graphql: &'static [&'static str],
    stored: Option<&'static str>,
    name: &'static str,
}

impl Code {
    /// All of them, in the order of the documentation.
    pub fn all() -> &'static [Code] {
        &CODES
    }

    /// The event that a text means: its documented code, its value in GraphQL, or the code in Saleor's database.
    ///
    /// # Errors
    /// [`UnknownCode`] when no event of the group is called so.
    pub fn parse(group: Group, text: &str) -> Result<&'static Code, UnknownCode> {
        let means = |known: &&Code| {
            let mut names = [known.code].into_iter().chain(known.graphql.iter().copied()).chain(known.stored);
            known.group == group && names.any(|name| name == text)
        };
        CODES.iter().find(means).ok_or_else(|| UnknownCode::new(group, text))
    }

    /// What it is recorded of.
    pub fn group(&self) -> Group {
        self.group
    }

    /// The documented code: `draft_placed`.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// Its value in GraphQL: as documented, then as the program has it, where that is another.
    pub fn graphql(&self) -> &'static [&'static str] {
        self.graphql
    }

    /// The code in the database of Saleor 2.11: `placed_from_draft`. `None` for `updated`, which is of the documentation
    /// of 2019 alone: that program stores no such event.
    pub fn stored(&self) -> Option<&'static str> {
        self.stored
    }

    /// The name of the event: `saleor.order.draft_placed`.
    pub fn name(&self) -> &'static str {
        self.name
    }
}

/// A text that is the code of no event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownCode {
    group: Group,
    text: String,
    nearest: Option<&'static str>,
}

impl UnknownCode {
    fn new(group: Group, text: &str) -> Self {
        let text: String = text.chars().take(80).collect();
        let of_group = CODES.iter().filter(|known| known.group == group);
        let names = of_group.flat_map(|known| known.graphql.iter().copied().chain([known.code]).chain(known.stored));
        // Values of GraphQL are in upper case, and codes in lower case.
        let in_lower_case = |text: &str| text.contains(char::is_lowercase);
        let alike = names.filter(|name| in_lower_case(name) == in_lower_case(&text));
        Self { group, nearest: nearest(&text, alike), text }
    }

    /// The group that was searched.
    pub fn group(&self) -> Group {
        self.group
    }

    /// The text, cut after 80 characters.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The code or value nearest to the text, if one is near enough to be meant.
    pub fn nearest(&self) -> Option<&'static str> {
        self.nearest
    }
}

/// The text comes from outside: what is no visible character is shown escaped.
impl fmt::Display for UnknownCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { group, text, nearest } = self;
        write!(f, "`{}` is the code of no {group} event of Saleor; ", shown(text))?;
        match nearest {
            Some(nearest) => write!(f, "did you mean `{nearest}`?"),
            None => f.write_str("`Code::all` lists those there are"),
        }
    }
}

impl std::error::Error for UnknownCode {}

/// Saleor 2.11 ("Events"; `saleor/order/__init__.py`, `saleor/account/__init__.py`), and the documentation of 2019.
#[rustfmt::skip]
const CODES: [Code; 36] = [
    Code { group: Group::Order, code: "draft_created", graphql: &["DRAFT_CREATED"], stored: Some("draft_created"), name: "saleor.order.draft_created" },
    Code { group: Group::Order, code: "draft_added_products", graphql: &["DRAFT_ADDED_PRODUCTS"], stored: Some("draft_added_products"), name: "saleor.order.draft_added_products" },
    Code { group: Group::Order, code: "draft_removed_products", graphql: &["DRAFT_REMOVED_PRODUCTS"], stored: Some("draft_removed_products"), name: "saleor.order.draft_removed_products" },
    Code { group: Group::Order, code: "placed", graphql: &["PLACED"], stored: Some("placed"), name: "saleor.order.placed" },
    Code { group: Group::Order, code: "draft_placed", graphql: &["PLACED_FROM_DRAFT"], stored: Some("placed_from_draft"), name: "saleor.order.draft_placed" },
    Code { group: Group::Order, code: "oversold_items", graphql: &["OVERSOLD_ITEMS"], stored: Some("oversold_items"), name: "saleor.order.oversold_items" },
    Code { group: Group::Order, code: "canceled", graphql: &["CANCELED"], stored: Some("canceled"), name: "saleor.order.canceled" },
    Code { group: Group::Order, code: "order_paid", graphql: &["ORDER_PAID", "ORDER_FULLY_PAID"], stored: Some("order_fully_paid"), name: "saleor.order.order_paid" },
    Code { group: Group::Order, code: "marked_as_paid", graphql: &["MARKED_AS_PAID", "ORDER_MARKED_AS_PAID"], stored: Some("order_marked_as_paid"), name: "saleor.order.marked_as_paid" },
    Code { group: Group::Order, code: "email_sent", graphql: &["EMAIL_SENT"], stored: Some("email_sent"), name: "saleor.order.email_sent" },
    Code { group: Group::Order, code: "captured", graphql: &["CAPTURED", "PAYMENT_CAPTURED"], stored: Some("payment_captured"), name: "saleor.order.captured" },
    Code { group: Group::Order, code: "refunded", graphql: &["REFUNDED", "PAYMENT_REFUNDED"], stored: Some("payment_refunded"), name: "saleor.order.refunded" },
    Code { group: Group::Order, code: "voided", graphql: &["VOIDED", "PAYMENT_VOIDED"], stored: Some("payment_voided"), name: "saleor.order.voided" },
    Code { group: Group::Order, code: "payment_failed", graphql: &["PAYMENT_FAILED"], stored: Some("payment_failed"), name: "saleor.order.payment_failed" },
    Code { group: Group::Order, code: "fulfillment_canceled", graphql: &["FULFILLMENT_CANCELED"], stored: Some("fulfillment_canceled"), name: "saleor.order.fulfillment_canceled" },
    Code { group: Group::Order, code: "restocked_items", graphql: &["RESTOCKED_ITEMS", "FULFILLMENT_RESTOCKED_ITEMS"], stored: Some("fulfillment_restocked_items"), name: "saleor.order.restocked_items" },
    Code { group: Group::Order, code: "fulfilled_items", graphql: &["FULFILLED_ITEMS", "FULFILLMENT_FULFILLED_ITEMS"], stored: Some("fulfillment_fulfilled_items"), name: "saleor.order.fulfilled_items" },
    Code { group: Group::Order, code: "note_added", graphql: &["NOTE_ADDED"], stored: Some("note_added"), name: "saleor.order.note_added" },
    Code { group: Group::Order, code: "other", graphql: &["OTHER"], stored: Some("other"), name: "saleor.order.other" },
    Code { group: Group::Order, code: "updated", graphql: &["UPDATED"], stored: None, name: "saleor.order.updated" },
    Code { group: Group::Communication, code: "payment_confirmation", graphql: &["PAYMENT", "PAYMENT_CONFIRMATION"], stored: Some("payment_confirmation"), name: "saleor.communication.payment_confirmation" },
    Code { group: Group::Communication, code: "shipping_confirmation", graphql: &["SHIPPING", "SHIPPING_CONFIRMATION"], stored: Some("shipping_confirmation"), name: "saleor.communication.shipping_confirmation" },
    Code { group: Group::Communication, code: "tracking_updated", graphql: &["TRACKING_UPDATED"], stored: Some("tracking_updated"), name: "saleor.communication.tracking_updated" },
    Code { group: Group::Communication, code: "order_confirmation", graphql: &["ORDER", "ORDER_CONFIRMATION"], stored: Some("order_confirmation"), name: "saleor.communication.order_confirmation" },
    Code { group: Group::Communication, code: "fulfillment_confirmation", graphql: &["FULFILLMENT", "FULFILLMENT_CONFIRMATION"], stored: Some("fulfillment_confirmation"), name: "saleor.communication.fulfillment_confirmation" },
    Code { group: Group::Communication, code: "digital_links", graphql: &["DIGITAL_LINKS"], stored: Some("digital_links"), name: "saleor.communication.digital_links" },
    Code { group: Group::Customer, code: "account_created", graphql: &["ACCOUNT_CREATED"], stored: Some("account_created"), name: "saleor.customer.account_created" },
    Code { group: Group::Customer, code: "password_reset_link_sent", graphql: &["PASSWORD_RESET_LINK_SENT"], stored: Some("password_reset_link_sent"), name: "saleor.customer.password_reset_link_sent" },
    Code { group: Group::Customer, code: "password_reset", graphql: &["PASSWORD_RESET"], stored: Some("password_reset"), name: "saleor.customer.password_reset" },
    Code { group: Group::Customer, code: "placed_order", graphql: &["PLACED_ORDER"], stored: Some("placed_order"), name: "saleor.customer.placed_order" },
    Code { group: Group::Customer, code: "note_added_to_order", graphql: &["NOTE_ADDED_TO_ORDER"], stored: Some("note_added_to_order"), name: "saleor.customer.note_added_to_order" },
    Code { group: Group::Customer, code: "digital_link_downloaded", graphql: &["DIGITAL_LINK_DOWNLOADED"], stored: Some("digital_link_downloaded"), name: "saleor.customer.digital_link_downloaded" },
    Code { group: Group::Customer, code: "customer_deleted", graphql: &["CUSTOMER_DELETED"], stored: Some("customer_deleted"), name: "saleor.customer.customer_deleted" },
    Code { group: Group::Customer, code: "email_assigned", graphql: &["EMAIL_ASSIGNED"], stored: Some("email_assigned"), name: "saleor.customer.email_assigned" },
    Code { group: Group::Customer, code: "name_assigned", graphql: &["NAME_ASSIGNED"], stored: Some("name_assigned"), name: "saleor.customer.name_assigned" },
    Code { group: Group::Customer, code: "note_added", graphql: &["NOTE_ADDED"], stored: Some("note_added"), name: "saleor.customer.note_added" },
];
