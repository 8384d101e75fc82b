//! Where a log is: what is checked about the path before SQLite sees it, and whether it is still the same file.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::UNIX_EPOCH,
};

use stheno_core::backend::BackendErrorKind;

use crate::{
    companions::{COMPANIONS, suffixed},
    error::Trouble,
    mounts,
};

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
    if let Some(of) = companion_of(&path) {
        return Err(refused(format!(
            "`{}` is called like a file that belongs to the log `{of}`; name the log itself, or choose another name",
            path.display()
        )));
    }
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

/// The name of the log to which a file would belong that is called like this. SQLite would take it for a part of that log.
pub(crate) fn companion_of(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_string_lossy().into_owned();
    COMPANIONS.into_iter().find_map(|suffix| name.strip_suffix(suffix).map(str::to_owned))
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

/// The files of an open log, and whether their paths still lead to them.
#[derive(Debug, Clone)]
pub(crate) struct LogFile {
    pub(crate) path: PathBuf,
    opened: Option<Identity>,
    /// The write-ahead log and its shared memory: SQLite keeps both for as long as any connection is open.
    companions: Arc<[(PathBuf, Identity)]>,
    /// The greatest length that was seen.
    length: Arc<AtomicU64>,
}

/// What has become of the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    Same,
    /// The file itself is shorter than it was.
    Shorter,
    /// One was moved, deleted, replaced or emptied: what is written to the open one is then lost to everybody else.
    Replaced,
}

impl LogFile {
    /// The files that a path leads to now, of a log that is open.
    pub(crate) fn at(path: PathBuf) -> Self {
        // SQLite puts them beside the real file, where a link leads to.
        let real = path.canonicalize().unwrap_or_else(|_| path.clone());
        let companions = ["-wal", "-shm"].into_iter().filter_map(|suffix| {
            let companion = suffixed(&real, suffix);
            identity(&companion).map(|(identity, _)| (companion, identity))
        });
        let companions = companions.collect();
        let (opened, length) = identity(&path).unzip();
        Self { path, opened, companions, length: Arc::new(length.unwrap_or_default().into()) }
    }

    /// Looks at the files without opening them.
    pub(crate) fn look(&self) -> Seen {
        let Some((found, length)) = identity(&self.path) else { return Seen::Replaced };
        let is_companion_there =
            |(path, opened): &(PathBuf, Identity)| identity(path).is_some_and(|(id, _)| id.is_number_of(*opened));
        // To a new connection an empty file is a new database, and SQLite deletes the write-ahead log beside it.
        if !self.is_opened(found) || length == 0 || !self.companions.iter().all(is_companion_there) {
            return Seen::Replaced;
        }
        match self.length.fetch_max(length, Ordering::Relaxed) > length {
            true => Seen::Shorter,
            false => Seen::Same,
        }
    }

    /// The write-ahead log, if its path still leads to the one that is in use.
    pub(crate) fn write_ahead_log(&self) -> Option<&Path> {
        let (path, opened) =
            self.companions.iter().find(|(path, _)| path.as_os_str().as_encoded_bytes().ends_with(b"-wal"))?;
        identity(path).is_some_and(|(found, _)| found.is_number_of(*opened)).then_some(path)
    }

    /// Whether SQLite has deleted the write-ahead log, as it does when nobody uses it any more.
    pub(crate) fn is_put_away(&self) -> bool {
        let real = self.path.canonicalize().unwrap_or_else(|_| self.path.clone());
        fs::symlink_metadata(suffixed(&real, "-wal")).is_err()
    }

    /// The file may be as short as it is now.
    pub(crate) fn accept_length(&self) {
        if let Some((_, length)) = identity(&self.path) {
            self.length.store(length, Ordering::Relaxed);
        }
    }

    /// Whether no other file, and no empty one, has taken the place of the opened one.
    pub(crate) fn is_ours_or_nobodys(&self) -> bool {
        identity(&self.path).is_none_or(|(found, length)| self.is_opened(found) && length > 0)
    }

    fn is_opened(&self, found: Identity) -> bool {
        self.opened.is_some_and(|opened| opened.is_number_of(found))
    }
}

/// What tells a file from every other one on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) device: u64,
    pub(crate) inode: u64,
    /// When it was made, since a number is given to a new file when the old one is gone; 0 where the file system does not say.
    pub(crate) born: u64,
}

impl Identity {
    /// Whether it is the same file as long as one of them is open. Some file systems make the time up.
    fn is_number_of(self, other: Self) -> bool {
        (self.device, self.inode) == (other.device, other.inode)
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.device, self.inode, self.born)
    }
}

/// Reads what [`Identity`] displays, also without the time.
pub(crate) fn parse_identity(text: &str) -> Option<Identity> {
    let mut numbers = text.split(':').map(|number| number.parse::<u64>());
    let (device, inode) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
    Some(Identity { device, inode, born: numbers.next().and_then(Result::ok).unwrap_or(0) })
}

/// Which file a path leads to, and its length.
#[cfg(unix)]
pub(crate) fn identity(path: &Path) -> Option<(Identity, u64)> {
    use std::os::unix::fs::MetadataExt;
    let metadata = fs::metadata(path).ok()?;
    let born = metadata.created().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let born = born.map_or(0, |born| u64::try_from(born.as_nanos()).unwrap_or(0));
    Some((Identity { device: metadata.dev(), inode: metadata.ino(), born }, metadata.len()))
}

/// Without such numbers only a file that is gone is noticed.
#[cfg(not(unix))]
pub(crate) fn identity(path: &Path) -> Option<(Identity, u64)> {
    fs::metadata(path).ok().map(|metadata| (Identity { device: 0, inode: 0, born: 0 }, metadata.len()))
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
        assert_eq!(file.look(), Seen::Same);
        fs::rename(&other, &path).unwrap();
        assert_eq!((file.look(), file.is_ours_or_nobodys()), (Seen::Replaced, false));
        let file = LogFile::at(path.clone());
        fs::remove_file(&path).unwrap();
        assert_eq!((file.look(), file.is_ours_or_nobodys()), (Seen::Replaced, true));
    }

    #[test]
    fn a_companion_that_was_deleted_and_a_file_that_became_shorter_are_noticed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        let [write_ahead_log, shared] = ["a-wal", "a-shm"].map(|name| directory.path().join(name));
        for file in [&path, &write_ahead_log, &shared] {
            fs::write(file, "1234").unwrap();
        }
        let file = LogFile::at(path.clone());
        fs::write(&path, "123456").unwrap();
        fs::write(&write_ahead_log, "").unwrap();
        assert_eq!(file.look(), Seen::Same, "longer is as it should be, and the write-ahead log may begin anew");
        fs::write(&path, "12345").unwrap();
        assert_eq!([file.look(), file.look()], [Seen::Shorter; 2]);
        file.accept_length();
        assert_eq!(file.look(), Seen::Same);
        fs::remove_file(&shared).unwrap();
        assert_eq!(file.look(), Seen::Replaced);
    }
}
