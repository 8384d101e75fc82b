//! What the mails say: a function for each notification, from its payload to its letter.

use mailer::Letter;
use stheno::saleor::{
    AccountChangeEmailConfirm, AccountChangeEmailRequest, AccountConfirmation, AccountDelete, AccountPasswordReset,
    AccountSetCustomerPassword, InvoiceReady, OrderByStaff, OrderConfirmation, OrderFulfillment,
    OrderPaymentConfirmation, OrderRefundConfirmation,
    entity::{Order, User},
};

use crate::{
    NoticeError,
    order::{self, sent, whole},
    page::{Block, Page, is_web, one_line},
    words::{self, Text, Words},
};

/// Whom a mail goes to, and which shop sends it.
struct Envelope<'a> {
    label: String,
    to: &'a str,
    site: (&'a str, &'a str),
    logo: Option<&'a str>,
}

/// The envelope of a payload; every one has these fields.
macro_rules! envelope {
    ($notice:ident, $label:expr) => {
        Envelope {
            label: $label,
            to: address(&$notice.recipient_email)?,
            site: (&$notice.site_name, &$notice.domain),
            logo: $notice.logo_url.as_deref(),
        }
    };
}

/// Confirms a new account.
///
/// # Errors
/// [`NoticeError`] when there is nobody to write to, or the link leads nowhere.
pub fn account_confirmation(notice: &AccountConfirmation) -> Result<Letter, NoticeError> {
    let words = words::of(&notice.user.language_code);
    let link = (words.account_confirmation.action, usable("confirm_url", notice.confirm_url.expose())?);
    Ok(of_account(
        envelope!(notice, "account-confirmation".into()),
        words,
        &words.account_confirmation,
        &notice.user,
        Some(link),
        &[],
    ))
}

/// The link that resets a password.
///
/// # Errors
/// [`NoticeError`] when there is nobody to write to, or the link leads nowhere.
pub fn account_password_reset(notice: &AccountPasswordReset) -> Result<Letter, NoticeError> {
    let words = words::of(&notice.user.language_code);
    let link = (words.account_password_reset.action, usable("reset_url", notice.reset_url.expose())?);
    Ok(of_account(
        envelope!(notice, "password-reset".into()),
        words,
        &words.account_password_reset,
        &notice.user,
        Some(link),
        &[],
    ))
}

/// Asks the new address whether it is the customer's.
///
/// # Errors
/// [`NoticeError`] when there is nobody to write to, or the link leads nowhere.
pub fn account_change_email_request(notice: &AccountChangeEmailRequest) -> Result<Letter, NoticeError> {
    let words = words::of(&notice.user.language_code);
    let link = (words.account_change_email_request.action, usable("redirect_url", notice.redirect_url.expose())?);
    let fill = [("{old}", notice.old_email.as_str()), ("{new}", notice.new_email.as_str())];
    Ok(of_account(
        envelope!(notice, "change-email".into()),
        words,
        &words.account_change_email_request,
        &notice.user,
        Some(link),
        &fill,
    ))
}

/// Says that the address was changed.
///
/// # Errors
/// [`NoticeError`] when there is nobody to write to.
pub fn account_change_email_confirm(notice: &AccountChangeEmailConfirm) -> Result<Letter, NoticeError> {
    let words = words::of(&notice.user.language_code);
    Ok(of_account(
        envelope!(notice, "email-changed".into()),
        words,
        &words.account_change_email_confirm,
        &notice.user,
        None,
        &[("{new}", &notice.user.email)],
    ))
}

/// Asks whether the account shall be deleted.
///
/// # Errors
/// [`NoticeError`] when there is nobody to write to, or the link leads nowhere.
pub fn account_delete(notice: &AccountDelete) -> Result<Letter, NoticeError> {
    let words = words::of(&notice.user.language_code);
    let link = (words.account_delete.action, usable("delete_url", notice.delete_url.expose())?);
    Ok(of_account(
        envelope!(notice, "account-delete".into()),
        words,
        &words.account_delete,
        &notice.user,
        Some(link),
        &[],
    ))
}

/// Lets a customer choose the first password.
///
/// # Errors
/// [`NoticeError`] when there is nobody to write to, or the link leads nowhere.
pub fn account_set_customer_password(notice: &AccountSetCustomerPassword) -> Result<Letter, NoticeError> {
    let words = words::of(&notice.user.language_code);
    let link =
        (words.account_set_customer_password.action, usable("password_set_url", notice.password_set_url.expose())?);
    Ok(of_account(
        envelope!(notice, "set-password".into()),
        words,
        &words.account_set_customer_password,
        &notice.user,
        Some(link),
        &[],
    ))
}

/// The link to an invoice. Its payload says no language.
///
/// # Errors
/// [`NoticeError`] when there is nobody to write to, or the link leads nowhere.
pub fn invoice_ready(notice: &InvoiceReady) -> Result<Letter, NoticeError> {
    let words = words::of("");
    let address = notice.invoice.download_url.as_ref().map_or("", |address| address.expose());
    let link = Block::Link(words.invoice_ready.action.into(), usable("invoice.download_url", address)?.into());
    let envelope = envelope!(notice, "invoice".into());
    Ok(match notice.invoice.number.as_deref() {
        None => letter(envelope, words, &words.invoice_unnumbered, &[], vec![link]),
        Some(number) => letter(envelope, words, &words.invoice_ready, &[("{number}", number)], vec![link]),
    })
}

/// An order came in.
///
/// # Errors
/// [`NoticeError`] when there is nobody to write to.
pub fn order_confirmation(notice: &OrderConfirmation) -> Result<Letter, NoticeError> {
    let words = words::of(&notice.order.language_code);
    let envelope = envelope!(notice, "order-confirmation".into());
    Ok(of_order(envelope, words, &words.order_confirmation, &notice.order, None, whole(words, &notice.order)))
}

/// The shop has confirmed an order.
///
/// # Errors
/// [`NoticeError`] when there is nobody to write to.
pub fn order_confirmed(notice: &OrderByStaff) -> Result<Letter, NoticeError> {
    let words = words::of(&notice.order.language_code);
    let envelope = envelope!(notice, "order-confirmed".into());
    Ok(of_order(envelope, words, &words.order_confirmed, &notice.order, None, whole(words, &notice.order)))
}

/// Goods are on their way, or can be downloaded. Without a line it is not said which.
///
/// # Errors
/// [`NoticeError`] when there is nobody to write to.
pub fn order_fulfillment_confirmation(notice: &OrderFulfillment) -> Result<Letter, NoticeError> {
    let words = words::of(&notice.order.language_code);
    let unnamed = Text { lead: words.sent_unnamed, ..words.order_fulfillment_confirmation };
    let text = match (notice.physical_lines.is_empty(), notice.digital_lines.is_empty()) {
        (false, _) => &words.order_fulfillment_confirmation,
        (true, false) => &words.order_downloads,
        (true, true) => &unnamed,
    };
    let envelope = envelope!(notice, "order-sent".into());
    Ok(of_order(envelope, words, text, &notice.order, None, sent(words, notice)))
}

/// How to follow goods that are on their way.
///
/// # Errors
/// [`NoticeError`] when there is nobody to write to.
pub fn order_fulfillment_update(notice: &OrderFulfillment) -> Result<Letter, NoticeError> {
    let words = words::of(&notice.order.language_code);
    let envelope = envelope!(notice, "order-tracking".into());
    Ok(of_order(envelope, words, &words.order_fulfillment_update, &notice.order, None, sent(words, notice)))
}

/// An order was paid.
///
/// # Errors
/// [`NoticeError`] when there is nobody to write to.
pub fn order_payment_confirmation(notice: &OrderPaymentConfirmation) -> Result<Letter, NoticeError> {
    let words = words::of(&notice.order.language_code);
    let paid = notice.payment.as_ref().map(|payment| words.money.amount(payment.captured_amount, &payment.currency));
    let unnamed = Text { lead: words.paid_unnamed, ..words.order_payment_confirmation };
    let text = if paid.is_some() { &words.order_payment_confirmation } else { &unnamed };
    let envelope = envelope!(notice, "order-paid".into());
    Ok(of_order(envelope, words, text, &notice.order, paid.as_deref(), whole(words, &notice.order)))
}

/// An order was canceled.
///
/// # Errors
/// [`NoticeError`] when there is nobody to write to.
pub fn order_canceled(notice: &OrderByStaff) -> Result<Letter, NoticeError> {
    let words = words::of(&notice.order.language_code);
    let envelope = envelope!(notice, "order-canceled".into());
    Ok(of_order(envelope, words, &words.order_canceled, &notice.order, None, whole(words, &notice.order)))
}

/// What was refunded.
///
/// # Errors
/// [`NoticeError`] when there is nobody to write to.
pub fn order_refund_confirmation(notice: &OrderRefundConfirmation) -> Result<Letter, NoticeError> {
    let words = words::of(&notice.order.language_code);
    let refunded = words.money.amount(notice.amount, &notice.currency);
    let envelope = envelope!(notice, "order-refund".into());
    let blocks = order::refunded(words, &notice.order, refunded.clone());
    Ok(of_order(envelope, words, &words.order_refund_confirmation, &notice.order, Some(&refunded), blocks))
}

/// Whom a mail goes to. A customer need not have said an address, and then Saleor sends null or an empty text.
fn address(recipient: &Option<String>) -> Result<&str, NoticeError> {
    recipient.as_deref().filter(|address| !address.trim().is_empty()).ok_or(NoticeError::Nobody)
}

/// The address that a mail is about. Without one the mail is of no use, and nobody would hear of it.
fn usable<'a>(field: &'static str, address: &'a str) -> Result<&'a str, NoticeError> {
    if is_web(address) { Ok(address) } else { Err(NoticeError::Link(field)) }
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
    let (name, domain) = envelope.site;
    let site = if one_line(name).is_empty() { domain } else { name };
    let fill: Vec<(&str, &str)> = fill.iter().copied().chain([("{site}", site)]).collect();
    let lead = Block::Paragraph(filled(text.lead, &fill));
    let page = Page {
        words,
        title: filled(text.title, &fill),
        blocks: before.into_iter().chain([lead]).chain(after).collect(),
        site: envelope.site,
        logo: envelope.logo,
    };
    // A shop without a name and a domain leaves no hole.
    let subject = one_line(&filled(text.subject, &fill));
    let subject = subject.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
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

#[cfg(test)]
mod tests {
    use super::filled;

    #[test]
    fn what_is_filled_in_is_not_filled_again() {
        assert_eq!(filled("{a} {b} {c} {", &[("{a}", "{b}"), ("{b}", "x")]), "{b} x {c} {");
    }
}
