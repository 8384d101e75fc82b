//! What Saleor says and that cannot always be read: currencies, times, rates of taxes. All of it is kept as it came.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use stheno::{Currency, Decimal, OffsetTime, Timestamp};

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

/// A time, which is written back as it was read. One without an offset from UTC is kept too, and its offset is unknown.
///
/// What is made in Rust is made of an [`OffsetTime`] or a [`Timestamp`], so that only times with an offset are written.
///
/// ```
/// use stheno_saleor::Time;
///
/// let local: Time = serde_json::from_str(r#""2021-03-11 16:56:59""#).unwrap();
/// assert_eq!((local.as_str(), local.offset_minutes()), ("2021-03-11 16:56:59", None));
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Time(Moment);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Moment {
    Known(OffsetTime),
    /// The text, and the time it says if it is meant as UTC.
    WithoutOffset(Box<str>, OffsetTime),
}

impl Time {
    /// The text, as it was read.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Moment::Known(time) => time.as_str(),
            Moment::WithoutOffset(text, _) => text,
        }
    }

    /// The moment, to the microsecond. Of a time whose offset is unknown it is that of UTC, and so may be wrong by up to a
    /// day.
    pub fn timestamp(&self) -> Timestamp {
        match &self.0 {
            Moment::Known(time) | Moment::WithoutOffset(_, time) => time.timestamp(),
        }
    }

    /// How far local time is ahead of UTC, in minutes; `None` where it is unknown.
    pub fn offset_minutes(&self) -> Option<i16> {
        self.known().map(OffsetTime::offset_minutes)
    }

    /// The time; `None` where its offset is unknown.
    pub fn known(&self) -> Option<&OffsetTime> {
        match &self.0 {
            Moment::Known(time) => Some(time),
            Moment::WithoutOffset(..) => None,
        }
    }
}

impl From<OffsetTime> for Time {
    fn from(time: OffsetTime) -> Self {
        Self(Moment::Known(time))
    }
}

impl From<Timestamp> for Time {
    fn from(time: Timestamp) -> Self {
        OffsetTime::from(time).into()
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.parse::<OffsetTime>() {
            Ok(time) => Ok(time.into()),
            Err(error) => match format!("{text}Z").parse() {
                Ok(time) => Ok(Self(Moment::WithoutOffset(text.into(), time))),
                Err(_) => Err(de::Error::custom(error)),
            },
        }
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
        for (text, offset) in
            [("2021-03-11T16:56:57.028Z", Some(0)), ("2021-03-11 16:56:59", None), ("2021-03-11 16:56:59.1", None)]
        {
            let read: Time = serde_json::from_value(json!(text)).unwrap();
            assert_eq!(serde_json::to_value(&read).unwrap(), json!(text));
            assert_eq!(read.offset_minutes(), offset, "{text}");
            assert!(read.timestamp().to_string().starts_with("2021-03-11T16:56:5"));
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
        for value in [json!("yesterday"), json!("2022"), json!("2021-02-30 10:00:00"), json!(0), json!(null)] {
            assert!(serde_json::from_value::<Time>(value).is_err());
        }
    }
}
