//! Which address the log has, and from an address to a backend: `sqlite://path`, `memory:`, `nats://host`.

use std::{ffi::OsString, sync::Arc};

use stheno_core::{
    app::{Error, Result},
    backend::{Backend, BackendError, BackendErrorKind},
};

/// The address that is used when nothing names one.
const DEFAULT_URL: &str = "sqlite://stheno.db";

/// The address of the log, and why it is this one.
pub(crate) fn address(
    variable: Option<String>,
    configured: Option<&str>,
    nats: bool,
    config: &str,
) -> Result<(String, String)> {
    match (variable, configured) {
        (Some(url), _) if url.trim().is_empty() => {
            Err(Error::surroundings("STHENO_URL is set and empty; say where the log is, or leave it out"))
        }
        (Some(url), _) => Ok((url, "as STHENO_URL says".to_owned())),
        (None, Some(url)) => Ok((url.to_owned(), format!("as {config} says"))),
        (None, None) if nats => Err(only_nats_url()),
        (None, None) => Ok((DEFAULT_URL.to_owned(), format!("because neither STHENO_URL nor {config} names another"))),
    }
}

pub(crate) fn only_nats_url() -> Error {
    let example = match cfg!(feature = "nats") {
        true => "STHENO_URL=\"$NATS_URL\" or STHENO_URL=sqlite:///var/lib/stheno/stheno.db",
        false => "STHENO_URL=sqlite:///var/lib/stheno/stheno.db (this build knows no NATS)",
    };
    Error::surroundings(format!(
        "NATS_URL is set and STHENO_URL is not: a local file here could be lost with its container. Set STHENO_URL to where \
         the log is, for example {example}"
    ))
}

/// The addresses that this build understands, for messages.
fn understood() -> String {
    let mut forms: Vec<&str> = Vec::new();
    if cfg!(feature = "sqlite") {
        forms.extend(["sqlite://path/to/file.db", "memory:"]);
    }
    if cfg!(feature = "nats") {
        forms.extend(["nats://host:4222", "tls://host:4222"]);
    }
    match forms.as_slice() {
        [] => "none: enable the feature `sqlite` or `nats` of `stheno`".to_owned(),
        forms => forms.join(", "),
    }
}

/// Opens the backend that an address names, in a process with these variables.
///
/// # Errors
/// [`BackendErrorKind::Address`] for an address that this build does not understand; otherwise what opening it says.
pub(crate) async fn backend(
    url: &str,
    variables: Vec<(OsString, OsString)>,
) -> std::result::Result<Arc<dyn Backend>, BackendError> {
    #[cfg(not(feature = "nats"))]
    drop(variables);
    let scheme = url.split_once(':').map_or("", |(scheme, _)| scheme);
    match scheme {
        #[cfg(feature = "sqlite")]
        "sqlite" | "memory" => {
            let options = stheno_sqlite::SqliteOptions::from_url(url)?;
            Ok(stheno_sqlite::SqliteBackend::open(options).await?)
        }
        #[cfg(feature = "nats")]
        "nats" | "tls" => {
            let is_read = |name: &str| stheno_nats::NatsOptions::VARIABLES.contains(&name);
            let wrong: Vec<String> = stheno_core::variables::without_text(variables.iter().cloned(), is_read).collect();
            if !wrong.is_empty() {
                return Err(BackendError::new(BackendErrorKind::Address, stheno_core::variables::not_text(&wrong)));
            }
            let text =
                |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value.into_string().ok()?));
            let options = stheno_nats::NatsOptions::from_url_in(url, variables.into_iter().filter_map(text))?;
            Ok(stheno_nats::NatsBackend::open(options).await?)
        }
        _ => {
            // An address may carry a password, and one without a scheme may begin with it: only a scheme that is known is repeated.
            let wrong = match (scheme, feature(scheme)) {
                (_, Some(feature)) => {
                    format!("addresses that begin with `{scheme}:` need the feature `{feature}` of stheno")
                }
                _ if FOREIGN.contains(&scheme) => format!("addresses that begin with `{scheme}:` are not understood"),
                _ if url.contains("://") => "the scheme of the address is not understood".to_owned(),
                _ => "the address has no scheme".to_owned(),
            };
            let message = format!("{wrong}; this build understands {}", understood());
            Err(BackendError::new(BackendErrorKind::Address, message))
        }
    }
}

/// Schemes of addresses that people have at hand.
const FOREIGN: [&str; 16] = [
    "postgres",
    "postgresql",
    "mysql",
    "mariadb",
    "mongodb",
    "redis",
    "rediss",
    "http",
    "https",
    "ws",
    "wss",
    "amqp",
    "amqps",
    "kafka",
    "file",
    "sqlite3",
];

/// The feature with the backend of an address.
fn feature(scheme: &str) -> Option<&'static str> {
    match scheme {
        "sqlite" | "memory" => Some("sqlite"),
        "nats" | "tls" => Some("nats"),
        _ => None,
    }
}

/// Where the log of an address is, without what may be secret in it: for who may not ask the backend. Only of addresses that
/// were understood.
pub(crate) fn place(url: &str) -> String {
    let (address, options) = url.split_once('?').unwrap_or((url, ""));
    let (scheme, rest) = address.split_once("://").unwrap_or((address, ""));
    // As backends read it: the last `@` ends the login.
    let hosts = rest.rsplit_once('@').map_or(rest, |(_, hosts)| hosts).trim_end_matches('/');
    match options.split('&').find_map(|option| option.strip_prefix("stream=")) {
        Some(stream) => format!("{scheme}://{hosts}/{stream}"),
        None => format!("{scheme}://{hosts}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_comes_before_the_file_and_the_file_before_the_default() {
        let config = "stheno.toml";
        assert_eq!(address(Some("memory:".into()), Some("sqlite://a"), true, config).unwrap().0, "memory:");
        assert_eq!(address(None, Some("sqlite://a"), true, config).unwrap().0, "sqlite://a");
        assert_eq!(address(None, None, false, config).unwrap().0, DEFAULT_URL);
    }

    #[test]
    fn a_local_file_beside_a_nats_url_is_refused() {
        let refused = address(None, None, true, "stheno.toml").unwrap_err();
        assert!(refused.to_string().starts_with("NATS_URL is set"), "{refused}");
        assert_eq!(refused.exit(), stheno_core::app::Exit::CONFIG);
    }

    #[test]
    fn a_place_has_nothing_secret() {
        assert_eq!(place("nats://127.0.0.1:4222"), "nats://127.0.0.1:4222");
        let url = "tls://shop:p@ss/word@a:4222,b:4222/?ca=ca.pem&token=t&stream=SHOP";
        assert_eq!(place(url), "tls://a:4222,b:4222/SHOP");
    }

    #[test]
    fn an_address_of_another_feature_names_it() {
        let features = ["nats://h", "tls://h", "sqlite://f", "memory:", "http://h"]
            .map(|url| feature(url.split_once(':').map_or("", |(scheme, _)| scheme)));
        assert_eq!(features, [Some("nats"), Some("nats"), Some("sqlite"), Some("sqlite"), None]);
    }

    #[cfg(not(feature = "nats"))]
    #[test]
    fn a_build_without_nats_says_which_feature_it_lacks() {
        let opening = std::pin::pin!(backend("nats://shop:secret@host", Vec::new()));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        let std::task::Poll::Ready(Err(error)) = opening.poll(&mut context) else { panic!("it is refused at once") };
        let said = error.to_string();
        assert!(said.contains("`nats:` need the feature `nats` of stheno; this build understands "), "{said}");
        assert!(!said.contains("secret"), "{said}");
    }
}
