//! The plugin's table in `stheno.toml`.

use std::path::PathBuf;

pub use mailer::{Encryption, MailConfig, Smtp};
use serde::Deserialize;

/// `[plugins.notifications]`.
///
/// ```toml
/// [plugins.notifications]
/// from = "Medusa Store <store@example.com>"
/// outbox = "mails"                          # a file for each mail, unless there is a mail server
///
/// [plugins.notifications.shop]
/// name = "Medusa Store"
/// url = "https://store.example"
/// admin_url = "https://admin.store.example"
///
/// [plugins.notifications.smtp]              # leave it out to write files
/// host = "mail.example"
/// user = "store"                            # STHENO_PLUGIN_NOTIFICATIONS__SMTP__PASSWORD has the password
/// ```
#[derive(Debug, Deserialize)]
pub struct Config {
    /// Whom the mails are from: an address, or a name and an address in angle brackets.
    pub from: String,
    /// The directory that gets a file for each mail when there is no mail server.
    #[serde(default = "mailer::config::outbox")]
    pub outbox: PathBuf,
    /// What the mails say of the shop.
    pub shop: Shop,
    /// The mail server.
    pub smtp: Option<Smtp>,
}

/// What the mails say of the shop.
#[derive(Debug, Clone, Deserialize)]
pub struct Shop {
    /// What it is called.
    pub name: String,
    /// Where customers go.
    pub url: String,
    /// Where staff goes.
    pub admin_url: String,
}

impl Config {
    /// How mails are sent.
    pub fn mail(&self) -> MailConfig {
        MailConfig { from: self.from.clone(), outbox: self.outbox.clone(), smtp: self.smtp.clone() }
    }
}
