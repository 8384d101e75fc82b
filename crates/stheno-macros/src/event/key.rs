//! One place a key comes from: `order:/id`, `oauth.app:{2}`, `cart:`.

use syn::{Error, LitStr};

/// A place, as core's `KeySource`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Source {
    /// The kind of the key.
    pub(crate) kind: String,
    /// Where its id stands.
    pub(crate) place: Place,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// A JSON pointer; the empty one is the body itself.
    Body(String),
    /// A token of the name, from 0.
    Token(usize),
}

impl Source {
    /// Reads `kind:place`.
    pub(crate) fn parse(written: &LitStr) -> syn::Result<Self> {
        let text = written.value();
        let refuse = |problem: &str| Err(Error::new(written.span(), format!("`{text}` is no key: {problem}")));
        let Some((kind, place)) = text.split_once(':') else {
            return refuse(
                "write kind and place, such as `order:/id`, `oauth.app:{2}` (token 2 of the name) or `cart:` (the body itself)",
            );
        };
        let is_legal = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'-');
        if kind.is_empty() || !kind.bytes().all(is_legal) {
            return refuse(
                "the kind before the colon is lower-case letters, digits, `_`, `.` and `-`, such as `order`",
            );
        }
        let place = match place.strip_prefix('{').and_then(|place| place.strip_suffix('}')) {
            Some(index) => match index.parse() {
                Ok(index) => Place::Token(index),
                Err(_) => {
                    return refuse("braces hold the number of a token of the name, counted from 0, such as `{2}`");
                }
            },
            None if place.is_empty() || place.starts_with('/') => Place::Body(place.to_owned()),
            None => return refuse("after the colon comes a JSON pointer with a slash in front, such as `/id`"),
        };
        Ok(Self { kind: kind.to_owned(), place })
    }

    /// The name of the field of the body's own object that holds the id, if it is one.
    pub(crate) fn field(&self) -> Option<String> {
        match &self.place {
            Place::Body(pointer) => {
                let name = pointer.strip_prefix('/').filter(|name| !name.contains('/'))?;
                Some(name.replace("~1", "/").replace("~0", "~"))
            }
            Place::Token(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proc_macro2::Span;

    use super::*;

    fn parse(text: &str) -> syn::Result<Source> {
        Source::parse(&LitStr::new(text, Span::call_site()))
    }

    #[test]
    fn a_key_is_a_pointer_a_token_or_the_body() {
        let source = |kind: &str, place| Source { kind: kind.to_owned(), place };
        assert_eq!(parse("order:/id").unwrap(), source("order", Place::Body("/id".into())));
        assert_eq!(parse("cart:").unwrap(), source("cart", Place::Body(String::new())));
        assert_eq!(parse("oauth.app:{2}").unwrap(), source("oauth.app", Place::Token(2)));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["order", ":/id", "Order:/id", "order:id", "order:{}", "order:{two}", "order:{-1}"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn only_a_pointer_of_one_step_is_a_field() {
        assert_eq!(parse("order:/id").unwrap().field().as_deref(), Some("id"));
        assert_eq!(parse("order:/a~1b").unwrap().field().as_deref(), Some("a/b"));
        assert_eq!(parse("order:/order/id").unwrap().field(), None);
        assert_eq!(parse("order:").unwrap().field(), None);
        assert_eq!(parse("order:{1}").unwrap().field(), None);
    }
}
