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

/// Which file a path stands for: device and inode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileIdentity(u64, u64);

impl FileIdentity {
    /// `None` when nothing is there, or the system has no such numbers.
    #[cfg(unix)]
    pub(crate) fn of(path: &Path) -> Option<Self> {
        use std::os::unix::fs::MetadataExt;
        fs::metadata(path).ok().map(|metadata| Self(metadata.dev(), metadata.ino()))
    }

    #[cfg(not(unix))]
    pub(crate) fn of(path: &Path) -> Option<Self> {
        fs::metadata(path).ok().map(|_| Self(0, 0))
    }
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
    fn a_replaced_file_has_another_identity() {
        let directory = tempfile::tempdir().unwrap();
        let (path, other) = (directory.path().join("a"), directory.path().join("b"));
        fs::write(&path, "1").unwrap();
        fs::write(&other, "2").unwrap();
        let before = FileIdentity::of(&path);
        assert_eq!(before, FileIdentity::of(&path));
        fs::rename(&other, &path).unwrap();
        assert_ne!(before, FileIdentity::of(&path));
        fs::remove_file(&path).unwrap();
        assert_eq!(FileIdentity::of(&path), None);
    }
}
