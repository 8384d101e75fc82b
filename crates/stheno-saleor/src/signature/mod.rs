//! Does a webhook come from Saleor? Its header `Saleor-Signature` says so, in one of two ways.
//!
//! - With a secret that the webhook was made with: HMAC-SHA256 of the raw body, in lower hexadecimal ([`Hmac`]).
//! - Without one: a JWS with detached payload (RFC 7515, RFC 7797), RS256 over the protected header, a dot, and the raw body
//!   ([`KeySet`]). The key is told by its `kid`, among those that Saleor has at `/.well-known/jwks.json`.
//!
//! A receiver knows which of the two its webhook is made for, and takes no other: so nobody can present the public key as if
//! it were a secret. Comparing takes the same time whatever differs. The checks are made on the raw body: one that was parsed
//! and written again is another.
//!
//! Source: "Webhooks: payload signature" of the documentation of Saleor 3.x.
//!
//! ```
//! use stheno_core::{Secret, Timestamp};
//! use stheno_saleor::signature::{Hmac, SignatureErrorKind};
//!
//! let hmac = Hmac::new(&Secret::from("a shared secret")).unwrap();
//! let refused = hmac.verify(b"{}", "00").unwrap_err();
//! assert!(matches!(refused.kind(), SignatureErrorKind::Truncated { expected: 32, found: 1 }));
//! ```
//!
//! Reading order: `hmac`, `jwk` (a key of a JWKS), `keys` (all of them), `jws`, `error`.

mod error;
mod hmac;
mod jwk;
mod jws;
mod keys;

pub use self::{
    error::{SignatureError, SignatureErrorKind},
    hmac::Hmac,
    keys::{KeySet, KeySetError, SkipReason, SkippedKey},
};
