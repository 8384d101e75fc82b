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
            // An address may carry a password: only its scheme is repeated.
            let message = match scheme {
                "" => format!("the address has no scheme; this build understands {}", understood()),
                scheme => format!(
                    "addresses that begin with `{scheme}:` are not understood; this build understands {}",
                    understood()
                ),
            };
            Err(BackendError::new(BackendErrorKind::Address, message))
        }
    }
}

/// `Bus::connect`.
#[async_trait]
pub trait BusExt: Sized {
    /// A bus over the log at an address, which knows every catalog that is linked.
    ///
    /// # Errors
    /// As [`backend`].
    async fn connect(url: &str) -> Result<Self, BackendError>;
}

#[async_trait]
impl BusExt for Bus {
    async fn connect(url: &str) -> Result<Self, BackendError> {
        let (catalogs, _) = Catalogs::new(discovery::catalogs(), discovery::declared());
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
