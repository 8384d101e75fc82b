//! HMAC-SHA256 with a shared secret.

use std::fmt;

use ring::hmac;
use stheno::Secret;

use crate::signature::{SignatureError, SignatureErrorKind};

/// Bytes of the code.
const LENGTH: usize = 32;

/// Checks bodies that were signed with the secret of a webhook.
pub struct Hmac(hmac::Key);

impl Hmac {
    /// Checks with this secret; `None` for an empty one, which anybody has.
    pub fn new(secret: &Secret<String>) -> Option<Self> {
        let secret = secret.expose().as_bytes();
        (!secret.is_empty()).then(|| Self(hmac::Key::new(hmac::HMAC_SHA256, secret)))
    }

    /// Whether the value of the header `Saleor-Signature` is that of the raw body.
    ///
    /// The header of Saleor 2.11, `X-Saleor-HMAC-SHA256`, is taken too: it is the same with `sha1=` in front.
    ///
    /// # Errors
    /// [`SignatureError`] when it is not.
    pub fn verify(&self, body: &[u8], value: &str) -> Result<(), SignatureError> {
        let refused = |kind| Err(SignatureError::new("signature", kind));
        let written = value.strip_prefix("sha1=").unwrap_or(value);
        if written.is_empty() {
            return refused(SignatureErrorKind::Missing);
        }
        if written.contains('.') {
            // A JWS: not what this webhook was made for.
            return refused(SignatureErrorKind::Algorithm);
        }
        let Some(code) = from_hex(written) else { return refused(SignatureErrorKind::Malformed) };
        if code.len() != LENGTH {
            return refused(SignatureErrorKind::Truncated { expected: LENGTH, found: code.len() });
        }
        hmac::verify(&self.0, body, &code).or_else(|_| refused(SignatureErrorKind::Mismatch))
    }
}

/// The secret is not shown.
impl fmt::Debug for Hmac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hmac([secret])")
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let byte = |pair: &[u8; 2]| u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok();
    pairs.iter().map(byte).collect()
}
