//! The public keys of a JWKS (RFC 7517).

use std::{collections::BTreeSet, fmt};

use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use serde::Deserialize;
use serde_json::Value;
use stheno::{DecodeError, Timestamp};

use crate::signature::jwk::{Jwk, Rsa};

pub use crate::signature::jwk::SkipReason;

/// More keys than this are no key set of a shop.
const MAX_KEYS: usize = 64;
/// As many skipped keys are named in a message.
const MAX_NAMED: usize = 8;

/// The public keys that Saleor signs with.
///
/// Keys of other kinds and uses stand in a JWKS too, and perhaps one that is broken: they are passed over, and
/// [`skipped`](Self::skipped) says why. Two different keys with one `kid` are both passed over, since it would not be said
/// which of them a signature names. When keys are fetched, and how often, is the host's to say; a signature with a key that
/// is not known ([`needs_fresh_keys`]) is a reason to.
///
/// [`needs_fresh_keys`]: super::SignatureError::needs_fresh_keys
#[derive(Clone)]
pub struct KeySet {
    keys: Vec<Key>,
    skipped: Vec<SkippedKey>,
    valid_until: Option<Timestamp>,
}

#[derive(Clone)]
pub(super) struct Key {
    kid: String,
    rsa: Rsa,
    expires: Option<Timestamp>,
}

/// A key that is not used, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct SkippedKey {
    /// Its place in `keys`, from 0.
    pub index: usize,
    /// Why it is not used.
    pub reason: SkipReason,
}

impl fmt::Display for SkippedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`keys[{}]` {}", self.index, self.reason)
    }
}

/// Bytes that are no key set.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeySetError {
    /// They are no JSON object with `keys`.
    Malformed(DecodeError),
    /// There are too many keys.
    TooMany,
    /// There is no key that can be used: why not each of those there are, of which the message names the first eight.
    NoKey(Vec<SkippedKey>),
}

impl fmt::Display for KeySetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => write!(f, "no JWKS: {error}"),
            Self::TooMany => write!(f, "`keys` has more than {MAX_KEYS} keys"),
            Self::NoKey(skipped) => {
                f.write_str("`keys` has no RSA key for signatures by RS256 with 2048 bits or more")?;
                for (index, key) in skipped.iter().take(MAX_NAMED).enumerate() {
                    write!(f, "{} {key}", if index == 0 { ":" } else { "," })?;
                }
                match skipped.len().saturating_sub(MAX_NAMED) {
                    0 => Ok(()),
                    more => write!(f, ", and {more} more"),
                }
            }
        }
    }
}

impl std::error::Error for KeySetError {}

#[derive(Deserialize)]
struct Jwks {
    keys: Vec<Value>,
}

impl KeySet {
    /// The keys of a JWKS, as `/.well-known/jwks.json` has them. One that cannot be used does not keep the others from
    /// being used.
    ///
    /// # Errors
    /// [`KeySetError`] when it is none, or has no key that can be used.
    pub fn from_json(json: &[u8]) -> Result<Self, KeySetError> {
        if json.trim_ascii_start().starts_with(b"[") {
            return Err(KeySetError::Malformed(DecodeError::new("", "is an array; a JWKS is an object with `keys`")));
        }
        let Jwks { keys: all } = stheno::decode_json(json).map_err(KeySetError::Malformed)?;
        if all.len() > MAX_KEYS {
            return Err(KeySetError::TooMany);
        }
        let (mut found, mut skipped) = (Vec::new(), Vec::new());
        for (index, value) in all.iter().enumerate() {
            match Key::new(value) {
                Ok(key) => found.push((index, key)),
                Err(reason) => skipped.push(SkippedKey { index, reason }),
            }
        }
        let ambiguous = ambiguous(&found);
        let mut keys: Vec<Key> = Vec::new();
        for (index, key) in found {
            if ambiguous.contains(&key.kid) {
                skipped.push(SkippedKey { index, reason: SkipReason::SameKid });
            } else if !keys.iter().any(|known| known.kid == key.kid) {
                keys.push(key);
            }
        }
        skipped.sort_by_key(|key| key.index);
        if keys.is_empty() { Err(KeySetError::NoKey(skipped)) } else { Ok(Self { keys, skipped, valid_until: None }) }
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

    /// The keys that are not used, in their order: worth a line in a host's own log.
    pub fn skipped(&self) -> &[SkippedKey] {
        &self.skipped
    }

    pub(super) fn find(&self, kid: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.kid == kid)
    }
}

/// The `kid`s that different keys have.
fn ambiguous(found: &[(usize, Key)]) -> BTreeSet<String> {
    let differs = |key: &Key| found.iter().any(|(_, other)| other.kid == key.kid && other.differs(key));
    found.iter().filter(|(_, key)| differs(key)).map(|(_, key)| key.kid.clone()).collect()
}

impl Key {
    fn new(value: &Value) -> Result<Self, SkipReason> {
        if !value.is_object() {
            return Err(SkipReason::Malformed);
        }
        let jwk = Jwk::deserialize(value).map_err(|_| SkipReason::Malformed)?;
        jwk.check_use()?;
        let kid = jwk.kid.clone().filter(|kid| !kid.is_empty()).ok_or(SkipReason::NoKid)?;
        let seconds = |seconds: i64| Timestamp::from_micros(seconds.saturating_mul(1_000_000));
        Ok(Self { kid, rsa: jwk.rsa()?, expires: jwk.exp.map(seconds) })
    }

    fn differs(&self, other: &Self) -> bool {
        self.rsa != other.rsa || self.expires != other.expires
    }

    pub(super) fn has_expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|end| now > end)
    }

    /// Bytes of a signature with this key.
    pub(super) fn signature_len(&self) -> usize {
        self.rsa.modulus.len()
    }

    pub(super) fn verify(&self, signed: &[u8], signature: &[u8]) -> bool {
        let key = RsaPublicKeyComponents { n: &self.rsa.modulus, e: &self.rsa.exponent };
        key.verify(&RSA_PKCS1_2048_8192_SHA256, signed, signature).is_ok()
    }
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kids: Vec<&str> = self.key_ids().collect();
        let mut shown = f.debug_struct("KeySet");
        shown.field("kids", &kids).field("skipped", &self.skipped).field("valid_until", &self.valid_until).finish()
    }
}
