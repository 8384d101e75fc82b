//! Access of applications to other services: the name says which application, the body is whatever its provider returned.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, json};
use stheno::{
    DecodeError, Event, EventDescriptor, EventName, Field, FieldKind, Key, KeyRule, KeySource, Payload, Secret,
    decode_json, decode_token, encode_token,
};

/// The token of the name that says which application it is.
const APP_TOKEN: usize = 2;

macro_rules! oauth {
    ($(
        #[doc = $description:literal]
        #[event(name = $family:literal, note = $note:literal)]
        pub struct $event:ident
    )+) => {$(
        #[doc = $description]
        ///
        /// The body is opaque JSON, and all of it a secret.
        #[derive(Debug, Clone, PartialEq)]
        pub struct $event {
            /// The application, as it calls itself; it stands in the name, escaped, and not in the body.
            pub app: String,
            /// What the application's own code returned: tokens, and whatever else.
            pub data: Secret<Value>,
        }

        impl $event {
            /// The event of an application, with what its own code returned.
            pub fn new(app: impl Into<String>, data: impl Into<Value>) -> Self {
                Self { app: app.into(), data: Secret::new(data.into()) }
            }
        }

        impl Serialize for $event {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.data.serialize(serializer)
            }
        }

        /// Reads the data alone, of no application: only [`Event::decode`] sees the name.
        impl<'de> Deserialize<'de> for $event {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Ok(Self { app: String::new(), data: Secret::deserialize(deserializer)? })
            }
        }

        impl Payload for $event {
            const FIELDS: &'static [Field] =
                &[Field::new("", FieldKind::Any, "What the application's own code returned.").secret()];

            fn example() -> Self {
                Self::new("example-app", json!({ "access_token": "not-a-real-access-token", "expires_in": 3600 }))
            }
        }

        impl Event for $event {
            const PATTERN: &'static str = concat!($family, ".*");

            fn descriptor() -> EventDescriptor {
                EventDescriptor::of::<Self>(env!("CARGO_PKG_NAME"))
                    .description($description.trim_ascii())
                    .section("App Authentication Events")
                    .key(KeyRule::new(&[KeySource::Token { kind: "oauth", index: APP_TOKEN }]))
                    .note($note)
            }

            /// Without an application it is the pattern, which is no name: publishing refuses it.
            fn name(&self) -> Cow<'static, str> {
                match encode_token(&self.app) {
                    Some(token) => format!("{}.{token}", $family).into(),
                    None => Self::PATTERN.into(),
                }
            }

            fn key(&self) -> Option<Key> {
                Key::new("oauth", &self.app).ok()
            }

            fn decode(name: &EventName, body: &[u8]) -> Result<Self, DecodeError> {
                let app = name.token(APP_TOKEN).and_then(decode_token).ok_or_else(|| {
                    DecodeError::new("", format!("`{name}` does not say the application; write `{}.<app>`", $family))
                })?;
                Ok(Self { app, data: decode_json(body)? })
            }
        }
    )+};
}

oauth! {
    /// Triggered when a token is generated for an application.
    #[event(
        name = "oauth.token_generated",
        note = "The name ends with the application. The payload is what its `generateToken` returned. `oauth.*` does not match it: three tokens need `oauth.>`."
    )]
    pub struct OauthTokenGenerated

    /// Triggered when the token of an application is refreshed.
    #[event(
        name = "oauth.token_refreshed",
        note = "The name ends with the application. The payload is what its `refreshToken` returned. Sent outside the transaction that saves the token. `oauth.*` does not match it: three tokens need `oauth.>`."
    )]
    pub struct OauthTokenRefreshed
}
