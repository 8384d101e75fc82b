//! Payment webhooks: what Saleor asks a payment app, and waits for the answer of.

use serde_json::{Value, json};
use stheno::{Currency, Decimal, Event, Extra, Payload, Secret};

use crate::{
    CurrencyCode, GlobalId, Id,
    entity::{Address, Checkout},
    examples::{EMAIL, TOKEN},
};

/// Saleor asks which payment gateways a checkout may use.
#[derive(Clone, PartialEq, Payload, Event)]
#[event(
    name = "saleor.payment.list_gateways",
    section = "Webhooks",
    note = "The documentation shows an array of one checkout; the program sends an object or null. A checkout is told by its token, which is a secret, so there is no key. In the log it records that Saleor asked: answering needs an HTTP response."
)]
#[event(note = "Versions read: 3.0 to 3.24.")]
pub struct PaymentListGateways {
    /// The checkout.
    #[field(fields, kind = "any", nullable, example = OneOrMany::example())]
    pub checkout: Option<OneOrMany>,
    /// Only gateways for this currency.
    #[field(kind = "string", strict = stheno::Currency, nullable, example = Currency::USD)]
    pub currency: Option<CurrencyCode>,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}

/// A checkout, or an array of checkouts.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(untagged)]
pub enum OneOrMany {
    /// An object, as the program sends it.
    One(Box<Checkout>),
    /// An array, as the documentation shows it.
    Many(Vec<Checkout>),
}

impl OneOrMany {
    /// The checkouts.
    pub fn as_slice(&self) -> &[Checkout] {
        match self {
            Self::One(checkout) => std::slice::from_ref(checkout),
            Self::Many(checkouts) => checkouts,
        }
    }
}

/// Tells the two apart by the first bracket, so that an error still names the field.
impl<'de> serde::Deserialize<'de> for OneOrMany {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrManyVisitor)
    }
}

struct OneOrManyVisitor;

impl<'de> serde::de::Visitor<'de> for OneOrManyVisitor {
    type Value = OneOrMany;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a checkout, or an array of checkouts")
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, object: A) -> Result<OneOrMany, A::Error> {
        let checkout = serde::Deserialize::deserialize(serde::de::value::MapAccessDeserializer::new(object))?;
        Ok(OneOrMany::One(Box::new(checkout)))
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, items: A) -> Result<OneOrMany, A::Error> {
        serde::Deserialize::deserialize(serde::de::value::SeqAccessDeserializer::new(items)).map(OneOrMany::Many)
    }
}

impl Payload for OneOrMany {
    const FIELDS: &'static [stheno::Field] = Checkout::FIELDS;

    fn example() -> Self {
        Self::Many(vec![Checkout::example()])
    }
}

/// Saleor asks a payment app to authorize, capture, confirm, process, refund or void a payment.
#[derive(Clone, PartialEq, Payload, Event)]
#[event(
    name = "saleor.payment.action",
    key = "saleor.payment:/payment_id",
    section = "Webhooks",
    note = "One payload for six events: the body does not say which; the header `Saleor-Event` does (`payment_capture`). In the log it records that Saleor asked: answering needs an HTTP response."
)]
#[event(note = "Versions read: 3.0 to 3.24.")]
pub struct PaymentAction {
    /// How much.
    #[field(example = Decimal::new(29_260, 3))]
    pub amount: Decimal,
    /// Which payment gateway: `app:1:credit-card`.
    #[field(example = "app:1:credit-card")]
    pub gateway: String,
    /// Currency of the amount.
    #[field(kind = "string", strict = stheno::Currency, example = Currency::USD)]
    pub currency: CurrencyCode,
    /// Where the invoice goes.
    #[field(nullable, fields, example = Address::example())]
    pub billing: Option<Address>,
    /// Where the goods go.
    #[field(nullable, fields, example = Address::example())]
    pub shipping: Option<Address>,
    /// The payment: an id in the documentation, a primary key in what the program sends.
    #[field(kind = "string_or_number", example = "UGF5bWVudDozMw==")]
    pub payment_id: Id,
    /// The payment.
    #[field(kind = "string_or_number", example = "UGF5bWVudDozMw==")]
    pub graphql_payment_id: GlobalId,
    /// The order, once there is one.
    #[field(nullable, kind = "string_or_number")]
    pub order_id: Option<Id>,
    /// Where the customer is in the network.
    #[field(nullable, personal, example = "192.0.2.1")]
    pub customer_ip_address: Option<String>,
    /// Where the customer gets mails; null when no address is known.
    #[field(nullable, personal, example = EMAIL)]
    pub customer_email: Option<String>,
    /// What the payment gateway gave the customer.
    #[field(nullable, example = TOKEN)]
    pub token: Option<Secret<String>>,
    /// What the payment gateway calls the customer.
    #[field(nullable, kind = "string_or_number")]
    pub customer_id: Option<Id>,
    /// Whether the payment gateway keeps the means of payment.
    #[field(example = false)]
    pub reuse_source: bool,
    /// How is paid: `credit-card`.
    #[field(nullable, example = "credit-card")]
    pub payment_method: Option<String>,
    /// What the storefront gives the payment app; may give access to the payment. A whole number in it that is longer than 64 bits is read as the nearest fraction that 64 bits hold.
    #[field(nullable, kind = "any", example = json!({}))]
    pub data: Option<Secret<Value>>,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}
