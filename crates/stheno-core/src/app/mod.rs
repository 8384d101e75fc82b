//! The application: puts plugins, resources and a backend together, checks everything, and runs.
//!
//! Reading order: this file (`App`), `startup` (what is checked before anything is consumed), `problem` (what is wrong then), `table` (what is
//! linked and enabled), `manifest` (the same as a file that CI checks), `running` (the started app),
//! `signals` and `closing` (how it ends), `exit` (with which number its process does) and `error` (why its host could not be
//! set up).

mod closing;
mod error;
mod exit;
pub mod manifest;
mod problem;
pub mod running;
mod signals;
mod startup;
pub mod table;

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use crate::{
    backend::Backend,
    bus::{Bus, check_max_body, check_source},
    catalog::set::Catalog,
    plugin::{Plugin, config::Config},
    resources::Resources,
    runtime::subscription::lease::LEASE,
    said::Said,
    subscriber::definition::SubscriberDef,
    time::{Clock, SystemClock},
};

pub use error::{Error, Result};
pub use exit::Exit;
pub use manifest::Manifest;
pub use problem::{Problem, StartError};
pub use running::{Running, Stopped};
pub use table::Table;

/// How long what is under way may take after the app was asked to stop.
pub const DRAIN: Duration = Duration::from_secs(25);

/// The longest [`App::drain`].
pub const LONGEST_DRAIN: Duration = Duration::from_secs(24 * 60 * 60);

/// The shortest [`App::lease`] that can be renewed in time.
pub const SHORTEST_LEASE: Duration = Duration::from_millis(10);
/// The longest [`App::lease`].
pub const LONGEST_LEASE: Duration = Duration::from_secs(24 * 60 * 60);

/// An application before its start. A setting that is given twice, or that cannot be meant, is a mistake that is said at the
/// start, with everything else that is wrong.
///
/// ```no_run
/// # async fn example(backend: std::sync::Arc<dyn stheno_core::backend::Backend>, plugin: stheno_core::Plugin) {
/// use stheno_core::App;
/// let running = App::new(backend).plugin(plugin).start().await.unwrap();
/// running.until_signal().await;
/// # }
/// ```
#[must_use]
pub struct App {
    pub(crate) backend: Arc<dyn Backend>,
    pub(crate) resources: Resources,
    pub(crate) plugins: Vec<Plugin>,
    pub(crate) subscribers: Vec<SubscriberDef>,
    pub(crate) catalogs: Vec<Catalog>,
    pub(crate) config: Config,
    /// What it was told, and what of that cannot be, for the start.
    pub(crate) said: Said,
    pub(crate) source: Option<String>,
    pub(crate) max_body: Option<usize>,
    pub(crate) publishes_only: bool,
    pub(crate) count_unknown_names: bool,
    pub(crate) drain: Duration,
    pub(crate) lease: Duration,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) manifest: Option<PathBuf>,
}

impl App {
    /// An application over a backend.
    pub fn new(backend: Arc<dyn Backend>) -> Self {
        Self {
            backend,
            resources: Resources::new(),
            plugins: Vec::new(),
            subscribers: Vec::new(),
            catalogs: Vec::new(),
            config: Config::default(),
            said: Said::default(),
            source: None,
            max_body: None,
            publishes_only: false,
            count_unknown_names: true,
            drain: DRAIN,
            lease: LEASE,
            clock: Arc::new(SystemClock),
            manifest: None,
        }
    }

    /// Provides a resource to every handler. A plugin's own come first. Two of one type are a start-up error.
    #[track_caller]
    pub fn provide<T: Send + Sync + 'static>(mut self, value: T) -> Self {
        self.resources.provide(value);
        self
    }

    /// Provides a resource that is already shared, also behind a trait: `provide_shared::<dyn Commerce>(Arc::new(..))`.
    #[track_caller]
    pub fn provide_shared<T: ?Sized + Send + Sync + 'static>(mut self, value: Arc<T>) -> Self {
        self.resources.provide_shared(value);
        self
    }

    /// Runs a plugin.
    pub fn plugin(mut self, plugin: Plugin) -> Self {
        self.plugins.push(plugin);
        self
    }

    /// Runs several plugins: `.plugins(plugins())`, with the `plugins!` of the host.
    pub fn plugins(mut self, plugins: impl IntoIterator<Item = Plugin>) -> Self {
        self.plugins.extend(plugins);
        self
    }

    /// Runs a subscriber that belongs to no plugin.
    pub fn subscribe(mut self, subscriber: SubscriberDef) -> Self {
        self.subscribers.push(subscriber);
        self
    }

    /// Knows the events of a catalog, beside those that are linked.
    pub fn catalog(mut self, catalog: Catalog) -> Self {
        self.catalogs.push(catalog);
        self
    }

    /// Takes the configuration of plugins and subscribers, once: of two, one would be left out.
    pub fn config(mut self, config: Config) -> Self {
        self.said.once("config", "`from_env` has said it already; give the app one configuration");
        self.config = config;
        self
    }

    /// Says where the events come from that this app publishes.
    pub fn source(mut self, source: impl Into<String>) -> Self {
        let source = source.into();
        self.said.once("source", "give the app one source");
        check_source(&source, &mut self.said);
        self.source = Some(source);
        self
    }

    /// Limits the bodies this app publishes, in bytes; never above what the backend takes.
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.said.once("max_body", "give the app one limit");
        check_max_body(bytes, &mut self.said);
        self.max_body = Some(bytes);
        self
    }

    /// Says that this app has no subscriber on purpose.
    pub fn publishes_only(mut self) -> Self {
        self.publishes_only = true;
        self
    }

    /// Does not count the names in the log that no catalog knows.
    pub fn without_unknown_names(mut self) -> Self {
        self.count_unknown_names = false;
        self
    }

    /// How long what is under way may take after the app was asked to stop; [`DRAIN`] by default. Zero cuts it at once: it is
    /// handled again after the next start.
    pub fn drain(mut self, time: Duration) -> Self {
        self.said.once("drain", "give the app one drain deadline");
        let long = "the drain deadline is over a day; its supervisor would end it sooner";
        self.said.refuse(time > LONGEST_DRAIN, "drain", long);
        self.drain = time;
        self
    }

    /// How long a lease holds without being renewed; [`LEASE`] by default. After a crash another process goes on after
    /// about this long. At least [`SHORTEST_LEASE`], at most [`LONGEST_LEASE`].
    pub fn lease(mut self, time: Duration) -> Self {
        self.said.once("lease", "give the app one lease");
        let short = "the lease is below 10 ms; it could not be renewed in time, and nothing would be handled";
        self.said.refuse(time < SHORTEST_LEASE, "lease", short);
        let long = "the lease is over a day; after a crash nothing would be handled for as long";
        self.said.refuse(time > LONGEST_LEASE, "lease", long);
        self.lease = time;
        self
    }

    /// Takes the time of retries and delays from another clock. Leases, time-outs and lingering batches do not: they count
    /// on the system's.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.said.once("clock", "give the app one clock");
        self.clock = clock;
        self
    }

    /// Compares what is linked with a manifest file before the start; a difference is a start-up error.
    pub fn manifest(mut self, path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        self.said.once("manifest", "give the app one manifest");
        self.said.refuse(path.as_os_str().is_empty(), "manifest", "the path of its manifest is empty; name a file");
        self.manifest = Some(path);
        self
    }

    /// The manifest file that it is compared with, if it names one.
    pub fn manifest_path(&self) -> Option<&Path> {
        self.manifest.as_deref()
    }

    /// Compares what is linked with no manifest file: to write one.
    pub fn without_manifest(mut self) -> Self {
        self.manifest = None;
        self
    }

    /// A bus over the same log, to publish without running subscribers. It knows the catalogs that are linked or were
    /// added so far; if two of them define one event, it publishes nothing and says which.
    pub fn bus(&self) -> Bus {
        let (catalogs, _) = startup::all_catalogs(&self.catalogs, &self.plugins);
        startup::bus(self, catalogs)
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App")
            .field("plugins", &self.plugins)
            .field("subscribers", &self.subscribers)
            .finish_non_exhaustive()
    }
}
