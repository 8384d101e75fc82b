//! What JSON a field holds, by its type. A type that is not known here is asked for, never guessed.

use syn::{LitStr, Type};

use crate::{
    diag::one_of,
    types::{inside, is_primitive, last_segment},
};

/// The variants of core's `FieldKind`, by the same names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    String,
    Integer,
    Number,
    Boolean,
    Object,
    Array,
    Strings,
    Objects,
    StringOrObject,
    StringOrNumber,
    StringOrStrings,
    Any,
}

const NAMES: [(&str, Kind); 12] = [
    ("string", Kind::String),
    ("integer", Kind::Integer),
    ("number", Kind::Number),
    ("boolean", Kind::Boolean),
    ("object", Kind::Object),
    ("array", Kind::Array),
    ("strings", Kind::Strings),
    ("objects", Kind::Objects),
    ("string_or_object", Kind::StringOrObject),
    ("string_or_number", Kind::StringOrNumber),
    ("string_or_strings", Kind::StringOrStrings),
    ("any", Kind::Any),
];

impl Kind {
    /// The kind that a `kind = ".."` names.
    pub(crate) fn named(name: &LitStr) -> syn::Result<Self> {
        let written = name.value();
        NAMES
            .iter()
            .find(|(known, _)| *known == written)
            .map(|(_, kind)| *kind)
            .ok_or_else(|| syn::Error::new(name.span(), format!("`{written}` is no kind of field; write {}", names())))
    }

    /// The kind of a type, if its name says enough.
    pub(crate) fn of(written: &Type) -> Option<Self> {
        if let Some(wrapped) = inside(written, "Secret").or_else(|| inside(written, "Option")) {
            return Self::of(wrapped);
        }
        if let Some(item) = inside(written, "Vec") {
            return Some(match Self::of(item) {
                Some(Kind::String) => Kind::Strings,
                None | Some(Kind::Object) => Kind::Objects,
                Some(_) => Kind::Array,
            });
        }
        Some(match last_segment(written)?.ident.to_string().as_str() {
            "bool" => Kind::Boolean,
            "f32" | "f64" => Kind::Number,
            _ if is_primitive(written) => Kind::Integer,
            "String" | "OffsetTime" | "Currency" => Kind::String,
            "Decimal" => Kind::StringOrNumber,
            "Cow" if inside(written, "Cow").is_some_and(Self::is_str) => Kind::String,
            "Map" | "BTreeMap" | "HashMap" => Kind::Object,
            "Value" => Kind::Any,
            _ => return None,
        })
    }

    fn is_str(written: &Type) -> bool {
        last_segment(written).is_some_and(|segment| segment.ident == "str")
    }

    /// Whether a value of it may have fields inside that nobody documented.
    pub(crate) fn has_insides(self) -> bool {
        !matches!(
            self,
            Kind::String
                | Kind::Integer
                | Kind::Number
                | Kind::Boolean
                | Kind::Strings
                | Kind::StringOrNumber
                | Kind::StringOrStrings
        )
    }
}

/// All names, for messages.
pub(crate) fn names() -> String {
    one_of(&NAMES.map(|(name, _)| name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(written: &str) -> Option<Kind> {
        Kind::of(&syn::parse_str(written).unwrap())
    }

    #[test]
    fn the_type_says_the_kind() {
        for (written, kind) in [
            ("String", Kind::String),
            ("std::string::String", Kind::String),
            ("Secret<String>", Kind::String),
            ("Cow<'static, str>", Kind::String),
            ("u8", Kind::Integer),
            ("i64", Kind::Integer),
            ("usize", Kind::Integer),
            ("f32", Kind::Number),
            ("bool", Kind::Boolean),
            ("Vec<String>", Kind::Strings),
            ("Vec<serde_json::Value>", Kind::Array),
            ("Vec<i64>", Kind::Array),
            ("Vec<LineItem>", Kind::Objects),
            ("Vec<Map<String, Value>>", Kind::Objects),
            ("HashMap<String, String>", Kind::Object),
            ("Value", Kind::Any),
            ("Decimal", Kind::StringOrNumber),
            ("Option<OffsetTime>", Kind::String),
        ] {
            assert_eq!(of(written), Some(kind), "{written}");
        }
    }

    #[test]
    fn an_unknown_type_is_not_guessed() {
        for written in ["LineItem", "Cow<'static, [u8]>", "(String, String)", "[u8; 2]"] {
            assert_eq!(of(written), None, "{written}");
        }
    }
}
