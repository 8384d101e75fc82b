//! Reading and writing a JSON object field by field: what `#[derive(Payload)]` calls. Nothing here is public API.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, DeserializeSeed, Error as _, IgnoredAny, MapAccess, Visitor},
    ser::{Error as _, SerializeMap},
};

use crate::event::payload::Extra;

/// A type that is read from an object. Known fields are found by the text of their name, without a copy of it, and read
/// straight into their type.
pub trait Object: Sized {
    /// What errors call it.
    const NAME: &'static str;

    /// What is remembered of the name of an unknown field: the text where it is kept, nothing where it is ignored.
    type Unknown: for<'a> From<&'a str>;

    /// Which field has this name, or this other name.
    fn index_of(name: &str) -> Option<usize>;

    /// Reads all fields.
    ///
    /// # Errors
    /// What the source of the object finds wrong.
    fn read<'de, A: MapAccess<'de>>(object: A) -> Result<Self, A::Error>;
}

/// Remembers nothing of the name of an unknown field.
#[derive(Debug)]
pub struct Ignored;

impl From<&str> for Ignored {
    fn from(_name: &str) -> Self {
        Self
    }
}

/// Reads an object, and refuses anything else.
///
/// # Errors
/// What the deserializer finds wrong.
#[inline]
pub fn read_object<'de, T: Object, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_map(ObjectVisitor(PhantomData))
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Object> Visitor<'de> for ObjectVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object (`{}`)", T::NAME)
    }

    #[inline]
    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<T, A::Error> {
        T::read(object)
    }
}

/// The next field: its index if it is known.
///
/// # Errors
/// What the source of the object finds wrong.
#[inline]
pub fn next_field<'de, T: Object, A: MapAccess<'de>>(
    object: &mut A,
) -> Result<Option<Result<usize, T::Unknown>>, A::Error> {
    object.next_key_seed(NameSeed::<T>(PhantomData))
}

struct NameSeed<T>(PhantomData<T>);

impl<'de, T: Object> DeserializeSeed<'de> for NameSeed<T> {
    type Value = Result<usize, T::Unknown>;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl<T: Object> Visitor<'_> for NameSeed<T> {
    type Value = Result<usize, T::Unknown>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    #[inline]
    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(T::index_of(name).ok_or_else(|| name.into()))
    }
}

/// Reads the value of a field, which the object must not have twice.
///
/// # Errors
/// A duplicate field, or a value that is not of the type.
#[inline]
pub fn fill<'de, T: Deserialize<'de>, A: MapAccess<'de>>(
    place: &mut Option<T>,
    name: &'static str,
    object: &mut A,
) -> Result<(), A::Error> {
    if place.is_some() {
        return Err(A::Error::duplicate_field(name));
    }
    *place = Some(object.next_value()?);
    Ok(())
}

/// Keeps the value of a field that nobody documented.
///
/// # Errors
/// What the source of the object finds wrong.
pub fn keep<'de, A: MapAccess<'de>>(extra: &mut Extra, name: String, object: &mut A) -> Result<(), A::Error> {
    extra.insert(name, object.next_value::<serde_json::Value>()?);
    Ok(())
}

/// Passes over the value of a field.
///
/// # Errors
/// What the source of the object finds wrong.
pub fn skip<'de, A: MapAccess<'de>>(object: &mut A) -> Result<(), A::Error> {
    object.next_value::<IgnoredAny>().map(|_| ())
}

/// The value of a field that must be there, unless its type has a value for what is absent: one that asks for an option.
///
/// # Errors
/// The field is missing.
#[inline]
pub fn required<'de, T: Deserialize<'de>, E: serde::de::Error>(place: Option<T>, name: &'static str) -> Result<T, E> {
    // The type may say of it what it likes; that it is missing is what counts.
    let missing = || T::deserialize(Missing(name, PhantomData::<E>)).map_err(|_| E::missing_field(name));
    place.map_or_else(missing, Ok)
}

/// A field that is not there.
struct Missing<E>(&'static str, PhantomData<E>);

impl<'de, E: serde::de::Error> Deserializer<'de> for Missing<E> {
    type Error = E;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, E> {
        Err(E::missing_field(self.0))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        visitor.visit_none()
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct newtype_struct seq
        tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// The value of a field that may be absent or null.
#[inline]
pub fn optional<T>(place: Option<Option<T>>) -> Option<T> {
    place.flatten()
}

/// The value of a field that is documented as required, and that the platform sometimes leaves out. What came in its place is
/// written back.
#[inline]
pub fn sometimes<T>(place: Option<Option<T>>, name: &'static str, extra: &mut Extra) -> Option<T> {
    match place {
        Some(Some(value)) => return Some(value),
        Some(None) => extra.keep_unread(name, Some(serde_json::Value::Null)),
        None => extra.keep_unread(name, None),
    }
    None
}

/// Reads the value of a field that the platform sends without documenting it: one that cannot be read refuses nothing, and is
/// written back. So is null, where the field keeps it.
///
/// # Errors
/// A duplicate field, or what the source of the object finds wrong.
pub fn fill_undocumented<'de, T: DeserializeOwned, A: MapAccess<'de>>(
    place: &mut Option<Option<T>>,
    name: &'static str,
    object: &mut A,
    extra: &mut Extra,
    keeps_null: bool,
) -> Result<(), A::Error> {
    let mut value = None;
    fill::<serde_json::Value, A>(&mut value, name, object)?;
    let value = value.unwrap_or_default();
    *place = match Option::<T>::deserialize(&value) {
        Ok(read) if read.is_some() || !keeps_null => Some(read),
        _ => {
            extra.keep_unread(name, Some(value));
            None
        }
    };
    Ok(())
}

/// Whether a value is written, and not what came in its place.
#[inline]
pub fn is_written<T: Default + PartialEq>(value: &T, name: &str, extra: &Extra) -> bool {
    extra.place_of(name).is_none() || *value != T::default()
}

/// The same of a list.
#[inline]
pub fn list_is_written<T>(items: &[T], name: &str, extra: &Extra) -> bool {
    !items.is_empty() || extra.place_of(name).is_none()
}

/// How many fields [`write_extra`] and [`write_unread`] write at most.
#[inline]
pub fn extra_len(extra: &Extra) -> usize {
    extra.len() + extra.unread_len()
}

/// Writes what came in place of a documented field that has no value.
///
/// # Errors
/// What the destination finds wrong.
pub fn write_unread<M: SerializeMap>(object: &mut M, name: &'static str, extra: &Extra) -> Result<(), M::Error> {
    match extra.unread(name) {
        Some(value) => object.serialize_entry(name, value),
        None => Ok(()),
    }
}

/// Writes the fields that nobody documented after those that are.
///
/// # Errors
/// A documented field stands among them: the object would have it twice.
pub fn write_extra<T: Object, M: SerializeMap>(object: &mut M, extra: &Extra) -> Result<(), M::Error> {
    extra.iter().try_for_each(|(name, value)| match T::index_of(name) {
        None => object.serialize_entry(name, value),
        Some(_) => Err(M::Error::custom(format!(
            "`{name}` is a documented field of `{}`; set that field, and take the name out of the extra ones",
            T::NAME
        ))),
    })
}

/// What `Debug` prints in place of a value.
pub struct Hidden(pub &'static str);

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}
