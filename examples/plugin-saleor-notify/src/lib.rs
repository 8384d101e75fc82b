//! A plugin to copy: the mails that Saleor asks for (`NOTIFY_USER`), in text and HTML, in the customer's language.
//!
//! There is one handler for each of the 14 notifications, `saleor-notify.order-confirmation` for
//! `saleor.notify.order_confirmation`. A payload has all that its mail says, so nothing is looked up.
//!
//! - The language is that of the payload (`language_code`), where there are words for it: English, German and French.
//!   `de-at` is German; what is not known is English.
//! - Whatever a payload says is text: in HTML it is escaped, and only addresses that begin with `https:` or `http:` become
//!   links or images. Neither can a name write a line of its own into a mail.
//! - A mail about a link, such as one that resets a password, is not sent without it: an address that is empty or begins
//!   otherwise makes the event a dead letter, and [`NoticeError`] names the field.
//! - A payload without an address (`recipient_email` null or empty) is skipped, with the reason.
//! - HTML shows the shop's logo and the goods, where the payload has images of them.
//! - Amounts have the digits of the payload, without zeros beyond the places of their currency, and are written as the
//!   language does: `$1,234.56`, `1.234,56 €`.
//!
//! The table `[plugins.saleor-notify]` in `stheno.toml` is a [`MailConfig`].
//!
//! Reading order: this file, `handlers` (one function for each mail), [`letters`] (what the mails say), `order`
//! (what they say of an order), `page` (text and HTML of the same blocks), `words` (the languages), `money`.

mod handlers;
pub mod letters;
mod money;
mod order;
mod page;
mod words;

use std::fmt;

use mailer::{MailConfig, MailError, Mailer, Transport};
use stheno::prelude::*;

stheno::plugin!("saleor-notify", setup = setup);

async fn setup(p: &mut Setup) -> Result<(), Failure> {
    let config: MailConfig = p.config()?;
    let mailer = match p.get::<dyn Transport>() {
        Ok(transport) => Mailer::over(transport.into_inner(), &config)?,
        Err(_) => Mailer::new(&config)?,
    };
    p.provide(mailer);
    Ok(())
}

/// Why a notification did not become a mail.
#[derive(Debug)]
#[non_exhaustive]
pub enum NoticeError {
    /// The payload has no address to write to: the customer has said none. The event is skipped.
    Nobody,
    /// The field of the payload with the link that the mail is about has no address of the web: it is empty, for one.
    Link(&'static str),
    /// The mail was not taken.
    Mail(MailError),
}

impl fmt::Display for NoticeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nobody => f.write_str("`payload.recipient_email` is null or empty, so there is nobody to write to"),
            Self::Link(field) => write!(
                f,
                "`payload.{field}` is no address that begins with https:// or http://, and the mail is about it; see what the storefront gives Saleor as its address"
            ),
            Self::Mail(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for NoticeError {}

impl From<MailError> for NoticeError {
    fn from(error: MailError) -> Self {
        Self::Mail(error)
    }
}

/// What a failure means for delivery: a mail that can never be sent is a dead letter.
fn classify(error: NoticeError) -> Failure {
    let is_final = match &error {
        NoticeError::Nobody | NoticeError::Link(_) => true,
        NoticeError::Mail(error) => error.is_final(),
    };
    let failure = Failure::new(error);
    if is_final { failure.terminal() } else { failure }
}
