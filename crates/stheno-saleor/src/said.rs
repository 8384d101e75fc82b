//! What Saleor says and that cannot always be read: currencies and rates of taxes. All of it is kept as it came.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use stheno::{Currency, Decimal, OffsetTime};

/// The code of a currency. One that ISO 4217 does not list is kept as it came, and is unknown.
///
/// What is made in Rust is made of a [`Currency`], so that only codes of ISO 4217 are written.
///
/// ```
/// use stheno_core::Currency;
/// use stheno_saleor::CurrencyCode;
///
/// let points: CurrencyCode = serde_json::from_str(r#""PTS""#).unwrap();
/// assert_eq!((points.code(), points.known()), ("PTS", None));
/// assert_eq!(CurrencyCode::from(Currency::USD), Currency::USD);
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CurrencyCode(Code);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Code {
    Known(Currency),
    Unknown(Box<str>),
}

impl CurrencyCode {
    /// The code, as it was read: `USD`.
    pub fn code(&self) -> &str {
        match &self.0 {
            Code::Known(currency) => currency.code(),
            Code::Unknown(text) => text,
        }
    }

    /// The currency; `None` for a code that ISO 4217 does not list.
    pub fn known(&self) -> Option<Currency> {
        match &self.0 {
            Code::Known(currency) => Some(*currency),
            Code::Unknown(_) => None,
        }
    }
}

impl From<Currency> for CurrencyCode {
    fn from(currency: Currency) -> Self {
        Self(Code::Known(currency))
    }
}

impl PartialEq<Currency> for CurrencyCode {
    fn eq(&self, other: &Currency) -> bool {
        self.known() == Some(*other)
    }
}

impl fmt::Display for CurrencyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

/// An unknown code may be any text, and is not shown.
impl fmt::Debug for CurrencyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.known().map_or("[unknown]", Currency::code))
    }
}

impl Serialize for CurrencyCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for CurrencyCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Ok(Self(text.parse().map_or_else(|_| Code::Unknown(text.into()), Code::Known)))
    }
}

/// A time that says its offset from UTC: what we write, although more is read.
pub(crate) struct WithOffset;

impl<'de> Deserialize<'de> for WithOffset {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse::<OffsetTime>().map(|_| Self).map_err(de::Error::custom)
    }
}

/// The rate of a tax, with four places: `0.2300`. Saleor 3.9 and later send null where they do not know it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct TaxRate(Option<Decimal>);

impl TaxRate {
    /// The rate, if it is known.
    pub fn get(&self) -> Option<Decimal> {
        self.0
    }
}

impl From<Decimal> for TaxRate {
    fn from(rate: Decimal) -> Self {
        Self(Some(rate))
    }
}

/// The rate; nothing where it is unknown.
impl fmt::Display for TaxRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |rate| fmt::Display::fmt(&rate, f))
    }
}

impl fmt::Debug for TaxRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(rate) => fmt::Debug::fmt(&rate, f),
            None => f.write_str("[unknown]"),
        }
    }
}

impl Serialize for TaxRate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for TaxRate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn what_cannot_be_read_is_written_as_it_came() {
        for code in ["USD", "usd", "QQQ", "", "€", "BITCOIN"] {
            let read: CurrencyCode = serde_json::from_value(json!(code)).unwrap();
            assert_eq!(serde_json::to_value(&read).unwrap(), json!(code));
            assert_eq!(read.known().is_some(), code == "USD");
        }
        for rate in [json!("0.2300"), json!(0), Value::Null] {
            let read: TaxRate = serde_json::from_value(rate.clone()).unwrap();
            assert_eq!(serde_json::to_value(read).unwrap(), rate);
            assert_eq!(read.get().is_none(), rate.is_null());
        }
    }

    #[test]
    fn what_is_none_of_them_is_refused() {
        for value in [json!(1), json!(null), json!({})] {
            assert!(serde_json::from_value::<CurrencyCode>(value).is_err());
        }
        assert!(serde_json::from_value::<WithOffset>(json!("2021-03-11 16:56:59+00:00")).is_ok());
        for value in [json!("2021-03-11 16:56:59"), json!("yesterday"), json!(0)] {
            assert!(serde_json::from_value::<WithOffset>(value).is_err());
        }
    }
}
