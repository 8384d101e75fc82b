//! Bodies that may be shown: secrets, personal data and whatever nobody documented are replaced.

use bytes::Bytes;
use serde_json::{Map, Value};

use crate::{
    catalog::EventDescriptor,
    event::{
        envelope,
        payload::{Field, Sensitivity},
        typed::decode_json,
    },
};

/// What stands in place of a secret.
pub const SECRET: &str = "[secret]";
/// What stands in place of personal data.
pub const PERSONAL: &str = "[personal]";
/// What stands in place of what nobody documented, which may be either.
pub const UNDOCUMENTED: &str = "[undocumented]";

/// A body that may be shown. Without a descriptor nothing of the body may be.
pub fn redact(descriptor: Option<&EventDescriptor>, body: &[u8]) -> Value {
    let Ok(value) = decode_json::<Value>(body) else {
        return Value::String(format!("[{} bytes that are not JSON]", body.len()));
    };
    // What is in an envelope is marked in its own place, and not where it stands here.
    if envelope::refusal("", None, &Bytes::copy_from_slice(body)).is_some() {
        return undocumented();
    }
    match descriptor.map(|known| known.fields) {
        Some([whole]) if whole.name.is_empty() => redact_field(whole, value),
        Some(fields) if !fields.is_empty() => redact_value(fields, value),
        _ => undocumented(),
    }
}

fn undocumented() -> Value {
    Value::String(UNDOCUMENTED.into())
}

fn redact_value(fields: &[Field], value: Value) -> Value {
    match value {
        Value::Object(object) => Value::Object(redact_object(fields, object)),
        Value::Array(items) => items.into_iter().map(|item| redact_value(fields, item)).collect(),
        Value::Null => Value::Null,
        _ => undocumented(),
    }
}

fn redact_object(fields: &[Field], object: Map<String, Value>) -> Map<String, Value> {
    let redacted = object.into_iter().map(|(name, value)| {
        let shown = match fields.iter().find(|field| field.is_called(&name)) {
            Some(field) => redact_field(field, value),
            None => undocumented(),
        };
        (name, shown)
    });
    redacted.collect()
}

fn redact_field(field: &Field, value: Value) -> Value {
    match field.sensitivity {
        _ if value.is_null() => value,
        Sensitivity::Secret => Value::String(SECRET.into()),
        Sensitivity::Personal => Value::String(PERSONAL.into()),
        Sensitivity::Public if !field.fields.is_empty() => redact_value(field.fields, value),
        Sensitivity::Public => match value {
            // A container whose insides nobody documented; arrays of plain values are what their field says.
            Value::Object(_) => undocumented(),
            Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => undocumented(),
            shown => shown,
        },
    }
}
