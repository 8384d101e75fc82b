//! Event names, patterns and subscriber ids, checked where they are written. The rules are core's (`EventName`,
//! `Pattern`), which this crate cannot depend on; a test below holds them together.

use syn::{Error, LitStr};

/// Longest name or pattern, in bytes.
const MAX_NAME_LEN: usize = 1024;

/// Checks a pattern: an event name whose tokens may be `*`, and the last one `>`.
pub(crate) fn check_pattern(written: &LitStr) -> syn::Result<()> {
    problem(&written.value()).map_or(Ok(()), |problem| Err(Error::new(written.span(), problem)))
}

/// Whether a pattern has no wildcard, and so is a name.
pub(crate) fn is_literal(pattern: &str) -> bool {
    !pattern.split('.').any(|token| token == "*" || token == ">")
}

/// Medusa's `*` means all events, as `>` does.
pub(crate) fn normalised(written: &LitStr) -> LitStr {
    if written.value() == "*" { LitStr::new(">", written.span()) } else { written.clone() }
}

/// Longest id of a subscriber, in bytes.
const MAX_ID_LEN: usize = 128;

/// Checks a subscriber's id: tokens of `[a-z0-9-]` joined by dots, and not the id of a backfill.
pub(crate) fn check_id(written: &LitStr) -> syn::Result<()> {
    let id = written.value();
    let is_token =
        |token: &str| !token.is_empty() && token.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    let is_backfill = id
        .rsplit_once(".backfill-")
        .is_some_and(|(_, number)| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()));
    let problem = match () {
        () if !id.split('.').all(is_token) => {
            "is no subscriber id; join lower-case tokens of letters, digits and `-` with dots, such as `receipts.send`"
        }
        () if id.len() > MAX_ID_LEN => "is no subscriber id: it has more than 128 characters; choose a shorter one",
        () if is_backfill => {
            "ends as the id of a backfill, and would have the same records; choose another ending than `.backfill-` and a \
             number"
        }
        () => return Ok(()),
    };
    Err(Error::new(written.span(), format!("`{id}` {problem}")))
}

fn problem(pattern: &str) -> Option<String> {
    if pattern.is_empty() {
        return Some("an event name is empty; write one such as `order.placed`".to_owned());
    }
    if pattern.len() > MAX_NAME_LEN {
        return Some(format!("an event name has {} bytes; at most {MAX_NAME_LEN} are allowed", pattern.len()));
    }
    let mut tokens = pattern.split('.').peekable();
    while let Some(token) = tokens.next() {
        let is_last = tokens.peek().is_none();
        if let Some(problem) = token_problem(token, is_last) {
            return Some(format!("`{pattern}` is no event name: {problem}"));
        }
    }
    None
}

fn token_problem(token: &str, is_last: bool) -> Option<String> {
    match token {
        "*" => return None,
        ">" if is_last => return None,
        ">" => return Some("`>` stands for all tokens that follow; put it last".to_owned()),
        "" => return Some("nothing stands between two dots or at an end; remove the extra dot".to_owned()),
        _ => {}
    }
    let illegal = token.char_indices().find(|&(at, character)| match character {
        '%' => !token.as_bytes().get(at + 1..at + 3).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)),
        _ => !(character.is_ascii_alphanumeric() || character == '_' || character == '-'),
    });
    illegal.map(|(_, character)| match character {
        '*' | '>' => {
            format!("the wildcard `{character}` must be a whole token; write `*` for any one token, `>` for the rest")
        }
        '%' => "`%` needs two hexadecimal digits after it".to_owned(),
        _ => format!("{character:?} is not allowed; use letters, digits, `_`, `-`, and dots between tokens"),
    })
}

#[cfg(test)]
mod tests {
    use proc_macro2::Span;
    use stheno_core::Pattern;

    use super::*;

    fn literal(text: &str) -> LitStr {
        LitStr::new(text, Span::call_site())
    }

    #[test]
    fn a_pattern_is_legal_here_exactly_if_it_is_in_core() {
        let tokens = ["order", "*", ">", "", "a*", "a>", "%41", "%4", "é", "a b", "order-edit", "CREATED", "_"];
        let two = tokens.iter().flat_map(|a| tokens.iter().map(move |b| format!("{a}.{b}")));
        let three = two.clone().map(|pair| format!("a.{pair}"));
        let long = ["x".repeat(MAX_NAME_LEN), "x".repeat(MAX_NAME_LEN + 1)];
        for text in tokens.iter().map(|&one| one.to_owned()).chain(two).chain(three).chain(long) {
            assert_eq!(check_pattern(&literal(&text)).is_ok(), Pattern::new(&text).is_ok(), "{text}");
            if let Ok(pattern) = Pattern::new(&text) {
                assert_eq!(normalised(&literal(&text)).value(), pattern.as_str());
                assert_eq!(is_literal(&text), pattern.is_literal(), "{text}");
            }
        }
    }

    #[test]
    fn an_id_is_lower_case_tokens() {
        for legal in ["receipts.send", "a", "stock-2.reserve.all"] {
            assert!(check_id(&literal(legal)).is_ok(), "{legal}");
        }
        assert!(check_id(&literal(&"x".repeat(128))).is_ok() && check_id(&literal(&"x".repeat(129))).is_err());
        for legal in ["a.backfill-x", "a.backfill-", "backfill-7", "a.backfill-7.b"] {
            assert!(check_id(&literal(legal)).is_ok(), "{legal}");
        }
        for illegal in ["a.backfill-7", "a.b.backfill-0012"] {
            assert!(check_id(&literal(illegal)).is_err(), "{illegal}");
        }
        for illegal in ["", "Receipts.send", "receipts.", "receipts..send", "receipts_send", "receipts send"] {
            assert!(check_id(&literal(illegal)).is_err(), "{illegal}");
        }
    }
}
