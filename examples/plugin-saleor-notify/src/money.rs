//! Amounts as a person reads them.

use stheno::{Currency, Decimal};

/// `16.800` of `USD` is `16.80 USD`; digits that are not zero are never left out.
pub(crate) fn format(amount: Decimal, currency: Currency) -> String {
    let places = currency.places();
    match amount.to_minor_units(places) {
        Some(units) => format!("{} {currency}", Decimal::new(units, places)),
        None => format!("{amount} {currency}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_beyond_the_places_of_the_currency_are_left_out_and_nothing_else() {
        let jpy = "JPY".parse().unwrap();
        let text = |text: &str, currency| format(text.parse().unwrap(), currency);
        assert_eq!(text("16.800", Currency::USD), "16.80 USD");
        assert_eq!(text("16.805", Currency::USD), "16.805 USD");
        assert_eq!(text("16", Currency::USD), "16.00 USD");
        assert_eq!(text("-5.00", jpy), "-5 JPY");
        assert_eq!(text("99999999999999999999.10", Currency::USD), "99999999999999999999.10 USD");
    }
}
