//! Values that examples share. Ids are as Saleor's documentation shows them, but for recorded events, which have the primary
//! keys of the database; secrets are none.

use stheno::{Decimal, OffsetTime, Timestamp};

pub(crate) const ORDER: &str = "VXNlcjo1MQ==";
/// An order, a user and a line of an order in what is recorded of them.
pub(crate) const RECORDED_ORDER: i64 = 52;
pub(crate) const RECORDED_STAFF: i64 = 67;
pub(crate) const RECORDED_USER: i64 = 68;
pub(crate) const RECORDED_LINE: i64 = 124;
pub(crate) const ORDER_LINE: &str = "VXNlcjoxMjQ=";
pub(crate) const PRODUCT: &str = "VXNlcjo3Mg==";
pub(crate) const STAFF: &str = "VXNlcjo2Nw==";
pub(crate) const USER: &str = "VXNlcjo2OA==";
pub(crate) const VARIANT: &str = "VXNlcjoyMDM=";
pub(crate) const EMAIL: &str = "ada@example.com";
pub(crate) const TOKEN: &str = "not-a-real-token";
pub(crate) const LINK: &str = "https://shop.example/link?token=not-a-real-token";
pub(crate) const IMAGE: &str = "https://shop.example/media/juice-60x60.png";
pub(crate) const CREATED: &str = "2021-03-11 16:56:59.121991+00:00";

/// The time that a text says.
pub(crate) fn time(text: &str) -> OffsetTime {
    // The texts stand in this crate, and a test reads them all; a slip would show as the year 1970.
    text.parse().unwrap_or_else(|_| Timestamp::default().into())
}

/// An amount of hundredths.
pub(crate) const fn cents(amount: i64) -> Decimal {
    Decimal::new(amount, 2)
}
