//! The reference page of a catalog: what its crate knows of its events, as Markdown for people.

use std::fmt::{self, Write as _};

use crate::{
    catalog::{EventDescriptor, Status, set::Catalog},
    event::payload::{Field, Sensitivity},
};

mod examples;
mod types;

use self::{examples::Shown, types::Types};

/// As many rows make a long table: an event that documents the same fields again refers to it.
const LONG_TABLE: usize = 8;

const FIELDS_HEAD: &str = "| field | type | required | treat as | meaning |\n|---|---|---|---|---|\n";

/// A line of an event: a label, and Markdown.
pub type Fact = (&'static str, String);

/// Writes the reference page of a catalog: Markdown that is the same for the same catalog, so that a file of it can be
/// compared with what the code says.
///
/// Examples are written as they are; a catalog must not have real secrets in them. A long object that the example of an
/// earlier event has shown is `…` in a later one, with a link to where it is.
pub fn reference_page(catalog: &Catalog) -> String {
    reference_page_with(catalog, |_| Vec::new())
}

/// The same, with further lines for each event: what the catalog's crate knows beyond descriptors, such as what its
/// platform calls the event elsewhere.
///
/// ```
/// # let catalog = stheno_core::Catalog::new("loyalty", "stheno-loyalty", "1.0.0")
/// #     .event(stheno_core::EventDescriptor::declared("points.earned", "Points were earned.", "loyalty"));
/// use stheno_core::catalog::reference::reference_page_with;
///
/// let page = reference_page_with(&catalog, |event| vec![("Topic", format!("`loyalty/{}`", event.pattern))]);
/// assert!(page.contains("- Topic: `loyalty/points.earned`"));
/// ```
pub fn reference_page_with(catalog: &Catalog, facts: impl Fn(&EventDescriptor) -> Vec<Fact>) -> String {
    let mut page = String::new();
    let writer = Writer { catalog, types: Types::of(catalog.events()), facts: &facts };
    // Writing to a String cannot fail.
    let _ = writer.write(&mut page);
    page
}

/// What every part of the page needs.
struct Writer<'a> {
    catalog: &'a Catalog,
    types: Types,
    facts: &'a dyn Fn(&EventDescriptor) -> Vec<Fact>,
}

/// The events of one section, in their order.
struct Section<'a> {
    title: &'a str,
    events: Vec<&'a EventDescriptor>,
}

/// Groups events by section, in the order in which the sections are first named.
fn sections(events: &[EventDescriptor]) -> Vec<Section<'_>> {
    let mut sections: Vec<Section<'_>> = Vec::new();
    for event in events {
        let title = if event.section.is_empty() { "Events" } else { event.section };
        match sections.iter_mut().find(|section| section.title == title) {
            Some(section) => section.events.push(event),
            None => sections.push(Section { title, events: vec![event] }),
        }
    }
    sections
}

impl Writer<'_> {
    fn write(&self, page: &mut String) -> fmt::Result {
        let (catalog, sections) = (self.catalog, sections(self.catalog.events()));
        writeln!(page, "# Events of `{}`\n", catalog.name())?;
        writeln!(
            page,
            "{} in {}, defined by the crate `{}`. This page is written from that crate: change it there.\n",
            counted(catalog.events().len(), "event"),
            counted(sections.len(), "section"),
            catalog.crate_name()
        )?;
        page.push_str(
            "The body of an event is the JSON of its table, nothing around it; a type that is a link has a table of its \
             own. A key is what order is kept by: its kind, and where its id stands (a JSON pointer into the body, \
             nothing for the body itself, `{n}` for a token of the name). A field that is not required may be absent or \
             null. Fields that are *secret* or *personal* are never shown unless revealed on purpose; examples have none \
             that is real.\n\n",
        );
        write_statuses(page, catalog.events())?;
        self.write_contents(page, &sections)?;
        let mut shown = Shown::default();
        for section in &sections {
            writeln!(page, "## {}\n", section.title)?;
            section.events.iter().try_for_each(|event| self.write_event(page, event, &mut shown))?;
        }
        self.types.write(page)
    }

    fn write_contents(&self, page: &mut String, sections: &[Section<'_>]) -> fmt::Result {
        page.push_str("## Contents\n\n");
        for Section { title, events } in sections {
            let names: Vec<String> = events.iter().map(|event| link(event)).collect();
            writeln!(page, "- [{title}](#{}): {}", heading_anchor(title), names.join(", "))?;
        }
        self.types.write_contents(page)?;
        page.push('\n');
        Ok(())
    }

    fn write_event<'e>(&self, page: &mut String, event: &'e EventDescriptor, shown: &mut Shown<'e>) -> fmt::Result {
        writeln!(page, "<a id=\"{0}\"></a>\n\n### `{0}`\n", event.pattern)?;
        if !event.description.is_empty() {
            writeln!(page, "{}\n", event.description)?;
        }
        if let Some(name) = event.rust_type.rsplit("::").next().filter(|name| !name.is_empty()) {
            writeln!(page, "- Rust type: `{name}`")?;
        }
        writeln!(page, "- Status: {}", words(event.status).0)?;
        match event.key.sources() {
            [] => page.push_str("- Key: none, so no order is kept\n"),
            [_] => writeln!(page, "- Key: `{}`", event.key)?,
            [..] => writeln!(page, "- Key: `{}`", event.key.to_string().replace(" or ", "`, else `"))?,
        }
        for (label, text) in (self.facts)(event) {
            writeln!(page, "- {label}: {text}")?;
        }
        if !event.note.is_empty() {
            writeln!(page, "- Note: {}", event.note)?;
        }
        page.push('\n');
        self.write_fields(page, event)?;
        shown.write(page, event)
    }

    fn write_fields(&self, page: &mut String, event: &EventDescriptor) -> fmt::Result {
        let mut rows = Vec::new();
        push_rows(&mut rows, &self.types, event.fields, "");
        if rows.is_empty() {
            return writeln!(page, "Its fields are not documented.\n");
        }
        let is_long = rows.len() >= LONG_TABLE;
        if let Some(other) = self.elsewhere(event).filter(|_| is_long) {
            return writeln!(page, "Its fields are those of {other}.\n");
        }
        page.push_str(FIELDS_HEAD);
        page.extend(rows);
        page.push('\n');
        Ok(())
    }

    /// Where the same fields have a table already: under the types, or at the first event that has them.
    fn elsewhere(&self, event: &EventDescriptor) -> Option<String> {
        let first = self.catalog.events().iter().find(|other| same_fields(other.fields, event.fields));
        let first = first.filter(|first| first.pattern != event.pattern);
        self.types.link_with(event.fields).or_else(|| first.map(link))
    }
}

fn counted(number: usize, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{plural}")
}

fn write_statuses(page: &mut String, events: &[EventDescriptor]) -> fmt::Result {
    page.push_str("| status | events | meaning |\n|---|---|---|\n");
    for status in [Status::Emitted, Status::DocumentedOnly, Status::LossyUpstream] {
        let count = events.iter().filter(|event| event.status == status).count();
        let (word, meaning) = words(status);
        writeln!(page, "| {word} | {count} | {meaning} |")?;
    }
    page.push('\n');
    Ok(())
}

fn words(status: Status) -> (&'static str, &'static str) {
    match status {
        Status::Emitted => ("emitted", "the platform sends it"),
        Status::DocumentedOnly => ("documented only", "no code of the platform sends it"),
        Status::LossyUpstream => ("lossy upstream", "the platform can lose it, or parts of it"),
    }
}

/// One row for each field, and after it those inside that have no type of their own: `items[].title`.
fn push_rows(rows: &mut Vec<String>, types: &Types, fields: &[Field], prefix: &str) {
    for field in fields {
        let path = format!("{prefix}{}", field.name);
        let shown = if path.is_empty() { "the whole body".to_owned() } else { format!("`{path}`") };
        let required = match (field.optional, field.sometimes) {
            (true, _) => "no",
            (false, true) => "not always sent",
            (false, false) => "yes",
        };
        let treat = match field.sensitivity {
            Sensitivity::Public => "",
            Sensitivity::Personal => "personal",
            Sensitivity::Secret => "secret",
        };
        let meaning = field.description.replace('|', "\\|");
        let (kind, linked) = (field.kind, types.link_of(field));
        let shown_kind = linked.as_ref().map_or_else(|| kind.to_string(), |linked| format!("{kind}: {linked}"));
        rows.push(format!("| {shown} | {shown_kind} | {required} | {treat} | {meaning} |\n"));
        if linked.is_none() {
            let inside = if kind.is_array() { format!("{path}[].") } else { format!("{path}.") };
            push_rows(rows, types, field.fields, &inside);
        }
    }
}

fn same_fields(left: &[Field], right: &[Field]) -> bool {
    left.len() == right.len()
        && left.iter().zip(right).all(|(a, b)| {
            (a.name, a.kind, a.optional, a.sensitivity, a.description)
                == (b.name, b.kind, b.optional, b.sensitivity, b.description)
                && same_fields(a.fields, b.fields)
        })
}

fn link(event: &EventDescriptor) -> String {
    format!("[`{0}`](#{0})", event.pattern)
}

/// The anchor that Markdown renderers give a heading.
fn heading_anchor(title: &str) -> String {
    let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Event, Extra, Payload, Secret,
        catalog::key_rule::{KeyRule, KeySource},
    };

    /// Triggered when points are earned.
    #[derive(Payload, Event)]
    #[event(
        name = "points.earned",
        key("member:/member_id", "points:/id"),
        section = "Points | Members",
        note = "Once a day."
    )]
    struct PointsEarned {
        /// ID of the points.
        #[field(example = "points_1")]
        id: String,
        /// Who | what.
        #[field(secret, example = "not-a-real-token")]
        member_id: Option<Secret<String>>,
        #[field(extra)]
        extra: Extra,
    }

    fn declared(pattern: &'static str) -> EventDescriptor {
        EventDescriptor::declared(pattern, "Something happened.", "loyalty").section("Others")
    }

    fn page(events: impl IntoIterator<Item = EventDescriptor>) -> String {
        let catalog = Catalog::new("loyalty", "stheno-loyalty", "1.0.0");
        reference_page(&events.into_iter().fold(catalog, Catalog::event))
    }

    #[test]
    fn an_event_shows_all_that_its_descriptor_knows() {
        let page = page([PointsEarned::descriptor()]);
        for expected in [
            "1 event in 1 section",
            "| emitted | 1 |",
            "- [Points | Members](#points--members): [`points.earned`](#points.earned)",
            "### `points.earned`\n\nTriggered when points are earned.\n",
            "- Rust type: `PointsEarned`",
            "- Key: `member:/member_id`, else `points:/id`",
            "- Note: Once a day.",
            "| `id` | string | yes |  | ID of the points. |",
            "| `member_id` | string | no | secret | Who \\| what. |",
            "\"member_id\": \"not-a-real-token\"",
        ] {
            assert!(page.contains(expected), "no {expected:?} in:\n{page}");
        }
    }

    #[test]
    fn fields_inside_others_have_a_path() {
        static INSIDE: [Field; 1] = [Field::new("title", crate::FieldKind::String, "")];
        static FIELDS: [Field; 2] = [
            Field::new("items", crate::FieldKind::Objects, "").optional().with_fields(&INSIDE),
            Field::new("error", crate::FieldKind::Object, "").with_fields(&INSIDE),
        ];
        let page = page([EventDescriptor { fields: &FIELDS, ..declared("a.b") }]);
        assert!(page.contains("| `items[].title` | string | yes |"));
        assert!(page.contains("| `error.title` | string | yes |"));
    }

    #[test]
    fn a_long_table_is_not_repeated_and_a_short_one_is() {
        static LONG: [Field; LONG_TABLE] = [Field::new("same", crate::FieldKind::Any, ""); LONG_TABLE];
        static SHORT: [Field; 1] = [Field::new("same", crate::FieldKind::Any, "")];
        let with = |pattern, fields| EventDescriptor { fields, ..declared(pattern) };
        let elsewhere = with("a.five", &LONG).section("Elsewhere");
        let page = page([
            with("a.one", &LONG),
            with("a.two", &LONG),
            with("a.three", &SHORT),
            with("a.four", &SHORT),
            elsewhere,
        ]);
        assert_eq!(page.matches("| `same` |").count(), LONG_TABLE + 2);
        assert!(page.contains("### `a.two`\n\nSomething happened.\n\n- Status: emitted\n- Key: none, so no order is kept\n\nIts fields are those of [`a.one`](#a.one)."));
    }

    #[test]
    fn a_type_inside_others_has_one_table_that_is_linked_to() {
        static PRICE: [Field; 1] = [Field::new("amount", crate::FieldKind::Integer, "")];
        static ITEM: [Field; 2] = [
            Field::new("title", crate::FieldKind::String, ""),
            Field::new("price", crate::FieldKind::Object, "").with_fields(&PRICE).of_type("Price"),
        ];
        static OTHER: [Field; 1] = [Field::new("sku", crate::FieldKind::String, "")];
        static ONE: [Field; 1] =
            [Field::new("items", crate::FieldKind::Objects, "").with_fields(&ITEM).of_type("Item")];
        static TWO: [Field; 2] = [
            Field::new("item", crate::FieldKind::Object, "").with_fields(&ITEM).of_type("Item"),
            Field::new("other", crate::FieldKind::Object, "").with_fields(&OTHER).of_type("Item"),
        ];
        let with = |pattern, fields| EventDescriptor { fields, ..declared(pattern) };
        let page = page([with("a.one", &ONE), with("a.two", &TWO)]);
        for expected in [
            "- [Types](#types): [`Item`](#type-Item), [`Price`](#type-Price), [`Item-2`](#type-Item-2)\n",
            "| `items` | array of objects: [`Item`](#type-Item) | yes |",
            "| `item` | object: [`Item`](#type-Item) | yes |",
            "| `other` | object: [`Item-2`](#type-Item-2) | yes |",
            "<a id=\"type-Item\"></a>\n\n### `Item`\n",
            "| `price` | object: [`Price`](#type-Price) | yes |",
        ] {
            assert!(page.contains(expected), "no {expected:?} in:\n{page}");
        }
        assert_eq!((page.matches("| `title` |").count(), page.matches("| `amount` |").count()), (1, 1));
    }

    #[test]
    fn a_long_body_that_is_a_type_refers_to_it() {
        static LONG: [Field; LONG_TABLE] = [Field::new("same", crate::FieldKind::Any, ""); LONG_TABLE];
        static INSIDE: [Field; 1] =
            [Field::new("whole", crate::FieldKind::Object, "").with_fields(&LONG).of_type("Whole")];
        let with = |pattern, fields| EventDescriptor { fields, ..declared(pattern) };
        let page = page([with("a.whole", &LONG), with("a.inside", &INSIDE)]);
        assert_eq!(page.matches("| `same` |").count(), LONG_TABLE);
        assert!(page.contains("Its fields are those of [`Whole`](#type-Whole)."));
    }

    #[test]
    fn facts_that_no_descriptor_has_stand_with_the_event() {
        let catalog = Catalog::new("loyalty", "stheno-loyalty", "1.0.0").event(PointsEarned::descriptor());
        let page = reference_page_with(&catalog, |event| vec![("Topic", format!("`{}`", event.rust_type.len()))]);
        assert!(page.contains("else `points:/id`\n- Topic: `") && page.contains("`\n- Note: Once a day.\n"));
    }

    #[test]
    fn a_section_that_comes_twice_is_one() {
        let page = page([declared("a.one"), PointsEarned::descriptor(), declared("a.two")]);
        assert_eq!(page.matches("\n## Others\n").count(), 1);
        assert!(page.contains("- [Others](#others): [`a.one`](#a.one), [`a.two`](#a.two)"));
    }

    #[test]
    fn a_declared_name_has_neither_fields_nor_an_example() {
        let rule = KeyRule::new(&[KeySource::Token { kind: "app", index: 1 }]);
        let page = page([declared("a.*").key(rule).status(Status::DocumentedOnly)]);
        assert!(page.contains("Its fields are not documented."));
        assert!(page.contains("- Key: `app:{1}`\n") && page.contains("- Status: documented only"));
        assert!(!page.contains("```json") && !page.contains("Rust type"));
    }
}
