//! The files that lie beside a log, by their names.

use std::path::{Path, PathBuf};

/// What the name of the sign of damage ends with.
pub(crate) const DAMAGED: &str = "-damaged";
/// What the name of the file ends with that says what was acknowledged.
pub(crate) const ACKNOWLEDGED: &str = "-acknowledged";

/// What the names of the files end with that SQLite and Stheno keep beside a log.
pub(crate) const COMPANIONS: [&str; 5] = ["-wal", "-shm", "-journal", DAMAGED, ACKNOWLEDGED];

/// The file beside another whose name ends like this.
pub(crate) fn suffixed(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
