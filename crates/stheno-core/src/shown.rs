//! How a text that a stranger may have written is shown to people: on a terminal, in a log, in an error.
//!
//! Anybody who may publish chooses names, keys, ids, headers and bodies, and through them the texts of errors. Such a text
//! could clear a screen, colour it, forge a line of a log, or turn a line around. This is the one place that prevents it;
//! data keeps the text as it is, and escapes it where it is shown.

use std::{error::Error as StdError, fmt};

/// Columns that [`shown`] takes for one text at most; of a longer one it shows the beginning, and `…`. Names, keys and ids
/// that can be published are shorter and are never cut by their own `Display`.
pub const SHOWN: usize = 256;
/// The same for [`shown_long`]: an error with its sources, or a body.
pub const SHOWN_LONG: usize = 4 * 1024;
/// The same for [`shown_chain`]: an error that is shown as one of many.
pub const SHOWN_CHAIN: usize = 1_000;
/// Marks that may sit on one character; accents need one or two. More would be drawn over the lines above and below.
const MARKS: usize = 4;

/// A text that can be shown; its `Display` is safe on a terminal.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    text: &'a str,
    columns: usize,
}

/// A name, key, id or value as it is shown: on one line, in [`SHOWN`] columns at most.
///
/// Letters of every script stay, with their accents. A character that cannot be seen, or that does something to the
/// terminal, is written as Rust escapes it: control characters, new lines, those that change the direction of writing,
/// those without width, unassigned ones.
///
/// ```
/// use stheno_core::shown::shown;
/// assert_eq!(shown("order:Åsa 注文").to_string(), "order:Åsa 注文");
/// assert_eq!(shown("\u{1b}[2J\u{202e}7").to_string(), r"\u{1b}[2J\u{202e}7");
/// assert!(shown(&"x".repeat(1_000)).to_string().ends_with("x…"));
/// ```
pub fn shown(text: &str) -> Shown<'_> {
    Shown { text, columns: SHOWN }
}

/// The same for a text that may say more, in [`SHOWN_LONG`] columns at most.
pub fn shown_long(text: &str) -> Shown<'_> {
    Shown { text, columns: SHOWN_LONG }
}

/// A name, key or id that can have so many bytes: whole, since two must not look alike because both were cut. One that is longer
/// was not published, and is cut as any other text.
pub(crate) fn shown_name(text: &str, longest: usize) -> Shown<'_> {
    Shown { text, columns: if text.len() <= longest { usize::MAX } else { SHOWN } }
}

/// An error and its sources, outermost first, joined by `: `.
pub fn shown_error(error: &(dyn StdError + 'static)) -> String {
    let mut chain = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        chain.push_str(&format!(": {error}"));
        source = error.source();
    }
    shown_long(&chain).to_string()
}

/// A sentence and the error behind it with its sources, joined by `: `: the message of an error that has no `source()`,
/// because its message has the whole reason.
///
/// ```
/// use std::io::{Error, ErrorKind};
///
/// use stheno_core::shown::shown_because;
///
/// let error = Error::from(ErrorKind::NotFound);
/// assert_eq!(shown_because("the file cannot be read", Some(&error)), "the file cannot be read: entity not found");
/// ```
pub fn shown_because(what: &str, cause: Option<&(dyn StdError + 'static)>) -> String {
    match cause {
        Some(cause) => shown_long(&format!("{what}: {}", shown_error(cause))).to_string(),
        None => shown_long(what).to_string(),
    }
}

/// Texts of an error as it was recorded, outermost first, joined by `: `, in [`SHOWN_CHAIN`] columns at most.
pub fn shown_chain(texts: &[String]) -> String {
    shown_long(&texts.join(": ")).within(SHOWN_CHAIN).to_string()
}

impl Shown<'_> {
    /// The same in this many columns at most.
    #[must_use]
    pub fn within(self, columns: usize) -> Self {
        Self { columns, ..self }
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Most texts are plain, and short enough.
        if self.text.len() <= self.columns && self.text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) {
            return f.pad(self.text);
        }
        f.pad(&escaped(self.text, self.columns))
    }
}

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn escaped(text: &str, columns: usize) -> String {
    let mut out = String::with_capacity(text.len().min(columns));
    let (mut taken, mut marks) = (0, MARKS);
    for character in text.chars() {
        let start = out.len();
        match seen(character) {
            Seen::Alone => {
                out.push(character);
                marks = 0;
            }
            Seen::OnTheOneBefore if marks < MARKS => {
                out.push(character);
                marks += 1;
            }
            Seen::OnTheOneBefore => out.extend(character.escape_unicode()),
            Seen::Not => {
                out.extend(character.escape_default());
                // Nothing is drawn on an escape.
                marks = MARKS;
            }
        }
        taken += out[start..].chars().count();
        if taken > columns {
            out.truncate(start);
            out.push('…');
            break;
        }
    }
    out
}

/// Whether, and how, a character can be seen.
enum Seen {
    Alone,
    /// An accent, or another mark.
    OnTheOneBefore,
    Not,
}

fn seen(character: char) -> Seen {
    match character {
        ' '..='~' => Seen::Alone,
        // The space of Chinese and Japanese text.
        '\u{3000}' => Seen::Alone,
        _ if is_blank(character) => Seen::Not,
        _ => {
            // The standard library knows what is printable, of a character that begins no text; of one alone it escapes marks too.
            let printable = format!("x{character}").escape_debug().nth(1) == Some(character);
            let alone = character.escape_debug().next() == Some(character);
            match (printable, alone) {
                (true, true) => Seen::Alone,
                (true, false) => Seen::OnTheOneBefore,
                (false, _) => Seen::Not,
            }
        }
    }
}

/// Letters, marks and symbols of Unicode that are drawn as nothing: fillers, joiners, selectors of variants, tags.
fn is_blank(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffc}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn nothing_that_is_shown_can_do_anything_to_a_terminal(text in "(?s).{0,400}") {
            let shown = shown(&text).to_string();
            prop_assert!(shown.chars().count() <= SHOWN + 1);
            let harmful = |c: char| c.is_control() || is_blank(c) || matches!(c, '\u{2066}'..='\u{2069}');
            prop_assert!(!shown.contains(harmful), "{shown:?}");
        }
    }

    #[test]
    fn texts_of_every_script_stay_readable() {
        for text in [
            "order.placed",
            "Åsa, Zoë, Nguyễn",
            "e\u{301}",
            "注文　株式会社",
            "заказ",
            "طلب",
            "🛒 7 €",
            "a\\b `c` \"d\"",
        ] {
            assert_eq!(shown(text).to_string(), text);
        }
    }

    #[test]
    fn what_cannot_be_seen_is_escaped() {
        let cases = [
            ("\u{1b}[31mred", r"\u{1b}[31mred"),
            ("a\r\nb\tc\0", r"a\r\nb\tc\u{0}"),
            ("\u{9b}2J\u{7f}", r"\u{9b}2J\u{7f}"),
            ("a\u{202e}b\u{2066}c\u{200f}d\u{61c}", r"a\u{202e}b\u{2066}c\u{200f}d\u{61c}"),
            ("\u{200b}\u{feff}\u{3164}\u{e0041}", r"\u{200b}\u{feff}\u{3164}\u{e0041}"),
            ("\u{378}\u{e000}\u{2028}", r"\u{378}\u{e000}\u{2028}"),
            ("\u{301}e", r"\u{301}e"),
        ];
        for (text, expected) in cases {
            assert_eq!(shown(text).to_string(), expected);
        }
        let stacked = format!("e{}", "\u{301}".repeat(6));
        assert_eq!(shown(&stacked).to_string(), format!("e{}{}", "\u{301}".repeat(4), r"\u{301}\u{301}"));
    }

    #[test]
    fn a_long_text_is_cut_between_escapes() {
        assert_eq!(shown(&"x".repeat(SHOWN)).to_string(), "x".repeat(SHOWN));
        assert_eq!(shown(&"x".repeat(SHOWN + 1)).to_string(), format!("{}…", "x".repeat(SHOWN)));
        let escapes = shown(&"\u{1b}".repeat(100)).to_string();
        assert!(escapes.ends_with(r"\u{1b}…") && escapes.chars().count() <= SHOWN + 1, "{escapes}");
    }

    #[test]
    fn names_that_can_be_published_are_whole_and_longer_ones_are_cut() {
        use crate::{EventId, EventName, Key, backend::RecordName};
        let legal = Key::new("order", &"x".repeat(500)).unwrap();
        assert_eq!(legal.to_string(), legal.as_str());
        let long = || std::sync::Arc::<str>::from("x\u{1b}".repeat(250_000));
        let cut = [
            Key::trusted(long()).to_string(),
            EventId::trusted(long()).to_string(),
            EventName::trusted(long()).to_string(),
            RecordName::trusted(long()).to_string(),
            shown_chain(&["x".repeat(500_000)]),
        ];
        for text in cut {
            assert!(text.ends_with('…') && text.chars().count() <= SHOWN_CHAIN + 1, "{}", text.len());
            assert!(!text.contains('\u{1b}'));
        }
    }

    #[test]
    fn a_width_is_that_of_what_is_shown() {
        assert_eq!(format!("{:>8}|{:<8}|", shown("\u{1b}"), shown("ab")), r"  \u{1b}|ab      |");
    }
}
