//! What is linked into the binary. The only file that names `inventory`; explicit registration never comes here.

use crate::{
    catalog::{EventDescriptor, set::Catalog},
    plugin::Plugin,
    subscriber::definition::SubscriberDef,
};

/// Something a crate has submitted. Constructors are called at the start, not before `main`.
#[doc(hidden)]
pub enum Linked {
    Subscriber(fn() -> SubscriberDef),
    Catalog(fn() -> Catalog),
    Declared(fn() -> EventDescriptor),
    Plugin(fn() -> Plugin),
}

inventory::collect!(Linked);

#[doc(hidden)]
pub use inventory::submit;

/// Every `#[subscriber]` that is linked, by id.
pub(crate) fn subscribers() -> Vec<SubscriberDef> {
    let mut found: Vec<SubscriberDef> = linked(|item| match item {
        Linked::Subscriber(make) => Some(make()),
        _ => None,
    });
    found.sort_by(|a, b| a.id.cmp(&b.id));
    found
}

/// Every `catalog!` that is linked, by name.
pub fn catalogs() -> Vec<Catalog> {
    let mut found: Vec<Catalog> = linked(|item| match item {
        Linked::Catalog(make) => Some(make()),
        _ => None,
    });
    found.sort_by_key(|catalog| (catalog.name(), catalog.crate_name()));
    found
}

/// Every `declare_event!` that is linked.
pub fn declared() -> Vec<EventDescriptor> {
    linked(|item| match item {
        Linked::Declared(make) => Some(make()),
        _ => None,
    })
}

/// Every `plugin!` that is linked, by name.
pub(crate) fn plugins() -> Vec<Plugin> {
    let mut found: Vec<Plugin> = linked(|item| match item {
        Linked::Plugin(make) => Some(make()),
        _ => None,
    });
    found.sort_by(|a, b| a.name().cmp(b.name()));
    found
}

fn linked<T>(pick: impl Fn(&Linked) -> Option<T>) -> Vec<T> {
    inventory::iter::<Linked>.into_iter().filter_map(pick).collect()
}
