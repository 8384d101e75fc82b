//! Amounts as a person reads them.

/// Currencies whose smallest unit is the currency itself (ISO 4217).
const WHOLE: [&str; 16] =
    ["bif", "clp", "djf", "gnf", "isk", "jpy", "kmf", "krw", "pyg", "rwf", "ugx", "vnd", "vuv", "xaf", "xof", "xpf"];
/// Currencies whose smallest unit is a thousandth (ISO 4217).
const THOUSANDTHS: [&str; 7] = ["bhd", "iqd", "jod", "kwd", "lyd", "omr", "tnd"];

/// An amount of smallest units: `1250` of `eur` is `12.50 EUR`, of `jpy` it is `1250 JPY`.
pub(crate) fn format(amount: i64, currency: &str) -> String {
    let code = currency.to_ascii_lowercase();
    let digits = match code.as_str() {
        whole if WHOLE.contains(&whole) => 0,
        thousandths if THOUSANDTHS.contains(&thousandths) => 3,
        _ => 2,
    };
    let sign = if amount < 0 { "-" } else { "" };
    let (units, size) = (amount.unsigned_abs(), 10_u64.pow(digits));
    let code = code.to_ascii_uppercase();
    match digits {
        0 => format!("{sign}{units} {code}"),
        _ => format!("{sign}{}.{:0width$} {code}", units / size, units % size, width = digits as usize),
    }
}

#[cfg(test)]
mod tests {
    use super::format;

    #[test]
    fn the_smallest_unit_is_that_of_the_currency() {
        assert_eq!(format(1250, "eur"), "12.50 EUR");
        assert_eq!(format(1250, "jpy"), "1250 JPY");
        assert_eq!(format(1250, "KWD"), "1.250 KWD");
    }

    #[test]
    fn small_negative_and_huge_amounts_are_written_out() {
        assert_eq!(format(5, "usd"), "0.05 USD");
        assert_eq!(format(0, "usd"), "0.00 USD");
        assert_eq!(format(-450, "eur"), "-4.50 EUR");
        assert_eq!(format(i64::MIN, "jpy"), "-9223372036854775808 JPY");
    }
}
