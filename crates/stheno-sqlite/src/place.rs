//! Where a log is: what is checked about the path before SQLite sees it, and whether it is still the same file.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use stheno_core::backend::BackendErrorKind;

use crate::{error::Trouble, mounts};

/// Where a log is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    File(PathBuf),
    Memory,
}

/// Resolves the path of a log and refuses the ones that cannot work.
///
/// The file itself is never opened here, only looked at: closing any descriptor of a file drops the locks that SQLite
/// holds on it anywhere in this process.
pub(crate) fn resolve(path: &Path) -> Result<PathBuf, Trouble> {
    let Some(name) = path.file_name() else {
        return Err(refused(format!("`{}` does not name a file; write something like `stheno.db`", path.display())));
    };
    let directory = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    // An absolute path also keeps SQLite from reading a relative name such as `file:x` as a URI.
    let directory = directory.canonicalize().map_err(|error| missing(directory, &error))?;
    if !directory.is_dir() {
        return Err(refused(format!("`{}` is not a directory; put the log into one", directory.display())));
    }
    let path = directory.join(name);
    if path.is_dir() {
        return Err(refused(format!("`{}` is a directory; name a file in it", path.display())));
    }
    // The file may be a link to another file system.
    let real = path.canonicalize().unwrap_or_else(|_| path.clone());
    if let Some(kind) = mounts::network_file_system(&real) {
        return Err(refused(format!(
            "`{}` is on a network file system ({kind}), where SQLite's write-ahead log is not safe; use a local disk, or \
             NATS for several machines",
            path.display()
        )));
    }
    Ok(path)
}

fn missing(directory: &Path, error: &io::Error) -> Trouble {
    let directory = directory.display();
    match error.kind() {
        io::ErrorKind::NotFound => {
            refused(format!("the directory `{directory}` does not exist; create it (`mkdir -p {directory}`)"))
        }
        io::ErrorKind::PermissionDenied => Trouble::new(
            BackendErrorKind::Permission,
            format!("the directory `{directory}` may not be entered; let this user read and write it"),
        ),
        _ => refused(format!("the directory `{directory}` cannot be used: {error}")),
    }
}

fn refused(message: String) -> Trouble {
    Trouble::new(BackendErrorKind::Address, message)
}

/// The file of an open log, and whether its path still leads to it.
#[derive(Debug, Clone)]
pub(crate) struct LogFile {
    pub(crate) path: PathBuf,
    opened: Option<Identity>,
}

impl LogFile {
    /// The file that a path leads to now.
    pub(crate) fn at(path: PathBuf) -> Self {
        let opened = identity(&path);
        Self { path, opened }
    }

    /// False once the file was moved, deleted or replaced: what is written to the open one is then lost to everybody else.
    pub(crate) fn is_there(&self) -> bool {
        identity(&self.path) == self.opened
    }
}

/// Device and inode.
type Identity = (u64, u64);

#[cfg(unix)]
fn identity(path: &Path) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(path).ok().map(|metadata| (metadata.dev(), metadata.ino()))
}

/// Without such numbers only a file that is gone is noticed.
#[cfg(not(unix))]
fn identity(path: &Path) -> Option<Identity> {
    fs::metadata(path).ok().map(|_| (0, 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use stheno_core::backend::BackendError;

    fn kind(path: &Path) -> BackendErrorKind {
        BackendError::from(resolve(path).unwrap_err()).kind()
    }

    #[test]
    fn a_path_that_cannot_hold_a_log_is_refused_before_anything_is_made() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("file");
        fs::write(&file, "text").unwrap();
        for path in
            [Path::new("/"), Path::new(".."), directory.path(), &directory.path().join("none/x"), &file.join("x")]
        {
            assert_eq!(kind(path), BackendErrorKind::Address, "{}", path.display());
        }
        assert!(!directory.path().join("none").exists());
    }

    #[test]
    fn a_path_becomes_absolute() {
        let directory = tempfile::tempdir().unwrap();
        let path = resolve(&directory.path().join("./file:x?mode=ro")).unwrap();
        assert!(path.is_absolute());
        assert!(resolve(Path::new("relative.db")).unwrap().is_absolute());
    }

    #[test]
    fn a_file_that_was_replaced_or_deleted_is_noticed() {
        let directory = tempfile::tempdir().unwrap();
        let (path, other) = (directory.path().join("a"), directory.path().join("b"));
        fs::write(&path, "1").unwrap();
        fs::write(&other, "2").unwrap();
        let file = LogFile::at(path.clone());
        assert!(file.is_there());
        fs::rename(&other, &path).unwrap();
        assert!(!file.is_there());
        let file = LogFile::at(path.clone());
        fs::remove_file(&path).unwrap();
        assert!(!file.is_there());
    }
}
