//! Resources: what handlers are given beside the event.

use std::{
    any::{Any, TypeId, type_name},
    collections::HashMap,
    fmt,
    ops::Deref,
    panic::Location,
    sync::Arc,
};

use crate::cx::Cx;

/// A resource that was provided before the start: a pool, a mailer, a port such as `dyn Commerce`. Cloning is cheap.
#[derive(Debug)]
pub struct Res<T: ?Sized>(Arc<T>);

impl<T: ?Sized> Res<T> {
    /// Shares a value that is already shared.
    pub fn new(shared: Arc<T>) -> Self {
        Self(shared)
    }

    /// The shared value.
    pub fn into_inner(self) -> Arc<T> {
        self.0
    }
}

impl<T: ?Sized> Clone for Res<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: ?Sized> Deref for Res<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> From<T> for Res<T> {
    fn from(value: T) -> Self {
        Self(Arc::new(value))
    }
}

/// A resource that a subscriber needs and nobody provided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingResource {
    type_name: &'static str,
}

impl MissingResource {
    /// The type that is missing.
    pub fn type_name(&self) -> &'static str {
        self.type_name
    }
}

impl fmt::Display for MissingResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.type_name;
        write!(f, "no `{name}` was provided; add `.provide(..)` to the app, or `p.provide(..)` to the plugin's setup")
    }
}

impl std::error::Error for MissingResource {}

/// Values by their type. A plugin's own come before those of the app.
#[derive(Clone, Default)]
pub struct Resources {
    own: HashMap<TypeId, Provided>,
    shared: Option<Arc<Resources>>,
    twice: Vec<ProvidedTwice>,
}

/// A value, and where it was provided.
#[derive(Clone)]
struct Provided {
    value: Arc<dyn Any + Send + Sync>,
    place: &'static Location<'static>,
}

/// Two values of one type, of which handlers could be given only one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProvidedTwice {
    /// The type.
    pub type_name: &'static str,
    /// Where the two are.
    pub places: [String; 2],
}

impl fmt::Display for ProvidedTwice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { type_name, places: [first, second] } = self;
        write!(
            f,
            "`{type_name}` is provided twice, in {first} and in {second}; remove one, or give one a type of its own"
        )
    }
}

impl Resources {
    /// No resources.
    pub fn new() -> Self {
        Self::default()
    }

    /// No resources of one's own, and those of another set behind them.
    pub(crate) fn layered_over(shared: Arc<Resources>) -> Self {
        Self { shared: Some(shared), ..Self::default() }
    }

    /// Adds a value. An app with two of one type does not start.
    #[track_caller]
    pub fn provide<T: Send + Sync + 'static>(&mut self, value: T) {
        self.provide_shared(Arc::new(value));
    }

    /// Adds a value that is already shared, also behind a trait: `provide_shared::<dyn Commerce>(Arc::new(..))`.
    #[track_caller]
    pub fn provide_shared<T: ?Sized + Send + Sync + 'static>(&mut self, value: Arc<T>) {
        let place = Location::caller();
        let earlier = self.own.insert(TypeId::of::<T>(), Provided { value: Arc::new(Res(value)), place });
        if let Some(earlier) = earlier {
            let places = [earlier.place, place].map(|place| format!("{}:{}", place.file(), place.line()));
            self.twice.push(ProvidedTwice { type_name: type_name::<T>(), places });
        }
    }

    /// What was provided twice.
    pub(crate) fn take_twice(&mut self) -> Vec<ProvidedTwice> {
        std::mem::take(&mut self.twice)
    }

    /// The value of a type.
    ///
    /// # Errors
    /// [`MissingResource`] when nobody provided it.
    pub fn get<T: ?Sized + Send + Sync + 'static>(&self) -> Result<Res<T>, MissingResource> {
        let found = self.own.get(&TypeId::of::<T>()).and_then(|own| own.value.downcast_ref::<Res<T>>().cloned());
        match (found, &self.shared) {
            (Some(value), _) => Ok(value),
            (None, Some(shared)) => shared.get(),
            (None, None) => Err(MissingResource { type_name: type_name::<T>() }),
        }
    }
}

impl fmt::Debug for Resources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Resources({})", self.own.len())
    }
}

/// An argument of a handler after the event: [`Res`] or [`Cx`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of a subscriber",
    label = "not an argument a subscriber can be given",
    note = "after the event, take `Res<T>` for something provided with `.provide(T)`, or `Cx` for the event's context"
)]
pub trait Argument: Sized + Send + 'static {
    /// What is looked up once, before the start.
    type Ready: Clone + Send + Sync + 'static;

    /// Looks it up.
    ///
    /// # Errors
    /// [`MissingResource`] when nobody provided it.
    fn prepare(resources: &Resources) -> Result<Self::Ready, MissingResource>;

    /// Makes the argument of one call.
    fn take(ready: &Self::Ready, cx: &Cx) -> Self;
}

impl<T: ?Sized + Send + Sync + 'static> Argument for Res<T> {
    type Ready = Res<T>;

    fn prepare(resources: &Resources) -> Result<Self::Ready, MissingResource> {
        resources.get()
    }

    fn take(ready: &Self::Ready, _cx: &Cx) -> Self {
        ready.clone()
    }
}

impl Argument for Cx {
    type Ready = ();

    fn prepare(_resources: &Resources) -> Result<(), MissingResource> {
        Ok(())
    }

    fn take(_ready: &(), cx: &Cx) -> Self {
        cx.clone()
    }
}
