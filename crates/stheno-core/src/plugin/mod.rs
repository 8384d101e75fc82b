//! Plugins: crates with subscribers, their set-up and their configuration.
//!
//! Reading order: this file (`Plugin` and `Setup`), `config` (their tables in `stheno.toml`), `discovery` (what is
//! linked; the one file that says `inventory`), `no_plugin` (what `plugins!` says of a crate that is none).

pub mod config;
pub mod discovery;
#[doc(hidden)]
pub mod no_plugin;

use std::{fmt, future::Future, panic::Location, pin::Pin, sync::Arc};

use serde::de::DeserializeOwned;

use crate::{
    catalog::set::Catalog,
    failure::Failure,
    plugin::config::{Config, ConfigError},
    resources::{MissingResource, Res, Resources},
    said::Said,
    subscriber::definition::{Origin, SubscriberDef},
};

type SetupFuture<'a> = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send + 'a>>;
type SetupFn = Arc<dyn for<'a> Fn(&'a mut Setup) -> SetupFuture<'a> + Send + Sync>;

/// A plugin: a name, perhaps a set-up, and subscribers. `stheno::plugin!("name")` writes one.
#[derive(Clone)]
pub struct Plugin {
    name: String,
    origin: Origin,
    setup: Option<SetupFn>,
    said: Said,
    subscribers: Vec<SubscriberDef>,
    catalogs: Vec<Catalog>,
}

impl Plugin {
    /// A plugin with subscribers that are added by hand.
    #[track_caller]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            origin: Origin::at(Location::caller()),
            setup: None,
            said: Said::default(),
            subscribers: Vec::new(),
            catalogs: Vec::new(),
        }
    }

    /// A plugin that also has the `#[subscriber]`s of a module and the modules in it; what `plugin!` calls.
    #[doc(hidden)]
    pub fn at(name: &str, origin: Origin) -> Self {
        Self { origin, ..Self::new(name) }
    }

    /// Adds a subscriber.
    #[must_use]
    pub fn subscriber(mut self, subscriber: SubscriberDef) -> Self {
        self.subscribers.push(subscriber);
        self
    }

    /// Adds a catalog of its own.
    #[must_use]
    pub fn catalog(mut self, catalog: Catalog) -> Self {
        self.catalogs.push(catalog);
        self
    }

    /// What runs before the start, to bring the plugin's own resources. A plugin has one set-up; a second one is a start-up
    /// error.
    #[must_use]
    pub fn setup<F>(mut self, setup: F) -> Self
    where
        F: for<'a> Fn(&'a mut Setup) -> SetupFuture<'a> + Send + Sync + 'static,
    {
        self.said.once("setup", "a plugin has one set-up; do both in one, or make two plugins");
        self.setup = Some(Arc::new(setup));
        self
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The crate it is in; empty for one made by hand.
    pub fn crate_name(&self) -> &'static str {
        self.origin.crate_name
    }

    /// The version of that crate.
    pub fn crate_version(&self) -> &'static str {
        self.origin.crate_version
    }

    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// What it was told that cannot be.
    pub(crate) fn mistakes(&self) -> impl Iterator<Item = &str> {
        self.said.mistakes()
    }

    pub(crate) fn catalogs(&self) -> &[Catalog] {
        &self.catalogs
    }

    pub(crate) fn take_subscribers(&mut self) -> Vec<SubscriberDef> {
        std::mem::take(&mut self.subscribers)
    }

    pub(crate) async fn run_setup(&self, setup: &mut Setup) -> Result<(), Failure> {
        match &self.setup {
            Some(run) => run(setup).await,
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plugin")
            .field("name", &self.name)
            .field("subscribers", &self.subscribers)
            .finish_non_exhaustive()
    }
}

/// What a plugin's set-up works with.
#[derive(Debug)]
pub struct Setup {
    plugin: String,
    config: Arc<Config>,
    resources: Resources,
    subscribers: Vec<SubscriberDef>,
}

impl Setup {
    pub(crate) fn new(plugin: &str, config: Arc<Config>, resources: Resources) -> Self {
        Self { plugin: plugin.to_owned(), config, resources, subscribers: Vec::new() }
    }

    /// The plugin's configuration: `[plugins.<name>]` in `stheno.toml`, overridden by `STHENO_PLUGIN_<NAME>__<FIELD>`.
    ///
    /// # Errors
    /// [`ConfigError`] for a missing or wrong value, and for a key that the type does not have.
    pub fn config<T: DeserializeOwned>(&self) -> Result<T, ConfigError> {
        self.config.plugin(&self.plugin)
    }

    /// Provides a resource to this plugin's handlers, in place of one of the app. Two of one type are a start-up error.
    #[track_caller]
    pub fn provide<T: Send + Sync + 'static>(&mut self, value: T) {
        self.resources.provide(value);
    }

    /// Provides a resource that is already shared, also behind a trait.
    #[track_caller]
    pub fn provide_shared<T: ?Sized + Send + Sync + 'static>(&mut self, value: Arc<T>) {
        self.resources.provide_shared(value);
    }

    /// A resource that the app or this set-up has provided.
    ///
    /// # Errors
    /// [`MissingResource`] when nobody provided it.
    pub fn get<T: ?Sized + Send + Sync + 'static>(&self) -> Result<Res<T>, MissingResource> {
        self.resources.get()
    }

    /// Adds a subscriber that only the configuration knows of.
    pub fn subscribe(&mut self, subscriber: SubscriberDef) {
        self.subscribers.push(subscriber);
    }

    pub(crate) fn into_parts(self) -> (Resources, Vec<SubscriberDef>) {
        (self.resources, self.subscribers)
    }
}
