//! JSON that other languages write by default and serde_json does not read: made readable, once reading it plainly has failed.
//!
//! - A byte order mark in front, as .NET writes it.
//! - Half a character: `\ud83d` without its other half, as JavaScript and Python write a text that was cut there.
//! - `NaN`, `Infinity` and `-Infinity`, as Python writes them.
//! - A number larger than 64 bits hold, and more levels than serde_json reads.
//!
//! Half a character is read as U+FFFD, which is what Rust has for it. The others are read as the text they stand there as: a field
//! that nobody documented takes it, and one that is documented as something else refuses it by its path. The body in the log stays
//! as it came.

use std::ops::Range;

/// Levels that are left as they are; serde_json reads 127.
const MAX_DEPTH: usize = 100;
/// The byte order mark in UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";
/// What stands in place of half a character; as long as one.
const REPLACEMENT: &[u8] = br"\ufffd";

/// How what cannot be read is replaced.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// By what can be read as a value.
    Readable,
    /// By something as long, so that what is found in it is at the same place in the body.
    SameLength,
}

/// The body as serde_json reads it; `None` if it has nothing of the above in it, or is not JSON for another reason.
pub(crate) fn readable(body: &[u8]) -> Option<Vec<u8>> {
    mended(body, Form::Readable)
}

/// The same with each byte in its place, for who looks for the parts of a body without reading them.
pub(crate) fn of_same_length(body: &[u8]) -> Option<Vec<u8>> {
    mended(body, Form::SameLength)
}

fn mended(body: &[u8], form: Form) -> Option<Vec<u8>> {
    let (mut made, mut changed) = (Vec::with_capacity(body.len()), false);
    let mut at = 0;
    if body.starts_with(MARK) {
        (at, changed) = (MARK.len(), true);
        if form == Form::SameLength {
            made.extend_from_slice(b"   ");
        }
    }
    let mut depth = 0_usize;
    while let Some(byte) = body.get(at) {
        let rest = &body[at..];
        let taken = match byte {
            b'"' => {
                let length = string_len(rest);
                changed |= copy_string(&rest[..length], &mut made);
                length
            }
            b'{' | b'[' if depth == MAX_DEPTH && form == Form::Readable => {
                let length = container_len(rest)?;
                quote(&rest[..length], &mut made);
                changed = true;
                length
            }
            b'{' | b'[' | b'}' | b']' => {
                depth = if matches!(byte, b'{' | b'[') { depth + 1 } else { depth.saturating_sub(1) };
                made.push(*byte);
                1
            }
            b'-' | b'0'..=b'9' | b'N' | b'I' => {
                let length = word_len(rest);
                let word = &rest[..length];
                let is_none = matches!(word, b"NaN" | b"Infinity" | b"-Infinity");
                match form {
                    Form::Readable if is_none || is_too_large(word) => quote(word, &mut made),
                    Form::SameLength if is_none => {
                        made.push(b'"');
                        made.resize(made.len() + length - 2, b' ');
                        made.push(b'"');
                    }
                    _ => made.extend_from_slice(word),
                }
                changed |= is_none || is_too_large(word);
                length
            }
            _ => {
                made.push(*byte);
                1
            }
        };
        at += taken;
    }
    changed.then_some(made)
}

/// Bytes of the string that the text begins with, its quotes included.
fn string_len(text: &[u8]) -> usize {
    let mut at = 1;
    while let Some(byte) = text.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    text.len()
}

/// Bytes of the word or number that the text begins with; at least one.
fn word_len(text: &[u8]) -> usize {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.');
    text.iter().position(|byte| !is_part(byte)).unwrap_or(text.len()).max(1)
}

/// Bytes of the object or array that the text begins with, if it ends.
fn container_len(text: &[u8]) -> Option<usize> {
    let (mut at, mut depth) = (0, 0_usize);
    loop {
        at += match text.get(at)? {
            b'"' => string_len(&text[at..]),
            b'{' | b'[' => {
                depth += 1;
                1
            }
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
                1
            }
            _ => 1,
        };
    }
}

/// Whether a number is larger than any of 64 bits.
fn is_too_large(word: &[u8]) -> bool {
    let has_exponent = || word.iter().any(|byte| matches!(byte, b'e' | b'E'));
    let is_long = || word.len() > 300 || has_exponent();
    let first = word.iter().find(|byte| **byte != b'-');
    first.is_some_and(u8::is_ascii_digit)
        && is_long()
        && std::str::from_utf8(word).is_ok_and(|text| text.parse::<f64>().is_ok_and(f64::is_infinite))
}

/// Writes a text that is a value itself as a string.
fn quote(value: &[u8], made: &mut Vec<u8>) {
    let text = String::from_utf8_lossy(value);
    // Writing into memory does not fail.
    let _ = serde_json::to_writer(made, &*text);
}

/// Copies a string, and says whether halves of characters in it were replaced.
fn copy_string(string: &[u8], made: &mut Vec<u8>) -> bool {
    let (mut at, mut changed) = (0, false);
    while let Some(byte) = string.get(at) {
        if *byte != b'\\' {
            made.push(*byte);
            at += 1;
            continue;
        }
        let unit = unit(string, at);
        let half = match unit {
            Some(0xd800..=0xdbff) => match self::unit(string, at + 6) {
                Some(0xdc00..=0xdfff) => Some(at..at + 12),
                _ => None,
            },
            Some(0xdc00..=0xdfff) => None,
            Some(_) => Some(at..at + 6),
            None => Some(at..(at + 2).min(string.len())),
        };
        match half {
            Some(whole) => at = copy(string, whole, made),
            None => {
                made.extend_from_slice(REPLACEMENT);
                (at, changed) = (at + 6, true);
            }
        }
    }
    changed
}

fn copy(string: &[u8], part: Range<usize>, made: &mut Vec<u8>) -> usize {
    let end = part.end;
    made.extend_from_slice(&string[part]);
    end
}

/// The number in `\u1234` at this place.
fn unit(string: &[u8], at: usize) -> Option<u32> {
    let digits = string.get(at..at + 6)?.strip_prefix(br"\u")?;
    let is_hex = digits.iter().all(u8::is_ascii_hexdigit);
    is_hex.then(|| u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn read(body: &str) -> Value {
        let made = readable(body.as_bytes()).expect("there is something to make readable");
        serde_json::from_slice(&made).expect("it is readable now")
    }

    #[test]
    fn what_other_languages_write_is_read() {
        assert_eq!(read("\u{feff}{\"id\":1}"), json!({ "id": 1 }));
        assert_eq!(
            read(r#"{"a\udc00":"x\ud83d","b":"\ud83d\ude00\\ud83d"}"#),
            json!({ "a\u{fffd}": "x\u{fffd}", "b": "😀\\ud83d" })
        );
        assert_eq!(
            read(r#"[NaN,-Infinity,Infinity,1e400,-1E999,7]"#),
            json!(["NaN", "-Infinity", "Infinity", "1e400", "-1E999", 7])
        );
        let digits = "9".repeat(400);
        assert_eq!(read(&format!("[{digits}]")), json!([digits]));
        assert_eq!(read(r#""\ud83d\ud83d\ude00""#), json!("\u{fffd}😀"));
    }

    #[test]
    fn what_is_too_deep_is_read_as_its_text() {
        let deep = format!("{}\"]\"{}", "[".repeat(500), "]".repeat(500));
        let read = read(&format!(r#"{{"id":"a","deep":{deep}}}"#));
        let mut inner = &read["deep"];
        while let Value::Array(items) = inner {
            inner = &items[0];
        }
        assert_eq!((read["id"].as_str(), inner.as_str()), (Some("a"), Some(&deep[99..deep.len() - 99])));
    }

    #[test]
    fn nothing_else_is_touched() {
        for body in [
            r#"{"a":"NaN \" Infinity","b":[1e300,-7,null,true]}"#,
            "",
            "\"",
            "{\"a\"",
            "NaNs",
            "Index",
            "\"\\",
            "\"\\u12",
        ] {
            assert_eq!(readable(body.as_bytes()), None, "{body}");
        }
        assert_eq!(readable(&b"[".repeat(1_000)), None, "what does not end is not JSON");
    }

    #[test]
    fn each_byte_can_stay_in_its_place() {
        let body = "\u{feff}{\"n\":NaN,\"i\":-Infinity,\"t\":\"\\ud83d\",\"id\":\"a\"}";
        let made = of_same_length(body.as_bytes()).unwrap();
        assert_eq!(made.len(), body.len());
        assert_eq!(made.iter().rposition(|byte| *byte == b'a'), body.bytes().rposition(|byte| byte == b'a'));
        assert_eq!(
            serde_json::from_slice::<Value>(&made).unwrap(),
            json!({ "n": " ", "i": "       ", "t": "\u{fffd}", "id": "a" })
        );
    }

    proptest! {
        #[test]
        fn no_bytes_panic(body in "(\u{feff}|\\{|\\[|\\}|\\]|\"|\\\\u|\\\\|d83d|de00|NaN|-|Infinity|1e999|,|:|é){0,24}") {
            let _ = readable(body.as_bytes());
            if let Some(made) = of_same_length(body.as_bytes()) {
                prop_assert_eq!(made.len(), body.len());
            }
        }
    }
}
