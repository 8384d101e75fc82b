//! Values that must not be seen: they serialise, but never print.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

/// A value that carries a secret: it travels in the payload, and never shows in `Debug`. There is no `Display`.
///
/// ```
/// use stheno_core::Secret;
/// let token = Secret::new("t0ken".to_owned());
/// assert_eq!(format!("{token:?}"), "[secret]");
/// assert_eq!(token.expose(), "t0ken");
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Default, Serialize)]
#[serde(transparent)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Wraps a value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, on purpose.
    pub fn expose(&self) -> &T {
        &self.0
    }

    /// The value itself, on purpose.
    pub fn into_exposed(self) -> T {
        self.0
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Secret<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The words of an error may repeat the value.
        let read = T::deserialize(deserializer);
        read.map(Self)
            .map_err(|_| D::Error::custom("a secret is not of the type that is expected; its value is not shown"))
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl<T> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl From<&str> for Secret<String> {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}
