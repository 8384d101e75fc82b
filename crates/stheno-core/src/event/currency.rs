//! Currencies by their ISO 4217 code.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A currency of ISO 4217, in three capital letters: `USD`. A code that is not in its list is refused.
///
/// Codes that were withdrawn since 2010 are in the list, because old events have them.
///
/// ```
/// use stheno_core::Currency;
///
/// let yen: Currency = "JPY".parse().unwrap();
/// assert_eq!((yen.code(), yen.places()), ("JPY", 0));
/// assert!("jpy".parse::<Currency>().is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency(&'static str);

impl Currency {
    /// The euro.
    pub const EUR: Self = Self("EUR");
    /// The dollar of the United States.
    pub const USD: Self = Self("USD");

    /// The code: `USD`.
    pub fn code(self) -> &'static str {
        self.0
    }

    /// How many places its smallest unit stands after the point: 2 for the cent of a dollar, 0 for the yen.
    pub fn places(self) -> u8 {
        PLACES.iter().find(|(_, codes)| codes.contains(&self.0)).map_or(2, |(places, _)| *places)
    }
}

/// A text that is not the code of a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no currency of ISO 4217; write its code in capital letters, such as `USD`")]
pub struct UnknownCurrency;

impl FromStr for Currency {
    type Err = UnknownCurrency;

    fn from_str(text: &str) -> Result<Self, UnknownCurrency> {
        CODES.iter().find(|code| **code == text).map(|code| Self(code)).ok_or(UnknownCurrency)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// Currencies whose smallest unit is not a hundredth, by its places.
const PLACES: [(u8, &[&str]); 3] = [
    (
        0,
        &[
            "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF",
            "XOF", "XPF",
        ],
    ),
    (3, &["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"]),
    (4, &["CLF", "UYW"]),
];

/// ISO 4217: the list of currencies and funds, then those withdrawn since 2010.
#[rustfmt::skip]
const CODES: [&str; 185] = [
    "AED", "AFN", "ALL", "AMD", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BHD", "BIF", "BMD", "BND",
    "BOB", "BOV", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHE", "CHF", "CHW", "CLF", "CLP", "CNY",
    "COP", "COU", "CRC", "CUP", "CVE", "CZK", "DJF", "DKK", "DOP", "DZD", "EGP", "ERN", "ETB", "EUR", "FJD", "FKP",
    "GBP", "GEL", "GHS", "GIP", "GMD", "GNF", "GTQ", "GYD", "HKD", "HNL", "HTG", "HUF", "IDR", "ILS", "INR", "IQD",
    "IRR", "ISK", "JMD", "JOD", "JPY", "KES", "KGS", "KHR", "KMF", "KPW", "KRW", "KWD", "KYD", "KZT", "LAK", "LBP",
    "LKR", "LRD", "LSL", "LYD", "MAD", "MDL", "MGA", "MKD", "MMK", "MNT", "MOP", "MRU", "MUR", "MVR", "MWK", "MXN",
    "MXV", "MYR", "MZN", "NAD", "NGN", "NIO", "NOK", "NPR", "NZD", "OMR", "PAB", "PEN", "PGK", "PHP", "PKR", "PLN",
    "PYG", "QAR", "RON", "RSD", "RUB", "RWF", "SAR", "SBD", "SCR", "SDG", "SEK", "SGD", "SHP", "SLE", "SOS", "SRD",
    "SSP", "STN", "SVC", "SYP", "SZL", "THB", "TJS", "TMT", "TND", "TOP", "TRY", "TTD", "TWD", "TZS", "UAH", "UGX",
    "USD", "USN", "UYI", "UYU", "UYW", "UZS", "VED", "VES", "VND", "VUV", "WST", "XAD", "XAF", "XCD", "XCG", "XOF",
    "XPF", "YER", "ZAR", "ZMW", "ZWG",
    "ANG", "BGN", "BYR", "CUC", "EEK", "HRK", "LTL", "LVL", "MRO", "SLL", "STD", "TMM", "USS", "VEF", "ZMK", "ZWL",
    "XXX", "XTS", "XDR", "XSU",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_three_capital_letters_and_none_comes_twice() {
        for (index, code) in CODES.iter().enumerate() {
            assert!(code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase()), "{code}");
            assert!(!CODES[..index].contains(code), "{code} comes twice");
        }
        for code in PLACES.iter().flat_map(|(_, codes)| *codes) {
            assert!(CODES.contains(code), "{code}");
        }
    }

    #[test]
    fn places_are_those_of_the_currency() {
        let places = |code: &str| code.parse::<Currency>().unwrap().places();
        assert_eq!((places("USD"), places("JPY"), places("KWD"), places("CLF")), (2, 0, 3, 4));
    }

    #[test]
    fn what_is_no_currency_is_refused() {
        for text in ["", "usd", "US", "USDT", "QQQ", "€", "None"] {
            assert_eq!(text.parse::<Currency>(), Err(UnknownCurrency), "{text:?}");
        }
        assert!(serde_json::from_str::<Currency>("1").is_err());
        assert_eq!(serde_json::to_string(&Currency::EUR).unwrap(), r#""EUR""#);
    }
}
