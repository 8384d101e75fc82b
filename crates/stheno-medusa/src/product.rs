//! Products: what a store sells.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, json};
use stheno::{
    DecodeError, Event, EventDescriptor, EventName, Extra, Field, FieldKind, Key, KeyRule, KeySource, Payload,
};

use crate::{
    define::ids,
    entity::Product,
    examples::PRODUCT,
    shapes::{self, Shaped, Source},
};

ids! {
    /// Triggered when a product is created.
    #[event(name = "product.created", key = "product:/id", section = "Product Events")]
    pub struct ProductCreated {
        /// ID of the product.
        id = PRODUCT,
    }
}

/// Triggered when a product and data associated with it (options, variant orders, etc…) is updated.
#[derive(Debug, Clone, PartialEq)]
pub enum ProductUpdated {
    /// Which fields changed: what the admin API sends.
    Fields(UpdatedFields),
    /// Only the id is known. A [`Product`] with nothing but its id is read back as this.
    Id(String),
    /// The product, perhaps as it was before the change, with whatever was loaded of it.
    Product(Box<Product>),
    /// Several products, each in part: a shipping profile changed.
    Products(Vec<Product>),
    /// Nothing. Medusa sends `{}`, by mistake, when variants are put in another order.
    Nothing,
}

/// Which fields of a product changed.
#[derive(Clone, PartialEq, Payload)]
pub struct UpdatedFields {
    /// ID of the product.
    #[field(example = PRODUCT)]
    pub id: String,
    /// Names of the updated fields.
    #[field(example = ["title", "thumbnail"])]
    pub fields: Vec<String>,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}

impl ProductUpdated {
    /// The event of a product of which these fields changed.
    pub fn new(id: impl Into<String>, fields: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let fields: Vec<String> = fields.into_iter().map(Into::into).collect();
        Self::Fields(UpdatedFields::new(id, fields))
    }

    /// IDs of the products that changed: one for most shapes.
    pub fn ids(&self) -> Vec<&str> {
        match self {
            Self::Fields(updated) => vec![&updated.id],
            Self::Id(id) => vec![id],
            Self::Product(product) => vec![&product.id],
            Self::Products(products) => products.iter().map(|product| product.id.as_str()).collect(),
            Self::Nothing => Vec::new(),
        }
    }
}

impl From<Product> for ProductUpdated {
    fn from(product: Product) -> Self {
        Self::Product(Box::new(product))
    }
}

impl Shaped for ProductUpdated {
    fn read<S: Source>(looked_at: &Value, source: S) -> Result<Self, S::Error> {
        if let Some(id) = shapes::only_id(looked_at) {
            return Ok(Self::Id(id.to_owned()));
        }
        if looked_at.is_array() {
            return source.read().map(Self::Products);
        }
        match shapes::present(looked_at).find(|(name, _)| *name == "fields") {
            Some(_) => source.read().map(Self::Fields),
            None if looked_at.is_object() && shapes::present(looked_at).next().is_none() => Ok(Self::Nothing),
            None => source.read().map(|product| Self::Product(Box::new(product))),
        }
    }
}

impl<'de> Deserialize<'de> for ProductUpdated {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        shapes::deserialize(deserializer)
    }
}

impl Serialize for ProductUpdated {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Fields(updated) => updated.serialize(serializer),
            Self::Id(id) => json!({ "id": id }).serialize(serializer),
            Self::Product(product) => product.serialize(serializer),
            Self::Products(products) => products.serialize(serializer),
            Self::Nothing => json!({}).serialize(serializer),
        }
    }
}

impl Payload for ProductUpdated {
    const FIELDS: &'static [Field] = &FIELDS;

    fn example() -> Self {
        Self::Fields(UpdatedFields::example())
    }
}

/// The fields of a product and `fields`, none of which every shape has.
static FIELDS: [Field; Product::FIELDS.len() + 1] = {
    let updated = Field::new("fields", FieldKind::Strings, "Names of the updated fields; not with a whole product.");
    let mut all = [updated.optional(); Product::FIELDS.len() + 1];
    let mut index = 0;
    while index < Product::FIELDS.len() {
        all[index] = Product::FIELDS[index].optional();
        index += 1;
    }
    all
};

impl Event for ProductUpdated {
    const PATTERN: &'static str = "product.updated";

    fn descriptor() -> EventDescriptor {
        EventDescriptor::of::<Self>(env!("CARGO_PKG_NAME"))
            .description("Triggered when a product and data associated with it (options, variant orders, etc…) is updated.")
            .section("Product Events")
            .key(KeyRule::new(&[KeySource::Body { kind: "product", pointer: "/id" }]))
            .note("The payload is `{id, fields}` from the admin API, a product (as it was before, when an option changed), an array of partial products when a shipping profile changed (such an event has no key), or `{}` when variants were put in another order.")
    }

    fn key(&self) -> Option<Key> {
        match self {
            Self::Fields(updated) => Key::new("product", &updated.id).ok(),
            Self::Id(id) => Key::new("product", id).ok(),
            Self::Product(product) => Key::new("product", &product.id).ok(),
            Self::Products(_) | Self::Nothing => None,
        }
    }

    fn decode(_name: &EventName, body: &[u8]) -> Result<Self, DecodeError> {
        shapes::decode(body)
    }
}

ids! {
    /// Triggered when a product is deleted.
    #[event(name = "product.deleted", key = "product:/id", section = "Product Events")]
    pub struct ProductDeleted {
        /// ID of the product.
        id = PRODUCT,
    }
}
