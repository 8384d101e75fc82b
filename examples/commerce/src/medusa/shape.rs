//! The JSON of Medusa's answers, as far as the port needs it, and how it becomes the port's own types.
//!
//! A relation that was not loaded is absent, and a column without a value is null: both are read as nothing.

use serde::{Deserialize, Deserializer};

use crate::model;

#[derive(Deserialize)]
pub(super) struct OrderAnswer {
    pub(super) order: Order,
}

#[derive(Deserialize)]
pub(super) struct SwapAnswer {
    pub(super) swap: Swap,
}

#[derive(Deserialize)]
pub(super) struct CustomerAnswer {
    pub(super) customer: Customer,
}

/// One page of `GET /admin/orders?fields=id&expand=claims`.
#[derive(Deserialize)]
pub(super) struct OrderPage {
    pub(super) orders: Vec<OrderWithClaims>,
}

#[derive(Deserialize)]
pub(super) struct OrderWithClaims {
    pub(super) id: String,
    #[serde(default, deserialize_with = "or_nothing")]
    claims: Vec<ClaimId>,
}

#[derive(Deserialize)]
struct ClaimId {
    id: String,
}

#[derive(Deserialize)]
pub(super) struct Order {
    id: String,
    display_id: u64,
    email: String,
    currency_code: String,
    #[serde(default, deserialize_with = "or_nothing")]
    items: Vec<LineItem>,
    #[serde(default, deserialize_with = "or_nothing")]
    subtotal: i64,
    #[serde(default, deserialize_with = "or_nothing")]
    shipping_total: i64,
    #[serde(default, deserialize_with = "or_nothing")]
    discount_total: i64,
    #[serde(default, deserialize_with = "or_nothing")]
    tax_total: i64,
    #[serde(default, deserialize_with = "or_nothing")]
    total: i64,
    #[serde(default, deserialize_with = "or_nothing")]
    fulfillments: Vec<Fulfillment>,
    #[serde(default, deserialize_with = "or_nothing")]
    returns: Vec<Return>,
    #[serde(default, deserialize_with = "or_nothing")]
    claims: Vec<Claim>,
}

#[derive(Deserialize)]
struct LineItem {
    id: String,
    title: String,
    description: Option<String>,
    variant_id: Option<String>,
    quantity: u32,
    unit_price: i64,
}

#[derive(Deserialize)]
struct Fulfillment {
    id: String,
    #[serde(default, deserialize_with = "or_nothing")]
    items: Vec<FulfillmentItem>,
    #[serde(default, deserialize_with = "or_nothing")]
    tracking_links: Vec<TrackingLink>,
    #[serde(default, deserialize_with = "or_nothing")]
    tracking_numbers: Vec<String>,
}

#[derive(Deserialize)]
struct FulfillmentItem {
    item_id: String,
    quantity: u32,
}

#[derive(Deserialize)]
struct TrackingLink {
    tracking_number: String,
    url: Option<String>,
}

#[derive(Deserialize)]
struct Return {
    id: String,
    #[serde(default, deserialize_with = "or_nothing")]
    items: Vec<ReturnItem>,
}

#[derive(Deserialize)]
struct ReturnItem {
    item_id: String,
    received_quantity: Option<u32>,
}

#[derive(Deserialize)]
struct Claim {
    id: String,
    refund_amount: Option<i64>,
}

#[derive(Deserialize)]
pub(super) struct Swap {
    id: String,
    pub(super) order_id: String,
    difference_due: Option<i64>,
    #[serde(default, deserialize_with = "or_nothing")]
    additional_items: Vec<LineItem>,
    return_order: Option<Return>,
}

#[derive(Deserialize)]
pub(super) struct Customer {
    id: String,
    email: String,
    first_name: Option<String>,
    last_name: Option<String>,
}

/// Null is the same as absent.
fn or_nothing<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

impl OrderWithClaims {
    pub(super) fn has_claim(&self, id: &str) -> bool {
        self.claims.iter().any(|claim| claim.id == id)
    }
}

impl Order {
    /// A claim of this order.
    pub(super) fn claim(self, id: &str) -> Option<model::Claim> {
        let found = self.claims.iter().find(|claim| claim.id == id)?;
        let refund = found.refund_amount;
        Some(model::Claim { id: id.to_owned(), order: self.into(), refund })
    }
}

impl From<Order> for model::Order {
    fn from(order: Order) -> Self {
        let totals = model::Totals {
            subtotal: order.subtotal,
            shipping: order.shipping_total,
            discount: order.discount_total,
            tax: order.tax_total,
            total: order.total,
        };
        Self {
            id: order.id,
            number: order.display_id,
            email: order.email.into(),
            currency: order.currency_code,
            lines: order.items.into_iter().map(Into::into).collect(),
            totals,
            fulfillments: order.fulfillments.into_iter().map(Into::into).collect(),
            returns: order.returns.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<LineItem> for model::Line {
    fn from(line: LineItem) -> Self {
        let LineItem { id, title, description, variant_id, quantity, unit_price } = line;
        Self { id, title, variant: description.filter(|text| !text.is_empty()), variant_id, quantity, unit_price }
    }
}

impl From<Fulfillment> for model::Fulfillment {
    fn from(packed: Fulfillment) -> Self {
        let links = packed.tracking_links.into_iter();
        let mut tracking: Vec<_> =
            links.map(|link| model::Tracking { number: link.tracking_number, url: link.url }).collect();
        // Older fulfillments have bare numbers, newer ones have links, some have both.
        for number in packed.tracking_numbers {
            if !tracking.iter().any(|known| known.number == number) {
                tracking.push(model::Tracking { number, url: None });
            }
        }
        let lines = packed.items.into_iter().map(|item| model::LineQuantity::new(item.item_id, item.quantity));
        Self { id: packed.id, lines: lines.collect(), tracking }
    }
}

impl From<Return> for model::Return {
    fn from(returned: Return) -> Self {
        Self { received: received(&returned.items), id: returned.id }
    }
}

/// What has arrived; an item that has not is null.
fn received(items: &[ReturnItem]) -> Vec<model::LineQuantity> {
    let arrived = items.iter().filter_map(|item| Some((item, item.received_quantity.filter(|many| *many > 0)?)));
    arrived.map(|(item, quantity)| model::LineQuantity::new(&item.item_id, quantity)).collect()
}

impl Swap {
    pub(super) fn with(self, order: model::Order) -> model::Swap {
        model::Swap {
            id: self.id,
            order,
            new_lines: self.additional_items.into_iter().map(Into::into).collect(),
            received: self.return_order.map(|returned| received(&returned.items)).unwrap_or_default(),
            difference_due: self.difference_due,
        }
    }
}

impl From<Customer> for model::Customer {
    fn from(customer: Customer) -> Self {
        let Customer { id, email, first_name, last_name } = customer;
        Self { id, email: email.into(), first_name: first_name.map(Into::into), last_name: last_name.map(Into::into) }
    }
}
