//! CloudEvents as they travel over NATS: names and values of headers.

use std::borrow::Cow;

use stheno_core::headers;

/// The only version there is.
pub(crate) const VERSION: &str = "1.0";
/// What a body is.
pub(crate) const JSON: &str = "application/json";
/// Where an event comes from that does not say it: the attribute may not be missing.
pub(crate) const NO_SOURCE: &str = "/";

/// The value of a `ce-` header: a space, `"`, `%` and what is not printable ASCII becomes `%XX`.
pub(crate) fn encode(value: &str) -> String {
    let stays = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'%');
    if value.bytes().all(stays) {
        return value.to_owned();
    }
    let mut encoded = String::with_capacity(value.len() + 8);
    for byte in value.bytes() {
        match stays(byte) {
            true => encoded.push(char::from(byte)),
            false => encoded.extend(['%', hex(byte >> 4), hex(byte & 15)]),
        }
    }
    encoded
}

fn hex(half: u8) -> char {
    char::from_digit(u32::from(half), 16).unwrap_or('0').to_ascii_uppercase()
}

/// What [`encode`] was given. A value that nobody encoded stays as it is.
pub(crate) fn decode(value: &str) -> Cow<'_, str> {
    let decoded = if value.contains('%') { stheno_core::decode_token(value) } else { None };
    decoded.map_or(Cow::Borrowed(value), Cow::Owned)
}

/// The header that says the same as an attribute of an envelope.
pub(crate) fn as_header(name: &str) -> String {
    match name {
        // Trace context has headers of its own.
        headers::TRACEPARENT | headers::TRACESTATE => name.to_owned(),
        _ => format!("{}{name}", headers::CLOUD_EVENTS),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_value_survives_a_header(value in "\\PC{0,30}") {
            let encoded = encode(&value);
            prop_assert!(encoded.bytes().all(|byte| byte.is_ascii_graphic()));
            prop_assert_eq!(decode(&encoded), value);
        }
    }

    #[test]
    fn a_value_that_nobody_encoded_stays_as_it_is() {
        assert_eq!(decode("100%"), "100%");
        assert_eq!(decode("shop a"), "shop a");
    }
}
