//! The public keys of a JWKS (RFC 7517).

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use serde::Deserialize;
use stheno::Timestamp;

/// Bytes of the shortest and the longest modulus that is taken: 2048 and 8192 bits.
const MODULUS: std::ops::RangeInclusive<usize> = 256..=1024;
/// More keys than this are no key set of a shop.
const MAX_KEYS: usize = 64;

/// The public keys that Saleor signs with.
///
/// Keys of other kinds and uses stand in a JWKS too: they are passed over. When keys are fetched, and how often, is the
/// host's to say; a signature with a key that is not known ([`needs_fresh_keys`]) is a reason to.
///
/// [`needs_fresh_keys`]: super::SignatureError::needs_fresh_keys
#[derive(Clone)]
pub struct KeySet {
    keys: Vec<Key>,
    valid_until: Option<Timestamp>,
}

#[derive(Clone)]
pub(super) struct Key {
    kid: String,
    modulus: Vec<u8>,
    exponent: Vec<u8>,
    expires: Option<Timestamp>,
}

/// Bytes that are no key set.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeySetError {
    /// They are no JSON object with `keys`.
    Malformed(stheno::DecodeError),
    /// There are too many keys.
    TooMany,
    /// A key that can be used has no `kid`, or a modulus or exponent that is none. The number is its place, from 0.
    BadKey(usize),
    /// There is no key that can be used.
    NoKey,
}

impl fmt::Display for KeySetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => write!(f, "no JWKS: {error}"),
            Self::TooMany => write!(f, "`keys` has more than {MAX_KEYS} keys"),
            Self::BadKey(index) => write!(f, "`keys[{index}]` has no `kid`, or `n` or `e` is no number"),
            Self::NoKey => f.write_str("`keys` has no RSA key for signatures by RS256 with 2048 bits or more"),
        }
    }
}

impl std::error::Error for KeySetError {}

#[derive(Deserialize)]
struct Jwks {
    keys: Vec<Jwk>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    r#use: Option<String>,
    alg: Option<String>,
    n: Option<String>,
    e: Option<String>,
    /// Seconds since 1970; not in the standard, and written by some.
    exp: Option<i64>,
}

impl KeySet {
    /// The keys of a JWKS, as `/.well-known/jwks.json` has them.
    ///
    /// # Errors
    /// [`KeySetError`] when it is none, or has no key that can be used.
    pub fn from_json(json: &[u8]) -> Result<Self, KeySetError> {
        let jwks: Jwks = stheno::decode_json(json).map_err(KeySetError::Malformed)?;
        if jwks.keys.len() > MAX_KEYS {
            return Err(KeySetError::TooMany);
        }
        let of_use = |jwk: &Jwk| {
            let is = |said: &Option<String>, meant: &str| said.as_deref().is_none_or(|said| said == meant);
            jwk.kty == "RSA" && is(&jwk.r#use, "sig") && is(&jwk.alg, "RS256")
        };
        let mut keys = Vec::new();
        for (index, jwk) in jwks.keys.iter().enumerate().filter(|(_, jwk)| of_use(jwk)) {
            let key = Key::new(jwk).ok_or(KeySetError::BadKey(index))?;
            keys.extend(Some(key).filter(|key| MODULUS.contains(&key.modulus.len())));
        }
        if keys.is_empty() { Err(KeySetError::NoKey) } else { Ok(Self { keys, valid_until: None }) }
    }

    /// The same, which is not to be used after this time: a key that Saleor has withdrawn is then forgotten.
    #[must_use]
    pub fn valid_until(mut self, time: Timestamp) -> Self {
        self.valid_until = Some(time);
        self
    }

    /// Whether they are too old to be used.
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.valid_until.is_some_and(|end| now > end)
    }

    /// The `kid` of each key.
    pub fn key_ids(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|key| key.kid.as_str())
    }

    pub(super) fn find(&self, kid: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.kid == kid)
    }
}

impl Key {
    fn new(jwk: &Jwk) -> Option<Self> {
        let number = |text: &Option<String>| {
            let bytes = URL_SAFE_NO_PAD.decode(text.as_deref()?).ok()?;
            let start = bytes.iter().position(|byte| *byte != 0)?;
            Some(bytes[start..].to_vec())
        };
        let kid = jwk.kid.clone().filter(|kid| !kid.is_empty())?;
        let seconds = |seconds: i64| Timestamp::from_micros(seconds.saturating_mul(1_000_000));
        Some(Self { kid, modulus: number(&jwk.n)?, exponent: number(&jwk.e)?, expires: jwk.exp.map(seconds) })
    }

    pub(super) fn has_expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|end| now > end)
    }

    /// Bytes of a signature with this key.
    pub(super) fn signature_len(&self) -> usize {
        self.modulus.len()
    }

    pub(super) fn verify(&self, signed: &[u8], signature: &[u8]) -> bool {
        let key = RsaPublicKeyComponents { n: &self.modulus, e: &self.exponent };
        key.verify(&RSA_PKCS1_2048_8192_SHA256, signed, signature).is_ok()
    }
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kids: Vec<&str> = self.key_ids().collect();
        f.debug_struct("KeySet").field("kids", &kids).field("valid_until", &self.valid_until).finish()
    }
}
