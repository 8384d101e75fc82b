//! A mail as blocks, written as text and as HTML. This is the one place where text becomes HTML.

use std::fmt::{Result, Write as _};

use crate::words::Words;

/// How wide the first column of a table is in text; a longer title goes on in the next line.
const TITLE: usize = 44;
/// How wide the column of amounts is in text.
const AMOUNT: usize = 17;
/// What a narrow screen does otherwise. Mail readers that know no such rules show the wide mail.
const NARROW: &str = "@media(max-width:480px){body{padding:12px 8px!important}.card{padding:28px 20px!important}}";

/// A part of a mail. All of it is text, whatever is in it.
pub(crate) enum Block {
    Paragraph(String),
    /// Something to press: what it says, and where it leads.
    Link(String, String),
    /// Lines of an order.
    Lines(Vec<Line>),
    /// Sums: what, and how much. The last is the total.
    Totals(Vec<(String, String)>),
    /// A small heading, and lines under it.
    Note(String, Vec<String>),
    /// A small heading, and links under it: what each says, and where it leads.
    Links(String, Vec<(String, String)>),
}

/// A line of an order.
pub(crate) struct Line {
    pub(crate) title: String,
    /// For how much, where that is said.
    pub(crate) amount: Option<String>,
    pub(crate) image: Option<Image>,
}

/// An image, which only HTML shows.
pub(crate) struct Image {
    pub(crate) address: String,
    /// What it shows, for whoever does not see it.
    pub(crate) alt: String,
}

/// A whole mail.
pub(crate) struct Page<'a> {
    pub(crate) words: &'a Words,
    pub(crate) title: String,
    pub(crate) blocks: Vec<Block>,
    /// Who sends it, and where they are.
    pub(crate) site: (&'a str, &'a str),
    /// Address of the sender's logo.
    pub(crate) logo: Option<&'a str>,
}

impl Page<'_> {
    /// The mail as text.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("{}\n", one_line(&self.title));
        for block in &self.blocks {
            text.push('\n');
            // Writing to a String cannot fail.
            let _ = write_text(&mut text, self.words, block);
        }
        let (name, domain) = self.site;
        let _ = write!(text, "\n-- \n{}\n{}\n", one_line(name), one_line(domain));
        text
    }

    /// The mail as HTML: tables and styles in place, because mail readers know little else.
    pub(crate) fn html(&self) -> String {
        let title = escaped(&one_line(&self.title));
        let (name, domain) = self.site;
        let mut html = format!(
            "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n<style>{NARROW}</style>\n</head>\n\
             <body style=\"margin:0;padding:32px 12px;background:#f2f1ee;color:#23211d;font:16px/1.5 -apple-system,'Segoe UI',Helvetica,Arial,sans-serif\">\n\
             <table role=\"presentation\" align=\"center\" width=\"560\" cellpadding=\"0\" cellspacing=\"0\" style=\"max-width:560px;width:100%;background:#fff;border-radius:12px\">\n\
             <tr><td class=\"card\" style=\"padding:36px 40px;overflow-wrap:anywhere\">\n<p style=\"margin:0 0 28px;font-size:14px;letter-spacing:.06em;color:#6b675e\">{}</p>\n\
             <h1 style=\"margin:0 0 16px;font-size:26px;line-height:1.25;font-weight:600\">{title}</h1>\n",
            self.words.language,
            self.head(),
        );
        for block in &self.blocks {
            // Writing to a String cannot fail.
            let _ = write_html(&mut html, block);
        }
        let _ = write!(
            html,
            "</td></tr>\n</table>\n<p style=\"margin:20px 0 0;text-align:center;font-size:13px;color:#6b675e\">{} · {}</p>\n</body>\n</html>\n",
            escaped(&one_line(name)),
            escaped(&one_line(domain)),
        );
        html
    }

    /// The sender's logo, or else their name.
    fn head(&self) -> String {
        let name = escaped(&one_line(self.site.0));
        match self.logo.filter(|address| is_web(address)) {
            Some(logo) => format!(
                "<img src=\"{}\" alt=\"{name}\" height=\"40\" style=\"display:block;height:40px;max-width:100%;border:0\">",
                escaped(logo)
            ),
            None => name,
        }
    }
}

fn write_text(text: &mut String, words: &Words, block: &Block) -> Result {
    let heading = |title: &str| format!("{}{}", one_line(title), words.colon);
    match block {
        Block::Paragraph(paragraph) => writeln!(text, "{}", one_line(paragraph)),
        Block::Link(says, leads) => writeln!(text, "{}\n  {}", heading(says), one_line(leads)),
        Block::Lines(lines) => lines.iter().try_for_each(|line| match &line.amount {
            Some(amount) => write_row(text, &line.title, amount),
            None => writeln!(text, "  {}", one_line(&line.title)),
        }),
        Block::Totals(rows) => rows.iter().try_for_each(|(title, amount)| write_row(text, title, amount)),
        Block::Note(title, lines) => {
            writeln!(text, "{}", heading(title))?;
            lines.iter().try_for_each(|line| writeln!(text, "  {}", one_line(line)))
        }
        Block::Links(title, links) => {
            writeln!(text, "{}", heading(title))?;
            let lines = links.iter().flat_map(|(says, leads)| [("  ", one_line(says)), ("    ", one_line(leads))]);
            lines.filter(|(_, line)| !line.is_empty()).try_for_each(|(indent, line)| writeln!(text, "{indent}{line}"))
        }
    }
}

/// A title, over as many lines as it takes, and the amount beside the last.
fn write_row(text: &mut String, title: &str, amount: &str) -> Result {
    let title = one_line(title);
    let mut line = String::new();
    for word in title.split(' ') {
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > TITLE {
            writeln!(text, "  {line}")?;
            line = "   ".to_owned();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    writeln!(text, "  {line:<TITLE$} {:>AMOUNT$}", one_line(amount))
}

fn write_html(html: &mut String, block: &Block) -> Result {
    match block {
        Block::Paragraph(text) => writeln!(html, "<p style=\"margin:0 0 20px\">{}</p>", escaped(text)),
        Block::Link(says, leads) if is_web(leads) => writeln!(
            html,
            "<p style=\"margin:0 0 24px\"><a href=\"{}\" style=\"display:inline-block;padding:12px 22px;border-radius:8px;background:#23211d;color:#fff;text-decoration:none;font-weight:600\">{}</a></p>",
            escaped(leads),
            escaped(says)
        ),
        Block::Link(says, leads) => {
            writeln!(html, "<p style=\"margin:0 0 20px\">{}: {}</p>", escaped(says), escaped(leads))
        }
        Block::Lines(lines) => {
            let has_images = lines.iter().any(|line| line.image.is_some());
            writeln!(html, "{TABLE}")?;
            lines.iter().try_for_each(|line| write_line(html, line, has_images))?;
            writeln!(html, "</table>")
        }
        Block::Totals(rows) => {
            writeln!(html, "{TABLE}")?;
            for (index, (title, amount)) in rows.iter().enumerate() {
                let style = if index + 1 == rows.len() {
                    "padding:8px 0;font-weight:600;font-size:18px"
                } else {
                    "padding:2px 0;color:#5b574e"
                };
                writeln!(
                    html,
                    "<tr><td style=\"{style}\">{}</td><td align=\"right\" style=\"{style};white-space:nowrap\">{}</td></tr>",
                    escaped(title),
                    escaped(amount)
                )?;
            }
            writeln!(html, "</table>")
        }
        Block::Note(title, lines) => {
            let lines: Vec<String> = lines.iter().map(|line| linked(line, line)).collect();
            write_note(html, title, &lines)
        }
        Block::Links(title, links) => {
            let links: Vec<String> = links.iter().map(|(says, leads)| linked(says, leads)).collect();
            write_note(html, title, &links)
        }
    }
}

const TABLE: &str =
    "<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" style=\"margin:0 0 20px\">";

/// A line of an order; in a table that has images, with a place for its own.
fn write_line(html: &mut String, line: &Line, has_images: bool) -> Result {
    const BORDER: &str = "border-bottom:1px solid #eceae5";
    write!(html, "<tr>")?;
    if has_images {
        write!(html, "<td width=\"60\" style=\"padding:10px 14px 10px 0;{BORDER}\">")?;
        if let Some(Image { address, alt }) = line.image.as_ref().filter(|image| is_web(&image.address)) {
            write!(
                html,
                "<img src=\"{}\" alt=\"{}\" width=\"60\" height=\"60\" style=\"display:block;border:0;border-radius:6px;object-fit:contain;font-size:11px;line-height:1.2\">",
                escaped(address),
                escaped(alt)
            )?;
        }
        write!(html, "</td>")?;
    }
    write!(html, "<td style=\"padding:10px 0;{BORDER}\">{}</td>", escaped(&line.title))?;
    if let Some(amount) = &line.amount {
        write!(
            html,
            "<td align=\"right\" style=\"padding:10px 0 10px 12px;{BORDER};white-space:nowrap\">{}</td>",
            escaped(amount)
        )?;
    }
    writeln!(html, "</tr>")
}

fn write_note(html: &mut String, title: &str, lines: &[String]) -> Result {
    writeln!(
        html,
        "<p style=\"margin:0 0 20px;font-size:14px\"><strong>{}</strong><br>{}</p>",
        escaped(title),
        lines.join("<br>")
    )
}

/// A text as a link, if it leads to an address in the web; else both are text.
fn linked(says: &str, leads: &str) -> String {
    if is_web(leads) {
        return format!("<a href=\"{}\" style=\"color:#23211d\">{}</a>", escaped(leads), escaped(says));
    }
    let leads = if leads == says { "" } else { leads };
    [says, leads].map(escaped).join(" ").trim_end().to_owned()
}

/// Whether an address may become a link or an image: one that begins with `javascript:` may not.
pub(crate) fn is_web(address: &str) -> bool {
    let starts = |scheme: &str| address.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    let is_odd = |c: char| c.is_control() || c.is_whitespace() || turns(c);
    (starts("https://") || starts("http://")) && !address.contains(is_odd)
}

/// Whether a character turns the direction of what follows, so that a mail reads otherwise than it is written. Letters that
/// run from right to left do so among themselves, and need none of these.
fn turns(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether a character begins a new line, or is none that can be seen.
fn breaks(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// A text as HTML, within an element or an attribute in double quotes.
fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut html, c| {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            c if turns(c) => {}
            c if breaks(c) => html.push(' '),
            c => html.push(c),
        }
        html
    })
}

/// A text of a payload as one line: it must not be able to write lines of its own into a mail, or to turn round what stands
/// beside it.
pub(crate) fn one_line(text: &str) -> String {
    let kept = text.chars().filter(|c| !turns(*c));
    kept.map(|c| if breaks(c) { ' ' } else { c }).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words;

    #[test]
    fn only_addresses_of_the_web_become_links() {
        for address in ["https://shop.example/a?b=c&d", "HTTP://shop.example"] {
            assert!(is_web(address), "{address}");
        }
        for address in
            ["javascript:alert(1)", "data:text/html,x", "https:shop", "", " https://a", "https://a b", "ｈttps://a"]
        {
            assert!(!is_web(address), "{address}");
        }
        let mut html = String::new();
        write_html(&mut html, &Block::Link("Press".into(), "javascript:alert(1)".into())).unwrap();
        assert!(!html.contains("href"), "{html}");
    }

    #[test]
    fn only_images_of_the_web_are_shown() {
        let shown = |address: &str| {
            let image = Some(Image { address: address.into(), alt: "\"><script>".into() });
            let mut html = String::new();
            write_html(&mut html, &Block::Lines(vec![Line { title: "Tea".into(), amount: None, image }])).unwrap();
            let (site, logo) = (("\"><script>", ""), Some(address));
            html + &Page { words: words::of("en"), title: String::new(), blocks: vec![], site, logo }.html()
        };
        let html = shown("https://shop.example/\"onload=\"alert(1)");
        assert_eq!(html.matches("<img src=\"https://shop.example/&quot;onload=&quot;alert(1)\" ").count(), 2, "{html}");
        assert!(!html.contains("<script>"), "{html}");
        for address in
            ["javascript:alert(1)", "data:image/png;base64,AA", "//shop.example/a.png", "/a.png", "cid:1", ""]
        {
            assert!(!shown(address).contains("<img"), "{address}");
        }
    }

    #[test]
    fn a_long_title_is_wrapped_and_never_cut() {
        let row = |title: &str| {
            let mut text = String::new();
            write_row(&mut text, title, "$8.00").unwrap();
            text
        };
        assert_eq!(row("Tee"), format!("  Tee{:>59}\n", "$8.00"));
        let wrapped = "  2 × A hand-made teapot of blue stoneware,\n      with a lid and two cups";
        let title = "2 × A hand-made teapot of blue stoneware, with a lid and two cups";
        assert_eq!(row(title), format!("{wrapped}{:>35}\n", "$8.00"));
        let word = "x".repeat(70);
        assert_eq!(row(&word), format!("  {word}             $8.00\n"));
    }

    #[test]
    fn no_text_leaves_its_place() {
        assert_eq!(escaped("<b a=\"x\" b='y'>&\n"), "&lt;b a=&quot;x&quot; b=&#39;y&#39;&gt;&amp; ");
        assert_eq!(one_line("Tee\r\nBcc: all@example.com\u{2028}x"), "Tee  Bcc: all@example.com x");
    }

    #[test]
    fn no_text_turns_round_what_stands_beside_it() {
        for turning in ('\u{202a}'..='\u{202e}').chain('\u{2066}'..='\u{2069}') {
            let text = format!("a{turning}b");
            assert_eq!((one_line(&text), escaped(&text)), ("ab".into(), "ab".into()), "{turning:?}");
            assert!(!is_web(&format!("https://shop.example/{turning}gpj.exe")));
        }
        // Hebrew and Arabic stay what they are.
        for text in ["תה ירוק", "شاي"] {
            assert_eq!((one_line(text), escaped(text)), (text.into(), text.into()));
        }
        assert_eq!(escaped("a\u{2028}b\u{85}c\0d\u{7f}e"), "a b c d e");
    }
}
