//! Exact decimal amounts, as platforms write money into JSON.

use std::{cmp::Ordering, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Most digits a decimal has, those after the point included.
pub const MAX_DIGITS: usize = 38;
/// `10^38`, the first number with more digits than that.
const LIMIT: u128 = 10_u128.pow(38);
/// Most significant digits of a number with a fraction in JSON. Readers and writers of JSON hold such a number as a binary
/// one of 64 bits, which gives back no more decimal digits than these.
pub const MAX_NUMBER_DIGITS: usize = f64::DIGITS as usize;

/// An exact decimal number that is written back with the digits it was read with: `16.800` stays `16.800`.
///
/// In JSON it is a string, as platforms send money, or a number: it is written as the one it was read from.
///
/// - A string keeps every digit, zeros at the end too.
/// - A whole number of up to 64 bits keeps every digit.
/// - A number with a fraction or an exponent keeps what it is worth, exactly, and not how it was written: `10.50` and
///   `1.05e1` are read as `10.5`, `10.00` as `10.0`. One with more than [`MAX_NUMBER_DIGITS`] significant digits is
///   refused, and so is a whole number of more than 64 bits: no digit is ever rounded away. Who needs more digits, or the
///   zeros, sends a string.
/// - What could not be read again as a number ([`Decimal::as_number`] with more digits) is written as a string.
///
/// Events are read with [`decode_json`](crate::decode_json), which looks at the number as it is written. With serde_json
/// alone, digits behind the 17th are lost before they come here.
///
/// Two decimals are equal when they are written the same, so `1.50` is not `1.5`; [`Decimal::cmp_value`] compares what
/// they are worth. There is no arithmetic: sums belong to whoever knows how to round them.
///
/// ```
/// use stheno_core::Decimal;
///
/// let amount: Decimal = serde_json::from_str(r#""16.800""#).unwrap();
/// assert_eq!(amount, Decimal::new(16_800, 3));
/// assert_eq!(serde_json::to_string(&amount).unwrap(), r#""16.800""#);
/// assert_eq!(amount.to_minor_units(2), Some(1_680));
/// assert!(serde_json::from_str::<Decimal>(r#""16,80""#).is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Decimal {
    negative: bool,
    /// All digits, without the point; below [`LIMIT`].
    digits: u128,
    /// How many of them stand after the point; at most [`MAX_DIGITS`].
    scale: u8,
    /// Whether it is a number in JSON, and not a string.
    number: bool,
}

impl Decimal {
    /// So many units of the last place: `Decimal::new(1680, 2)` is `16.80`. There are at most [`MAX_DIGITS`] places; a
    /// larger `places` is taken as that.
    pub const fn new(units: i64, places: u8) -> Self {
        let scale = if places as usize > MAX_DIGITS { MAX_DIGITS as u8 } else { places };
        Self { negative: units < 0, digits: units.unsigned_abs() as u128, scale, number: false }
    }

    /// The same, as a number in JSON; as a string where a number would not keep all digits. Zeros at the end are not
    /// written: `16.80` is the number `16.8`.
    #[must_use]
    pub const fn as_number(mut self) -> Self {
        self.number = true;
        self
    }

    /// How many digits stand after the point.
    pub fn places(&self) -> u8 {
        self.scale
    }

    /// Whether it is worth nothing.
    pub fn is_zero(&self) -> bool {
        self.digits == 0
    }

    /// Whether it is worth less than nothing.
    pub fn is_negative(&self) -> bool {
        self.negative && self.digits != 0
    }

    /// Whether a number with a fraction, in JSON, gives back the digits of this one. Zeros at the end do not count, but
    /// before the point: where they stand others were perhaps rounded away.
    fn fits_a_number(&self) -> bool {
        let limit = 10_u128.pow(MAX_NUMBER_DIGITS as u32);
        let mut digits = self.digits;
        while digits != 0 && digits.is_multiple_of(10) {
            digits /= 10;
        }
        digits < limit && self.digits / 10_u128.pow(u32::from(self.scale)) < limit
    }

    /// What it is worth in units of a currency with so many places, if it is a whole number of them: `16.80` is 1680 cents.
    pub fn to_minor_units(&self, places: u8) -> Option<i64> {
        let units = match places.checked_sub(self.scale) {
            Some(more) => self.digits.checked_mul(10_u128.checked_pow(more.into())?)?,
            None => {
                // At most 38 places are too many, and 10^38 fits.
                let too_many = 10_u128.checked_pow((self.scale - places).into())?;
                if !self.digits.is_multiple_of(too_many) {
                    return None;
                }
                self.digits / too_many
            }
        };
        let units = i64::try_from(units).ok()?;
        Some(if self.negative { -units } else { units })
    }

    /// Compares what two are worth, whatever their places.
    pub fn cmp_value(&self, other: &Self) -> Ordering {
        let value = |decimal: &Self| {
            let size = 10_u128.pow(u32::from(decimal.scale));
            let fraction = decimal.digits % size * (LIMIT / size);
            (decimal.digits / size, fraction)
        };
        match (self.is_negative(), other.is_negative()) {
            (false, false) => value(self).cmp(&value(other)),
            (true, true) => value(other).cmp(&value(self)),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

impl From<i64> for Decimal {
    fn from(units: i64) -> Self {
        Self::new(units, 0)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scale = usize::from(self.scale);
        let digits = format!("{:0width$}", self.digits, width = scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        let (sign, point) = (if self.negative { "-" } else { "" }, if scale == 0 { "" } else { "." });
        f.pad(&format!("{sign}{whole}{point}{fraction}"))
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is not a decimal number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecimalError {
    /// It is not digits with perhaps a minus before and a point between them; an exponent, for example, or a sign of
    /// thousands.
    #[error("is not a decimal number; write it as `16.80`")]
    Malformed,
    /// It has more digits than [`MAX_DIGITS`].
    #[error("has more than {MAX_DIGITS} digits")]
    TooLong,
    /// It is a number in JSON, and has more digits than one can hold exactly ([`MAX_NUMBER_DIGITS`]).
    #[error(
        "has more than {MAX_NUMBER_DIGITS} digits as a number, which would be rounded; send it as a text: `\"16.80\"`"
    )]
    Inexact,
}

impl FromStr for Decimal {
    type Err = DecimalError;

    fn from_str(text: &str) -> Result<Self, DecimalError> {
        let unsigned = text.strip_prefix('-');
        let (negative, unsigned) = (unsigned.is_some(), unsigned.unwrap_or(text));
        let (whole, fraction) = match unsigned.split_once('.') {
            Some((_, "")) => return Err(DecimalError::Malformed),
            Some(parts) => parts,
            None => (unsigned, ""),
        };
        let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        // A zero in front would not be written back.
        let is_whole = !whole.is_empty() && (whole == "0" || !whole.starts_with('0'));
        if !is_whole || !is_digits(whole) || !is_digits(fraction) {
            return Err(DecimalError::Malformed);
        }
        if whole.len() + fraction.len() > MAX_DIGITS {
            return Err(DecimalError::TooLong);
        }
        let digits = whole.bytes().chain(fraction.bytes());
        let digits = digits.fold(0_u128, |sum, digit| sum * 10 + u128::from(digit - b'0'));
        // At most 38, as was just checked.
        Ok(Self { negative, digits, scale: fraction.len() as u8, number: false })
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !self.number {
            return serializer.collect_str(self);
        }
        // Below 10^38, which an i128 holds.
        let signed = if self.negative { -(self.digits as i128) } else { self.digits as i128 };
        match (self.scale, u64::try_from(signed), i64::try_from(signed)) {
            (0, Ok(whole), _) => serializer.serialize_u64(whole),
            (0, _, Ok(whole)) => serializer.serialize_i64(whole),
            _ => match self.to_string().parse::<f64>() {
                Ok(number) if self.fits_a_number() => serializer.serialize_f64(number),
                _ => serializer.collect_str(self),
            },
        }
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DecimalVisitor)
    }
}

struct DecimalVisitor;

impl de::Visitor<'_> for DecimalVisitor {
    type Value = Decimal;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a decimal number, as a string or a number")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Decimal, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_u64<E>(self, number: u64) -> Result<Decimal, E> {
        Ok(Decimal { negative: false, digits: number.into(), scale: 0, number: true })
    }

    fn visit_i64<E>(self, number: i64) -> Result<Decimal, E> {
        Ok(Decimal::new(number, 0).as_number())
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Decimal, E> {
        // The shortest digits that mean this number, never an exponent, and a place after the point, so that it stays
        // what it was.
        let mut text = number.to_string();
        if !text.contains('.') {
            text.push_str(".0");
        }
        let decimal = text.parse::<Decimal>().map(Decimal::as_number).map_err(E::custom)?;
        if decimal.fits_a_number() { Ok(decimal) } else { Err(E::custom(DecimalError::Inexact)) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn read(value: &Value) -> Decimal {
        serde_json::from_value(value.clone()).unwrap()
    }

    #[test]
    fn what_was_read_is_written() {
        for value in [
            json!("240.82"),
            json!("0.000"),
            json!("16.800"),
            json!("-0.00"),
            json!("-5"),
            json!(0),
            json!(-7),
            json!(98.4),
            json!(0.1),
            json!(5.0),
            json!(1e14),
            json!(999_999_999_999.999),
            json!(1e-12),
            json!(u64::MAX),
            json!(i64::MIN),
            json!("99999999999999999999999999999999999999"),
        ] {
            assert_eq!(serde_json::to_value(read(&value)).unwrap(), value);
        }
    }

    #[test]
    fn what_is_no_decimal_is_refused() {
        for text in ["", "-", ".5", "5.", "1e3", "1,5", "+1", " 1", "01", "1.2.3", "0x1", "NaN", "١"] {
            assert_eq!(text.parse::<Decimal>(), Err(DecimalError::Malformed), "{text:?}");
        }
        assert_eq!("1".repeat(39).parse::<Decimal>(), Err(DecimalError::TooLong));
        for value in [json!(null), json!([]), json!(true), json!(1e300)] {
            assert!(serde_json::from_value::<Decimal>(value).is_err());
        }
    }

    #[test]
    fn a_number_that_would_be_rounded_is_refused() {
        for text in ["0.30000000000000004", "1234567890123.4567", "1e15", "18446744073709551616", "-1000000000000000.5"]
        {
            let refused = serde_json::from_str::<Decimal>(text).unwrap_err().to_string();
            assert!(refused.contains("send it as a text"), "{text}: {refused}");
            assert!(serde_json::from_str::<Decimal>(&format!("\"{text}\"")).is_ok() || text.contains('e'), "{text}");
        }
        for (text, read) in
            [("10.50", "10.5"), ("10.00", "10.0"), ("1.05e1", "10.5"), ("123456789012.345", "123456789012.345")]
        {
            assert_eq!(serde_json::from_str::<Decimal>(text).unwrap().to_string(), read);
        }
    }

    #[test]
    fn what_a_number_cannot_hold_is_written_as_a_text() {
        let written = |units, places| serde_json::to_value(Decimal::new(units, places).as_number()).unwrap();
        assert_eq!(written(1680, 2), json!(16.8));
        assert_eq!(written(i64::MAX, 0), json!(i64::MAX));
        assert_eq!(written(i64::MAX, 2), json!("92233720368547758.07"));
        assert_eq!(written(-1_234_567_890_123_456, 2), json!("-12345678901234.56"));
        assert_eq!(written(123_456_789_012_340, 4), json!(12345678901.234));
    }

    #[test]
    fn minor_units_are_exact_or_none() {
        assert_eq!(Decimal::new(1680, 2).to_minor_units(2), Some(1680));
        assert_eq!(Decimal::new(-16_800, 3).to_minor_units(2), Some(-1680));
        assert_eq!(Decimal::new(16, 0).to_minor_units(2), Some(1600));
        assert_eq!(Decimal::new(16_801, 3).to_minor_units(2), None);
        assert_eq!(Decimal::new(i64::MAX, 0).to_minor_units(2), None);
        assert_eq!(Decimal::new(1, 255).places(), 38);
        assert_eq!(Decimal::new(1, 0).to_minor_units(255), None);
    }

    proptest! {
        #[test]
        fn every_decimal_survives_its_text(units in any::<i64>(), places in 0_u8..=38) {
            let decimal = Decimal::new(units, places);
            // Zeros between the point and the first digit count.
            match decimal.to_string().parse::<Decimal>() {
                Ok(read) => prop_assert_eq!(read, decimal),
                Err(error) => prop_assert_eq!(error, DecimalError::TooLong),
            }
        }

        #[test]
        fn comparing_is_that_of_the_values(a in -9999_i64..9999, b in -9999_i64..9999, x in 0_u8..4, y in 0_u8..4) {
            let value = |units: i64, places: u8| units * 10_i64.pow(4 - u32::from(places));
            let found = Decimal::new(a, x).cmp_value(&Decimal::new(b, y));
            prop_assert_eq!(found, value(a, x).cmp(&value(b, y)));
        }

        #[test]
        fn any_number_is_written_as_it_was(number in any::<f32>()) {
            let value = json!(f64::from(number));
            if let Ok(decimal) = serde_json::from_value::<Decimal>(value.clone()) {
                prop_assert_eq!(serde_json::to_value(decimal).unwrap(), value);
            }
        }

        #[test]
        fn no_text_panics(text in "[-0-9.eE+ ]{0,45}") {
            if let Ok(decimal) = text.parse::<Decimal>() {
                prop_assert_eq!(decimal.to_string(), text);
            }
        }
    }
}
