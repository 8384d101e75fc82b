//! From an address to a backend: `sqlite://path`, `memory:`, `nats://host`.

use std::sync::Arc;

use stheno_core::{
    App, Bus, Catalogs, async_trait,
    backend::{Backend, BackendError, BackendErrorKind},
    plugin::discovery,
};

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

/// Opens the backend that an address names: `sqlite://stheno.db`, `sqlite:///var/lib/shop/stheno.db?sync=normal`,
/// `memory:`, `nats://127.0.0.1:4222`, `tls://user:password@host/?stream=EVENTS`.
///
/// # Errors
/// [`BackendErrorKind::Address`] for an address that this build does not understand; otherwise what opening it says.
pub async fn backend(url: &str) -> Result<Arc<dyn Backend>, BackendError> {
    let scheme = url.split_once(':').map_or("", |(scheme, _)| scheme);
    match scheme {
        #[cfg(feature = "sqlite")]
        "sqlite" | "memory" => {
            let options = stheno_sqlite::SqliteOptions::from_url(url)?;
            Ok(stheno_sqlite::SqliteBackend::open(options).await?)
        }
        #[cfg(feature = "nats")]
        "nats" | "tls" => {
            let options = stheno_nats::NatsOptions::from_url_in(url, crate::host::variables())?;
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

/// `Bus::connect`.
#[async_trait]
pub trait BusExt: Sized {
    /// A bus over the log at an address, which knows every catalog that is linked.
    ///
    /// # Errors
    /// As [`backend`]; and [`BackendErrorKind::Setup`] when two of the catalogs that are linked define one event.
    async fn connect(url: &str) -> Result<Self, BackendError>;
}

#[async_trait]
impl BusExt for Bus {
    async fn connect(url: &str) -> Result<Self, BackendError> {
        let (catalogs, duplicates) = Catalogs::new(discovery::catalogs(), discovery::declared());
        if !duplicates.is_empty() {
            let all: Vec<_> = duplicates.iter().map(ToString::to_string).collect();
            return Err(BackendError::new(BackendErrorKind::Setup, all.join(". ")));
        }
        Ok(Bus::new(backend(url).await?, Arc::new(catalogs)))
    }
}

/// An app over the log at an address.
///
/// # Errors
/// As [`backend`].
pub async fn app(url: &str) -> Result<App, BackendError> {
    Ok(App::new(backend(url).await?))
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let opening = std::pin::pin!(backend("nats://shop:secret@host"));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        let std::task::Poll::Ready(Err(error)) = opening.poll(&mut context) else { panic!("it is refused at once") };
        let said = error.to_string();
        assert!(said.contains("`nats:` need the feature `nats` of stheno; this build understands "), "{said}");
        assert!(!said.contains("secret"), "{said}");
    }
}
