//! Messages: rendered from arguments by the documented templates, and parsed back where only one reading is possible.

use std::fmt;

use crate::{EventObject, Verb};

/// Why a message cannot be rendered or parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum MessageError {
    /// There are other arguments than the message has parameters.
    Arguments {
        /// The verb.
        verb: &'static str,
        /// The parameters of its message.
        params: &'static [&'static str],
        /// How many arguments there are.
        found: usize,
    },
    /// The message is not of the documented template, nor of the one that documented responses have.
    OtherTemplate {
        /// The verb.
        verb: &'static str,
    },
    /// The words between the parameters stand in one of them too: there are several readings.
    Ambiguous {
        /// The verb.
        verb: &'static str,
    },
}

impl fmt::Display for MessageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Arguments { verb, params, found } => {
                write!(f, "`arguments` of `{verb}` has {found} items, and its message needs {params:?}")
            }
            Self::OtherTemplate { verb } => write!(f, "`message` is no message of `{verb}`"),
            Self::Ambiguous { verb } => write!(f, "`message` of `{verb}` can be read in several ways"),
        }
    }
}

impl std::error::Error for MessageError {}

impl Verb {
    /// The documented message with these arguments, as plain text.
    ///
    /// A `money_amount` is rendered of an amount and a currency, which documented responses have after the id of a
    /// transaction: `["389404469", "210.94", "USD"]` is `210.94 USD`. One argument is taken as it is.
    ///
    /// # Errors
    /// [`MessageError::Arguments`] when they are not those of the message.
    ///
    /// ```
    /// use stheno_shopify::Verb;
    ///
    /// let refunded = Verb::find("Order", "refund_success").unwrap();
    /// assert_eq!(refunded.render(&["389404469", "210.94", "USD"]).unwrap(), "We successfully refunded 210.94 USD.");
    /// assert_eq!(refunded.parse("We successfully refunded 210.94 USD.").unwrap(), ["210.94 USD"]);
    /// ```
    pub fn render(&self, arguments: &[impl AsRef<str>]) -> Result<String, MessageError> {
        let values = self.values(arguments)?;
        let mut values = values.iter();
        let mut message = String::new();
        for piece in pieces(self.template(), self.params()) {
            match piece {
                Piece::Words(words) => message.push_str(words),
                // There are as many values as parameters.
                Piece::Param => message.push_str(values.next().map_or("", String::as_str)),
            }
        }
        Ok(message)
    }

    /// The values of the parameters in a message: of the documented template, or of the one that documented responses have.
    /// Markup (`<a href="..">`) is taken away first. There are none for a message without parameters.
    ///
    /// # Errors
    /// [`MessageError`] when the message is of neither, or when it can be read in several ways.
    pub fn parse(&self, message: &str) -> Result<Vec<String>, MessageError> {
        let plain = plain_text(message);
        let templates = [Some(self.template()), self.seen_template()].into_iter().flatten();
        let reading = templates.map(|template| read(&pieces(template, self.params()), &plain));
        match reading.fold(Reading::None, Reading::or) {
            Reading::None => Err(MessageError::OtherTemplate { verb: self.name() }),
            Reading::One(values) => Ok(values),
            Reading::Several => Err(MessageError::Ambiguous { verb: self.name() }),
        }
    }

    /// The values of the parameters, in their order.
    fn values(&self, arguments: &[impl AsRef<str>]) -> Result<Vec<String>, MessageError> {
        let texts: Vec<&str> = arguments.iter().map(AsRef::as_ref).collect();
        match (self.params(), texts.as_slice()) {
            (["money_amount"], [_, amount, currency]) => Ok(vec![format!("{amount} {currency}")]),
            (params, texts) if params.len() == texts.len() => Ok(texts.iter().map(|text| (*text).to_owned()).collect()),
            (params, texts) => Err(MessageError::Arguments { verb: self.name(), params, found: texts.len() }),
        }
    }
}

impl EventObject {
    /// The documented message of this event, rendered from its arguments. The message it came with is
    /// [`EventObject::message`].
    ///
    /// # Errors
    /// [`MessageError::Arguments`] when its arguments are not those of the message; also for a verb that is not documented,
    /// whose message nobody knows.
    pub fn rendered(&self) -> Result<String, MessageError> {
        match self.documented_verb() {
            Ok(verb) => verb.render(self.arguments.as_slice()),
            Err(_) => Err(MessageError::OtherTemplate { verb: "an undocumented verb" }),
        }
    }
}

/// A part of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece<'a> {
    Words(&'a str),
    Param,
}

/// A template in pieces; each parameter stands in it once, in order.
fn pieces<'a>(template: &'a str, params: &[&str]) -> Vec<Piece<'a>> {
    let mut pieces = Vec::with_capacity(2 * params.len() + 1);
    let mut rest = template;
    for param in params {
        let Some((before, after)) = rest.split_once(param) else { continue };
        pieces.extend([Piece::Words(before), Piece::Param]);
        rest = after;
    }
    pieces.push(Piece::Words(rest));
    pieces
}

/// How a message can be read.
#[derive(Debug, PartialEq, Eq)]
enum Reading {
    None,
    One(Vec<String>),
    Several,
}

impl Reading {
    /// Both ways of reading it together: one only where the other gives nothing, or the same.
    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Reading::None, reading) | (reading, Reading::None) => reading,
            (one, other) if one == other => one,
            _ => Reading::Several,
        }
    }
}

/// Reads a message by a template: words, then a parameter and words, and so on to the end.
fn read(pieces: &[Piece<'_>], message: &str) -> Reading {
    let (first, last, between) = match pieces {
        [Piece::Words(only)] => return if *only == message { Reading::One(Vec::new()) } else { Reading::None },
        [Piece::Words(first), .., Piece::Words(last)] => (*first, *last, &pieces[2..pieces.len() - 1]),
        _ => return Reading::None,
    };
    let inside = message.strip_prefix(first).and_then(|rest| rest.strip_suffix(last));
    let Some(inside) = inside else { return Reading::None };
    // No template has more than two parameters, so there are words in one place at most.
    match between {
        [] => Reading::One(vec![inside.to_owned()]),
        [Piece::Words(words), Piece::Param] => splits(inside, words).take(2).fold(Reading::None, Reading::or),
        _ => Reading::Several,
    }
}

/// The ways to part a text at these words, also where two places of them overlap: `by by by` has ` by ` twice.
fn splits<'a>(text: &'a str, words: &'a str) -> impl Iterator<Item = Reading> + 'a {
    let parted = move |(at, _): (usize, char)| {
        let (before, after) = text.split_at(at);
        after.strip_prefix(words).map(|after| Reading::One(vec![before.to_owned(), after.to_owned()]))
    };
    text.char_indices().filter_map(parted)
}

/// A message without its markup, and with the characters that markup writes otherwise.
fn plain_text(message: &str) -> String {
    let mut plain = String::with_capacity(message.len());
    let mut rest = message;
    while let Some((before, tag)) = rest.split_once('<') {
        plain.push_str(before);
        // Only links are documented; any other `<` is a character of a name.
        let is_link = tag.starts_with("a ") || tag.starts_with("/a>");
        match tag.split_once('>').filter(|_| is_link) {
            Some((_, after)) => rest = after,
            None => {
                plain.push('<');
                rest = tag;
            }
        }
    }
    plain.push_str(rest);
    for (entity, character) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")] {
        plain = plain.replace(entity, character);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_stands_in_its_template_once_and_in_order() {
        for verb in Verb::all() {
            let found = pieces(verb.template(), verb.params()).iter().filter(|piece| **piece == Piece::Param).count();
            assert_eq!(found, verb.params().len(), "{verb}");
            assert!(found <= 2, "{verb} has more parameters than `read` can tell apart");
        }
    }

    #[test]
    fn markup_is_taken_away_and_nothing_else() {
        assert_eq!(plain_text(r#"a <a href="/x">Tom &amp; Co</a>."#), "a Tom & Co.");
        assert_eq!(plain_text("1 < 2 > <b>"), "1 < 2 > <b>");
        assert_eq!(plain_text("<a href"), "<a href");
    }
}
