//! What is said when no connection comes about.

use std::{error::Error, io};

use async_nats::{
    ConnectError, ConnectErrorKind, ServerError,
    rustls::{self, AlertDescription},
};
use stheno_core::backend::{BackendError, BackendErrorKind};

use crate::{login::Login, options::NatsOptions};

/// Why a connection with these options could not be made, and what to do about it. Nothing secret is in it.
pub(crate) fn explain(options: &NatsOptions, error: ConnectError) -> BackendError {
    let place = options.place();
    let (kind, message) = match error.kind() {
        ConnectErrorKind::Authentication => {
            (BackendErrorKind::Permission, format!("{} cannot be used; is it the right file?", file(&options.login)))
        }
        _ if is_about_login(&error) => {
            (BackendErrorKind::Permission, format!("{place} refuses this login: {}", wrong(options)))
        }
        kind => secure(options, &error).unwrap_or_else(|| plain(&place, kind)),
    };
    BackendError::new(kind, message).with_source(error)
}

/// What is wrong before it comes to logins and certificates.
fn plain(place: &str, kind: ConnectErrorKind) -> (BackendErrorKind, String) {
    match kind {
        ConnectErrorKind::ServerParse => {
            (BackendErrorKind::Address, format!("{place} is not an address; write `nats://host:port`"))
        }
        ConnectErrorKind::Tls => {
            (BackendErrorKind::Address, format!("no secure connection to {place}; check `ca=`, `cert=` and `key=`"))
        }
        ConnectErrorKind::Dns => {
            (BackendErrorKind::Unavailable, format!("the name of {place} cannot be resolved; is it spelled right?"))
        }
        _ => (
            BackendErrorKind::Unavailable,
            format!("no nats-server answers at {place}; is it running? `nats-server -js` starts one"),
        ),
    }
}

/// Whether the server said that it does not take us.
fn is_about_login(error: &ConnectError) -> bool {
    let said = error.source().and_then(|source| source.downcast_ref::<ServerError>());
    match said {
        // "User Authentication Expired", "User Authentication Revoked", "Account Authentication Expired".
        Some(ServerError::Other(said)) => said.to_lowercase().contains("authentication"),
        Some(ServerError::AuthorizationViolation) => true,
        _ => error.kind() == ConnectErrorKind::AuthorizationViolation,
    }
}

/// What can be wrong with the kind of login that was used.
fn wrong(options: &NatsOptions) -> String {
    match &options.login {
        Login::Nobody => {
            "none was given; write `nats://user:password@host`, or one of `token=`, `creds=`, `nkey=`".into()
        }
        Login::User { name, .. } => format!("the user `{name}` or the password is not right"),
        Login::Token(_) => "the token is not right".to_owned(),
        Login::Credentials(_) => {
            format!("{} is not for this server, has expired or was revoked", file(&options.login))
        }
        Login::Nkey(_) => format!("{} is of no user that it knows", file(&options.login)),
    }
}

fn file(login: &Login) -> String {
    match login {
        Login::Credentials(path) => format!("the credentials file {path}"),
        Login::Nkey(path) => format!("the nkey seed file {path}"),
        Login::Nobody | Login::User { .. } | Login::Token(_) => "the login".to_owned(),
    }
}

/// What was wrong with the certificates, if that was it.
fn secure(options: &NatsOptions, error: &ConnectError) -> Option<(BackendErrorKind, String)> {
    let place = options.place();
    let tls = io_error(error)?.get_ref()?.downcast_ref::<rustls::Error>()?;
    Some(match (tls, &options.tls.client) {
        (rustls::Error::AlertReceived(alert), client) if is_about_us(*alert) => {
            let wrong = match client {
                None => "it wants a client certificate; give `cert=` and `key=`".to_owned(),
                Some((certificate, _)) => {
                    format!("it does not take the client certificate {certificate}")
                }
            };
            (BackendErrorKind::Permission, format!("{place} refuses this login: {wrong}"))
        }
        (rustls::Error::InvalidCertificate(_), _) => {
            let wrong = "its certificate is not trusted, or is for another name; `ca=` names the file of the authority";
            (BackendErrorKind::Address, format!("no secure connection to {place}: {wrong}"))
        }
        _ => {
            let wrong = "do both sides speak TLS from the same moment on (`tls_first=`)?";
            (BackendErrorKind::Address, format!("no secure connection to {place}; {wrong}"))
        }
    })
}

fn io_error(error: &ConnectError) -> Option<&io::Error> {
    let mut source = error.source();
    while let Some(error) = source {
        if let Some(io) = error.downcast_ref::<io::Error>() {
            return Some(io);
        }
        source = error.source();
    }
    None
}

/// Whether the server ended a secure connection for what we showed it.
fn is_about_us(alert: AlertDescription) -> bool {
    matches!(
        alert,
        AlertDescription::CertificateRequired
            | AlertDescription::NoCertificate
            | AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied
    )
}
