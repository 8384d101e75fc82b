//! What macros may name. Nothing here is public API.

pub use std::{
    borrow::Cow, boxed::Box, concat, env, file, line, module_path, option::Option, result::Result, time::Duration,
};

pub use serde::{self, Deserialize, Deserializer, Serialize, Serializer};
pub use serde_json::{self, Value};

pub use crate::{
    async_trait,
    catalog::{
        key_rule::{KeyId, key_by_rule, key_of_field},
        redact,
    },
    event::{object, typed::not_of_sum},
    plugin::{
        discovery::{Linked, submit},
        no_plugin,
    },
    resources::Argument,
    subscriber::{
        definition::Origin,
        handler::Prepared,
        written::{Outcome, Written},
    },
};

/// Refuses, at compile time, a pattern that the type of the event does not stand for.
pub const fn covers(patterns: &[&str], written: &str) -> bool {
    let mut index = 0;
    // A type that stands for no pattern takes whatever the subscriber says.
    let mut any = patterns.is_empty();
    while index < patterns.len() {
        any = any || covers_one(patterns[index].as_bytes(), written.as_bytes());
        index += 1;
    }
    any
}

/// [`crate::Pattern::covers`] as a const function.
const fn covers_one(wide: &[u8], narrow: &[u8]) -> bool {
    let (mut w, mut n) = (0, 0);
    loop {
        let wide_token = token_end(wide, w);
        let narrow_token = token_end(narrow, n);
        if is_token(wide, w, wide_token, b'>') {
            return true;
        }
        let same = is_token(wide, w, wide_token, b'*') && !is_token(narrow, n, narrow_token, b'>');
        if !same && !equal(wide, w, wide_token, narrow, n, narrow_token) {
            return false;
        }
        match (wide_token == wide.len(), narrow_token == narrow.len()) {
            (true, true) => return true,
            (false, false) => (w, n) = (wide_token + 1, narrow_token + 1),
            _ => return false,
        }
    }
}

const fn token_end(text: &[u8], start: usize) -> usize {
    let mut end = start;
    while end < text.len() && text[end] != b'.' {
        end += 1;
    }
    end
}

const fn is_token(text: &[u8], start: usize, end: usize, byte: u8) -> bool {
    end == start + 1 && text[start] == byte
}

const fn equal(left: &[u8], l: usize, l_end: usize, right: &[u8], r: usize, r_end: usize) -> bool {
    if l_end - l != r_end - r {
        return false;
    }
    let mut offset = 0;
    while offset < l_end - l {
        if left[l + offset] != right[r + offset] {
            return false;
        }
        offset += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::covers;
    use crate::Pattern;

    #[test]
    fn the_const_check_agrees_with_patterns() {
        let texts = ["order.placed", "order.*", "order.>", ">", "*.placed", "a.*.c", "a.b.c", "a.b", "order"];
        for wide in texts {
            for narrow in texts {
                let expected = Pattern::new(wide).unwrap().covers(&Pattern::new(narrow).unwrap());
                assert_eq!(covers(&[wide], narrow), expected, "{wide} covers {narrow}");
            }
        }
        assert!(covers(&[], "anything.*"));
    }
}
