//! A plugin to copy: the mails that Saleor asks for (`NOTIFY_USER`), in text and HTML, in the customer's language.
//!
//! There is one handler for each of the 14 notifications, `saleor-notify.order-confirmation` for
//! `saleor.notify.order_confirmation`. A payload has all that its mail says, so nothing is looked up.
//!
//! - The language is that of the payload (`language_code`), where there are words for it: English, German and French.
//!   `de-at` is German; what is not known is English.
//! - Whatever a payload says is text: in HTML it is escaped, and only addresses that begin with `https:` or `http:` become
//!   links or images. Neither can a name write a line of its own into a mail.
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

/// What a failure means for delivery: a mail that can never be sent is a dead letter.
fn classify(error: MailError) -> Failure {
    let is_final = error.is_final();
    let failure = Failure::new(error);
    if is_final { failure.terminal() } else { failure }
}
