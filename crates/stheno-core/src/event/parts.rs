//! The parts of a body, none of them read: for who takes a list item by item, so that one item cannot spoil the others.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::event::{tolerant, typed::DecodeError};

/// The bytes of a body or of a part of it, shared without a copy.
pub use bytes::Bytes;

/// The items of an array, each as it stands there.
///
/// # Errors
/// [`DecodeError`] when the body is not an array, or not JSON as [`decode_json`](crate::decode_json) takes it.
///
/// ```
/// use stheno_core::event::parts::{Bytes, items};
///
/// let page = Bytes::from_static(br#"[{"id": 1}, {"id": "two"}]"#);
/// assert_eq!(items(&page).unwrap(), [r#"{"id": 1}"#, r#"{"id": "two"}"#]);
/// ```
pub fn items(body: &Bytes) -> Result<Vec<Bytes>, DecodeError> {
    let mended = mended(body);
    let text = mended.as_deref().unwrap_or(body);
    let items: Vec<&RawValue> = read(text)?;
    Ok(items.into_iter().map(|item| part(body, text, item)).collect())
}

/// The members of an object, each value as it stands there. Of a name that is there twice the last counts.
///
/// # Errors
/// [`DecodeError`] when the body is not an object, or not JSON as [`decode_json`](crate::decode_json) takes it.
pub fn members(body: &Bytes) -> Result<BTreeMap<String, Bytes>, DecodeError> {
    let mended = mended(body);
    let text = mended.as_deref().unwrap_or(body);
    let members: BTreeMap<String, &RawValue> = read(text)?;
    Ok(members.into_iter().map(|(name, value)| (name, part(body, text, value))).collect())
}

/// The body with what serde_json does not read replaced by something as long, if there is any.
fn mended(body: &[u8]) -> Option<Vec<u8>> {
    tolerant::of_same_length(body)
}

fn read<'t, T: serde::Deserialize<'t>>(text: &'t [u8]) -> Result<T, DecodeError> {
    serde_json::from_slice(text).map_err(|error| DecodeError::new("", error.to_string()))
}

/// The bytes of the body where a value stands in its text.
fn part(body: &Bytes, text: &[u8], value: &RawValue) -> Bytes {
    let start = value.get().as_ptr().addr() - text.as_ptr().addr();
    body.slice(start..start + value.get().len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_those_of_the_body_whatever_is_in_it() {
        let body = Bytes::from("\u{feff}{\"a\": [1, NaN], \"half\\ud83d\": \"\\udc00\", \"a\": {\"x\": 1e999}}");
        let members = members(&body).unwrap();
        assert_eq!(members["a"], r#"{"x": 1e999}"#);
        assert_eq!(members["half\u{fffd}"], r#""\udc00""#);
        assert_eq!(items(&Bytes::from("[NaN, [1], \"]\"]")).unwrap(), ["NaN", "[1]", "\"]\""]);
        for wrong in ["", "{", "[1", "7"] {
            assert!(items(&Bytes::from(wrong)).is_err() && super::members(&Bytes::from(wrong)).is_err());
        }
    }
}
