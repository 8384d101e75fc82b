//! A mail server, spoken to by SMTP.

use std::{fmt, time::Duration};

use lettre::{
    AsyncSmtpTransport, AsyncTransport, Tokio1Executor,
    transport::smtp::{AsyncSmtpTransportBuilder, Error as SmtpError, authentication::Credentials},
};
use stheno::async_trait;

use crate::{Encryption, Mail, MailError, MailErrorKind, Smtp, Transport};

/// How long one step of the conversation may take: less than an attempt's 30 s, so that the handler sees the error.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A mail server. Connections are kept for the next mail.
pub struct SmtpServer {
    host: String,
    transport: AsyncSmtpTransport<Tokio1Executor>,
}

impl SmtpServer {
    /// The mail server of the configuration. It is not connected to before the first mail.
    ///
    /// # Errors
    /// [`MailErrorKind::Configuration`] when it cannot work, or would send a password in clear.
    pub fn new(config: &Smtp) -> Result<Self, MailError> {
        let builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&config.host);
        let port = config.port.unwrap_or(config.encryption.usual_port());
        let mut builder = encrypted(builder, config)?.port(port).timeout(Some(TIMEOUT));
        match (&config.user, &config.password) {
            (Some(_), Some(_)) if config.encryption == Encryption::None && !is_this_machine(&config.host) => {
                return Err(unusable("the password would travel in clear; set `smtp.encryption`"));
            }
            (Some(user), Some(password)) => {
                builder = builder.credentials(Credentials::new(user.clone(), password.expose().clone()));
            }
            (None, None) => {}
            _ => return Err(unusable("`smtp.user` and `smtp.password` belong together; set both or neither")),
        }
        Ok(Self { host: config.host.clone(), transport: builder.build() })
    }
}

impl fmt::Debug for SmtpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpServer").field("host", &self.host).finish_non_exhaustive()
    }
}

#[async_trait]
impl Transport for SmtpServer {
    async fn deliver(&self, mail: &Mail) -> Result<(), MailError> {
        let sent = self.transport.send_raw(mail.envelope(), mail.bytes()).await;
        sent.map(|_| ()).map_err(explain)
    }
}

#[cfg(feature = "tls")]
fn encrypted(builder: AsyncSmtpTransportBuilder, config: &Smtp) -> Result<AsyncSmtpTransportBuilder, MailError> {
    use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};

    let trusted = match &config.ca {
        None => None,
        Some(file) => {
            let pem = std::fs::read(file).map_err(|error| unusable("`smtp.ca` cannot be read").because(error))?;
            let parsed = Certificate::from_pem(&pem);
            Some(parsed.map_err(|error| unusable("`smtp.ca` has no certificate in PEM").because(error))?)
        }
    };
    let parameters = || {
        let named = TlsParameters::builder(config.host.clone());
        let made = match trusted.clone() {
            Some(certificate) => named.add_root_certificate(certificate),
            None => named,
        };
        made.build().map_err(|error| unusable("`smtp.host` is no name that a certificate can have").because(error))
    };
    Ok(match config.encryption {
        Encryption::None => builder.tls(Tls::None),
        // Required: a server, or somebody between, that does not offer encryption gets no mail.
        Encryption::StartTls => builder.tls(Tls::Required(parameters()?)),
        Encryption::Tls => builder.tls(Tls::Wrapper(parameters()?)),
    })
}

#[cfg(not(feature = "tls"))]
fn encrypted(builder: AsyncSmtpTransportBuilder, config: &Smtp) -> Result<AsyncSmtpTransportBuilder, MailError> {
    match config.encryption {
        Encryption::None => Ok(builder),
        Encryption::StartTls | Encryption::Tls => Err(unusable(
            "encryption needs the feature `tls` of `mailer`; build the host with it, or say \
             `smtp.encryption = \"none\"` for a mail server on this machine",
        )),
    }
}

fn unusable(message: &str) -> MailError {
    MailError::new(MailErrorKind::Configuration, message)
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// What an answer of the server means. Its text is left out but for the enhanced code: the rest names the address.
fn explain(error: SmtpError) -> MailError {
    let Some(code) = error.status() else {
        return MailError::new(MailErrorKind::Unreachable, "the mail server that `smtp.host` names cannot be reached")
            .because(error);
    };
    let code = u16::from(code);
    let shown = match enhanced_code(&error) {
        Some(enhanced) => format!("{code} {enhanced}"),
        None => code.to_string(),
    };
    let (kind, message) = match code {
        // Authentication: RFC 4954, section 6.
        530 | 534 | 535 | 538 => (
            MailErrorKind::NotLetIn { code },
            format!("the mail server does not let us in ({shown}); correct `smtp.user` and its password"),
        ),
        500.. => (
            MailErrorKind::Rejected { code },
            format!(
                "the mail server refused the mail for good ({shown}); correct the address in the shop, then redrive"
            ),
        ),
        _ => (MailErrorKind::Busy { code }, format!("the mail server does not take the mail now ({shown})")),
    };
    MailError::new(kind, message)
}

/// The class, subject and detail that RFC 3463 puts in front of the text: `5.1.1`.
fn enhanced_code(error: &SmtpError) -> Option<String> {
    let text = std::error::Error::source(error)?.to_string();
    let first = text.split_whitespace().next()?;
    let parts: Vec<_> = first.split('.').collect();
    let numbers = parts.iter().all(|part| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()));
    (parts.len() == 3 && numbers).then(|| first.to_owned())
}

#[cfg(test)]
mod tests {
    use stheno::Secret;

    use super::*;

    fn config(encryption: Encryption, password: Option<&str>) -> Smtp {
        let password = password.map(Secret::from);
        let host = "mail.example".into();
        Smtp { host, port: None, encryption, ca: None, user: Some("store".into()), password }
    }

    #[test]
    fn a_password_does_not_travel_in_clear() {
        let refused = SmtpServer::new(&config(Encryption::None, Some("s3cret"))).unwrap_err();
        assert_eq!(refused.kind(), MailErrorKind::Configuration);
    }

    #[test]
    fn a_user_without_a_password_is_refused_at_the_start() {
        let refused = SmtpServer::new(&config(Encryption::None, None)).unwrap_err();
        assert_eq!(refused.kind(), MailErrorKind::Configuration);
    }

    #[cfg(not(feature = "tls"))]
    #[test]
    fn encryption_without_the_feature_is_refused_at_the_start() {
        let refused = SmtpServer::new(&config(Encryption::StartTls, Some("s3cret"))).unwrap_err();
        assert_eq!(refused.kind(), MailErrorKind::Configuration);
    }

    #[test]
    fn debug_output_shows_no_password() {
        let config = config(Encryption::StartTls, Some("s3cret"));
        assert!(!format!("{config:?}").contains("s3cret"));
    }
}
