//! What the mails say: a function for each notification, from its payload to its letter.

use mailer::Letter;
use stheno::saleor::{
    AccountChangeEmailConfirm, AccountChangeEmailRequest, AccountConfirmation, AccountDelete, AccountPasswordReset,
    AccountSetCustomerPassword, InvoiceReady, OrderByStaff, OrderConfirmation, OrderFulfillment,
    OrderPaymentConfirmation, OrderRefundConfirmation,
    entity::{Address, FulfillmentLine, Order, OrderLine, User},
};

use crate::{
    money,
    page::{Block, Page, one_line},
    words::{self, Text, Words},
};

/// Whom a mail goes to, and which shop sends it.
struct Envelope<'a> {
    label: String,
    to: &'a str,
    site: (&'a str, &'a str),
}

/// The envelope of a payload; every one has these fields.
macro_rules! envelope {
    ($notice:ident, $label:expr) => {
        Envelope { label: $label, to: &$notice.recipient_email, site: (&$notice.site_name, &$notice.domain) }
    };
}

/// Confirms a new account.
pub fn account_confirmation(notice: &AccountConfirmation) -> Letter {
    let words = words::of(&notice.user.language_code);
    let link = (words.account_confirmation.action, notice.confirm_url.expose().as_str());
    of_account(
        envelope!(notice, "account-confirmation".into()),
        words,
        &words.account_confirmation,
        &notice.user,
        Some(link),
        &[],
    )
}

/// The link that resets a password.
pub fn account_password_reset(notice: &AccountPasswordReset) -> Letter {
    let words = words::of(&notice.user.language_code);
    let link = (words.account_password_reset.action, notice.reset_url.expose().as_str());
    of_account(
        envelope!(notice, "password-reset".into()),
        words,
        &words.account_password_reset,
        &notice.user,
        Some(link),
        &[],
    )
}

/// Asks the new address whether it is the customer's.
pub fn account_change_email_request(notice: &AccountChangeEmailRequest) -> Letter {
    let words = words::of(&notice.user.language_code);
    let link = (words.account_change_email_request.action, notice.redirect_url.expose().as_str());
    let fill = [("{old}", notice.old_email.as_str()), ("{new}", notice.new_email.as_str())];
    of_account(
        envelope!(notice, "change-email".into()),
        words,
        &words.account_change_email_request,
        &notice.user,
        Some(link),
        &fill,
    )
}

/// Says that the address was changed.
pub fn account_change_email_confirm(notice: &AccountChangeEmailConfirm) -> Letter {
    let words = words::of(&notice.user.language_code);
    of_account(
        envelope!(notice, "email-changed".into()),
        words,
        &words.account_change_email_confirm,
        &notice.user,
        None,
        &[],
    )
}

/// Asks whether the account shall be deleted.
pub fn account_delete(notice: &AccountDelete) -> Letter {
    let words = words::of(&notice.user.language_code);
    let link = (words.account_delete.action, notice.delete_url.expose().as_str());
    of_account(envelope!(notice, "account-delete".into()), words, &words.account_delete, &notice.user, Some(link), &[])
}

/// Lets a customer choose the first password.
pub fn account_set_customer_password(notice: &AccountSetCustomerPassword) -> Letter {
    let words = words::of(&notice.user.language_code);
    let link = (words.account_set_customer_password.action, notice.password_set_url.expose().as_str());
    of_account(
        envelope!(notice, "set-password".into()),
        words,
        &words.account_set_customer_password,
        &notice.user,
        Some(link),
        &[],
    )
}

/// The link to an invoice. Its payload says no language.
pub fn invoice_ready(notice: &InvoiceReady) -> Letter {
    let words = words::of("");
    let link = Block::Link(words.invoice_ready.action.into(), notice.invoice.download_url.expose().clone());
    let envelope = envelope!(notice, "invoice".into());
    letter(envelope, words, &words.invoice_ready, &[("{number}", &notice.invoice.number)], vec![link])
}

/// An order came in.
pub fn order_confirmation(notice: &OrderConfirmation) -> Letter {
    let words = words::of(&notice.order.language_code);
    let envelope = envelope!(notice, "order-confirmation".into());
    of_order(envelope, words, &words.order_confirmation, &notice.order, None, whole(words, &notice.order))
}

/// The shop has confirmed an order.
pub fn order_confirmed(notice: &OrderByStaff) -> Letter {
    let words = words::of(&notice.order.language_code);
    let envelope = envelope!(notice, "order-confirmed".into());
    of_order(envelope, words, &words.order_confirmed, &notice.order, None, whole(words, &notice.order))
}

/// Goods are on their way.
pub fn order_fulfillment_confirmation(notice: &OrderFulfillment) -> Letter {
    let words = words::of(&notice.order.language_code);
    let envelope = envelope!(notice, "order-sent".into());
    of_order(envelope, words, &words.order_fulfillment_confirmation, &notice.order, None, sent(words, notice))
}

/// How to follow goods that are on their way.
pub fn order_fulfillment_update(notice: &OrderFulfillment) -> Letter {
    let words = words::of(&notice.order.language_code);
    let envelope = envelope!(notice, "order-tracking".into());
    of_order(envelope, words, &words.order_fulfillment_update, &notice.order, None, sent(words, notice))
}

/// An order was paid.
pub fn order_payment_confirmation(notice: &OrderPaymentConfirmation) -> Letter {
    let words = words::of(&notice.order.language_code);
    let paid = money::format(notice.payment.captured_amount, notice.payment.currency);
    let envelope = envelope!(notice, "order-paid".into());
    of_order(
        envelope,
        words,
        &words.order_payment_confirmation,
        &notice.order,
        Some(&paid),
        whole(words, &notice.order),
    )
}

/// An order was canceled.
pub fn order_canceled(notice: &OrderByStaff) -> Letter {
    let words = words::of(&notice.order.language_code);
    let envelope = envelope!(notice, "order-canceled".into());
    of_order(envelope, words, &words.order_canceled, &notice.order, None, whole(words, &notice.order))
}

/// What was refunded.
pub fn order_refund_confirmation(notice: &OrderRefundConfirmation) -> Letter {
    let words = words::of(&notice.order.language_code);
    let refunded = money::format(notice.amount, notice.currency);
    let envelope = envelope!(notice, "order-refund".into());
    of_order(envelope, words, &words.order_refund_confirmation, &notice.order, Some(&refunded), Vec::new())
}

/// A mail about an account: a greeting, what it is about, the link, and what to do if it was somebody else.
fn of_account(
    envelope: Envelope<'_>,
    words: &Words,
    text: &Text,
    user: &User,
    link: Option<(&str, &str)>,
    fill: &[(&str, &str)],
) -> Letter {
    let mut blocks = Vec::new();
    if let Some((says, leads)) = link {
        blocks.push(Block::Link(says.into(), leads.into()));
        blocks.push(Block::Paragraph(words.ignore.into()));
    }
    let mut letter_blocks = Vec::new();
    let name = one_line(&user.first_name);
    if !name.is_empty() {
        letter_blocks.push(Block::Paragraph(filled(words.hello, &[("{name}", &name)])));
    }
    letter_with(envelope, words, text, fill, letter_blocks, blocks)
}

/// A mail about an order: what it is about, then what there is to say of it, then where it can be seen.
fn of_order(
    envelope: Envelope<'_>,
    words: &Words,
    text: &Text,
    order: &Order,
    amount: Option<&str>,
    mut blocks: Vec<Block>,
) -> Letter {
    let number = order.number.to_string();
    if !order.order_details_url.expose().is_empty() {
        blocks.push(Block::Link(words.see_order.into(), order.order_details_url.expose().clone()));
    }
    letter(envelope, words, text, &[("{number}", &number), ("{amount}", amount.unwrap_or_default())], blocks)
}

fn letter(envelope: Envelope<'_>, words: &Words, text: &Text, fill: &[(&str, &str)], blocks: Vec<Block>) -> Letter {
    letter_with(envelope, words, text, fill, Vec::new(), blocks)
}

/// The letter: blocks before what it is about, and after.
fn letter_with(
    envelope: Envelope<'_>,
    words: &Words,
    text: &Text,
    fill: &[(&str, &str)],
    before: Vec<Block>,
    after: Vec<Block>,
) -> Letter {
    let fill: Vec<(&str, &str)> = fill.iter().copied().chain([("{site}", envelope.site.0)]).collect();
    let lead = Block::Paragraph(filled(text.lead, &fill));
    let page = Page {
        language: words.language,
        title: filled(text.title, &fill),
        blocks: before.into_iter().chain([lead]).chain(after).collect(),
        site: envelope.site,
    };
    let subject = one_line(&filled(text.subject, &fill));
    Letter::new(envelope.label, envelope.to, subject, page.text()).html(page.html())
}

/// A template with its names filled in, in one pass: what is filled in may have names in it, and they are not filled.
fn filled(template: &str, fill: &[(&str, &str)]) -> String {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(start) = rest.find('{') {
        text.push_str(&rest[..start]);
        rest = &rest[start..];
        match fill.iter().find(|(name, _)| rest.starts_with(name)) {
            Some((name, value)) => {
                text.push_str(value);
                rest = &rest[name.len()..];
            }
            None => {
                text.push('{');
                rest = &rest[1..];
            }
        }
    }
    text.push_str(rest);
    text
}

/// The whole order: its lines, its sums, where it goes.
fn whole(words: &Words, order: &Order) -> Vec<Block> {
    let lines = order.lines.iter().map(|line| (title(line, line.quantity), Some(total(order, line)))).collect();
    let mut blocks = vec![Block::Lines(lines), Block::Totals(totals(words, order))];
    blocks.extend(order.shipping_address.as_ref().map(|address| Block::Note(words.ship_to.into(), lines_of(address))));
    blocks
}

fn totals(words: &Words, order: &Order) -> Vec<(String, String)> {
    let gross = order.display_gross_prices;
    let pick = |with_tax, without| if gross { with_tax } else { without };
    let shown = |title: &str, amount| (title.to_owned(), money::format(amount, order.currency));
    let shipping = match order.shipping_method_name.as_deref() {
        Some(method) if !method.is_empty() => format!("{} ({method})", words.shipping),
        _ => words.shipping.to_owned(),
    };
    let mut rows = vec![
        shown(words.subtotal, pick(order.subtotal_gross_amount, order.subtotal_net_amount)),
        shown(&shipping, pick(order.shipping_price_gross_amount, order.shipping_price_net_amount)),
    ];
    if !order.discount_amount.is_zero() {
        rows.push((words.discount.to_owned(), format!("-{}", money::format(order.discount_amount, order.currency))));
    }
    if !order.tax_amount.is_zero() {
        rows.push(shown(words.tax, order.tax_amount));
    }
    rows.push(shown(words.total, order.total_gross_amount));
    rows
}

/// What was sent: how to follow it, which lines, what can be downloaded.
fn sent(words: &Words, notice: &OrderFulfillment) -> Vec<Block> {
    let title_of = |line: &FulfillmentLine| (title(&line.order_line, line.quantity), None);
    let mut blocks = vec![Block::Lines(notice.physical_lines.iter().map(title_of).collect())];
    let tracking = &notice.fulfillment.tracking_number;
    match notice.fulfillment.is_tracking_number_url {
        _ if tracking.is_empty() => {}
        true => blocks.push(Block::Link(words.tracking.into(), tracking.clone())),
        false => blocks.push(Block::Note(words.tracking.into(), vec![tracking.clone()])),
    }
    let downloads: Vec<String> = notice
        .digital_lines
        .iter()
        .flat_map(|line| [title(&line.order_line, line.quantity), line.order_line.digital_url.expose().clone()])
        .filter(|line| !line.is_empty())
        .collect();
    if !downloads.is_empty() {
        blocks.push(Block::Note(words.downloads.into(), downloads));
    }
    blocks
}

/// What a line is, in the language of the order where it is known.
fn title(line: &OrderLine, quantity: i64) -> String {
    let known = |translated: &str, name: &str| one_line(if translated.is_empty() { name } else { translated });
    let product = known(&line.translated_product_name, &line.product_name);
    match known(&line.translated_variant_name, &line.variant_name) {
        variant if variant.is_empty() => format!("{quantity} × {product}"),
        variant => format!("{quantity} × {product} ({variant})"),
    }
}

fn total(order: &Order, line: &OrderLine) -> String {
    let amount = if order.display_gross_prices { line.total_gross_amount } else { line.total_net_amount };
    money::format(amount, line.currency)
}

/// An address as one writes it on a parcel, without lines that say nothing.
fn lines_of(address: &Address) -> Vec<String> {
    let name = format!("{} {}", address.first_name, address.last_name);
    let place = format!("{} {}", address.postal_code, address.city);
    let lines =
        [&name, &address.company_name, &address.street_address_1, &address.street_address_2, &place, &address.country];
    lines.into_iter().map(|line| one_line(line)).filter(|line| !line.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::filled;

    #[test]
    fn what_is_filled_in_is_not_filled_again() {
        assert_eq!(filled("{a} {b} {c} {", &[("{a}", "{b}"), ("{b}", "x")]), "{b} x {c} {");
    }
}
