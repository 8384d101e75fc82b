//! Products and their variants, as lines of an order have them.

use std::collections::BTreeMap;

use stheno::{Extra, Payload};

use crate::{
    GlobalId,
    examples::{IMAGE, PRODUCT, VARIANT},
};

/// A product.
#[derive(Clone, PartialEq, Payload)]
pub struct Product {
    /// Its id.
    #[field(kind = "string_or_number", example = PRODUCT)]
    pub id: GlobalId,
    /// What the shop says of it.
    #[field(fields, example = [Assigned::example()])]
    pub attributes: Vec<Assigned>,
    /// Weight, with its unit: `1.0 kg`.
    #[field(nullable, example = "1.0 kg")]
    pub weight: Option<String>,
    /// Its first image.
    #[field(nullable, fields, example = Image::example())]
    pub first_image: Option<Image>,
    /// Its images: one, the last. Empty where there is none; Saleor then sends null.
    #[field(sometimes, fields, example = [Image::example()])]
    pub images: Vec<Image>,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}

/// A variant of a product.
#[derive(Clone, PartialEq, Payload)]
pub struct Variant {
    /// Its id.
    #[field(kind = "string_or_number", example = VARIANT)]
    pub id: GlobalId,
    /// Weight, with its unit: `1.0 kg`.
    #[field(nullable, example = "1.0 kg")]
    pub weight: Option<String>,
    /// Its first image.
    #[field(nullable, fields, example = Image::example())]
    pub first_image: Option<Image>,
    /// Its images: one, the last. Empty where there is none; Saleor then sends null.
    #[field(sometimes, fields, example = [Image::example()])]
    pub images: Vec<Image>,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}

/// An image, in several sizes.
#[derive(Clone, PartialEq, Payload)]
pub struct Image {
    /// Addresses by size in pixels: `60x60`, `120x120`, `255x255`, `510x510`, `540x540`, `1080x1080`; from Saleor 3.5 on `32`,
    /// `64`, `128` and so on to `4096`.
    #[field(example = [("60x60".to_owned(), IMAGE.to_owned())])]
    pub original: BTreeMap<String, String>,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}

/// An attribute of a product, and its values.
#[derive(Clone, PartialEq, Payload)]
pub struct Assigned {
    /// Which attribute.
    #[field(fields, example = Assignment::example())]
    pub assignment: Assignment,
    /// Its values; there may be none.
    #[field(fields, example = [AttributeValue::example()])]
    pub values: Vec<AttributeValue>,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}

/// That an attribute belongs to a product.
#[derive(Clone, PartialEq, Payload)]
pub struct Assignment {
    /// The attribute.
    #[field(fields, example = Attribute::example())]
    pub attribute: Attribute,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}

/// An attribute.
#[derive(Clone, PartialEq, Payload)]
pub struct Attribute {
    /// What it is called in addresses.
    #[field(example = "flavor")]
    pub slug: String,
    /// What it is called.
    #[field(example = "Flavor")]
    pub name: String,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}

/// A value of an attribute.
#[derive(Clone, PartialEq, Payload)]
pub struct AttributeValue {
    /// What it is called.
    #[field(example = "Apple")]
    pub name: String,
    /// The value itself, such as a colour.
    #[field(example = "")]
    pub value: String,
    /// What it is called in addresses.
    #[field(example = "apple")]
    pub slug: String,
    /// A file, if the value is one.
    #[field(nullable)]
    pub file_url: Option<String>,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}
