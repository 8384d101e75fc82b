//! Who we are to the server, and how the connection is kept secret.

use std::{mem::discriminant, path::PathBuf};

use stheno_core::Secret;

use crate::{file::File, options::NatsOptions};

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
    Credentials(File),
    Nkey(File),
}

impl Login {
    /// Whether a part of it is empty: a variable that was not set, where somebody put the address together.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Login::Nobody => false,
            Login::User { name, password } => name.is_empty() || password.expose().is_empty(),
            Login::Token(token) => token.expose().is_empty(),
            Login::Credentials(path) | Login::Nkey(path) => path.as_os_str().is_empty(),
        }
    }
}

/// How the connection is kept secret.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tls {
    pub(crate) required: bool,
    /// The server speaks TLS from the first byte on.
    pub(crate) first: bool,
    pub(crate) ca: Option<File>,
    /// Certificate and key.
    pub(crate) client: Option<(File, File)>,
}

impl NatsOptions {
    /// Logs in with a name and a password.
    #[must_use]
    pub fn user(self, name: impl Into<String>, password: impl Into<Secret<String>>) -> Self {
        self.log_in(Login::User { name: name.into(), password: password.into() })
    }

    /// Logs in with a token.
    #[must_use]
    pub fn token(self, token: impl Into<Secret<String>>) -> Self {
        self.log_in(Login::Token(token.into()))
    }

    /// Logs in with a credentials file, as `nsc` writes it.
    #[must_use]
    pub fn credentials(self, file: impl Into<PathBuf>) -> Self {
        self.log_in(Login::Credentials(File::shown(file)))
    }

    /// Logs in with an nkey, whose seed is in a file.
    #[must_use]
    pub fn nkey(self, seed_file: impl Into<PathBuf>) -> Self {
        self.log_in(Login::Nkey(File::shown(seed_file)))
    }

    /// Two kinds of login exclude each other; one of the same kind replaces the one before.
    fn log_in(mut self, login: Login) -> Self {
        let other = !matches!(self.login, Login::Nobody) && discriminant(&self.login) != discriminant(&login);
        self.two_logins |= other;
        self.login = login;
        self
    }

    /// Trusts servers whose certificate was signed by an authority in this PEM file, and insists on TLS.
    #[must_use]
    pub fn tls_ca(self, file: impl Into<PathBuf>) -> Self {
        self.trusting(File::shown(file))
    }

    pub(crate) fn trusting(mut self, authority: File) -> Self {
        self.tls.required = true;
        self.tls.ca = Some(authority);
        self
    }

    /// Shows this certificate to the server, with its key, both PEM files, and insists on TLS.
    #[must_use]
    pub fn tls_client(self, certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        self.showing(File::shown(certificate), File::shown(key))
    }

    pub(crate) fn showing(mut self, certificate: File, key: File) -> Self {
        self.tls.required = true;
        self.tls.client = Some((certificate, key));
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
