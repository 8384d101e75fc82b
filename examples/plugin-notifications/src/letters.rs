//! What the mails say. Plain text, a line at most as wide as a terminal.

use std::fmt::Write as _;

use commerce::{Fulfillment, Line, Order};
use stheno::medusa::{CustomerPasswordReset, UserPasswordReset};

use crate::{config::Shop, mail::Letter, money};

/// How wide the first column of a table is; longer titles are cut.
const TITLE: usize = 44;
/// How wide the column of amounts is.
const AMOUNT: usize = 18;

/// The receipt of a new order.
pub(crate) fn receipt(shop: &Shop, order: &Order) -> Letter {
    let mut text = format!("Thank you for your order {} at {}.\n\n", order.number, shop.name);
    for line in &order.lines {
        row(&mut text, &title(line, line.quantity), line.total(), order);
    }
    text.push('\n');
    let totals = order.totals;
    let parts = [("Shipping", totals.shipping), ("Discount", -totals.discount), ("Tax", totals.tax)];
    row(&mut text, "Subtotal", totals.subtotal, order);
    for (name, amount) in parts.into_iter().filter(|(_, amount)| *amount != 0) {
        row(&mut text, name, amount, order);
    }
    row(&mut text, "Total", totals.total, order);
    let subject = format!("Your order {} at {}", order.number, shop.name);
    Letter::new(format!("receipt-{}", order.number), order.email.expose(), subject, signed(text, shop))
}

/// How to follow a parcel.
pub(crate) fn shipment(shop: &Shop, order: &Order, parcel: &Fulfillment) -> Letter {
    let mut text = format!("Your order {} is on its way.\n\n", order.number);
    for packed in &parcel.lines {
        let line = order.find_line(&packed.line_id);
        let title =
            line.map_or_else(|| format!("{} x an article", packed.quantity), |line| title(line, packed.quantity));
        let _ = writeln!(text, "  {title}");
    }
    if !parcel.tracking.is_empty() {
        text.push_str("\nFollow it:\n");
    }
    for tracking in &parcel.tracking {
        let place = tracking.url.as_deref().unwrap_or("with the carrier");
        let _ = writeln!(text, "  {}  {}", one_line(&tracking.number), one_line(place));
    }
    let subject = format!("Your order {} is on its way", order.number);
    Letter::new(format!("shipment-{}", order.number), order.email.expose(), subject, signed(text, shop))
}

/// What was refunded, for a `swap` or a `claim`.
pub(crate) fn refund(shop: &Shop, order: &Order, amount: i64, reason: &str) -> Letter {
    let amount = money::format(amount, &order.currency);
    let text = format!(
        "We have refunded {amount} for the {reason} of your order {}.\n\nIt can take your bank a few days to show it.\n",
        order.number
    );
    let subject = format!("{amount} refunded for your order {}", order.number);
    Letter::new(format!("refund-{}", order.number), order.email.expose(), subject, signed(text, shop))
}

/// The link that resets a customer's password.
pub(crate) fn customer_password_reset(shop: &Shop, reset: &CustomerPasswordReset) -> Letter {
    let greeting = match reset.first_name.as_deref().map(one_line).filter(|name| !name.is_empty()) {
        Some(name) => format!("Hello {name},"),
        None => "Hello,".to_owned(),
    };
    password_reset(shop, &greeting, &shop.url, &reset.email, reset.token.expose())
}

/// The link that resets the password of somebody on the staff.
pub(crate) fn user_password_reset(shop: &Shop, reset: &UserPasswordReset) -> Letter {
    password_reset(shop, "Hello,", &shop.admin_url, &reset.email, reset.token.expose())
}

fn password_reset(shop: &Shop, greeting: &str, place: &str, email: &str, token: &str) -> Letter {
    let place = place.trim_end_matches('/');
    let text = format!(
        "{greeting}\n\nsomebody asked for a new password for your account at {}.\n\
         To choose one, open this within fifteen minutes:\n\n  {place}/reset-password?token={}&email={}\n\n\
         If it was not you, there is nothing to do.\n",
        shop.name,
        in_url(token),
        in_url(email),
    );
    let subject = format!("Your password at {}", shop.name);
    Letter::new("password-reset", email, subject, signed(text, shop))
}

fn signed(mut text: String, shop: &Shop) -> String {
    let _ = write!(text, "\n-- \n{}\n{}\n", shop.name, shop.url);
    text
}

fn row(text: &mut String, title: &str, amount: i64, order: &Order) {
    let title: String = title.chars().take(TITLE).collect();
    let amount = money::format(amount, &order.currency);
    let _ = writeln!(text, "  {title:<TITLE$}{amount:>AMOUNT$}");
}

fn title(line: &Line, quantity: u32) -> String {
    let title = one_line(&line.title);
    match &line.variant {
        Some(variant) => format!("{quantity} x {title} ({})", one_line(variant)),
        None => format!("{quantity} x {title}"),
    }
}

/// A text of the shop's data as one line: it must not be able to write lines of its own into a mail.
fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_control() || c == '\u{2028}' || c == '\u{2029}')
        .collect::<Vec<_>>()
        .join(" ")
        .trim()
        .to_owned()
}

/// A text as a part of an address in the web.
fn in_url(text: &str) -> String {
    text.bytes().fold(String::new(), |mut url, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => url.push(char::from(byte)),
            _ => {
                let _ = write!(url, "%{byte:02X}");
            }
        }
        url
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_of_the_shop_cannot_write_lines_of_its_own() {
        assert_eq!(one_line("Tee\r\nBcc: all@example.com\u{2028}x"), "Tee  Bcc: all@example.com x");
    }

    #[test]
    fn what_goes_into_a_link_stays_one_part_of_it() {
        assert_eq!(in_url("a b&c=d/ä#"), "a%20b%26c%3Dd%2F%C3%A4%23");
    }
}
