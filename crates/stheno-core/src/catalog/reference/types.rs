//! The types of what stands inside a body: each is written once, and linked to.

use std::fmt::{self, Write as _};

use crate::{
    catalog::{
        EventDescriptor,
        reference::{FIELDS_HEAD, push_rows, same_fields},
    },
    event::payload::Field,
};

/// A Rust type whose fields stand inside others.
struct Type {
    name: &'static str,
    /// 2 for the second type of this name that has other fields.
    number: usize,
    fields: &'static [Field],
}

impl Type {
    fn title(&self) -> String {
        match self.number {
            1 => self.name.to_owned(),
            number => format!("{}-{number}", self.name),
        }
    }

    fn link(&self) -> String {
        let title = self.title();
        format!("[`{title}`](#type-{title})")
    }
}

/// All of them, in the order in which the events have them.
pub(super) struct Types(Vec<Type>);

impl Types {
    pub(super) fn of(events: &[EventDescriptor]) -> Self {
        let mut types = Self(Vec::new());
        events.iter().for_each(|event| types.collect(event.fields));
        types
    }

    fn collect(&mut self, fields: &'static [Field]) {
        for field in fields {
            if !field.rust_type.is_empty() && !field.fields.is_empty() && self.find(field).is_none() {
                let number = 1 + self.0.iter().filter(|known| known.name == field.rust_type).count();
                self.0.push(Type { name: field.rust_type, number, fields: field.fields });
            }
            self.collect(field.fields);
        }
    }

    fn find(&self, field: &Field) -> Option<&Type> {
        self.0.iter().find(|known| known.name == field.rust_type && same_fields(known.fields, field.fields))
    }

    /// A link to the type of what stands in a field.
    pub(super) fn link_of(&self, field: &Field) -> Option<String> {
        self.find(field).map(Type::link)
    }

    /// A link to a type that has these fields.
    pub(super) fn link_with(&self, fields: &[Field]) -> Option<String> {
        self.0.iter().find(|known| same_fields(known.fields, fields)).map(Type::link)
    }

    /// Their line of the contents, if there are any.
    pub(super) fn write_contents(&self, page: &mut String) -> fmt::Result {
        let links: Vec<String> = self.0.iter().map(Type::link).collect();
        if links.is_empty() {
            return Ok(());
        }
        writeln!(page, "- [Types](#types): {}", links.join(", "))
    }

    /// Their tables, if there are any.
    pub(super) fn write(&self, page: &mut String) -> fmt::Result {
        if self.0.is_empty() {
            return Ok(());
        }
        page.push_str("## Types\n\nObjects that stand in the bodies above.\n\n");
        for known in &self.0 {
            writeln!(page, "<a id=\"type-{0}\"></a>\n\n### `{0}`\n", known.title())?;
            page.push_str(FIELDS_HEAD);
            let mut rows = Vec::new();
            push_rows(&mut rows, self, known.fields, "");
            page.extend(rows);
            page.push('\n');
        }
        Ok(())
    }
}
