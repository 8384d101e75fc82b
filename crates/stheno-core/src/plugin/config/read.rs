//! Reads settings into the types of plugins. The text of a variable means what its field wants: a text field takes it as it
//! is, a number field the number in it.

use serde::{
    Deserializer,
    de::{
        self, DeserializeSeed, EnumAccess, Error as _, IntoDeserializer, MapAccess, SeqAccess, Unexpected,
        VariantAccess, Visitor,
    },
};
use toml::{Table, Value};

use crate::plugin::config::{
    error::ReadError,
    setting::{Place, Setting, What},
};

/// The name under which the crate `toml` asks for a date.
const DATE: &str = "$__toml_private_Datetime";

impl Setting {
    fn with(&self, what: What) -> Self {
        Self { place: self.place.clone(), what, guesses: self.guesses.clone() }
    }

    /// The same, where the text of a variable has to be a list or a table.
    fn into_compound(self, example: &str) -> Result<Self, ReadError> {
        let What::Text(text) = &self.what else { return Ok(self) };
        match self.compound(text) {
            Some(compound) => Ok(self.with(compound)),
            None => Err(ReadError::new(format!("is not written as {example}")).at(&self.place)),
        }
    }
}

fn whole_number<'de, V: Visitor<'de>>(text: &str, visitor: V) -> Result<V::Value, ReadError> {
    let text = text.trim();
    if let Ok(number) = text.parse::<u64>() {
        return visitor.visit_u64(number);
    }
    if let Ok(number) = text.parse::<i64>() {
        return visitor.visit_i64(number);
    }
    if let Ok(number) = text.parse::<i128>() {
        return visitor.visit_i128(number);
    }
    // As TOML writes them: `1_000`, `0xff`.
    let written = toml::from_str::<Table>(&format!("v = {text}")).ok().filter(|_| !text.contains(['#', '\n']));
    match written.and_then(|mut table| table.remove("v")) {
        Some(Value::Integer(number)) => visitor.visit_i64(number),
        _ => Err(ReadError::new("is not a whole number")),
    }
}

fn number<'de, V: Visitor<'de>>(text: &str, visitor: V) -> Result<V::Value, ReadError> {
    match text.trim().parse::<f64>() {
        Ok(number) => visitor.visit_f64(number),
        Err(_) => Err(ReadError::new("is not a number")),
    }
}

fn date<'de, V: Visitor<'de>>(text: &str, visitor: V) -> Result<V::Value, ReadError> {
    let read = text.trim().parse().map(Value::Datetime);
    let read = read.map_err(|_| ReadError::new("is not a date; write it as 2026-11-22T10:00:00Z"))?;
    read.deserialize_any(visitor).map_err(|_| ReadError::new("is a date, and something else is expected"))
}

/// Texts by what the visitor wants of them; everything else as it is.
macro_rules! by_text {
    ($($method:ident => $read:expr;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
            match &self.what {
                What::Text(text) | What::Key(text) => {
                    let read: fn(&str, V) -> Result<V::Value, ReadError> = $read;
                    read(text, visitor).map_err(|error| error.at(&self.place))
                }
                _ => self.deserialize_any(visitor),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Setting {
    type Error = ReadError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        let place = self.place.clone();
        let read = match self.what {
            What::Text(ref text) => {
                let guessed = self.guessed(text);
                return self.with(guessed).deserialize_any(visitor);
            }
            What::Key(text) | What::Value(Value::String(text)) => visitor.visit_string(text),
            What::Value(Value::Integer(number)) => visitor.visit_i64(number),
            What::Value(Value::Float(number)) => visitor.visit_f64(number),
            What::Value(Value::Boolean(truth)) => visitor.visit_bool(truth),
            What::Value(date) => {
                date.deserialize_any(visitor).map_err(|_| ReadError::new("is a date, and something else is expected"))
            }
            What::List(items) => visitor.visit_seq(Items(items.into_iter())),
            What::Table(entries) => visitor.visit_map(Entries { entries: entries.into_iter(), next: None }),
        };
        read.map_err(|error| error.at(&place))
    }

    by_text! {
        deserialize_str => |text, visitor| visitor.visit_str(text);
        deserialize_string => |text, visitor| visitor.visit_str(text);
        deserialize_char => |text, visitor| visitor.visit_str(text);
        deserialize_identifier => |text, visitor| visitor.visit_str(text);
        deserialize_bytes => |text, visitor| visitor.visit_str(text);
        deserialize_byte_buf => |text, visitor| visitor.visit_str(text);
        deserialize_i8 => whole_number;
        deserialize_i16 => whole_number;
        deserialize_i32 => whole_number;
        deserialize_i64 => whole_number;
        deserialize_i128 => whole_number;
        deserialize_u8 => whole_number;
        deserialize_u16 => whole_number;
        deserialize_u32 => whole_number;
        deserialize_u64 => whole_number;
        deserialize_u128 => whole_number;
        deserialize_f32 => number;
        deserialize_f64 => number;
        deserialize_bool => |text, visitor| match text.trim() {
            "true" => visitor.visit_bool(true),
            "false" => visitor.visit_bool(false),
            _ => Err(ReadError::new("is neither `true` nor `false`")),
        };
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        let place = self.place.clone();
        visitor.visit_some(self).map_err(|error| error.at(&place))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, ReadError> {
        let place = self.place.clone();
        visitor.visit_newtype_struct(self).map_err(|error| error.at(&place))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.into_compound("a list; write it as `[\"a\", \"b\"]`")?.deserialize_any(visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, ReadError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.into_compound(
            "a table; set its fields one by one, with `__` and the field after the name of the variable",
        )?
        .deserialize_any(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        match &self.what {
            What::Text(text) if name == DATE => date(text, visitor).map_err(|error| error.at(&self.place)),
            _ => self.deserialize_map(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        let place = self.place.clone();
        let what = match self.what {
            What::Text(ref text) if text.trim_start().starts_with('{') => self.compound(text),
            _ => None,
        };
        let read = match what.unwrap_or(self.what) {
            What::Text(text) | What::Key(text) | What::Value(Value::String(text)) => {
                visitor.visit_enum(de::value::StringDeserializer::new(text))
            }
            What::Table(entries) if entries.len() == 1 => match entries.into_iter().next() {
                Some((name, value)) => visitor.visit_enum(Variant { name, value }),
                None => Err(ReadError::new("is empty")),
            },
            What::Table(_) => Err(ReadError::new("has several keys, and one that names a variant is expected")),
            What::List(_) => Err(ReadError::invalid_type(Unexpected::Seq, &"a variant")),
            What::Value(_) => Err(ReadError::new("is not a text, and the name of a variant is expected")),
        };
        read.map_err(|error| error.at(&place))
    }

    serde::forward_to_deserialize_any! { unit unit_struct ignored_any }
}

/// A list that is read.
struct Items(std::vec::IntoIter<Setting>);

impl<'de> SeqAccess<'de> for Items {
    type Error = ReadError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, ReadError> {
        self.0.next().map(|item| read(seed, item)).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

/// A table that is read.
struct Entries {
    entries: std::collections::btree_map::IntoIter<String, Setting>,
    next: Option<Setting>,
}

impl<'de> MapAccess<'de> for Entries {
    type Error = ReadError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, ReadError> {
        let Some((name, value)) = self.entries.next() else { return Ok(None) };
        let key = value.with(What::Key(name));
        self.next = Some(value);
        // The table says which names it has.
        seed.deserialize(key).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, ReadError> {
        match self.next.take() {
            Some(value) => read(seed, value),
            None => Err(ReadError::new("a value was read before its key")),
        }
    }
}

/// A variant with a value.
struct Variant {
    name: String,
    value: Setting,
}

impl<'de> EnumAccess<'de> for Variant {
    type Error = ReadError;
    type Variant = Setting;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Setting), ReadError> {
        let name: de::value::StringDeserializer<ReadError> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, self.value))
    }
}

impl<'de> VariantAccess<'de> for Setting {
    type Error = ReadError;

    fn unit_variant(self) -> Result<(), ReadError> {
        match &self.what {
            What::Table(entries) if entries.is_empty() => Ok(()),
            _ => Err(ReadError::new("has a value, and the variant has none").at(&self.place)),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, ReadError> {
        read(seed, self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, ReadError> {
        self.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, ReadError> {
        self.deserialize_map(visitor)
    }
}

fn read<'de, S: DeserializeSeed<'de>>(seed: S, setting: Setting) -> Result<S::Value, ReadError> {
    let place: Place = setting.place.clone();
    seed.deserialize(setting).map_err(|error| error.at(&place).wanted(std::any::type_name::<S::Value>(), &place))
}
