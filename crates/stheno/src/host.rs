//! What a host's `main` needs: the app from its surroundings, run until a signal, with an exit code.

use std::{
    env, fmt, io,
    path::{Path, PathBuf},
    process::{self, ExitCode, Termination},
    time::Duration,
};

use stheno_core::{
    App, Config, ConfigError, PublishError,
    app::{StartError, Stopped},
    async_trait,
    backend::{BackendError, BackendErrorKind},
};

use crate::connect;

/// The address that is used when nothing names one.
const DEFAULT_URL: &str = "sqlite://stheno.db";
/// The configuration file, unless `STHENO_CONFIG` names another.
const CONFIG: &str = "stheno.toml";
/// What messages call a configuration that the host brings itself.
const BUILT_IN: &str = "the built-in configuration";
/// The manifest, unless the app names another.
const MANIFEST: &str = "stheno.manifest.json";

/// Why a host could not be set up, or could not publish. Its `Debug` is for people too, since `main` prints it.
pub struct Error(Box<Kind>);

enum Kind {
    Config(ConfigError),
    NoConfig(PathBuf),
    Nats,
    Backend(BackendError),
    Publish(PublishError),
    Own(Box<dyn std::error::Error + Send + Sync>),
    Manifest(PathBuf, io::Error),
    ManifestWord(String),
    EmptyUrl,
}

/// The result of a host's `main`.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// A failure of the host's own: a pool that cannot be opened, a variable that is not set.
    pub fn new(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(Box::new(Kind::Own(error.into())))
    }

    /// How a host ends that could not be set up for this reason.
    pub fn exit(&self) -> Exit {
        match &*self.0 {
            Kind::Config(_) | Kind::NoConfig(_) | Kind::Nats | Kind::ManifestWord(_) | Kind::EmptyUrl => Exit::CONFIG,
            Kind::Backend(error) if error.kind() == BackendErrorKind::Address => Exit::CONFIG,
            Kind::Backend(_) | Kind::Manifest(..) => Exit::UNAVAILABLE,
            Kind::Publish(_) | Kind::Own(_) => Exit::FAILED,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Kind::Config(error) => write!(f, "{error}"),
            Kind::NoConfig(path) => write!(f, "STHENO_CONFIG names {}, which is not there", path.display()),
            Kind::Nats => {
                f.write_str(
                    "NATS_URL is set and STHENO_URL is not: a local file here could be lost with its container. Set \
                     STHENO_URL to where the log is, ",
                )?;
                f.write_str(match cfg!(feature = "nats") {
                    true => "for example STHENO_URL=\"$NATS_URL\" or STHENO_URL=sqlite:///var/lib/stheno/stheno.db",
                    false => "for example STHENO_URL=sqlite:///var/lib/stheno/stheno.db (this build knows no NATS)",
                })
            }
            Kind::Backend(error) => write!(f, "{error}"),
            Kind::Publish(error) => write!(f, "{error}"),
            Kind::Own(error) => write!(f, "{error}"),
            Kind::Manifest(path, _) => write!(f, "the manifest {} cannot be written", path.display()),
            Kind::ManifestWord(word) => write!(
                f,
                "STHENO_MANIFEST is `{word}`; say `write` to write {MANIFEST}, `check` to compare with it, or leave it out"
            ),
            Kind::EmptyUrl => f.write_str("STHENO_URL is set and empty; say where the log is, or leave it out"),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)?;
        let mut source = std::error::Error::source(self);
        while let Some(error) = source {
            write!(f, ": {error}")?;
            source = error.source();
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &*self.0 {
            Kind::Config(_) | Kind::NoConfig(_) | Kind::Nats | Kind::ManifestWord(_) | Kind::EmptyUrl => None,
            Kind::Backend(error) => std::error::Error::source(error),
            Kind::Publish(error) => std::error::Error::source(error),
            Kind::Own(error) => error.source(),
            Kind::Manifest(_, error) => Some(error),
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

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        Self(Box::new(Kind::Config(error)))
    }
}

/// How a host ended, for `main` to return.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exit(u8);

impl Exit {
    /// It cannot start as it is built and configured (`EX_CONFIG`): starting it again will not help.
    pub const CONFIG: Exit = Exit(78);
    /// Its log cannot be used now (`EX_UNAVAILABLE`): starting it again later may help.
    pub const UNAVAILABLE: Exit = Exit(69);
    /// It failed for a reason of its own (`EX_SOFTWARE`).
    pub const FAILED: Exit = Exit(70);
    /// What was under way was cut (`EX_TEMPFAIL`): it is handled again after the next start.
    pub const CUT: Exit = Exit(75);
    /// It was called in a way it does not understand, or asked for what is not there (`EX_USAGE`).
    pub const USAGE: Exit = Exit(64);
    /// It did what it was asked.
    pub const OK: Exit = Exit(0);

    /// The number the process ends with.
    pub fn code(self) -> u8 {
        self.0
    }
}

impl From<Stopped> for Exit {
    fn from(stopped: Stopped) -> Self {
        Self(stopped.exit_code())
    }
}

impl From<&StartError> for Exit {
    fn from(error: &StartError) -> Self {
        match error {
            StartError::Problems(_) => Exit::CONFIG,
            _ => Exit::UNAVAILABLE,
        }
    }
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(self.0)
    }
}

/// Runs a host for `main`: one that cannot be set up says why on standard error, and ends with the code for the reason,
/// where a `main` that returns the error would end with 1 for every reason.
///
/// ```no_run
/// # mod receipts { stheno::plugin!("receipts"); }
/// use stheno::{App, prelude::*};
///
/// stheno::plugins!(receipts);
///
/// #[tokio::main]
/// async fn main() -> stheno::Exit {
///     stheno::host(async { App::from_env().await?.plugins(plugins()).run().await }).await
/// }
/// ```
pub async fn host(run: impl Future<Output = Result<Exit>>) -> Exit {
    run.await.unwrap_or_else(|error| {
        eprintln!("{error:?}");
        error.exit()
    })
}

/// `App::from_env` and `App::run`.
#[async_trait]
pub trait AppExt: Sized {
    /// An app as its surroundings say: `STHENO_URL`, else `url` in `stheno.toml` (or the file that `STHENO_CONFIG` names),
    /// else `sqlite://stheno.db`. Where the log is, and why there, is said on standard error. Plugins and subscribers are configured from the same file and from
    /// `STHENO_PLUGIN_*`.
    ///
    /// # Errors
    /// When the configuration or the address is wrong, or the log cannot be opened; also when `NATS_URL` is set and no
    /// address is: a silent local file in a container is lost events.
    async fn from_env() -> Result<App>;

    /// The same for a host that brings a configuration of its own, `include_str!("../stheno.toml")`: it is taken when
    /// there is no file `stheno.toml`, and `STHENO_CONFIG` names no other. Variables still come before it.
    ///
    /// # Errors
    /// As [`AppExt::from_env`].
    async fn from_env_or(built_in: &str) -> Result<App>;

    /// Says on standard error what is linked and enabled, then runs until SIGTERM, SIGINT or Ctrl-C.
    ///
    /// With `STHENO_MANIFEST=write` it writes the manifest and ends; with `STHENO_MANIFEST=check` a difference from it is
    /// a start-up error.
    ///
    /// When a second signal or the drain deadline cuts what is under way, the process ends here: a handler that never
    /// gives its thread back would keep the runtime, and with it `main`, from ending.
    ///
    /// # Errors
    /// When the manifest cannot be written. An app that cannot start says why on standard error and ends with a code.
    async fn run(self) -> Result<Exit>;
}

#[async_trait]
impl AppExt for App {
    async fn from_env() -> Result<App> {
        let path = config_path();
        // A file nobody named may be missing; one that somebody named is meant.
        if env::var_os("STHENO_CONFIG").is_some() && !path.exists() {
            return Err(Error(Box::new(Kind::NoConfig(path))));
        }
        from_config(Config::read(&path)?, &path).await
    }

    async fn from_env_or(built_in: &str) -> Result<App> {
        let path = config_path();
        match env::var_os("STHENO_CONFIG").is_some() || path.exists() {
            true => Self::from_env().await,
            // What is built in names a local file, which is no answer to a broker's address.
            false if env::var_os("NATS_URL").is_some() && env::var_os("STHENO_URL").is_none() => {
                Err(Error(Box::new(Kind::Nats)))
            }
            false => from_config(Config::parse(built_in, BUILT_IN)?, Path::new(BUILT_IN)).await,
        }
    }

    async fn run(self) -> Result<Exit> {
        let app = match env::var_os("STHENO_MANIFEST").as_deref().map(|word| word.to_string_lossy()).as_deref() {
            Some("write") => return write_manifest(self, Path::new(MANIFEST)).await,
            Some("check") => self.manifest(MANIFEST),
            None | Some("") => self,
            Some(word) => return Err(Error(Box::new(Kind::ManifestWord(word.to_owned())))),
        };
        match app.start().await {
            Ok(running) => {
                eprint!("{}", running.table());
                let stopping = |drain: Duration| {
                    eprintln!("stopping: what is under way has {drain:?}; a second signal ends the process at once");
                };
                let stopped = running.until_signal_with(stopping).await;
                eprintln!("{stopped}");
                let exit = Exit::from(stopped);
                if exit == Exit::CUT {
                    process::exit(exit.code().into());
                }
                Ok(exit)
            }
            Err(error) => Ok(refuse(&error)),
        }
    }
}

fn config_path() -> PathBuf {
    env::var_os("STHENO_CONFIG").map_or_else(|| PathBuf::from(CONFIG), PathBuf::from)
}

async fn from_config(config: Config, place: &Path) -> Result<App> {
    let config = config.with_environment(variables());
    let (url, reason) = address(env::var("STHENO_URL").ok(), config.url(), env::var_os("NATS_URL").is_some(), place)?;
    let app = connect::app(&url).await?.config(config);
    // The place is without what may be secret in an address.
    let log = app.bus().backend().info().await?.place;
    eprintln!("log: {log}, {reason}");
    Ok(app)
}

/// Environment variables that are text; others can be none of ours.
pub(crate) fn variables() -> impl Iterator<Item = (String, String)> {
    env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// The address of the log, and why it is this one.
fn address(variable: Option<String>, configured: Option<&str>, nats: bool, config: &Path) -> Result<(String, String)> {
    let config = config.display();
    match (variable, configured) {
        (Some(url), _) if url.trim().is_empty() => Err(Error(Box::new(Kind::EmptyUrl))),
        (Some(url), _) => Ok((url, "as STHENO_URL says".to_owned())),
        (None, Some(url)) => Ok((url.to_owned(), format!("as {config} says"))),
        (None, None) if nats => Err(Error(Box::new(Kind::Nats))),
        (None, None) => Ok((DEFAULT_URL.to_owned(), format!("because neither STHENO_URL nor {config} names another"))),
    }
}

async fn write_manifest(app: App, path: &Path) -> Result<Exit> {
    match app.inspect().await {
        Ok((_, manifest)) => {
            let failed = |error| Error(Box::new(Kind::Manifest(path.to_owned(), error)));
            std::fs::write(path, manifest.to_json()).map_err(failed)?;
            eprintln!("wrote {}", path.display());
            Ok(Exit::OK)
        }
        Err(error) => Ok(refuse(&error)),
    }
}

fn refuse(error: &StartError) -> Exit {
    eprintln!("{error}");
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        eprintln!("  because {error}");
        source = error.source();
    }
    error.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_comes_before_the_file_and_the_file_before_the_default() {
        let config = Path::new("stheno.toml");
        assert_eq!(address(Some("memory:".into()), Some("sqlite://a"), true, config).unwrap().0, "memory:");
        assert_eq!(address(None, Some("sqlite://a"), true, config).unwrap().0, "sqlite://a");
        assert_eq!(address(None, None, false, config).unwrap().0, DEFAULT_URL);
    }

    #[test]
    fn a_local_file_beside_a_nats_url_is_refused() {
        let refused = address(None, None, true, Path::new("stheno.toml")).unwrap_err();
        assert!(matches!(*refused.0, Kind::Nats));
    }
}
