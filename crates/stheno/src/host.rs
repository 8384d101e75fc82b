//! What a host's `main` needs: the app, the bus and the log from its surroundings, run until a signal, with an exit code.

use std::{
    env,
    ffi::OsString,
    fs, io,
    path::Path,
    process,
    sync::{Arc, Once},
    time::Duration,
};

use stheno_core::{
    App, Bus, Catalogs, Config,
    app::{Error, Exit, Result, StartError},
    async_trait,
    backend::{Backend, BackendError, BackendErrorKind},
    plugin::discovery,
    shown::{shown, shown_error, shown_long},
    variables,
};

use crate::connect;

/// The configuration file, unless `STHENO_CONFIG` names another.
const CONFIG: &str = "stheno.toml";
/// What messages call a configuration that the host brings itself.
const BUILT_IN: &str = "the built-in configuration";
/// What messages call a configuration that a variable names: what the variable says is not shown.
const NAMED: &str = "the file that STHENO_CONFIG names";
/// The manifest, unless the app names another.
const MANIFEST: &str = "stheno.manifest.json";

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

/// The words that the process was started with, without its own name.
///
/// # Errors
/// When one is not UTF-8, as a file name can be. The host ends with 64 ([`Exit::USAGE`](crate::Exit::USAGE)).
///
/// ```
/// match stheno::words()?.as_slice() {
///     [] => println!("run without a word"),
///     [first, ..] => println!("the first of the words is {first}"),
/// }
/// # Ok::<(), stheno::Error>(())
/// ```
pub fn words() -> Result<Vec<String>> {
    let words = env::args_os().skip(1).zip(1..);
    let text = |(word, number): (OsString, u32)| {
        word.into_string()
            .map_err(|_| Error::usage(format!("word {number} after the command is not UTF-8; write it as text")))
    };
    words.map(text).collect()
}

/// A variable of the environment, if it is set: where a host of its own reads more than Stheno does.
///
/// # Errors
/// When its value is not UTF-8. What it is, no error says.
///
/// ```
/// let shop = stheno::variable("SHOP_URL")?;
/// assert_eq!(shop, None);
/// # Ok::<(), stheno::Error>(())
/// ```
pub fn variable(name: &str) -> Result<Option<String>> {
    let Some(value) = env::var_os(name) else { return Ok(None) };
    value.into_string().map(Some).map_err(|_| no_text(&[name.to_owned()]))
}

/// Opens the backend that an address names: `sqlite://stheno.db`, `sqlite:///var/lib/shop/stheno.db?sync=normal`,
/// `memory:`, `nats://127.0.0.1:4222`, `tls://user:password@host/?stream=EVENTS`. A login that the address does not say is
/// taken from the variables of the `nats` command.
///
/// # Errors
/// [`BackendErrorKind::Address`] for an address that this build does not understand; otherwise what opening it says.
pub async fn open_backend(url: &str) -> std::result::Result<Arc<dyn Backend>, BackendError> {
    connect::backend(url, env::vars_os().collect()).await
}

/// `Bus::connect`.
#[async_trait]
pub trait BusExt: Sized {
    /// A bus over the log at an address, which knows every catalog that is linked.
    ///
    /// # Errors
    /// As [`open_backend`]; and [`BackendErrorKind::Setup`] when two of the catalogs that are linked define one event.
    async fn connect(url: &str) -> std::result::Result<Self, BackendError>;
}

#[async_trait]
impl BusExt for Bus {
    async fn connect(url: &str) -> std::result::Result<Self, BackendError> {
        let (catalogs, duplicates) = Catalogs::new(discovery::catalogs(), discovery::declared());
        if !duplicates.is_empty() {
            let all: Vec<_> = duplicates.iter().map(ToString::to_string).collect();
            return Err(BackendError::new(BackendErrorKind::Setup, all.join(". ")));
        }
        Ok(Bus::new(open_backend(url).await?, Arc::new(catalogs)))
    }
}

/// `App::from_env` and `App::run`.
#[async_trait]
pub trait AppExt: Sized {
    /// An app as its surroundings say: `STHENO_URL`, else `url` in `stheno.toml` (or the file that `STHENO_CONFIG` names),
    /// else `sqlite://stheno.db`. It says on standard error where the log is, and why there. Plugins and subscribers are
    /// configured from the same file and from `STHENO_PLUGIN_*`.
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
    /// With `STHENO_MANIFEST=write` it writes the manifest (`stheno.manifest.json`, or what [`App::manifest`] names) and ends;
    /// with `check` it compares what is linked with it and ends, which is what CI wants; with `require` it runs, and a
    /// difference is a start-up error.
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
        check_variables()?;
        match env::var_os("STHENO_CONFIG") {
            Some(path) => from_config(named_config(Path::new(&path))?, NAMED).await,
            // A file nobody named may be missing.
            None => from_config(Config::read(Path::new(CONFIG))?, CONFIG).await,
        }
    }

    async fn from_env_or(built_in: &str) -> Result<App> {
        let is_named = |variable| env::var_os(variable).is_some();
        match is_named("STHENO_CONFIG") || Path::new(CONFIG).exists() {
            true => Self::from_env().await,
            false => {
                check_variables()?;
                // What is built in names a local file, which is no answer to a broker's address.
                match is_named("NATS_URL") && !is_named("STHENO_URL") {
                    true => Err(connect::only_nats_url()),
                    false => from_config(Config::parse(built_in, BUILT_IN)?, BUILT_IN).await,
                }
            }
        }
    }

    async fn run(self) -> Result<Exit> {
        check_variables()?;
        let manifest = self.manifest_path().unwrap_or(Path::new(MANIFEST)).to_owned();
        let app = match env::var_os("STHENO_MANIFEST").as_deref().map(|word| word.to_string_lossy()).as_deref() {
            Some("write") => return write_manifest(self.without_manifest(), &manifest).await,
            Some("check") => return check_manifest(with_manifest(self), &manifest).await,
            Some("require") => with_manifest(self),
            None => self,
            Some(_) => return Err(manifest_word(&manifest)),
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

/// All variables that are text.
fn text_variables() -> impl Iterator<Item = (String, String)> {
    env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// Refuses variables of ours that are misspelt or no text, and says once which ones nobody reads.
fn check_variables() -> Result<()> {
    let wrong: Vec<String> = variables::without_text(env::vars_os(), variables::is_read).collect();
    if !wrong.is_empty() {
        return Err(no_text(&wrong));
    }
    let names: Vec<String> = env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned()).collect();
    let strangers = variables::strangers(&names);
    let misspelt: Vec<&str> = strangers.iter().filter(|one| one.is_meant).map(|one| one.said.as_str()).collect();
    if !misspelt.is_empty() {
        return Err(Error::surroundings(format!("{}; correct the name, or leave it out", misspelt.join(", and "))));
    }
    static SAID: Once = Once::new();
    SAID.call_once(|| strangers.iter().for_each(|one| eprintln!("{}", one.said)));
    Ok(())
}

fn no_text(names: &[String]) -> Error {
    Error::surroundings(variables::not_text(names))
}

async fn from_config(config: Config, place: &str) -> Result<App> {
    let config = config.with_environment(text_variables());
    let (url, reason) =
        connect::address(env::var("STHENO_URL").ok(), config.url(), env::var_os("NATS_URL").is_some(), place)?;
    let app = App::new(open_backend(&url).await?).config(config);
    let log = match app.bus().backend().info().await {
        // The place is without what may be secret in an address.
        Ok(info) => info.place,
        // Who may publish need not be allowed to read.
        Err(error) if error.kind() == BackendErrorKind::Permission => connect::place(&url),
        Err(error) => return Err(error.into()),
    };
    eprintln!("log: {}, {}", shown_long(&log), shown_long(&reason));
    Ok(app)
}

/// The file that somebody named, which is meant: one that is missing is a mistake.
fn named_config(path: &Path) -> Result<Config> {
    if path.as_os_str().is_empty() {
        return Err(Error::surroundings("STHENO_CONFIG is set and empty; name a file, or leave it out"));
    }
    match fs::read_to_string(path) {
        Ok(text) => Ok(Config::parse(&text, NAMED)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(Error::surroundings("STHENO_CONFIG names a file that is not there; name one that is, or leave it out"))
        }
        Err(error) => Err(Error::surroundings(format!("{NAMED} cannot be read: {}", shown_error(&error)))),
    }
}

fn manifest_word(manifest: &Path) -> Error {
    Error::surroundings(format!(
        "STHENO_MANIFEST is none of the words it may be: `write` to write {}, `check` to compare with it, `require` to run \
         only if it is right; or leave it out",
        shown(&manifest.display().to_string())
    ))
}

fn with_manifest(app: App) -> App {
    if app.manifest_path().is_some() { app } else { app.manifest(MANIFEST) }
}

async fn write_manifest(app: App, path: &Path) -> Result<Exit> {
    match app.inspect().await {
        Ok((_, manifest)) => {
            std::fs::write(path, manifest.to_json()).map_err(|error| Error::manifest(path, error))?;
            eprintln!("wrote {}", shown(&path.display().to_string()));
            Ok(Exit::OK)
        }
        Err(error) => Ok(refuse(&error)),
    }
}

async fn check_manifest(app: App, path: &Path) -> Result<Exit> {
    match app.inspect().await {
        Ok(_) => {
            eprintln!("{} is what is linked", shown(&path.display().to_string()));
            Ok(Exit::OK)
        }
        Err(error) => Ok(refuse(&error)),
    }
}

fn refuse(error: &StartError) -> Exit {
    eprintln!("{error}");
    error.into()
}
