//! The plugin's table in `stheno.toml`.

use std::path::PathBuf;

use serde::Deserialize;
use stheno::Secret;

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
    #[serde(default = "outbox")]
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

/// A mail server.
#[derive(Debug, Deserialize)]
pub struct Smtp {
    /// Its name or address.
    pub host: String,
    /// Its port; by default the usual one for the encryption.
    pub port: Option<u16>,
    /// How the connection is encrypted.
    #[serde(default)]
    pub encryption: Encryption,
    /// A file of PEM certificates to trust beside the usual ones, for a server whose certificate is the company's own.
    pub ca: Option<PathBuf>,
    /// Who we log in as.
    pub user: Option<String>,
    /// The password for it.
    pub password: Option<Secret<String>>,
}

/// How the connection to a mail server is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encryption {
    /// It begins in clear and must become encrypted; usually on port 587. Needs the crate's feature `tls`.
    #[default]
    StartTls,
    /// It is encrypted from the first byte; usually on port 465. Needs the crate's feature `tls`.
    Tls,
    /// Not at all: for a server on the same machine or in the same cluster; usually on port 25.
    None,
}

impl Encryption {
    /// The port that is usual for it.
    pub fn usual_port(self) -> u16 {
        match self {
            Encryption::StartTls => 587,
            Encryption::Tls => 465,
            Encryption::None => 25,
        }
    }
}

fn outbox() -> PathBuf {
    "mails".into()
}
