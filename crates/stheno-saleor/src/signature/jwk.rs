//! One key of a JWKS, and whether it can check an RS256 signature.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;

/// Bytes of the shortest and the longest modulus that is taken: 2048 and 8192 bits.
const MODULUS: std::ops::RangeInclusive<usize> = 256..=1024;
/// Bytes of the longest exponent that is taken; 65537, which everybody has, is 3.
const MAX_EXPONENT: usize = 4;

/// Why a key of a JWKS is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SkipReason {
    /// It is no object, or a field of it has the wrong type, such as `kid` a number.
    Malformed,
    /// Its `kty` is not `RSA`: an `oct` key, for one, is a secret, and none can stand in public.
    OtherType,
    /// Its `use` or `key_ops` is not that of checking signatures.
    OtherUse,
    /// Its `alg` is not `RS256`.
    OtherAlgorithm,
    /// It has no `kid`.
    NoKid,
    /// Its `n` is missing, no base64url of a number, or even.
    BadModulus,
    /// Its modulus has not 2048 to 8192 bits.
    ModulusSize,
    /// Its `e` is missing, no base64url of a number, even, 1, or of more than 32 bits.
    BadExponent,
    /// Another key, which is not the same, has the same `kid`.
    SameKid,
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "is no object, or has a field of the wrong type",
            Self::OtherType => "is no RSA key (`kty`)",
            Self::OtherUse => "is not for signatures (`use`, `key_ops`)",
            Self::OtherAlgorithm => "is not for RS256 (`alg`)",
            Self::NoKid => "has no `kid`",
            Self::BadModulus => "has an `n` that is no modulus",
            Self::ModulusSize => "has an `n` that has not 2048 to 8192 bits",
            Self::BadExponent => "has an `e` that is no exponent",
            Self::SameKid => "has the `kid` of another key",
        })
    }
}

/// The fields of a key that matter.
#[derive(Deserialize)]
pub(super) struct Jwk {
    kty: String,
    pub(super) kid: Option<String>,
    r#use: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    n: Option<String>,
    e: Option<String>,
    /// Seconds since 1970; not in the standard, and written by some.
    pub(super) exp: Option<i64>,
}

/// The numbers of a public RSA key, without zeros in front.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Rsa {
    pub(super) modulus: Vec<u8>,
    pub(super) exponent: Vec<u8>,
}

impl Jwk {
    /// Whether it is meant for checking RS256 signatures. What is left out forbids nothing.
    pub(super) fn check_use(&self) -> Result<(), SkipReason> {
        let is = |said: &Option<String>, meant: &str| said.as_deref().is_none_or(|said| said == meant);
        if self.kty != "RSA" {
            return Err(SkipReason::OtherType);
        }
        let may_verify = self.key_ops.as_ref().is_none_or(|all| all.iter().any(|operation| operation == "verify"));
        if !is(&self.r#use, "sig") || !may_verify {
            return Err(SkipReason::OtherUse);
        }
        if is(&self.alg, "RS256") { Ok(()) } else { Err(SkipReason::OtherAlgorithm) }
    }

    /// Its numbers. With an exponent of 1 everybody could sign, so that is none.
    pub(super) fn rsa(&self) -> Result<Rsa, SkipReason> {
        let modulus = odd_number(self.n.as_deref()).ok_or(SkipReason::BadModulus)?;
        if !MODULUS.contains(&modulus.len()) {
            return Err(SkipReason::ModulusSize);
        }
        let exponent = odd_number(self.e.as_deref()).filter(|e| *e != [1] && e.len() <= MAX_EXPONENT);
        Ok(Rsa { modulus, exponent: exponent.ok_or(SkipReason::BadExponent)? })
    }
}

/// The bytes of an odd number in base64url, without zeros in front.
fn odd_number(text: Option<&str>) -> Option<Vec<u8>> {
    let bytes = URL_SAFE_NO_PAD.decode(text?).ok()?;
    let start = bytes.iter().position(|byte| *byte != 0)?;
    let is_odd = bytes.last().is_some_and(|last| last % 2 == 1);
    is_odd.then(|| bytes[start..].to_vec())
}
