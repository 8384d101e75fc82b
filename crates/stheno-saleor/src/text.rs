//! Texts from a closed list, which a later Saleor may make longer.

/// Defines a text from a closed list. Each variant has the text it is written as, and others it is read by; what is not in
/// the list becomes `Other`.
macro_rules! text {
    ($(
        $(#[$about:meta])*
        pub enum $name:ident { $( $(#[$doc:meta])+ $variant:ident = $text:literal $(| $other:literal)*, )+ }
    )+) => {$(
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $( $(#[$doc])+ $variant, )+
            /// A text that is not in the list, kept as it is.
            Other(String),
        }

        impl $name {
            /// The text, as it stands in the JSON.
            pub fn as_str(&self) -> &str {
                match self {
                    $( Self::$variant => $text, )+
                    Self::Other(text) => text,
                }
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                match text {
                    $( $text $(| $other)* => Self::$variant, )+
                    other => Self::Other(other.to_owned()),
                }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
                Ok(Self::from(text.as_ref()))
            }
        }
    )+};
}

pub(crate) use text;
