//! A plugin to copy: mails to customers and staff.
//!
//! | subscriber | takes | sends |
//! |---|---|---|
//! | `notifications.receipt` | `order.placed` | the receipt |
//! | `notifications.shipment` | `order.shipment_created` | how to follow the parcel |
//! | `notifications.refund` | `swap.refund_processed`, `claim.refund_processed` | what was refunded |
//! | `notifications.password-reset` | `customer.password_reset`, `user.password_reset` | the link |
//!
//! The host provides the shop ([`dyn Commerce`](commerce::Commerce)) and configures the rest in `stheno.toml`
//! ([`Config`]). Mails are written to files until a mail server is configured.
//!
//! A mail cannot be taken back, and delivery is at least once: a process that is killed between the mail server's answer
//! and the record of it sends the mail again. Every mail therefore carries an id that is the same at each attempt
//! ([`Mail::id`]), so that a mail server, or a person, can tell.
//!
//! Reading order: [`config`], `handlers` (one file for each mail), `letters` (what the mails say), [`mail`] (how they
//! are sent, which plugins share), [`failure`] (which failures another attempt can mend).

pub mod config;
pub mod failure;
mod handlers;
mod letters;
mod money;

/// How mails are sent.
pub use mailer as mail;

use stheno::prelude::*;

pub use crate::{
    config::Config,
    mail::{Mail, MailError, MailErrorKind, Mailer, Transport},
};

stheno::plugin!("notifications", setup = setup);

async fn setup(p: &mut Setup) -> Result<(), Failure> {
    let config: Config = p.config()?;
    let mailer = match p.get::<dyn Transport>() {
        Ok(transport) => Mailer::over(transport.into_inner(), &config.mail())?,
        Err(_) => Mailer::new(&config.mail())?,
    };
    p.provide(config.shop);
    p.provide(mailer);
    Ok(())
}
