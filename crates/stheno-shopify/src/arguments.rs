//! Arguments: what a message is made of.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::{Map, Value};

/// What a message is made of: an array of texts, as in every documented response, or one text, as in the documented list of
/// properties. What Shopify sends otherwise is kept too. It is written as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arguments {
    /// An array of texts.
    List(Vec<String>),
    /// One text.
    Text(String),
    /// What nobody documented: an array in which something is not a text, something else, or nothing.
    Other(OtherArguments),
}

/// Arguments as nobody documented them. They are read and never made: what is published from Rust is what is documented.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherArguments {
    /// What is there; `None` if it is null or absent.
    value: Option<Value>,
    /// The text of each item, if each has one.
    texts: Vec<String>,
}

impl OtherArguments {
    /// What is there; `None` if it is null or absent.
    pub fn value(&self) -> Option<&Value> {
        self.value.as_ref()
    }

    /// Which item has no text: null, an object or an array.
    fn without_text(&self) -> Option<usize> {
        match &self.value {
            Some(Value::Array(items)) => items.iter().position(|item| text_of(item).is_none()),
            Some(value) => text_of(value).is_none().then_some(0),
            None => None,
        }
    }
}

impl Arguments {
    /// The texts, a number and a truth value being the text that is written of it. There is none if the arguments are null or
    /// absent, and none if [any item has no text](Self::without_text): the others would stand in the wrong places.
    pub fn as_slice(&self) -> &[String] {
        match self {
            Self::List(items) => items,
            Self::Text(text) => std::slice::from_ref(text),
            Self::Other(other) => &other.texts,
        }
    }

    /// The first item that has no text, counted from 0: null, an object or an array.
    pub fn without_text(&self) -> Option<usize> {
        match self {
            Self::List(_) | Self::Text(_) => None,
            Self::Other(other) => other.without_text(),
        }
    }

    fn of_items(items: Vec<Value>) -> Self {
        if items.iter().all(Value::is_string) {
            return Self::List(items.iter().filter_map(text_of).collect());
        }
        let texts: Option<Vec<String>> = items.iter().map(text_of).collect();
        Self::Other(OtherArguments { texts: texts.unwrap_or_default(), value: Some(Value::Array(items)) })
    }

    fn of_value(value: Value) -> Self {
        let texts = text_of(&value).into_iter().collect();
        Self::Other(OtherArguments { value: Some(value), texts })
    }
}

fn text_of(item: &Value) -> Option<String> {
    match item {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

impl From<Vec<String>> for Arguments {
    fn from(items: Vec<String>) -> Self {
        Self::List(items)
    }
}

impl From<Vec<&str>> for Arguments {
    fn from(items: Vec<&str>) -> Self {
        Self::List(items.into_iter().map(str::to_owned).collect())
    }
}

impl<const N: usize> From<[&str; N]> for Arguments {
    fn from(items: [&str; N]) -> Self {
        Self::List(items.map(str::to_owned).into())
    }
}

impl Serialize for Arguments {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::List(items) => items.serialize(serializer),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Other(other) => other.value.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Arguments {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // An option: they may also be absent.
        deserializer.deserialize_option(ArgumentsVisitor)
    }
}

struct ArgumentsVisitor;

impl<'de> de::Visitor<'de> for ArgumentsVisitor {
    type Value = Arguments;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of strings, or a string")
    }

    fn visit_none<E>(self) -> Result<Arguments, E> {
        Ok(Arguments::Other(OtherArguments { value: None, texts: Vec::new() }))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Arguments, E> {
        self.visit_none()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Arguments, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_str<E>(self, text: &str) -> Result<Arguments, E> {
        Ok(Arguments::Text(text.to_owned()))
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Arguments, E> {
        Ok(Arguments::of_value(truth.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Arguments, E> {
        Ok(Arguments::of_value(number.into()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Arguments, E> {
        Ok(Arguments::of_value(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Arguments, E> {
        Ok(Arguments::of_value(number.into()))
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, items: A) -> Result<Arguments, A::Error> {
        Deserialize::deserialize(de::value::SeqAccessDeserializer::new(items)).map(Arguments::of_items)
    }

    fn visit_map<A: de::MapAccess<'de>>(self, members: A) -> Result<Arguments, A::Error> {
        let members = Map::deserialize(de::value::MapAccessDeserializer::new(members));
        members.map(|members| Arguments::of_value(Value::Object(members)))
    }
}
