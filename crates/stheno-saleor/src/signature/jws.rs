//! JWS with detached, unencoded payload: RS256, `b64: false` (RFC 7515, appendix F; RFC 7797).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use stheno::Timestamp;

use crate::signature::{KeySet, SignatureError, SignatureErrorKind as Kind};

/// The only extension we know, and the only one there may be.
const B64: &str = "b64";
/// Longest value of the header that is looked at, in bytes; a real one has less than 2,000.
const MAX_VALUE: usize = 16 * 1024;

/// The protected header.
#[derive(Deserialize)]
struct Protected {
    alg: String,
    kid: Option<String>,
    #[serde(default = "yes")]
    b64: bool,
    #[serde(default)]
    crit: Vec<String>,
}

/// A payload is encoded unless the header says otherwise.
fn yes() -> bool {
    true
}

impl KeySet {
    /// Whether the value of the header `Saleor-Signature` is that of the raw body, made with one of these keys.
    ///
    /// # Errors
    /// [`SignatureError`] when it is not. One that [`needs_fresh_keys`](SignatureError::needs_fresh_keys) may be right, and
    /// made with a key that is newer than these.
    pub fn verify(&self, body: &[u8], value: &str, now: Timestamp) -> Result<(), SignatureError> {
        let (protected, signature) = parts(value)?;
        let header = decode("header", protected)?;
        if !is_object(&header) {
            return Err(refused("header", Kind::Malformed));
        }
        let header: Protected = serde_json::from_slice(&header).map_err(|_| refused("header", Kind::Malformed))?;
        let kid = check(&header)?;
        if self.has_expired(now) {
            return Err(refused("keys", Kind::ExpiredKeys));
        }
        let key = self.find(kid).ok_or_else(|| refused("header.kid", Kind::UnknownKey))?;
        if key.has_expired(now) {
            return Err(refused("keys", Kind::ExpiredKeys));
        }
        let signature = decode("signature", signature)?;
        let (expected, found) = (key.signature_len(), signature.len());
        if found != expected {
            return Err(refused("signature", Kind::Truncated { expected, found }));
        }
        let signed = [protected.as_bytes(), b".", body].concat();
        if key.verify(&signed, &signature) { Ok(()) } else { Err(refused("signature", Kind::Mismatch)) }
    }
}

/// The protected header and the signature of `header..signature`.
fn parts(value: &str) -> Result<(&str, &str), SignatureError> {
    if value.is_empty() {
        return Err(refused("signature", Kind::Missing));
    }
    if value.len() > MAX_VALUE {
        return Err(refused("signature", Kind::Malformed));
    }
    match value.split('.').collect::<Vec<_>>().as_slice() {
        [protected, "", signature] => Ok((protected, signature)),
        [_, _, _] => Err(refused("payload", Kind::NotDetached)),
        _ => Err(refused("signature", Kind::Malformed)),
    }
}

/// The `kid` of a header that is as Saleor writes it. The algorithm comes first: whatever else a header of another one says,
/// it must not be followed.
fn check(header: &Protected) -> Result<&str, SignatureError> {
    if header.alg != "RS256" {
        return Err(refused("header.alg", Kind::Algorithm));
    }
    // RFC 7515: what is critical and not understood makes the signature invalid, and no name stands there twice.
    if header.crit.iter().any(|name| name != B64) || header.crit.len() > 1 {
        return Err(refused("header.crit", Kind::Malformed));
    }
    // RFC 7797: an unencoded payload has to be critical.
    if header.b64 || header.crit.is_empty() {
        return Err(refused("header.b64", Kind::NotDetached));
    }
    header.kid.as_deref().ok_or_else(|| refused("header.kid", Kind::Malformed))
}

/// Whether JSON is an object, if it is JSON: fields are never read by their place in an array.
fn is_object(json: &[u8]) -> bool {
    json.trim_ascii_start().starts_with(b"{")
}

fn decode(field: &'static str, text: &str) -> Result<Vec<u8>, SignatureError> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| refused(field, Kind::Malformed))
}

fn refused(field: &'static str, kind: Kind) -> SignatureError {
    SignatureError::new(field, kind)
}
