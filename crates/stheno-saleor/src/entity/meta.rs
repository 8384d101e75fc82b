//! When and by whom a webhook was sent.

use stheno::{Extra, OffsetTime, Payload};

use crate::{
    GlobalId,
    examples::{USER, time},
};

/// When and by whom a webhook was sent.
#[derive(Clone, PartialEq, Payload)]
pub struct Meta {
    /// When, to the microsecond.
    #[field(strict = crate::said::WithOffset, example = time("2022-07-11T08:47:56.192148+00:00"))]
    pub issued_at: OffsetTime,
    /// Version of Saleor.
    #[field(example = "3.5.0-a")]
    pub version: String,
    /// Who caused it.
    #[field(fields, example = IssuingPrincipal::example())]
    pub issuing_principal: IssuingPrincipal,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}

/// Who caused something.
#[derive(Clone, PartialEq, Payload)]
pub struct IssuingPrincipal {
    /// Its id; null when nobody did.
    #[field(kind = "string_or_number", nullable, example = USER)]
    pub id: Option<GlobalId>,
    /// What it is: `user`, `app`.
    #[field(nullable, example = "user")]
    pub r#type: Option<String>,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}
