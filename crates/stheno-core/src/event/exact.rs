//! Numbers in JSON that have more digits than serde_json reads of them: found in the text, before they are rounded.

use crate::event::decimal::MAX_NUMBER_DIGITS;

/// Stands for such a number: no exact decimal takes it, and whatever takes a number does.
const ROUNDED: &[u8] = b"0.12345678901234567";

/// The same JSON with [`ROUNDED`] in place of each number that would be rounded; `None` if there is none, as nearly always.
///
/// The text has to be JSON.
pub(crate) fn with_rounded_marked(json: &[u8]) -> Option<Vec<u8>> {
    may_be_rounded(json).then(|| marked(json)).flatten()
}

/// Whether there may be such a number, or something in a string that looks like one. Its digits stand side by side, so not
/// every byte has to be looked at, and none more than twice.
fn may_be_rounded(json: &[u8]) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
    let mut place = MAX_NUMBER_DIGITS;
    while let Some(byte) = json.get(place) {
        let mut end = place;
        if is_part(byte) {
            let start = json[..place].iter().rposition(|byte| !is_part(byte)).map_or(0, |before| before + 1);
            end = json[place..].iter().position(|byte| !is_part(byte)).map_or(json.len(), |after| place + after);
            let has_exponent = matches!(json.get(end), Some(b'e' | b'E'));
            if end - start > MAX_NUMBER_DIGITS && (has_exponent || json[start..end].contains(&b'.')) {
                return true;
            }
        }
        // At `end` stands nothing of a number, so the next one begins behind it.
        place = end + MAX_NUMBER_DIGITS + 1;
    }
    false
}

fn marked(json: &[u8]) -> Option<Vec<u8>> {
    let (mut made, mut found) = (Vec::with_capacity(json.len()), false);
    let mut rest = json;
    while let Some(first) = rest.first() {
        let (token, after) = rest.split_at(match first {
            b'"' => string_len(rest),
            b'-' | b'0'..=b'9' => number_len(rest),
            _ => 1,
        });
        let is_rounded = matches!(first, b'-' | b'0'..=b'9') && is_rounded(token);
        made.extend_from_slice(if is_rounded { ROUNDED } else { token });
        found |= is_rounded;
        rest = after;
    }
    found.then_some(made)
}

/// Bytes of the string that the text begins with, its quotes included.
fn string_len(text: &[u8]) -> usize {
    let mut is_escaped = false;
    let end = text.iter().skip(1).position(|byte| {
        let is_end = *byte == b'"' && !is_escaped;
        is_escaped = *byte == b'\\' && !is_escaped;
        is_end
    });
    end.map_or(text.len(), |end| end + 2)
}

/// Bytes of the number that the text begins with.
fn number_len(text: &[u8]) -> usize {
    let is_part = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E');
    text.iter().position(|byte| !is_part(byte)).unwrap_or(text.len())
}

/// Whether a number has a fraction or an exponent, and more significant digits than it keeps.
fn is_rounded(number: &[u8]) -> bool {
    let exponent = number.iter().position(|byte| matches!(byte, b'e' | b'E'));
    let digits: Vec<u8> =
        number[..exponent.unwrap_or(number.len())].iter().copied().filter(u8::is_ascii_digit).collect();
    let is_zero = |digit: &u8| *digit == b'0';
    let zeros = digits.iter().take_while(|digit| is_zero(digit)).count();
    let zeros_behind = digits[zeros..].iter().rev().take_while(|digit| is_zero(digit)).count();
    let significant = digits.len() - zeros - zeros_behind;
    significant > MAX_NUMBER_DIGITS && (exponent.is_some() || number.contains(&b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(json: &str) -> Option<String> {
        with_rounded_marked(json.as_bytes()).map(|marked| String::from_utf8(marked).unwrap())
    }

    #[test]
    fn a_number_with_too_many_digits_is_found_wherever_it_stands() {
        for number in [
            "0.1000000000000000055",
            "123456789012.3400001",
            "-10000000000000.001",
            "1.000000000000000000000001e-3",
            "1234567890123456e2",
        ] {
            for blanks in 0..40 {
                let blanks = " ".repeat(blanks);
                let with = |number: &str| format!(r#"{blanks}{{"a": "\\", "b": [{number}, 1], "c": "{number}"}}"#);
                // What stands in a string is none.
                let expected = with("0.12345678901234567")
                    .replace(r#""c": "0.12345678901234567""#, &format!(r#""c": "{number}""#));
                assert_eq!(found(&with(number)), Some(expected), "{number}");
            }
            assert_eq!(found(number).as_deref(), Some("0.12345678901234567"));
        }
    }

    #[test]
    fn a_long_row_of_digits_is_looked_at_once() {
        // Looked at anew at each step, these would take minutes.
        let digits = "1".repeat(2_000_000);
        assert_eq!(found(&digits), None);
        assert_eq!(found(&format!("\"{digits}\"")), None);
        assert!(found(&format!("[\"{digits}\", 0.1000000000000000055]")).is_some());
    }

    #[test]
    fn nothing_else_is_taken_for_one() {
        for json in [
            "12345678901234567890",
            "10.50000000000000000000000",
            "0.000000000000000000000001",
            "123456789012.345",
            r#"{"a": "1.2345678901234567890", "b": "\"1.2345678901234567890\\", "c": "1.2345678901234567890, 2"}"#,
            "",
            "\"",
        ] {
            assert_eq!(found(json), None, "{json}");
        }
    }
}
