//! What is set, from the file and from variables, as one tree; and where each part of it was set.

use std::{cell::RefCell, collections::BTreeMap, fmt, rc::Rc};

use serde::Deserialize;
use toml::{Spanned, Table, Value};

use crate::{
    plugin::config::lines::{Lines, below},
    shown::shown,
};

/// A value, a list or a table, and where it was set.
#[derive(Debug, Clone)]
pub(super) struct Setting {
    pub(super) place: Place,
    pub(super) what: What,
    pub(super) guesses: Rc<Guesses>,
}

#[derive(Debug, Clone)]
pub(super) enum What {
    /// A value of the file, or a text in quotes.
    Value(Value),
    /// The text of a variable, or a part of it: the type of the field says what it means.
    Text(String),
    /// The name of a field.
    Key(String),
    List(Vec<Setting>),
    Table(BTreeMap<String, Setting>),
}

/// Where something was set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// The field, `smtp.port`.
    pub(super) path: String,
    /// The variable, if it was one.
    pub(super) variable: Option<String>,
    /// The line of the file, if it was the file.
    pub(super) line: Option<usize>,
}

impl Place {
    fn below(&self, name: &str) -> Self {
        Self { path: below(&self.path, name), variable: self.variable.clone(), line: None }
    }
}

/// A table of the file, and on which lines it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct FromFile<'a> {
    pub(super) table: &'a Table,
    pub(super) lines: &'a Lines,
    /// The path of the table in the file.
    pub(super) path: &'a str,
}

/// Texts of variables that were read as something else because the type did not say what it wants, as behind
/// `#[serde(flatten)]`; and those that are to be read as text.
#[derive(Debug, Default)]
pub(super) struct Guesses {
    pub(super) made: RefCell<Vec<String>>,
    pub(super) texts: Vec<String>,
}

impl Guesses {
    /// Whether this field may be taken for something other than text. It is remembered.
    fn may_guess(&self, path: &str) -> bool {
        let mut made = self.made.borrow_mut();
        if !made.iter().any(|known| known == path) {
            made.push(path.to_owned());
        }
        !self.texts.iter().any(|text| text == path)
    }
}

/// Two settings of one field, of which one would be lost.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum SetTwice {
    /// Two variables.
    Variables(String, String),
    /// A variable sets a field inside a value of the file.
    Inside { variable: String, value: Place },
    /// A variable sets the whole of a table of the file.
    Whole { variable: String, table: Place },
}

impl fmt::Display for SetTwice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stands = |place: &Place| match place.line {
            Some(line) => format!("`{}` (line {line})", shown(&place.path)),
            None => format!("`{}`", shown(&place.path)),
        };
        match self {
            Self::Variables(first, second) => {
                write!(f, "{} and {} set the same field; remove one of them", shown(first), shown(second))
            }
            Self::Inside { variable, value } => write!(
                f,
                "{} is a value in the file, and {} sets a field inside it; remove one of them, or make it a table",
                stands(value),
                shown(variable)
            ),
            Self::Whole { variable, table } => write!(
                f,
                "{} is a table in the file, and {} sets the whole of it; set its fields one by one, with `__` and the field \
                 after the name of the variable, or remove one of them",
                stands(table),
                shown(variable)
            ),
        }
    }
}

impl Setting {
    /// A table of the file, changed by variables, each with the path of its field.
    pub(super) fn layered(
        file: FromFile<'_>,
        variables: &[(&str, Vec<String>, &str)],
        guesses: &Rc<Guesses>,
    ) -> Result<Self, SetTwice> {
        let mut root = Self::of_value(Place::default(), &Value::Table(file.table.clone()), guesses);
        root.stand(file);
        for (index, (variable, path, text)) in variables.iter().enumerate() {
            let clash =
                |earlier: &&(&str, Vec<String>, &str)| path.starts_with(&earlier.1) || earlier.1.starts_with(path);
            if let Some((earlier, ..)) = variables[..index].iter().find(clash) {
                return Err(SetTwice::Variables((*earlier).to_owned(), (*variable).to_owned()));
            }
            root.make_room(path, variable)?;
            root.set(path, variable, text);
        }
        Ok(root)
    }

    fn of_value(place: Place, value: &Value, guesses: &Rc<Guesses>) -> Self {
        let what = match value {
            Value::Array(items) => {
                let item = |(index, item)| Self::of_value(place.below(&format!("[{index}]")), item, guesses);
                What::List(items.iter().enumerate().map(item).collect())
            }
            Value::Table(table) => {
                let entry = |(name, value): (&String, &Value)| {
                    (name.clone(), Self::of_value(place.below(name), value, guesses))
                };
                What::Table(table.iter().map(entry).collect())
            }
            scalar => What::Value(scalar.clone()),
        };
        Self { place, what, guesses: Rc::clone(guesses) }
    }

    /// Says of each setting of the file on which line it stands.
    fn stand(&mut self, file: FromFile<'_>) {
        self.place.line = file.lines.get(&below(file.path, &self.place.path));
        match &mut self.what {
            What::List(items) => items.iter_mut().for_each(|item| item.stand(file)),
            What::Table(entries) => entries.values_mut().for_each(|entry| entry.stand(file)),
            _ => {}
        }
    }

    /// Refuses a variable that would hide more than the one value it sets.
    fn make_room(&self, path: &[String], variable: &str) -> Result<(), SetTwice> {
        let place = || self.place.clone();
        match (path.split_first(), &self.what) {
            // What an earlier variable has set was compared with this one already.
            _ if self.place.variable.is_some() => Ok(()),
            (Some((first, rest)), What::Table(entries)) => match entries.get(first) {
                Some(entry) => entry.make_room(rest, variable),
                None => Ok(()),
            },
            (Some(_), _) => Err(SetTwice::Inside { variable: variable.to_owned(), value: place() }),
            (None, What::Table(entries)) if !entries.is_empty() => {
                Err(SetTwice::Whole { variable: variable.to_owned(), table: place() })
            }
            (None, _) => Ok(()),
        }
    }

    fn set(&mut self, path: &[String], variable: &str, text: &str) {
        let Some((first, rest)) = path.split_first() else {
            self.place.variable = Some(variable.to_owned());
            self.place.line = None;
            self.what = What::Text(text.to_owned());
            return;
        };
        if let What::Table(table) = &mut self.what {
            let (place, guesses) = (self.place.below(first), Rc::clone(&self.guesses));
            let empty = || Self { place, what: What::Table(BTreeMap::new()), guesses };
            table.entry(first.clone()).or_insert_with(empty).set(rest, variable, text);
        }
    }

    /// What the text of a variable means where the type does not say what it wants.
    pub(super) fn guessed(&self, text: &str) -> What {
        let guess = match text {
            "true" => What::Value(Value::Boolean(true)),
            "false" => What::Value(Value::Boolean(false)),
            _ if begins_with_digit(text) => match (text.parse::<i64>(), text.parse::<f64>()) {
                // One that would be written otherwise, `007`, may well be a text.
                (Ok(number), _) if number.to_string() == text => What::Value(Value::Integer(number)),
                (Err(_), Ok(number)) => What::Value(Value::Float(number)),
                _ => return What::Value(Value::String(text.to_owned())),
            },
            _ => match self.compound(text) {
                Some(compound) => compound,
                None => return What::Value(Value::String(text.to_owned())),
            },
        };
        match self.guesses.may_guess(&self.place.path) {
            true => guess,
            false => What::Value(Value::String(text.to_owned())),
        }
    }

    /// The list or table that a text of TOML writes, `["a", 7]` or `{ port = 25 }`; what is not in quotes is read by what its
    /// field wants.
    pub(super) fn compound(&self, text: &str) -> Option<What> {
        #[derive(Deserialize)]
        struct List {
            v: Vec<Spanned<Value>>,
        }
        #[derive(Deserialize)]
        struct Map {
            v: BTreeMap<String, Spanned<Value>>,
        }
        let text = text.trim();
        let document = format!("v = {text}");
        let part = |name: &str, part: Spanned<Value>| {
            let place = self.place.below(name);
            let mut setting = Self { place, what: What::Text(String::new()), guesses: Rc::clone(&self.guesses) };
            let source = document.get(part.span()).unwrap_or_default();
            setting.what = match part.into_inner() {
                Value::String(quoted) => What::Value(Value::String(quoted)),
                Value::Array(_) | Value::Table(_) => setting.compound(source)?,
                _ => What::Text(source.to_owned()),
            };
            Some(setting)
        };
        if text.starts_with('[') && text.ends_with(']') {
            let items = toml::from_str::<List>(&document).ok()?.v.into_iter().enumerate();
            return items.map(|(index, item)| part(&format!("[{index}]"), item)).collect::<Option<_>>().map(What::List);
        }
        if text.starts_with('{') && text.ends_with('}') {
            let entries = toml::from_str::<Map>(&document).ok()?.v.into_iter();
            return entries
                .map(|(name, value)| Some((name.clone(), part(&name, value)?)))
                .collect::<Option<_>>()
                .map(What::Table);
        }
        None
    }
}

fn begins_with_digit(text: &str) -> bool {
    text.strip_prefix('-').unwrap_or(text).starts_with(|first: char| first.is_ascii_digit())
}
