//! Payload types: their documented fields, which of them are sensitive, and room for fields nobody documented.

use std::fmt;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

/// How carefully a field has to be treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Sensitivity {
    /// May be shown.
    Public,
    /// About a person (an e-mail address, a name): hidden unless revealed on purpose.
    Personal,
    /// Gives access (a token, a password hash): hidden unless revealed on purpose.
    Secret,
}

/// One documented field of a payload.
#[derive(Debug, Clone, Copy, Serialize)]
#[non_exhaustive]
pub struct Field {
    /// Its name in the JSON object; empty for a payload that is not an object.
    pub name: &'static str,
    /// What it may hold.
    pub kind: FieldKind,
    /// Whether it may be absent or null.
    pub optional: bool,
    /// How carefully it has to be treated.
    pub sensitivity: Sensitivity,
    /// What it means, as its documentation says.
    pub description: &'static str,
    /// Other names it is read by.
    pub aliases: &'static [&'static str],
    /// The fields inside, where it is a documented object or an array of such.
    pub fields: &'static [Field],
    /// What the Rust type of the fields inside is called; empty where they have none of their own.
    pub rust_type: &'static str,
    /// Whether the platform itself sometimes leaves it out or sends null, although it is documented as required. What we
    /// write has it; what we are sent need not.
    pub sometimes: bool,
    /// Whether the platform sends it without documenting it: what we are sent may have anything in its place.
    pub undocumented: bool,
    /// What is wrong with a value that we write, beyond its kind; what we are sent need not pass.
    #[serde(skip)]
    pub(crate) strict: Option<Strict>,
}

/// Says what is wrong with a value.
type Strict = fn(&Value) -> Result<(), String>;

impl Field {
    /// A public, required field without fields inside.
    pub const fn new(name: &'static str, kind: FieldKind, description: &'static str) -> Self {
        Self {
            name,
            kind,
            optional: false,
            sensitivity: Sensitivity::Public,
            description,
            aliases: &[],
            fields: &[],
            rust_type: "",
            sometimes: false,
            undocumented: false,
            strict: None,
        }
    }

    /// The same, which the platform does not always send although it is documented as required.
    #[must_use]
    pub const fn sometimes(mut self) -> Self {
        self.sometimes = true;
        self
    }

    /// The same, which the platform sends without documenting it.
    #[must_use]
    pub const fn undocumented(mut self) -> Self {
        self.undocumented = true;
        self
    }

    /// The same; a value that we write has to be one that `T` reads, although more is read than that.
    #[must_use]
    pub const fn strict<T: DeserializeOwned>(mut self) -> Self {
        self.strict = Some(|value| T::deserialize(value).map(drop).map_err(|error| error.to_string()));
        self
    }

    /// The same, which may be absent or null.
    #[must_use]
    pub const fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    /// The same, about a person.
    #[must_use]
    pub const fn personal(mut self) -> Self {
        self.sensitivity = Sensitivity::Personal;
        self
    }

    /// The same, a secret.
    #[must_use]
    pub const fn secret(mut self) -> Self {
        self.sensitivity = Sensitivity::Secret;
        self
    }

    /// The same, also read by these names.
    #[must_use]
    pub const fn with_aliases(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    /// Whether an object has it under this name.
    pub fn is_called(&self, name: &str) -> bool {
        self.name == name || self.aliases.contains(&name)
    }

    /// The same, with documented fields inside.
    #[must_use]
    pub const fn with_fields(mut self, fields: &'static [Field]) -> Self {
        self.fields = fields;
        self
    }

    /// The same; the fields inside are those of this Rust type.
    #[must_use]
    pub const fn of_type(mut self, rust_type: &'static str) -> Self {
        self.rust_type = rust_type;
        self
    }
}

/// What JSON a field may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FieldKind {
    /// A string.
    String,
    /// A whole number.
    Integer,
    /// Any number.
    Number,
    /// True or false.
    Boolean,
    /// An object.
    Object,
    /// An array of anything.
    Array,
    /// An array of strings.
    Strings,
    /// An array of objects.
    Objects,
    /// A string or an object.
    StringOrObject,
    /// A string or a number.
    StringOrNumber,
    /// A string, or an array of strings.
    StringOrStrings,
    /// Anything at all.
    Any,
}

impl FieldKind {
    /// Whether it holds several values.
    pub fn is_array(self) -> bool {
        matches!(self, FieldKind::Array | FieldKind::Strings | FieldKind::Objects)
    }

    /// What each of several values is, where that is documented.
    pub(crate) fn item(self) -> Option<Self> {
        match self {
            FieldKind::Strings | FieldKind::StringOrStrings => Some(FieldKind::String),
            FieldKind::Objects => Some(FieldKind::Object),
            _ => None,
        }
    }

    /// Whether this value is of the kind.
    pub fn accepts(self, value: &Value) -> bool {
        match self {
            FieldKind::String => value.is_string(),
            FieldKind::Integer => value.is_i64() || value.is_u64(),
            FieldKind::Number => value.is_number(),
            FieldKind::Boolean => value.is_boolean(),
            FieldKind::Object => value.is_object(),
            FieldKind::Array => value.is_array(),
            FieldKind::Strings => value.as_array().is_some_and(|all| all.iter().all(Value::is_string)),
            FieldKind::Objects => value.as_array().is_some_and(|all| all.iter().all(Value::is_object)),
            FieldKind::StringOrObject => value.is_string() || value.is_object(),
            FieldKind::StringOrNumber => value.is_string() || value.is_number(),
            FieldKind::StringOrStrings => FieldKind::String.accepts(value) || FieldKind::Strings.accepts(value),
            FieldKind::Any => true,
        }
    }
}

impl fmt::Display for FieldKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FieldKind::String => "string",
            FieldKind::Integer => "integer",
            FieldKind::Number => "number",
            FieldKind::Boolean => "boolean",
            FieldKind::Object => "object",
            FieldKind::Array => "array",
            FieldKind::Strings => "array of strings",
            FieldKind::Objects => "array of objects",
            FieldKind::StringOrObject => "string or object",
            FieldKind::StringOrNumber => "string or number",
            FieldKind::StringOrStrings => "string or array of strings",
            FieldKind::Any => "any JSON",
        })
    }
}

/// A typed JSON body whose fields are documented. `#[derive(Payload)]` writes it, together with serde's two traits, a
/// redacting `Debug`, `new` and the setters.
///
/// Encoding gives exactly the documented shape. Decoding is lenient: fields nobody documented are kept in an [`Extra`]
/// field and written back, `null` equals absent.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a payload",
    label = "its fields are not documented",
    note = "write `#[derive(Payload)]` on the type, or implement `Payload` by hand"
)]
pub trait Payload: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The documented fields.
    const FIELDS: &'static [Field];

    /// A value as the documentation would show it.
    fn example() -> Self;
}

/// The fields of an object that nobody documented: kept, written back, and never printed.
///
/// It also knows what came in place of a documented field that has no value here: see [`Extra::unread`].
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Extra(Option<Box<Kept>>);

/// What an object has beside the values of its documented fields.
#[derive(Clone, PartialEq, Eq, Default)]
struct Kept {
    undocumented: Map<String, Value>,
    /// What came in place of a documented field, by its name: `None` where it was absent.
    unread: Vec<(&'static str, Option<Value>)>,
}

impl Extra {
    /// No extra fields.
    pub const fn new() -> Self {
        Self(None)
    }

    /// The value of an undocumented field.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.as_ref()?.undocumented.get(name)
    }

    /// What came in place of a documented field that has no value, and is written back: null, or a value that cannot be
    /// read. `None` where the field has a value or is absent.
    pub fn unread(&self, name: &str) -> Option<&Value> {
        self.place_of(name)?.as_ref()
    }

    /// What came in place of a documented field; `Some(None)` where it was absent.
    pub(crate) fn place_of(&self, name: &str) -> Option<&Option<Value>> {
        self.0.as_ref()?.unread.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// How many documented fields have something in their place.
    pub(crate) fn unread_len(&self) -> usize {
        self.0.as_ref().map_or(0, |kept| kept.unread.len())
    }

    /// Keeps what came in place of a documented field.
    pub(crate) fn keep_unread(&mut self, name: &'static str, value: Option<Value>) {
        let unread = &mut self.0.get_or_insert_default().unread;
        match unread.binary_search_by_key(&name, |(known, _)| known) {
            Ok(index) => unread[index].1 = value,
            Err(index) => unread.insert(index, (name, value)),
        }
    }

    /// Adds an undocumented field.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<Value>) {
        self.0.get_or_insert_default().undocumented.insert(name.into(), value.into());
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.0.iter().flat_map(|kept| kept.undocumented.iter())
    }

    /// How many undocumented fields there are.
    pub fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |kept| kept.undocumented.len())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl fmt::Debug for Extra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{} undocumented]", self.len())
    }
}
