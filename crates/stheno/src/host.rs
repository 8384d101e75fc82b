//! What a host's `main` needs: the app from its surroundings, run until a signal, with an exit code.

use std::{
    env,
    ffi::OsString,
    fmt, io,
    path::{Path, PathBuf},
    process::{self, ExitCode, Termination},
    time::Duration,
};

use stheno_core::{
    App, Config, ConfigError, PublishAllError, PublishError, PublishErrorKind,
    app::{StartError, Stopped},
    async_trait,
    backend::{AppendErrorKind, BackendError, BackendErrorKind},
    shown::{shown, shown_long},
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
    PublishAll(PublishAllError),
    Own(Box<dyn std::error::Error + Send + Sync>),
    Manifest(PathBuf, io::Error),
    ManifestWord,
    EmptyUrl,
    /// Variables of ours whose values are no text.
    NoText(Vec<String>),
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
            Kind::Config(_)
            | Kind::NoConfig(_)
            | Kind::Nats
            | Kind::ManifestWord
            | Kind::EmptyUrl
            | Kind::NoText(_) => Exit::CONFIG,
            Kind::Backend(error) => of_backend(error.kind()),
            Kind::Manifest(..) => Exit::CONFIG,
            Kind::Publish(error) => of_publishing(error.kind()),
            Kind::PublishAll(error) => of_publishing(error.kind()),
            Kind::Own(_) => Exit::FAILED,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Kind::Config(error) => write!(f, "{error}"),
            Kind::NoConfig(path) if path.as_os_str().is_empty() => {
                f.write_str("STHENO_CONFIG is set and empty; name a file, or leave it out")
            }
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
            Kind::PublishAll(error) => write!(f, "{error}"),
            Kind::Own(error) => write!(f, "{}", shown_long(&error.to_string())),
            Kind::Manifest(path, _) => write!(f, "the manifest {} cannot be written", path.display()),
            Kind::ManifestWord => write!(
                f,
                "STHENO_MANIFEST is none of the words it may be: `write` to write {MANIFEST}, `check` to compare with it, \
                 `require` to run only if it is right; or leave it out"
            ),
            Kind::NoText(names) => {
                write!(f, "{} is not UTF-8; write it as text, or leave it out", names.join(", "))
            }
            Kind::EmptyUrl => f.write_str("STHENO_URL is set and empty; say where the log is, or leave it out"),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)?;
        let mut source = std::error::Error::source(self);
        while let Some(error) = source {
            write!(f, ": {}", shown_long(&error.to_string()))?;
            source = error.source();
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &*self.0 {
            Kind::Config(_)
            | Kind::NoConfig(_)
            | Kind::Nats
            | Kind::ManifestWord
            | Kind::EmptyUrl
            | Kind::NoText(_) => None,
            Kind::Backend(error) => std::error::Error::source(error),
            Kind::Publish(error) => std::error::Error::source(error),
            Kind::PublishAll(error) => std::error::Error::source(error),
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

/// How a host ends that could not publish.
fn of_publishing(kind: &PublishErrorKind) -> Exit {
    match kind {
        PublishErrorKind::Append(AppendErrorKind::Backend(kind)) => of_backend(*kind),
        PublishErrorKind::Append(AppendErrorKind::Unknown) => Exit::UNAVAILABLE,
        PublishErrorKind::Catalogs(_) => Exit::CONFIG,
        _ => Exit::DATA,
    }
}

/// How a host ends when its log cannot be used: some troubles pass, others do not.
fn of_backend(kind: BackendErrorKind) -> Exit {
    match kind {
        BackendErrorKind::Address
        | BackendErrorKind::Setup
        | BackendErrorKind::Permission
        | BackendErrorKind::NewerSchema
        | BackendErrorKind::Corrupt
        | BackendErrorKind::LogChanged => Exit::CONFIG,
        _ => Exit::UNAVAILABLE,
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
    /// What it was given to publish is not what it has to be (`EX_DATAERR`).
    pub const DATA: Exit = Exit(65);
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
            StartError::Backend(error) => of_backend(error.kind()),
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
    /// With `STHENO_MANIFEST=write` it writes the manifest and ends; with `check` it compares what is linked with it and ends,
    /// which is what CI wants; with `require` it runs, and a difference is a start-up error.
    ///
    /// When a second signal or the drain deadline cuts what is under way, or a subscriber ended on its own, the process ends
    /// here: a handler that never gives its thread back would keep the runtime, and with it `main`, from ending.
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
            Some("check") => return check_manifest(self.manifest(MANIFEST)).await,
            Some("require") => self.manifest(MANIFEST),
            None | Some("") => self,
            Some(_) => return Err(Error(Box::new(Kind::ManifestWord))),
        };
        match app.start().await {
            Ok(running) => {
                eprint!("{}", running.table());
                for (id, after) in running.begun() {
                    eprintln!("new on this log: {id}, which gets the events after {after}");
                }
                let stopping = |drain: Duration| {
                    eprintln!("stopping: what is under way has {drain:?}; a second signal ends the process at once");
                };
                let stopped = running.until_signal_with(stopping).await;
                eprintln!("{stopped}");
                let exit = Exit::from(stopped);
                // Handlers may still hold their threads.
                if matches!(exit, Exit::CUT | Exit::FAILED) {
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
    let wrong: Vec<String> = no_text(env::vars_os()).collect();
    if !wrong.is_empty() {
        return Err(Error(Box::new(Kind::NoText(wrong))));
    }
    let config = config.with_environment(variables());
    for (variable, meant) in strangers(variables().map(|(name, _)| name)) {
        eprintln!("{} is set, and nobody reads it{meant}", shown(&variable));
    }
    let (url, reason) = address(env::var("STHENO_URL").ok(), config.url(), env::var_os("NATS_URL").is_some(), place)?;
    let app = connect::app(&url).await?.config(config);
    let log = match app.bus().backend().info().await {
        // The place is without what may be secret in an address.
        Ok(info) => info.place,
        // Who may publish need not be allowed to read.
        Err(error) if error.kind() == BackendErrorKind::Permission => connect::place(&url),
        Err(error) => return Err(error.into()),
    };
    eprintln!("log: {log}, {reason}");
    Ok(app)
}

/// What is read, here and by the tests of the project.
const VARIABLES: [&str; 11] = [
    "STHENO_URL",
    "STHENO_CONFIG",
    "STHENO_MANIFEST",
    "STHENO_SEED",
    "STHENO_UPDATE",
    "STHENO_PYTHON",
    "STHENO_NATS_SERVER",
    "STHENO_NODE",
    "STHENO_NODE_PACKAGES",
    "STHENO_CASES",
    "STHENO_KILL_ROUNDS",
];

/// Variables that look like ours and that nobody reads, each with what it was probably meant to be. They are said and not
/// refused: an orchestrator makes such names of its own, for a service that is called `stheno`.
fn strangers(names: impl Iterator<Item = String>) -> Vec<(String, String)> {
    let strange = names
        .filter(|name| name.starts_with("STHENO_") && !name.starts_with("STHENO_PLUGIN_"))
        .filter(|name| !VARIABLES.contains(&name.as_str()));
    strange
        .map(|name| {
            // Without what all of them begin with: it would make strangers look alike.
            let bare = |name| str::strip_prefix(name, "STHENO_").unwrap_or(name);
            let meant = stheno_core::nearest(bare(&name), VARIABLES.into_iter().map(bare));
            let hint = match meant {
                Some(meant) => format!("; did you mean STHENO_{meant}?"),
                None if name.starts_with("STHENO_PLUGINS_") => "; did you mean STHENO_PLUGIN_..?".to_owned(),
                None => String::new(),
            };
            (name, hint)
        })
        .collect()
}

/// Environment variables that are text; others can be none of ours.
pub(crate) fn variables() -> impl Iterator<Item = (String, String)> {
    env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// Variables of ours whose values are no text: left out, they would change what they set without a word.
fn no_text(variables: impl Iterator<Item = (OsString, OsString)>) -> impl Iterator<Item = String> {
    let wrong = variables.filter(|(_, value)| value.to_str().is_none());
    let names = wrong.map(|(name, _)| name.to_string_lossy().into_owned());
    names.filter(|name| name.starts_with("STHENO_PLUGIN_") || VARIABLES.contains(&name.as_str()))
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

async fn check_manifest(app: App) -> Result<Exit> {
    match app.inspect().await {
        Ok(_) => {
            eprintln!("{MANIFEST} is what is linked");
            Ok(Exit::OK)
        }
        Err(error) => Ok(refuse(&error)),
    }
}

fn refuse(error: &StartError) -> Exit {
    eprintln!("{error}");
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        eprintln!("  because {}", shown_long(&error.to_string()));
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
    fn a_variable_that_is_misspelt_is_noticed() {
        let names = ["STHENO_UL", "STHENO_URL", "STHENO_PLUGIN_A__B", "STHENO_PLUGINS_A__B", "STHENO_PORT", "PATH"];
        let found = strangers(names.into_iter().map(str::to_owned));
        let found: Vec<_> = found.iter().map(|(name, meant)| format!("{name}{meant}")).collect();
        assert_eq!(
            found,
            [
                "STHENO_UL; did you mean STHENO_URL?",
                "STHENO_PLUGINS_A__B; did you mean STHENO_PLUGIN_..?",
                "STHENO_PORT"
            ]
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_variable_of_ours_that_is_no_text_is_found() {
        use std::os::unix::ffi::OsStringExt as _;
        let bytes = || OsString::from_vec(vec![b's', 0xff]);
        let names = ["STHENO_URL", "STHENO_PLUGIN_A__B", "STHENO_PORT", "OTHER"];
        let found: Vec<_> = no_text(names.into_iter().map(|name| (name.into(), bytes()))).collect();
        assert_eq!(found, ["STHENO_URL", "STHENO_PLUGIN_A__B"]);
    }

    #[test]
    fn a_local_file_beside_a_nats_url_is_refused() {
        let refused = address(None, None, true, Path::new("stheno.toml")).unwrap_err();
        assert!(matches!(*refused.0, Kind::Nats));
    }
}
