//! On which line of the file each setting stands: errors say the line in place of the value.

use std::collections::HashMap;

use toml::de::{DeTable, DeValue};

/// The line of each setting, by its path: `plugins.mail.smtp.port`.
#[derive(Debug, Clone, Default)]
pub(super) struct Lines(HashMap<String, usize>);

impl Lines {
    /// Of a text that was parsed.
    pub(super) fn of(table: &DeTable<'_>, text: &str) -> Self {
        let mut lines = Self::default();
        lines.take_table("", table, text);
        lines
    }

    /// The line of a setting, from 1.
    pub(super) fn get(&self, path: &str) -> Option<usize> {
        self.0.get(path).copied()
    }

    fn take_table(&mut self, above: &str, table: &DeTable<'_>, text: &str) {
        for (name, value) in table {
            let path = below(above, name.get_ref());
            self.0.insert(path.clone(), line_at(text, name.span().start));
            self.take_value(&path, value.get_ref(), text);
        }
    }

    fn take_value(&mut self, path: &str, value: &DeValue<'_>, text: &str) {
        match value {
            DeValue::Table(table) => self.take_table(path, table, text),
            DeValue::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    let path = below(path, &format!("[{index}]"));
                    self.0.insert(path.clone(), line_at(text, item.span().start));
                    self.take_value(&path, item.get_ref(), text);
                }
            }
            _ => {}
        }
    }
}

/// The path of the first number that no setting can be: a whole one beyond 64 bits with a sign, another one beyond what a float holds.
pub(super) fn beyond(table: &DeTable<'_>) -> Option<String> {
    table.iter().find_map(|(name, value)| value_beyond(name.get_ref(), value.get_ref()))
}

fn value_beyond(path: &str, value: &DeValue<'_>) -> Option<String> {
    let is_beyond = match value {
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).is_err(),
        DeValue::Float(number) => {
            let read = number.as_str().parse::<f64>();
            !read.is_ok_and(|read| read.is_finite() || number.as_str().contains(['i', 'n']))
        }
        DeValue::Table(table) => return beyond(table).map(|inside| below(path, &inside)),
        DeValue::Array(items) => {
            let mut items = items.iter().enumerate();
            return items.find_map(|(index, item)| value_beyond(&below(path, &format!("[{index}]")), item.get_ref()));
        }
        _ => false,
    };
    is_beyond.then(|| path.to_owned())
}

/// The path of a setting in a table or a list.
pub(super) fn below(above: &str, name: &str) -> String {
    if above.is_empty() { name.to_owned() } else { format!("{above}.{name}") }
}

/// The line of a byte, from 1.
pub(super) fn line_at(text: &str, byte: usize) -> usize {
    text.bytes().take(byte).filter(|byte| *byte == b'\n').count() + 1
}
