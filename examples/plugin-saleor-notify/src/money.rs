//! Amounts as a person reads them. Nothing is calculated: digits are put in their place.

use stheno::{Currency, Decimal, saleor::CurrencyCode};

use crate::page::one_line;

/// Between an amount and its currency, so that no line ends there.
const SPACE: char = '\u{a0}';

/// How a language writes amounts.
pub(crate) struct Style {
    /// What stands between groups of three digits.
    pub(crate) group: &'static str,
    /// What stands before the cents.
    pub(crate) point: &'static str,
    /// Whether the currency stands before the amount.
    pub(crate) symbol_first: bool,
    /// Signs of currencies; any other is written as its code.
    pub(crate) symbols: &'static [(&'static str, &'static str)],
}

impl Style {
    /// `1234.500` of `USD` is `$1,234.50` in English; digits that are not zero are never left out.
    pub(crate) fn amount(&self, amount: Decimal, currency: &CurrencyCode) -> String {
        self.signed(if amount.is_negative() { "-" } else { "" }, amount, currency)
    }

    /// What is taken off a sum, with a minus before it whichever sign a payload gives it.
    pub(crate) fn deduction(&self, amount: Decimal, currency: &CurrencyCode) -> String {
        self.signed("-", amount, currency)
    }

    fn signed(&self, sign: &str, amount: Decimal, currency: &CurrencyCode) -> String {
        // Of a currency that nobody lists it is not known which zeros to leave out.
        let places = currency.known().map(Currency::places);
        let short = places.and_then(|places| Some(Decimal::new(amount.to_minor_units(places)?, places)));
        let exact = short.unwrap_or(amount).to_string();
        let digits = exact.trim_start_matches('-');
        let (whole, cents) = digits.split_once('.').unwrap_or((digits, ""));
        let point = if cents.is_empty() { "" } else { self.point };
        let number = format!("{}{point}{cents}", self.grouped(whole));
        let symbol = self.symbols.iter().find(|(code, _)| *code == currency.code()).map(|(_, symbol)| *symbol);
        match symbol {
            Some(symbol) if self.symbol_first => format!("{sign}{symbol}{number}"),
            None if self.symbol_first => format!("{sign}{}{SPACE}{number}", one_line(currency.code())),
            symbol => {
                format!("{sign}{number}{SPACE}{}", symbol.map_or_else(|| one_line(currency.code()), str::to_owned))
            }
        }
    }

    fn grouped(&self, whole: &str) -> String {
        let starts_group = |index: usize| index > 0 && (whole.len() - index).is_multiple_of(3);
        whole.char_indices().fold(String::new(), |mut grouped, (index, digit)| {
            if starts_group(index) {
                grouped.push_str(self.group);
            }
            grouped.push(digit);
            grouped
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words;

    fn code(currency: &str) -> CurrencyCode {
        serde_json::from_value(currency.into()).unwrap()
    }

    fn written(language: &str, amount: &str, currency: &str) -> String {
        words::of(language).money.amount(amount.parse().unwrap(), &code(currency))
    }

    #[test]
    fn zeros_beyond_the_places_of_the_currency_are_left_out_and_nothing_else() {
        for (amount, currency, expected) in [
            ("16.800", "USD", "$16.80"),
            ("16.805", "USD", "$16.805"),
            ("16", "USD", "$16.00"),
            ("-5.00", "JPY", "-¥5"),
            ("-0.00", "USD", "$0.00"),
            ("99999999999999999999.10", "USD", "$99,999,999,999,999,999,999.10"),
        ] {
            assert_eq!(written("en", amount, currency), expected);
        }
    }

    #[test]
    fn each_language_writes_amounts_in_its_own_way() {
        for (language, currency, expected) in [
            ("en", "EUR", "€1,234,567.80"),
            ("en", "CHF", "CHF\u{a0}1,234,567.80"),
            ("de", "EUR", "1.234.567,80\u{a0}€"),
            ("de", "CHF", "1.234.567,80\u{a0}CHF"),
            ("fr", "EUR", "1\u{202f}234\u{202f}567,80\u{a0}€"),
            ("fr", "USD", "1\u{202f}234\u{202f}567,80\u{a0}$US"),
            ("pt-br", "BRL", "BRL\u{a0}1,234,567.80"),
        ] {
            assert_eq!(written(language, "1234567.8", currency), expected);
        }
        for (amount, expected) in [("0.05", "0,05"), ("123", "123,00"), ("999.99", "999,99"), ("1000", "1.000,00")] {
            assert_eq!(written("de", amount, "EUR"), format!("{expected}\u{a0}€"));
        }
    }

    #[test]
    fn a_currency_that_nobody_lists_keeps_its_code_and_all_digits() {
        assert_eq!(written("en", "16.800", "PTS"), "PTS\u{a0}16.800");
        assert_eq!(written("de", "16.800", "a\nb"), "16,800\u{a0}a b");
    }

    #[test]
    fn a_deduction_has_one_minus() {
        for amount in ["2", "-2"] {
            let amount = amount.parse().unwrap();
            assert_eq!(words::of("en").money.deduction(amount, &Currency::USD.into()), "-$2.00");
            assert_eq!(words::of("de").money.deduction(amount, &Currency::EUR.into()), "-2,00\u{a0}€");
        }
    }
}
