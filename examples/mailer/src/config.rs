//! How mails are sent, as a configuration file says it.

use std::path::PathBuf;

use serde::Deserialize;
use stheno::Secret;

/// Whom mails are from, and where they go: a table of a plugin that has nothing else to configure, or a part of one.
#[derive(Debug, Clone, Deserialize)]
pub struct MailConfig {
    /// Whom the mails are from: an address, or a name and an address in angle brackets.
    pub from: String,
    /// The directory that gets a file for each mail when there is no mail server.
    #[serde(default = "outbox")]
    pub outbox: PathBuf,
    /// The mail server.
    pub smtp: Option<Smtp>,
}

/// A mail server.
#[derive(Debug, Clone, Deserialize)]
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

/// Where mails are written unless a configuration says otherwise.
pub fn outbox() -> PathBuf {
    "mails".into()
}
