//! A mail as blocks, written as text and as HTML. This is the one place where text becomes HTML.

use std::fmt::Write as _;

/// How wide the first column of a table is in text; longer titles are cut.
const TITLE: usize = 44;
/// How wide the column of amounts is in text.
const AMOUNT: usize = 18;

/// A part of a mail. All of it is text, whatever is in it.
pub(crate) enum Block {
    Paragraph(String),
    /// Something to press: what it says, and where it leads.
    Link(String, String),
    /// Lines of an order: what, and for how much; without an amount only what.
    Lines(Vec<(String, Option<String>)>),
    /// Sums: what, and how much. The last is the total.
    Totals(Vec<(String, String)>),
    /// A small heading, and lines under it.
    Note(String, Vec<String>),
}

/// A whole mail.
pub(crate) struct Page<'a> {
    pub(crate) language: &'a str,
    pub(crate) title: String,
    pub(crate) blocks: Vec<Block>,
    /// Who sends it, and where they are.
    pub(crate) site: (&'a str, &'a str),
}

impl Page<'_> {
    /// The mail as text.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("{}\n", one_line(&self.title));
        for block in &self.blocks {
            text.push('\n');
            // Writing to a String cannot fail.
            let _ = write_text(&mut text, block);
        }
        let (name, domain) = self.site;
        let _ = write!(text, "\n-- \n{}\n{}\n", one_line(name), one_line(domain));
        text
    }

    /// The mail as HTML: tables and styles in place, because mail readers know little else.
    pub(crate) fn html(&self) -> String {
        let title = escaped(&one_line(&self.title));
        let mut html = format!(
            "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n</head>\n\
             <body style=\"margin:0;padding:32px 12px;background:#f2f1ee;color:#23211d;font:16px/1.5 -apple-system,'Segoe UI',Helvetica,Arial,sans-serif\">\n\
             <table role=\"presentation\" align=\"center\" width=\"560\" cellpadding=\"0\" cellspacing=\"0\" style=\"max-width:560px;width:100%;background:#fff;border-radius:12px\">\n\
             <tr><td style=\"padding:36px 40px\">\n<p style=\"margin:0 0 28px;font-size:14px;letter-spacing:.06em;color:#7a766c\">{}</p>\n\
             <h1 style=\"margin:0 0 16px;font-size:26px;line-height:1.25;font-weight:600\">{title}</h1>\n",
            escaped(self.language),
            escaped(&one_line(self.site.0)),
        );
        for block in &self.blocks {
            // Writing to a String cannot fail.
            let _ = write_html(&mut html, block);
        }
        let _ = write!(
            html,
            "</td></tr>\n</table>\n<p style=\"margin:20px 0 0;text-align:center;font-size:13px;color:#7a766c\">{} · {}</p>\n</body>\n</html>\n",
            escaped(&one_line(self.site.0)),
            escaped(&one_line(self.site.1)),
        );
        html
    }
}

fn write_text(text: &mut String, block: &Block) -> std::fmt::Result {
    match block {
        Block::Paragraph(paragraph) => writeln!(text, "{}", one_line(paragraph)),
        Block::Link(says, leads) => writeln!(text, "{}:\n  {}", one_line(says), one_line(leads)),
        Block::Lines(lines) => lines.iter().try_for_each(|(title, amount)| match amount {
            Some(amount) => write_row(text, title, amount),
            None => writeln!(text, "  {}", one_line(title)),
        }),
        Block::Totals(rows) => rows.iter().try_for_each(|(title, amount)| write_row(text, title, amount)),
        Block::Note(title, lines) => {
            writeln!(text, "{}:", one_line(title))?;
            lines.iter().try_for_each(|line| writeln!(text, "  {}", one_line(line)))
        }
    }
}

fn write_row(text: &mut String, title: &str, amount: &str) -> std::fmt::Result {
    let title: String = one_line(title).chars().take(TITLE).collect();
    writeln!(text, "  {title:<TITLE$}{:>AMOUNT$}", one_line(amount))
}

fn write_html(html: &mut String, block: &Block) -> std::fmt::Result {
    const TABLE: &str =
        "<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" style=\"margin:0 0 20px\">";
    match block {
        Block::Paragraph(text) => writeln!(html, "<p style=\"margin:0 0 20px\">{}</p>", escaped(text)),
        Block::Link(says, leads) if is_web(leads) => writeln!(
            html,
            "<p style=\"margin:0 0 24px\"><a href=\"{}\" style=\"display:inline-block;padding:12px 22px;border-radius:8px;background:#23211d;color:#fff;text-decoration:none;font-weight:600\">{}</a></p>",
            escaped(leads),
            escaped(says)
        ),
        Block::Link(says, leads) => writeln!(html, "<p>{}: {}</p>", escaped(says), escaped(leads)),
        Block::Lines(lines) => {
            writeln!(html, "{TABLE}")?;
            for (title, amount) in lines {
                let amount = amount.as_deref().map(escaped).unwrap_or_default();
                writeln!(
                    html,
                    "<tr><td style=\"padding:10px 0;border-bottom:1px solid #eceae5\">{}</td><td align=\"right\" style=\"padding:10px 0;border-bottom:1px solid #eceae5;white-space:nowrap\">{amount}</td></tr>",
                    escaped(title)
                )?;
            }
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
            let lines: Vec<String> = lines.iter().map(|line| web_or_text(line)).collect();
            writeln!(
                html,
                "<p style=\"margin:0 0 20px;font-size:14px\"><strong>{}</strong><br>{}</p>",
                escaped(title),
                lines.join("<br>")
            )
        }
    }
}

/// A line as a link to itself, if it is an address in the web.
fn web_or_text(line: &str) -> String {
    let shown = escaped(line);
    if is_web(line) { format!("<a href=\"{shown}\" style=\"color:#23211d\">{shown}</a>") } else { shown }
}

/// Whether an address may become a link: one that begins with `javascript:` may not.
fn is_web(address: &str) -> bool {
    let starts = |scheme: &str| address.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    (starts("https://") || starts("http://")) && !address.contains(|c: char| c.is_control() || c.is_whitespace())
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
            c if c.is_control() => html.push(' '),
            c => html.push(c),
        }
        html
    })
}

/// A text of a payload as one line: it must not be able to write lines of its own into a mail.
pub(crate) fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_control() || c == '\u{2028}' || c == '\u{2029}')
        .collect::<Vec<_>>()
        .join(" ")
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn no_text_leaves_its_place() {
        assert_eq!(escaped("<b a=\"x\" b='y'>&\n"), "&lt;b a=&quot;x&quot; b=&#39;y&#39;&gt;&amp; ");
        assert_eq!(one_line("Tee\r\nBcc: all@example.com\u{2028}x"), "Tee  Bcc: all@example.com x");
    }
}
