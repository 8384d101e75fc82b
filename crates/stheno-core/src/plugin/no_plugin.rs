//! What `plugins!` calls where a crate has no `plugin()`, so that the compiler says the fix. Nothing here is public API.

use crate::plugin::Plugin;

/// What a crate without a `plugin()` gives.
#[derive(Debug)]
pub struct NoPlugin;

/// Stands in for the `plugin()` that a crate does not have.
pub fn plugin() -> NoPlugin {
    NoPlugin
}

/// What may stand in `plugins!`: a [`Plugin`] only.
#[diagnostic::on_unimplemented(
    message = "only plugins can stand in `plugins!`",
    label = "has no `plugin()`",
    note = "write `stheno::plugin!(\"its-name\");` at the top of that crate or module, or take it out of the list"
)]
pub trait IsPlugin {
    /// The plugin.
    fn into_plugin(self) -> Plugin;
}

impl IsPlugin for Plugin {
    fn into_plugin(self) -> Plugin {
        self
    }
}

/// The plugin.
pub fn checked(plugin: impl IsPlugin) -> Plugin {
    plugin.into_plugin()
}
