//! What cargo knows of the workspace.

use std::process::Command;

use serde_json::Value;

use crate::run::root;

/// The packages of the workspace, without what they depend on, as `cargo metadata` prints them.
pub(crate) fn metadata() -> Result<Value, String> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["metadata", "--no-deps", "--format-version", "1"]).current_dir(root());
    let output = command.output().map_err(|error| format!("`cargo metadata` could not be started: {error}"))?;
    serde_json::from_slice(&output.stdout).map_err(|error| format!("`cargo metadata` cannot be read: {error}"))
}
