//! Is a body what its name documents? Strict, because it is asked when we write.

use serde_json::{Map, Value};

use crate::{
    catalog::EventDescriptor,
    event::{
        payload::Field,
        typed::{DecodeError, decode_json, decode_plain},
    },
    name::EventName,
    nearest::nearest,
};

/// What becomes of undocumented fields that look like misspelt ones.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Spelling {
    /// Whoever wrote the body may have erred: they are refused.
    Checked,
    /// The platform wrote the body, and may have new fields: they are kept.
    Trusted,
}

impl EventDescriptor {
    /// Checks a body before it is published: every required field is there, every documented field has its type, and no
    /// undocumented field looks like a misspelt one. Other undocumented fields are kept.
    ///
    /// # Errors
    /// [`DecodeError`] with the path of the field at fault.
    pub fn check(&self, name: &EventName, body: &[u8]) -> Result<(), DecodeError> {
        self.check_spelt(name, body, Spelling::Checked)
    }

    /// The same for a body that the platform itself wrote: whatever a typed subscriber reads is taken, since platforms send more
    /// than they document.
    ///
    /// # Errors
    /// [`DecodeError`] with the path of the field at fault.
    pub fn check_received(&self, name: &EventName, body: &[u8]) -> Result<(), DecodeError> {
        self.decode(name, body).map_err(|error| match self.check_spelt(name, body, Spelling::Trusted) {
            // It names a field that is missing where decoding may know only what it is missing from.
            Err(documented) if !documented.path().is_empty() => documented,
            _ => error,
        })
    }

    fn check_spelt(&self, name: &EventName, body: &[u8], spelling: Spelling) -> Result<(), DecodeError> {
        if self.fields.is_empty() {
            return self.decode(name, body);
        }
        // The documented fields first: they name one that is missing, where decoding names what it would be in.
        let value: Value = match spelling {
            Spelling::Checked => decode_plain(body)?,
            Spelling::Trusted => decode_json(body)?,
        };
        match (self.fields, &value) {
            ([whole], value) if whole.name.is_empty() => check_kind(whole, value, "")?,
            (fields, Value::Object(object)) => check_object(fields, object, "", spelling)?,
            // Perhaps a documented second shape: the type's own decoding knows.
            _ => {}
        }
        self.decode(name, body)
    }
}

fn check_object(
    fields: &[Field],
    object: &Map<String, Value>,
    path: &str,
    spelling: Spelling,
) -> Result<(), DecodeError> {
    for field in fields {
        let at = join(path, field.name);
        // Null under one of its names is as if that were absent.
        let named =
            || [field.name].into_iter().chain(field.aliases.iter().copied()).filter_map(|name| object.get(name));
        let value = named().find(|value| !value.is_null()).or_else(|| named().next());
        match value {
            None | Some(Value::Null) if field.optional => {}
            None | Some(Value::Null) if field.sometimes && spelling == Spelling::Trusted => {}
            None | Some(Value::Null) => {
                let problem = if value.is_some() { "is null" } else { "is missing" };
                return Err(DecodeError::new(at, format!("{problem}, and it is required ({})", field.kind)));
            }
            Some(value) => check_field(field, value, &at, spelling)?,
        }
    }
    if spelling == Spelling::Trusted {
        return Ok(());
    }
    for name in object.keys().filter(|name| !fields.iter().any(|field| field.is_called(name))) {
        let absent = fields.iter().map(|field| field.name).filter(|known| !object.contains_key(*known));
        if let Some(meant) = nearest(name, absent) {
            return Err(DecodeError::new(join(path, name), format!("is not documented; did you mean `{meant}`?")));
        }
    }
    Ok(())
}

fn check_field(field: &Field, value: &Value, path: &str, spelling: Spelling) -> Result<(), DecodeError> {
    if spelling == Spelling::Trusted && field.undocumented {
        return Ok(());
    }
    check_kind(field, value, path)?;
    if let (Spelling::Checked, Some(strict)) = (spelling, field.strict) {
        strict(value).map_err(|problem| DecodeError::new(path, problem))?;
    }
    if field.fields.is_empty() {
        return Ok(());
    }
    match value {
        Value::Object(object) => check_object(field.fields, object, path, spelling),
        Value::Array(items) => items.iter().enumerate().try_for_each(|(index, item)| match item {
            Value::Object(object) => check_object(field.fields, object, &format!("{path}[{index}]"), spelling),
            _ => Ok(()),
        }),
        _ => Ok(()),
    }
}

fn check_kind(field: &Field, value: &Value, path: &str) -> Result<(), DecodeError> {
    if field.kind.accepts(value) {
        return Ok(());
    }
    if let (Some(item), Value::Array(items)) = (field.kind.item(), value)
        && let Some((index, wrong)) = items.iter().enumerate().find(|(_, value)| !item.accepts(value))
    {
        return check_kind(&Field { kind: item, ..*field }, wrong, &format!("{path}[{index}]"));
    }
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    };
    Err(DecodeError::new(path, format!("is {found}, and {} is documented", field.kind)))
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}
