//! The embedded backend with the oldest rusqlite that its manifest allows, so that the range stays true: programs that
//! have another user of SQLite get an old one.

use std::{fs, io, os::unix::fs::symlink, path::Path};

use crate::run::{Done, cargo, root, run, target};

/// The lower end of the range in `Cargo.toml`.
const RUSQLITE: &str = "0.32.1";
/// What else uses it, besides the backend itself.
const USERS: [&str; 2] = ["plugin-stock", "plugin-timeline"];

/// Tests the backend and checks what uses it. The workspace's lock file stays as it is: a folder under the target directory
/// has one of its own, and links to everything else.
pub(crate) fn lowest() -> Done {
    let folder = target().join("lowest");
    link(&folder).map_err(|error| format!("{} cannot be filled: {error}", folder.display()))?;
    let command = |words: &[&str]| {
        let mut command = cargo(words);
        command.current_dir(&folder).env("CARGO_TARGET_DIR", folder.join("target")).env("CARGO_PROFILE_DEV_DEBUG", "0");
        command
    };
    run(&mut command(&["update", "--quiet", "-p", "rusqlite", "--precise", RUSQLITE]))?;
    run(&mut command(&["test", "--quiet", "-p", "stheno-sqlite"]))?;
    run(command(&["check", "--quiet"]).args(USERS.into_iter().flat_map(|user| ["-p", user])))
}

fn link(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for entry in fs::read_dir(root())? {
        let entry = entry?;
        let place = folder.join(entry.file_name());
        match entry.file_name().to_str() {
            Some("target" | ".git") => {}
            Some("Cargo.lock") => drop(fs::copy(entry.path(), place)?),
            _ if place.is_symlink() => {}
            _ => symlink(entry.path(), place)?,
        }
    }
    Ok(())
}
