//! CloudEvents as they travel over NATS: values of headers, and events in an envelope (structured mode).

use std::{borrow::Cow, collections::BTreeMap};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use serde_json::value::RawValue;
use stheno_core::headers;

/// The content type of an envelope begins so.
const ENVELOPE: &str = "application/cloudevents";
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

/// Whether the body is an envelope.
pub(crate) fn is_envelope(content_type: &str) -> bool {
    content_type.get(..ENVELOPE.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(ENVELOPE))
        && !content_type.to_ascii_lowercase().contains("batch")
}

/// An event that came in an envelope.
#[derive(Debug, PartialEq)]
pub(crate) struct Opened {
    /// Attributes under the names they have as headers, and what they say.
    pub(crate) attributes: Vec<(String, String)>,
    /// The data, byte for byte; nothing when there is none.
    pub(crate) data: Bytes,
}

/// Opens an envelope; `None` when it is none.
pub(crate) fn open(body: &Bytes) -> Option<Opened> {
    let members: BTreeMap<String, &RawValue> = serde_json::from_slice(body).ok()?;
    if !members.contains_key("specversion") {
        return None;
    }
    let mut opened = Opened { attributes: Vec::new(), data: Bytes::new() };
    for (name, value) in members {
        match name.as_str() {
            "data" => opened.data = body.slice_ref(value.get().as_bytes()),
            "data_base64" => {
                let text: String = serde_json::from_str(value.get()).ok()?;
                opened.data = BASE64.decode(text).ok()?.into();
            }
            _ => opened.attributes.extend(attribute(value).map(|value| (as_header(&name), value))),
        }
    }
    Some(opened)
}

fn as_header(name: &str) -> String {
    match name {
        // Trace context has headers of its own.
        headers::TRACEPARENT | headers::TRACESTATE => name.to_owned(),
        _ => format!("{}{name}", headers::CLOUD_EVENTS),
    }
}

/// Attributes are texts, numbers and truth values; null is as if it were missing.
fn attribute(value: &RawValue) -> Option<String> {
    match serde_json::from_str(value.get()) {
        Ok(serde_json::Value::String(text)) => Some(text),
        Ok(serde_json::Value::Null) | Err(_) => None,
        Ok(_) => Some(value.get().to_owned()),
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

    #[test]
    fn an_envelope_is_opened_and_its_data_is_not_touched() {
        let body = Bytes::from_static(
            br#"{"specversion":"1.0","id":"1","type":"order.placed","source":"/shop","n":3,"data":{ "id": "o1" }}"#,
        );
        let opened = open(&body).unwrap();
        assert_eq!(opened.data, br#"{ "id": "o1" }"#[..]);
        let attribute =
            |name: &str| opened.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| &**value);
        assert_eq!(attribute("ce-id"), Some("1"));
        assert_eq!(attribute("ce-n"), Some("3"));
        let binary = Bytes::from_static(br#"{"specversion":"1.0","id":"1","data_base64":"aGk="}"#);
        assert_eq!(open(&binary).unwrap().data, b"hi"[..]);
    }

    #[test]
    fn what_is_no_envelope_is_left_alone() {
        for body in
            [&b"{}"[..], b"[1]", b"{\"specversion\":\"1.0\"", b"\xff", b"{\"specversion\":\"1.0\",\"data_base64\":7}"]
        {
            assert_eq!(open(&Bytes::copy_from_slice(body)), None);
        }
        assert!(is_envelope("application/cloudevents+json; charset=utf-8") && is_envelope("Application/CloudEvents"));
        assert!(!is_envelope("application/json") && !is_envelope("application/cloudevents-batch+json"));
    }
}
