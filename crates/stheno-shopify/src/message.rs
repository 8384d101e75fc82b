//! Messages: rendered from arguments by the documented templates, and parsed back where only one reading is possible.

use std::fmt;

use crate::{EventObject, UnknownVerb, Verb, markup};

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
    /// An argument is null, an object or an array, so no message says it.
    NoText {
        /// The verb.
        verb: &'static str,
        /// Which argument, counted from 0.
        index: usize,
    },
    /// The message is not of the documented template, nor of the one that documented responses have.
    OtherTemplate {
        /// The verb.
        verb: &'static str,
    },
    /// There are several readings: the words between the parameters stand in one of them too, or the text says one thing
    /// as plain text and another as HTML. [`Verb::parse_plain`] and [`Verb::parse_markup`] have no doubt of the second kind.
    Ambiguous {
        /// The verb.
        verb: &'static str,
    },
    /// The verb is not documented, so nobody knows its message.
    UnknownVerb(UnknownVerb),
}

impl fmt::Display for MessageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Arguments { verb, params, found } => {
                write!(f, "`arguments` of `{verb}` has {found} items, and its message needs {params:?}")
            }
            Self::NoText { verb, index } => {
                write!(f, "`arguments[{index}]` of `{verb}` is not a text, so no message says it")
            }
            Self::OtherTemplate { verb } => write!(f, "`message` is no message of `{verb}`"),
            Self::Ambiguous { verb } => {
                write!(f, "`message` of `{verb}` can be read in several ways; take its `arguments`")
            }
            Self::UnknownVerb(unknown) => unknown.fmt(f),
        }
    }
}

impl std::error::Error for MessageError {}

impl From<UnknownVerb> for MessageError {
    fn from(unknown: UnknownVerb) -> Self {
        Self::UnknownVerb(unknown)
    }
}

impl Verb {
    /// The documented message with these arguments, as plain text: nothing is escaped.
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

    /// What stands in the message for each of its [parameters](Verb::params), given the arguments of an event.
    ///
    /// They are the arguments themselves but for a `money_amount`, which is made of an amount and a currency. Documented
    /// responses have these after the id of a transaction, which no message says: `["389404469", "210.94", "USD"]` is
    /// `210.94 USD`. One argument is taken as it is.
    ///
    /// # Errors
    /// [`MessageError::Arguments`] when they are not those of the message.
    pub fn values(&self, arguments: &[impl AsRef<str>]) -> Result<Vec<String>, MessageError> {
        let texts: Vec<&str> = arguments.iter().map(AsRef::as_ref).collect();
        match (self.params(), texts.as_slice()) {
            (["money_amount"], [_, amount, currency]) => Ok(vec![format!("{amount} {currency}")]),
            (params, texts) if params.len() == texts.len() => Ok(texts.iter().map(|text| (*text).to_owned()).collect()),
            (params, texts) => Err(MessageError::Arguments { verb: self.name(), params, found: texts.len() }),
        }
    }

    /// The [values](Verb::values) in a text that may be plain or HTML: by the documented template, or by the one that
    /// documented responses have. There are none for a message without parameters.
    ///
    /// What [`render`](Verb::render) wrote gives the same values back, or an error, whatever is in them. So a text that says
    /// one thing as plain text and another as HTML (`Tom &amp; Co was destroyed.`) is not read. A documented response is read
    /// all the same: only Shopify writes its template, and a link into the admin in it is markup.
    ///
    /// # Errors
    /// [`MessageError`] when the message is of neither template, or when it can be read in several ways.
    ///
    /// ```
    /// use stheno_shopify::Verb;
    ///
    /// let destroyed = Verb::find("Product", "destroy").unwrap();
    /// assert_eq!(destroyed.parse("Tom & Co was destroyed.").unwrap(), ["Tom & Co"]);
    /// let text = "Tom &amp; Co was destroyed.";
    /// assert!(destroyed.parse(text).is_err());
    /// assert_eq!(destroyed.parse_plain(text).unwrap(), ["Tom &amp; Co"]);
    /// assert_eq!(destroyed.parse_markup(text).unwrap(), ["Tom & Co"]);
    /// ```
    pub fn parse(&self, message: &str) -> Result<Vec<String>, MessageError> {
        let shown = markup::shown(message);
        let as_markup = self.read_by(self.template(), &shown).or(self.read_by_seen(&shown));
        let as_plain = match markup::has_admin_link(message) {
            true => self.read_by(self.template(), message),
            false => self.read_by(self.template(), message).or(self.read_by_seen(message)),
        };
        self.only(as_plain.or(as_markup))
    }

    /// The same of a plain text, such as `description` and what [`render`](Verb::render) writes: `<` and `&` are characters
    /// as any other.
    ///
    /// # Errors
    /// As [`parse`](Verb::parse).
    pub fn parse_plain(&self, text: &str) -> Result<Vec<String>, MessageError> {
        self.only(self.read_by(self.template(), text).or(self.read_by_seen(text)))
    }

    /// The same of HTML, which the `message` of an event object is: links (`<a href="..">`) are taken away, and `&amp;` is
    /// read as `&`.
    ///
    /// # Errors
    /// As [`parse`](Verb::parse).
    pub fn parse_markup(&self, html: &str) -> Result<Vec<String>, MessageError> {
        self.parse_plain(&markup::shown(html))
    }

    fn read_by(&self, template: &str, text: &str) -> Reading {
        read(&pieces(template, self.params()), text)
    }

    fn read_by_seen(&self, text: &str) -> Reading {
        self.seen_template().map_or(Reading::None, |template| self.read_by(template, text))
    }

    fn only(&self, reading: Reading) -> Result<Vec<String>, MessageError> {
        match reading {
            Reading::None => Err(MessageError::OtherTemplate { verb: self.name() }),
            Reading::One(values) => Ok(values),
            Reading::Several => Err(MessageError::Ambiguous { verb: self.name() }),
        }
    }
}

impl EventObject {
    /// The documented message of this event, rendered from its arguments. The message it came with is
    /// [`EventObject::message`].
    ///
    /// # Errors
    /// [`MessageError::Arguments`] when its arguments are not those of the message, [`MessageError::NoText`] when one of them is not
    /// a text, [`MessageError::UnknownVerb`] when the documentation does not have its verb.
    pub fn rendered(&self) -> Result<String, MessageError> {
        let verb = self.documented_verb()?;
        match self.arguments.without_text() {
            Some(index) if !verb.params().is_empty() => Err(MessageError::NoText { verb: verb.name(), index }),
            _ => verb.render(self.arguments.as_slice()),
        }
    }

    /// The [values](Verb::values) in the message it came with, read as the HTML that it is.
    ///
    /// # Errors
    /// As [`Verb::parse_markup`], and [`MessageError::UnknownVerb`].
    pub fn parsed(&self) -> Result<Vec<String>, MessageError> {
        self.documented_verb()?.parse_markup(&self.message)
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
}
