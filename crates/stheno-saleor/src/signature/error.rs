//! Why a signature is not accepted.

use std::fmt;

/// Why a signature is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignatureErrorKind {
    /// There is none.
    Missing,
    /// It is not written as one.
    Malformed,
    /// Its body does not stand beside it, raw: only such a signature covers the request.
    NotDetached,
    /// It is of another algorithm than the receiver takes: `none`, or HS256 where RS256 is meant.
    Algorithm,
    /// It has another length than a signature of the key has.
    Truncated {
        /// Bytes it has to have.
        expected: usize,
        /// Bytes it has.
        found: usize,
    },
    /// It is made with a key that is not among the known ones: fetch them again, Saleor may have changed its key.
    UnknownKey,
    /// The keys, or this one, are too old: fetch them again.
    ExpiredKeys,
    /// It is not that of this body.
    Mismatch,
}

/// A signature that is not accepted. It says which part of the header is at fault, and nothing of what stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignatureError {
    field: &'static str,
    kind: SignatureErrorKind,
}

impl SignatureError {
    pub(super) fn new(field: &'static str, kind: SignatureErrorKind) -> Self {
        Self { field, kind }
    }

    /// Why.
    pub fn kind(&self) -> SignatureErrorKind {
        self.kind
    }

    /// The part at fault: `signature`, `header`, `header.alg`, `header.kid`, `keys`.
    pub fn field(&self) -> &'static str {
        self.field
    }

    /// Whether the keys have to be fetched again before this signature can be judged.
    pub fn needs_fresh_keys(&self) -> bool {
        matches!(self.kind, SignatureErrorKind::UnknownKey | SignatureErrorKind::ExpiredKeys)
    }
}

impl fmt::Display for SignatureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = self.field;
        match self.kind {
            SignatureErrorKind::Missing => f.write_str("the header `Saleor-Signature` is missing or empty"),
            SignatureErrorKind::Malformed => write!(f, "the {field} of `Saleor-Signature` is malformed"),
            SignatureErrorKind::NotDetached => write!(
                f,
                "the {field} of `Saleor-Signature` does not say that the raw body is signed (`b64: false`, and nothing between the dots)"
            ),
            SignatureErrorKind::Algorithm => {
                write!(f, "the {field} of `Saleor-Signature` is another algorithm than this receiver takes")
            }
            SignatureErrorKind::Truncated { expected, found } => {
                write!(f, "the {field} of `Saleor-Signature` has {found} bytes in place of {expected}")
            }
            SignatureErrorKind::UnknownKey => {
                write!(f, "the {field} of `Saleor-Signature` is no known key; fetch the keys again")
            }
            SignatureErrorKind::ExpiredKeys => f.write_str("the keys have expired; fetch them again"),
            SignatureErrorKind::Mismatch => f.write_str("the signature is not that of this body"),
        }
    }
}

impl std::error::Error for SignatureError {}
