//! The id at a JSON pointer, read without building the rest of the body.

use std::{borrow::Cow, fmt};

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::event::tolerant;

/// The text that is not empty, or the whole number, at a JSON pointer (RFC 6901) of a body; the empty pointer is the body
/// itself. `None` as well when the body is not JSON, as any of the languages that are read write it.
pub(crate) fn id_at(body: &[u8], pointer: &str) -> Option<String> {
    match plain_id_at(body, pointer) {
        Ok(id) => id,
        Err(_) => plain_id_at(&tolerant::readable(body)?, pointer).ok()?,
    }
}

fn plain_id_at(body: &[u8], pointer: &str) -> serde_json::Result<Option<String>> {
    // Bytes that are not UTF-8 are found before anything is read.
    let text = std::str::from_utf8(body).map_err(serde::de::Error::custom)?;
    let mut reader = serde_json::Deserializer::from_str(text);
    let id = At(pointer).deserialize(&mut reader)?;
    reader.end()?;
    Ok(id)
}

/// A number with a point that is a whole one: what a language without whole numbers writes for the id `7`.
pub(crate) fn whole(number: f64) -> Option<i64> {
    let is_exact = number.fract() == 0.0 && number.abs() < (1_i64 << 53) as f64;
    is_exact.then_some(number as i64)
}

/// What is left of a pointer, from here on.
#[derive(Clone, Copy)]
struct At<'p>(&'p str);

impl<'p> At<'p> {
    /// The first step, and what is left after it; `None` when this is the place.
    fn step(self) -> Option<(Cow<'p, str>, Self)> {
        let path = self.0.strip_prefix('/')?;
        let (step, rest) = path.split_at(path.find('/').unwrap_or(path.len()));
        let step = match step.contains('~') {
            true => Cow::Owned(step.replace("~1", "/").replace("~0", "~")),
            false => Cow::Borrowed(step),
        };
        Some((step, Self(rest)))
    }

    fn here(self, id: impl FnOnce() -> String) -> Option<String> {
        self.0.is_empty().then(id).filter(|id| !id.is_empty())
    }
}

impl<'de> DeserializeSeed<'de> for At<'_> {
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for At<'_> {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(self.here(|| text.to_owned()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(self.here(|| number.to_string()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(self.here(|| number.to_string()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(whole(number).and_then(|number| self.here(|| number.to_string())))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let step = self.step();
        let mut found = None;
        // Of a name that stands there twice the last counts, as everywhere.
        while let Some(meant) = map.next_key_seed(Is(step.as_ref().map(|(name, _)| &**name)))? {
            match &step {
                Some((_, rest)) if meant => found = map.next_value_seed(*rest)?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let step = self.step().and_then(|(index, rest)| {
            let plain = *index == *"0" || !index.starts_with(['0', '+']);
            Some((index.parse::<usize>().ok().filter(|_| plain)?, rest))
        });
        if let Some((index, rest)) = step {
            for _ in 0..index {
                if seq.next_element::<IgnoredAny>()?.is_none() {
                    return Ok(None);
                }
            }
            let found = seq.next_element_seed(rest)?.flatten();
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(found);
        }
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

/// Whether a name is this one.
struct Is<'n>(Option<&'n str>);

impl<'de> DeserializeSeed<'de> for Is<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Is<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E>(self, name: &str) -> Result<bool, E> {
        Ok(self.0 == Some(name))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::catalog::key_rule::KeyId;

    /// The same by way of the whole body.
    fn slowly(body: &[u8], pointer: &str) -> Option<String> {
        let body: Value = serde_json::from_slice(body).ok()?;
        body.pointer(pointer)?.key_id().map(Cow::into_owned)
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "[a-z/~]{0,3}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[ab01/~]{0,2}", inner, 0..4)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn it_finds_what_the_whole_body_has_there(body in any_json(), pointer in "(/([ab01]|~0|~1){0,2}){0,3}") {
            let body = body.to_string();
            prop_assert_eq!(id_at(body.as_bytes(), &pointer), slowly(body.as_bytes(), &pointer));
        }

        #[test]
        fn what_is_cut_off_has_no_id(body in any_json(), cut in 1_usize..20) {
            let body = body.to_string();
            let cut = &body.as_bytes()[..body.len().saturating_sub(cut)];
            prop_assert_eq!(id_at(cut, "/a"), slowly(cut, "/a"));
        }
    }

    #[test]
    fn ids_are_texts_and_whole_numbers() {
        let body = json!({ "id": "o1", "n": 7, "empty": "", "f": 1.5, "a": [{ "id": 3 }], "x/y": "z" }).to_string();
        let at = |pointer| id_at(body.as_bytes(), pointer);
        assert_eq!(at("/id").as_deref(), Some("o1"));
        assert_eq!(at("/n").as_deref(), Some("7"));
        assert_eq!(at("/a/0/id").as_deref(), Some("3"));
        assert_eq!(at("/x~1y").as_deref(), Some("z"));
        for nothing in ["", "/empty", "/f", "/a", "/a/1/id", "/a/00/id", "/id/x", "/none", "id"] {
            assert_eq!(at(nothing), None, "{nothing}");
        }
        assert_eq!(id_at(br#"{"id":"a","id":"b"}"#, "/id").as_deref(), Some("b"));
        for strange in [
            "\u{feff}{\"id\":\"a\"}",
            r#"{"half\ud83d":"\udc00","id":"a"}"#,
            r#"{"n":[NaN,-Infinity,1e999],"id":"a"}"#,
            &format!(r#"{{"deep":{}{},"id":"a"}}"#, "[".repeat(4_000), "]".repeat(4_000)),
        ] {
            assert_eq!(id_at(strange.as_bytes(), "/id").as_deref(), Some("a"), "{strange:.40}");
        }
        for seven in ["7", "7.0", "\"7\"", "7e0"] {
            assert_eq!(id_at(format!("{{\"id\":{seven}}}").as_bytes(), "/id").as_deref(), Some("7"));
        }
        for no_json in [&b"{\"id\":\"a\"} x"[..], b"{\"id\":\"a\",", b"{\"id\":\"a\",\"b\":\"\xff\"}", b""] {
            assert_eq!(id_at(no_json, "/id"), None);
        }
    }
}
