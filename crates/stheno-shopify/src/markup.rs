//! The little HTML of messages: links, and characters that HTML writes otherwise.

/// The characters that HTML writes otherwise, and how.
const ENTITIES: [(&str, char); 5] = [("&amp;", '&'), ("&lt;", '<'), ("&gt;", '>'), ("&quot;", '"'), ("&#39;", '\'')];

/// How a link begins in documented responses.
const ADMIN_LINK: &str = "<a href=\"/admin/";

/// A text as HTML.
pub(crate) fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for character in text.chars() {
        match ENTITIES.iter().find(|(_, known)| *known == character) {
            // Only in single quotes it would mean something.
            Some((entity, known)) if *known != '\'' => html.push_str(entity),
            _ => html.push(character),
        }
    }
    html
}

/// What is shown of HTML: without its links, and with the characters that it writes otherwise.
///
/// Only links are documented, so any other `<` is a character of a name.
pub(crate) fn shown(html: &str) -> String {
    let mut shown = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find(['<', '&']) {
        let (before, special) = rest.split_at(at);
        shown.push_str(before);
        let (character, after) = special_character(special);
        shown.extend(character);
        rest = after;
    }
    shown.push_str(rest);
    shown
}

/// Whether a link leads into the admin, as those of documented responses do.
pub(crate) fn has_admin_link(html: &str) -> bool {
    html.contains(ADMIN_LINK) && html.contains("</a>")
}

/// What is shown of the `<` or `&` that a text begins with, and what comes after it.
fn special_character(special: &str) -> (Option<char>, &str) {
    if let Some(after) = after_tag(special) {
        return (None, after);
    }
    let entity = ENTITIES.iter().find_map(|(entity, character)| Some((*character, special.strip_prefix(entity)?)));
    if let Some((character, after)) = entity {
        return (Some(character), after);
    }
    let mut characters = special.chars();
    (characters.next(), characters.as_str())
}

/// What comes after the tag of a link, if the text begins with one. There is no `<` in a tag, not in its quotes either:
/// it would be written otherwise there.
fn after_tag(text: &str) -> Option<&str> {
    if let Some(after) = text.strip_prefix("</a>") {
        return Some(after);
    }
    let attributes = text.strip_prefix("<a").filter(|rest| rest.starts_with(|c: char| c.is_ascii_whitespace()))?;
    let mut quote = None;
    for (at, character) in attributes.char_indices() {
        match (quote, character) {
            (_, '<') => return None,
            (None, '>') => return attributes.get(at + 1..),
            (None, '"' | '\'') => quote = Some(character),
            (Some(open), close) if open == close => quote = None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn links_are_taken_away_and_nothing_else() {
        assert_eq!(shown(r#"a <a href="/x">Tom &amp; Co</a>."#), "a Tom & Co.");
        assert_eq!(shown("1 < 2 > <b>"), "1 < 2 > <b>");
        assert_eq!(shown(r#"<a title="1 > 2" href='"'>x</a>"#), "x");
        for kept in ["<a href", "<a href=\"x>y", "<article>", "<a>", "&nbsp;", "&", "<"] {
            assert_eq!(shown(kept), kept);
        }
    }

    #[test]
    fn an_entity_is_read_once() {
        assert_eq!(shown("&amp;lt; &lt;b&gt; &quot;&#39;"), "&lt; <b> \"'");
        // What is written otherwise begins no link.
        assert_eq!(shown("&lt;a href=\"/x\">y"), "<a href=\"/x\">y");
    }

    proptest! {
        #[test]
        fn what_is_escaped_is_shown_as_it_was(text in "(<a |</a>|>|<|&|amp;|lt;|\"|'|#39;|\\PC){0,12}") {
            prop_assert_eq!(shown(&escaped(&text)), text);
        }
    }
}
