//! Why a host could not be set up, or could not publish: what its `main` returns.

use std::{error::Error as StdError, fmt, io, path::PathBuf};

use crate::{
    app::Exit,
    backend::BackendError,
    bus::{PublishAllError, PublishError},
    plugin::config::ConfigError,
    shown::{shown, shown_error, shown_long},
};

/// Why a host could not be set up, or could not publish. Its `Debug` is for people too, since `main` prints it: the error and
/// its sources, on one line.
///
/// ```
/// use stheno_core::app::{Error, Exit};
///
/// let error = Error::new("the pool of the shop cannot be opened");
/// assert_eq!(error.exit(), Exit::FAILED);
/// assert_eq!(Error::surroundings("PORT is not a number").exit(), Exit::CONFIG);
/// assert_eq!(Error::usage("`serve` takes no further word").exit(), Exit::USAGE);
/// ```
pub struct Error(Box<Kind>);

enum Kind {
    Config(ConfigError),
    /// What is wrong with variables, files and words that the host was started with.
    Surroundings(String),
    /// What is wrong with how it was called.
    Usage(String),
    Backend(BackendError),
    Publish(PublishError),
    PublishAll(PublishAllError),
    Own(Box<dyn StdError + Send + Sync>),
    Manifest(PathBuf, io::Error),
}

/// The result of a host's `main`.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// A failure of the host's own: a pool that cannot be opened, a variable that is not set.
    pub fn new(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self(Box::new(Kind::Own(error.into())))
    }

    /// A host that was started in a way that cannot be: what is wrong, and what to do. Starting it again does not help.
    pub fn surroundings(what: impl Into<String>) -> Self {
        Self(Box::new(Kind::Surroundings(what.into())))
    }

    /// A host that was called in a way it does not understand: what is wrong, and what to write. It ends with 64.
    pub fn usage(what: impl Into<String>) -> Self {
        Self(Box::new(Kind::Usage(what.into())))
    }

    /// A manifest that cannot be written.
    pub fn manifest(path: impl Into<PathBuf>, error: io::Error) -> Self {
        Self(Box::new(Kind::Manifest(path.into(), error)))
    }

    /// How a host ends that could not be set up for this reason.
    pub fn exit(&self) -> Exit {
        match &*self.0 {
            Kind::Config(_) | Kind::Surroundings(_) | Kind::Manifest(..) => Exit::CONFIG,
            Kind::Usage(_) => Exit::USAGE,
            Kind::Backend(error) => Exit::from(error.kind()),
            Kind::Publish(error) => Exit::from(error.kind()),
            Kind::PublishAll(error) => Exit::from(error.kind()),
            Kind::Own(_) => Exit::FAILED,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Kind::Config(error) => write!(f, "{error}"),
            Kind::Surroundings(what) | Kind::Usage(what) => write!(f, "{}", shown_long(what)),
            Kind::Backend(error) => write!(f, "{error}"),
            Kind::Publish(error) => write!(f, "{error}"),
            Kind::PublishAll(error) => write!(f, "{error}"),
            Kind::Own(error) => write!(f, "{}", shown_long(&error.to_string())),
            Kind::Manifest(path, error) => {
                let path = shown(&path.display().to_string()).to_string();
                write!(f, "the manifest {path} cannot be written: {}", shown_error(error))
            }
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown_error(self))
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &*self.0 {
            Kind::Own(error) => error.source(),
            // Their messages have the whole reason.
            _ => None,
        }
    }
}

impl From<BackendError> for Error {
    fn from(error: BackendError) -> Self {
        Self(Box::new(Kind::Backend(error)))
    }
}

impl From<PublishError> for Error {
    fn from(error: PublishError) -> Self {
        Self(Box::new(Kind::Publish(error)))
    }
}

impl From<PublishAllError> for Error {
    fn from(error: PublishAllError) -> Self {
        Self(Box::new(Kind::PublishAll(error)))
    }
}

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        Self(Box::new(Kind::Config(error)))
    }
}
