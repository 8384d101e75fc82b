//! Times as platforms write them into payloads: with an offset, and kept as they were written.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::time::Timestamp;

const MINUTE: i64 = 60;
const DAY: i64 = 24 * 60 * MINUTE;

/// A time with an offset from UTC, which is written back as it was read.
///
/// It reads what RFC 3339 allows, from the year 0 to 9999, without leap seconds and with up to nine digits of a second:
/// `2021-03-11T16:56:57.028Z`, `2021-03-11 16:56:59.121991+00:00`, `2008-01-10T08:00:00-05:00`. Digits after the microsecond are kept in the text and
/// not counted. Two are equal when they are written the same; compare [`OffsetTime::timestamp`] for the moment.
///
/// In JSON a time without an offset is read too, because platforms send some: [`OffsetTime::has_offset`] is false, it is written as it
/// was, and its moment is not known better than that. From a text in Rust it is refused: what is published says its offset.
///
/// ```
/// use stheno_core::{OffsetTime, Timestamp};
///
/// let time: OffsetTime = "2008-01-10 08:00:00-05:00".parse().unwrap();
/// assert_eq!(time.timestamp(), "2008-01-10T13:00:00Z".parse::<Timestamp>().unwrap());
/// assert_eq!((time.offset_minutes(), time.as_str()), (-300, "2008-01-10 08:00:00-05:00"));
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct OffsetTime {
    text: Arc<str>,
    moment: Timestamp,
    offset_minutes: Option<i16>,
}

impl OffsetTime {
    /// The text, as it was read.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it says its offset from UTC.
    pub fn has_offset(&self) -> bool {
        self.offset_minutes.is_some()
    }

    /// The moment, to the microsecond; without an [offset](Self::has_offset), what the moment would be in UTC.
    pub fn timestamp(&self) -> Timestamp {
        self.moment
    }

    /// How far local time is ahead of UTC, in minutes; negative in the west, and 0 where it does not [say](Self::has_offset).
    pub fn offset_minutes(&self) -> i16 {
        self.offset_minutes.unwrap_or(0)
    }

    /// The time of a text that a platform wrote: perhaps without an offset, or with one that has no colon.
    fn read(text: &str) -> Result<Self, OffsetTimeError> {
        text.parse().or_else(|error| {
            let with_colon = text.split_at_checked(text.len().saturating_sub(2));
            let of_offset = with_colon.and_then(|(before, minutes)| parse(format!("{before}:{minutes}").as_bytes()));
            let of_utc = || parse(format!("{text}Z").as_bytes());
            let (moment, offset_minutes) = match of_offset {
                Some((moment, offset)) => (moment, Some(offset)),
                None => (of_utc().ok_or(error)?.0, None),
            };
            Ok(Self { text: text.into(), moment, offset_minutes })
        })
    }
}

/// The moment in UTC, as [`Timestamp`] writes it.
impl From<Timestamp> for OffsetTime {
    fn from(moment: Timestamp) -> Self {
        Self { text: moment.to_string().into(), moment, offset_minutes: Some(0) }
    }
}

/// A text that is not a time with an offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a time with an offset; write it as `2008-01-10T08:00:00-05:00`")]
pub struct OffsetTimeError;

impl FromStr for OffsetTime {
    type Err = OffsetTimeError;

    fn from_str(text: &str) -> Result<Self, OffsetTimeError> {
        let (moment, offset_minutes) = parse(text.as_bytes()).ok_or(OffsetTimeError)?;
        Ok(Self { text: text.into(), moment, offset_minutes: Some(offset_minutes) })
    }
}

fn parse(text: &[u8]) -> Option<(Timestamp, i16)> {
    let (date, time) = text.split_at_checked(10)?;
    let (separator, time) = time.split_first()?;
    let (clock, rest) = time.split_at_checked(8)?;
    if !matches!(separator, b'T' | b't' | b' ') {
        return None;
    }
    let days = days_since_epoch(number(&date[..4])?, dashed(date, 4)?, dashed(date, 7)?)?;
    let (hour, minute, second) = (number(&clock[..2])?, after(clock, 2, b':')?, after(clock, 5, b':')?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (micros, zone) = fraction(rest)?;
    let offset_minutes = offset(zone)?;
    let seconds = days * DAY + hour * 60 * MINUTE + minute * MINUTE + second - i64::from(offset_minutes) * MINUTE;
    Some((Timestamp::from_micros(seconds * 1_000_000 + micros), offset_minutes))
}

/// The two digits after a dash at this place.
fn dashed(date: &[u8], at: usize) -> Option<i64> {
    after(date, at, b'-')
}

/// The two digits after a sign at this place.
fn after(text: &[u8], at: usize, sign: u8) -> Option<i64> {
    (text.get(at) == Some(&sign)).then(|| number(text.get(at + 1..at + 3)?)).flatten()
}

/// Digits and nothing else.
fn number(digits: &[u8]) -> Option<i64> {
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    is_number.then(|| digits.iter().fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0')))
}

/// The microseconds of `.028`, and what comes after them.
fn fraction(rest: &[u8]) -> Option<(i64, &[u8])> {
    let Some(digits) = rest.strip_prefix(b".") else { return Some((0, rest)) };
    let end = digits.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(digits.len());
    if !(1..=9).contains(&end) {
        return None;
    }
    let micros = digits[..end].iter().chain(b"000000").take(6);
    Some((micros.fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0')), &digits[end..]))
}

/// `Z`, or `-05:00` in minutes.
fn offset(zone: &[u8]) -> Option<i16> {
    let sign = match zone {
        b"Z" | b"z" => return Some(0),
        [b'+', ..] => 1,
        [b'-', ..] => -1,
        _ => return None,
    };
    let (hours, minutes) = (number(zone.get(1..3)?)?, after(zone, 3, b':')?);
    if zone.len() != 6 || hours > 23 || minutes > 59 {
        return None;
    }
    i16::try_from(sign * (hours * 60 + minutes)).ok()
}

/// Days from 1970-01-01 to a day of the Gregorian calendar, negative before it.
fn days_since_epoch(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=length).contains(&day) {
        return None;
    }
    // Years begin in March here, so that the day that comes and goes is the last of them.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days_before_month = (153 * month + 2) / 5;
    let days_before_year = year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    // 719,468 days from 0000-03-01 to 1970-01-01.
    Some(days_before_year + days_before_month + day - 1 - 719_468)
}

impl fmt::Display for OffsetTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl fmt::Debug for OffsetTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for OffsetTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for OffsetTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::read(&text).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn micros(text: &str) -> Option<i64> {
        text.parse::<OffsetTime>().ok().map(|time| time.timestamp().as_micros())
    }

    #[test]
    fn the_forms_that_platforms_send_are_read() {
        assert_eq!(micros("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(micros("2021-03-11 16:56:59.121991+00:00"), micros("2021-03-11T16:56:59.121991Z"));
        assert_eq!(micros("2021-03-11T16:56:57.028Z"), Some(1_615_481_817_028_000));
        assert_eq!(micros("1914-06-28T10:50:00Z"), Some(-1_751_807_400_000_000));
        assert_eq!(micros("2008-01-10T08:00:00-05:00"), micros("2008-01-10T18:30:00+05:30"));
    }

    #[test]
    fn a_platform_may_leave_the_offset_out_or_the_colon_in_it() {
        let read = |text: &str| serde_json::from_value::<OffsetTime>(text.into());
        let without = read("2008-01-10 08:00:00.5").unwrap();
        assert_eq!(
            (without.has_offset(), without.offset_minutes(), without.as_str()),
            (false, 0, "2008-01-10 08:00:00.5")
        );
        assert_eq!(Some(without.timestamp().as_micros()), micros("2008-01-10T08:00:00.5Z"));
        let php = read("2008-01-10T08:00:00-0500").unwrap();
        assert_eq!((php.has_offset(), php.offset_minutes(), php.as_str()), (true, -300, "2008-01-10T08:00:00-0500"));
        for text in ["", "2008-01-10", "yesterday", "2008-01-10T08:00", "2008-01-10T08:00:00-05"] {
            assert!(read(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "2008-01-10",
            "2008-01-10T08:00:00",
            "2008-01-10T08:00:00-0500",
            "2008-01-10T08:00:00-05:000",
            "2008-01-10x08:00:00Z",
            "2008-02-30T08:00:00Z",
            "1900-02-29T08:00:00Z",
            "2008-13-01T08:00:00Z",
            "2008-01-00T08:00:00Z",
            "2008-01-10T24:00:00Z",
            "2008-01-10T08:60:00Z",
            "2008-01-10T08:00:60Z",
            "2008-01-10T08:00:00.Z",
            "2008-01-10T08:00:00.1234567890Z",
            "2008-01-10T08:00:00+24:00",
            "2008-01-1é 08:00:00Z",
        ] {
            assert_eq!(micros(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn every_time_agrees_with_timestamps(moment in 0_i64..253_402_300_799_999_999) {
            let time = OffsetTime::from(Timestamp::from_micros(moment));
            prop_assert_eq!(time.as_str().parse::<OffsetTime>().unwrap(), time);
        }

        #[test]
        fn an_offset_moves_the_moment(day in 0_i64..2_900_000, hours in -23_i64..24) {
            let moment = day * DAY * 1_000_000;
            let utc = Timestamp::from_micros(moment).to_string();
            let read = utc.replace('Z', &format!("{hours:+03}:00")).parse::<OffsetTime>().unwrap();
            prop_assert_eq!(read.timestamp().as_micros(), moment - hours * 3_600_000_000);
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,30}", like in "[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9:.+-Z]{0,16}") {
            for text in [text, like] {
                if let Ok(time) = text.parse::<OffsetTime>() {
                    prop_assert_eq!(time.to_string(), text);
                }
            }
        }
    }
}
