//! A mailer that plugins share: a [`Letter`] (what it says) becomes a [`Mail`] (what is handed over), which a
//! [`Transport`] takes.
//!
//! A mail cannot be taken back, and delivery is at least once: a process that is killed between the mail server's answer and
//! the record of it sends the mail again. Every mail therefore carries an id that is the same at each attempt
//! ([`Mail::id`]), so that a mail server, or a person, can tell.
//!
//! Reading order: this file (the [`Mailer`]), [`config`], `letter`, `message` (a mail with its id), `transport` (the port, and
//! why a mail was not taken), `outbox` (files), `smtp` (a mail server).

pub mod config;
mod letter;
mod message;
mod outbox;
mod smtp;
mod transport;

use std::sync::Arc;

use lettre::message::Mailbox;

pub use self::{
    config::{Encryption, MailConfig, Smtp},
    letter::Letter,
    message::Mail,
    outbox::Outbox,
    smtp::SmtpServer,
    transport::{MailError, MailErrorKind, Transport},
};

/// Sends letters in the name of the shop.
pub struct Mailer {
    from: Mailbox,
    transport: Arc<dyn Transport>,
}

impl Mailer {
    /// A mailer as the configuration says: over its mail server, or else into its outbox.
    ///
    /// # Errors
    /// [`MailErrorKind::Configuration`] when the configuration cannot work.
    pub fn new(config: &MailConfig) -> Result<Self, MailError> {
        let transport: Arc<dyn Transport> = match &config.smtp {
            Some(server) => Arc::new(SmtpServer::new(server)?),
            None => Arc::new(Outbox::open(&config.outbox)?),
        };
        Self::over(transport, config)
    }

    /// A mailer over a transport of the host's own.
    ///
    /// # Errors
    /// [`MailErrorKind::Configuration`] when `from` is no address.
    pub fn over(transport: Arc<dyn Transport>, config: &MailConfig) -> Result<Self, MailError> {
        let from = config.from.parse().map_err(|error| {
            let message = "`from` is no address; write it as `Store <store@example.com>`";
            MailError::new(MailErrorKind::Configuration, message).because(error)
        })?;
        Ok(Self { from, transport })
    }

    /// Sends a letter. The same key gives the same mail, so that a second attempt can be recognised as one.
    ///
    /// # Errors
    /// [`MailError`]; its kind says whether another attempt can help.
    pub async fn send(&self, letter: Letter, idempotency_key: &str) -> Result<(), MailError> {
        self.transport.deliver(&Mail::compose(&self.from, letter, idempotency_key)?).await
    }
}
