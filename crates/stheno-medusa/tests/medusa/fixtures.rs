//! The documentation as data, and what Medusa really sends.

use serde::Deserialize;
use serde_json::Value;

/// One event of Medusa's reference.
#[derive(Deserialize)]
pub struct Documented {
    pub name: String,
    pub section: String,
    pub description: String,
    pub payload_kind: String,
    pub fields: Vec<DocumentedField>,
}

#[derive(Deserialize)]
pub struct DocumentedField {
    /// `error.nessage` for a field of a field.
    pub name: String,
    pub r#type: String,
    pub optional: bool,
}

/// A body that the documentation does not show.
#[derive(Deserialize)]
pub struct Quirk {
    pub quirk: String,
    pub event: String,
    pub body: Value,
}

/// A body as it was really sent.
#[derive(Deserialize)]
pub struct Real {
    pub case: String,
    pub name: String,
    pub body: Value,
}

/// Every body that was really sent.
pub fn real() -> Vec<Real> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/real");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let real: Vec<Real> = files.map(|file| serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()).collect();
    assert!(real.len() >= 2);
    real
}

/// Every event of the reference, in its order.
pub fn documented() -> Vec<Documented> {
    serde_json::from_str(include_str!("../../fixtures/medusa.json")).unwrap()
}

/// Every known body that the documentation does not show.
pub fn quirks() -> Vec<Quirk> {
    serde_json::from_str(include_str!("../../fixtures/quirks.json")).unwrap()
}

/// The body of one quirk.
pub fn quirk(which: &str) -> Value {
    let found = quirks().into_iter().find(|quirk| quirk.quirk == which);
    found.unwrap_or_else(|| panic!("no quirk {which:?} in fixtures/quirks.json")).body
}

/// The body without what is null: the same to every reader.
pub fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(object) => {
            let kept = object.into_iter().filter(|(_, value)| !value.is_null());
            kept.map(|(name, value)| (name, without_nulls(value))).collect()
        }
        Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        other => other,
    }
}
