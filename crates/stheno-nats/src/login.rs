//! Who we are to the server, and how the connection is kept secret.

use std::path::PathBuf;

use stheno_core::Secret;

use crate::options::NatsOptions;

/// Who we are to the server.
#[derive(Debug, Clone, Default)]
pub(crate) enum Login {
    #[default]
    Nobody,
    User {
        name: String,
        password: Secret<String>,
    },
    Token(Secret<String>),
    Credentials(PathBuf),
    Nkey(PathBuf),
}

/// How the connection is kept secret.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tls {
    pub(crate) required: bool,
    /// The server speaks TLS from the first byte on.
    pub(crate) first: bool,
    pub(crate) ca: Option<PathBuf>,
    /// Certificate and key.
    pub(crate) client: Option<(PathBuf, PathBuf)>,
}

impl NatsOptions {
    /// Logs in with a name and a password.
    #[must_use]
    pub fn user(mut self, name: impl Into<String>, password: impl Into<Secret<String>>) -> Self {
        self.login = Login::User { name: name.into(), password: password.into() };
        self
    }

    /// Logs in with a token.
    #[must_use]
    pub fn token(mut self, token: impl Into<Secret<String>>) -> Self {
        self.login = Login::Token(token.into());
        self
    }

    /// Logs in with a credentials file, as `nsc` writes it.
    #[must_use]
    pub fn credentials(mut self, file: impl Into<PathBuf>) -> Self {
        self.login = Login::Credentials(file.into());
        self
    }

    /// Logs in with an nkey, whose seed is in a file.
    #[must_use]
    pub fn nkey(mut self, seed_file: impl Into<PathBuf>) -> Self {
        self.login = Login::Nkey(seed_file.into());
        self
    }

    /// Trusts servers whose certificate was signed by an authority in this PEM file, and insists on TLS.
    #[must_use]
    pub fn tls_ca(mut self, file: impl Into<PathBuf>) -> Self {
        self.tls.required = true;
        self.tls.ca = Some(file.into());
        self
    }

    /// Shows this certificate to the server, with its key, both PEM files, and insists on TLS.
    #[must_use]
    pub fn tls_client(mut self, certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        self.tls.required = true;
        self.tls.client = Some((certificate.into(), key.into()));
        self
    }

    /// Speaks TLS from the first byte on, as a server with `handshake_first` expects it.
    #[must_use]
    pub fn tls_first(mut self) -> Self {
        self.tls.required = true;
        self.tls.first = true;
        self
    }
}
