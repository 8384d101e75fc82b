//! What Stheno keeps beside the file of a log, and for how long.
//!
//! - `stheno.db-damaged`: somebody found damage. No process opens the log before an operator has deleted this file.
//! - `stheno.db-acknowledged`: up to which event publishers were told that theirs is in the log. It is there while the log is
//!   open, as the write-ahead log is, and after a crash. If the log then ends before that event, its write-ahead log has lost
//!   its end: SQLite itself notices nothing.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use stheno_core::Timestamp;

use crate::place::{self, Identity};

/// What the name of the sign of damage ends with.
pub(crate) const DAMAGED: &str = "-damaged";
/// What the name of the file ends with that says what was acknowledged.
pub(crate) const ACKNOWLEDGED: &str = "-acknowledged";

/// Which part of a log is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// The file itself, or it is not known which.
    File,
    /// The write-ahead log; the file itself is whole, as far as anybody has looked.
    WriteAhead,
    /// The write-ahead log is shorter than it was.
    LostEnd,
}

impl Part {
    const ALL: [Self; 3] = [Self::File, Self::WriteAhead, Self::LostEnd];

    fn word(self) -> &'static str {
        match self {
            Part::File => "file",
            Part::WriteAhead => "write-ahead log",
            Part::LostEnd => "end of the write-ahead log",
        }
    }
}

/// Damage that was found, as the sign says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Damage {
    pub(crate) part: Part,
    pub(crate) found: String,
    pub(crate) at: Timestamp,
    /// The last event that publishers were told of, as far as the finder knew.
    pub(crate) last: u64,
}

impl Damage {
    fn text(&self) -> String {
        let found = self.found.replace(['\n', '\r'], " ");
        format!(
            "Stheno found the log beside this file damaged, and opens it no more while this file is here.\n\
             The error that says so also says what to do; docs/operating.md has more.\n\n\
             damaged: {}\nfound: {found}\nat: {}\nacknowledged: {}\nby process: {}\n",
            self.part.word(),
            self.at,
            self.last,
            std::process::id(),
        )
    }

    /// What a sign says. One that was cut short or written by hand is a sign all the same.
    fn parse(text: &str) -> Self {
        let said = |field: &str| text.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(": "));
        let word = said("damaged").unwrap_or_default();
        Self {
            part: Part::ALL.into_iter().find(|part| part.word() == word).unwrap_or(Part::File),
            found: said("found").unwrap_or("it is not said what").to_owned(),
            at: said("at").and_then(|at| at.parse().ok()).unwrap_or_default(),
            last: said("acknowledged").and_then(|last| last.parse().ok()).unwrap_or_default(),
        }
    }
}

/// What publishers were told of before a crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Noted {
    pub(crate) last: u64,
    /// Whether that was of this very file, and not of one that was copied, or that a backup has replaced.
    pub(crate) here: bool,
}

/// The files beside a log.
#[derive(Debug)]
pub(crate) struct Beside {
    /// The file itself, where a link leads to.
    real: PathBuf,
    damaged: PathBuf,
    acknowledged: PathBuf,
    /// The file that says what was acknowledged, opened when something is, and which log it is of.
    open: OnceLock<Option<(File, String)>>,
    /// What that file says, as far as this process has written it.
    written: AtomicU64,
}

impl Beside {
    /// Those of the log at a path, which may be a link.
    pub(crate) fn of(path: &Path) -> Self {
        let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let (damaged, acknowledged) = (suffixed(&real, DAMAGED), suffixed(&real, ACKNOWLEDGED));
        Self { real, damaged, acknowledged, open: OnceLock::new(), written: AtomicU64::new(0) }
    }

    /// The sign of damage, to be named in messages.
    pub(crate) fn sign(&self) -> &Path {
        &self.damaged
    }

    /// Whether somebody found damage.
    pub(crate) fn is_marked(&self) -> bool {
        fs::symlink_metadata(&self.damaged).is_ok()
    }

    /// The damage that was found and that no operator has dealt with.
    pub(crate) fn damage(&self) -> Option<Damage> {
        self.is_marked().then(|| {
            let text = fs::read(&self.damaged).unwrap_or_default();
            Damage::parse(&String::from_utf8_lossy(&text))
        })
    }

    /// Leaves the sign of damage, written through to the disk. The first one stands.
    pub(crate) fn mark(&self, damage: &Damage) {
        let written = create_private(&self.damaged).and_then(|mut sign| {
            // That the file is there is the sign. On a full disk it may be empty.
            let told = sign.write_all(damage.text().as_bytes());
            sign.sync_all().and(told)
        });
        sync_directory_of(&self.damaged);
        // The sign says more. Once an operator has dealt with it, the log goes on from where it ends.
        self.forget_acknowledged();
        match written {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                let path = self.damaged.display();
                tracing::warn!(%path, %error, "the sign of damage could not be written; other processes may go on");
            }
            _ => {}
        }
    }

    /// The last event that publishers were told of before a crash, of this log in this very file.
    pub(crate) fn acknowledged(&self, log_id: &str) -> Option<u64> {
        self.noted(log_id).filter(|noted| noted.here).map(|noted| noted.last)
    }

    /// The last event of this log that publishers were told of before a crash.
    pub(crate) fn noted(&self, log_id: &str) -> Option<Noted> {
        let text = fs::read_to_string(&self.acknowledged).ok()?;
        let (of, last) = text.trim_end().rsplit_once(' ')?;
        let (of_log, _) = of.rsplit_once(' ')?;
        let here = of == self.line_of(log_id)?;
        (of_log == log_id).then(|| Some(Noted { last: last.parse().ok()?, here }))?
    }

    /// What a log has left that is gone: its file is missing or empty, and others of it are here. A log that is made in its place
    /// would destroy what they have.
    pub(crate) fn left_behind(&self) -> Option<PathBuf> {
        let length = |path: &Path| fs::metadata(path).map_or(0, |file| file.len());
        if length(&self.real) > 0 {
            return None;
        }
        [suffixed(&self.real, "-wal"), self.acknowledged.clone()].into_iter().find(|path| length(path) > 0)
    }

    /// Notes that publishers are about to be told of events up to this one. Survives the process, and is not written through
    /// to the disk: after a power failure it may say less than was told, and never more.
    pub(crate) fn acknowledge(&self, log_id: &str, last: u64) {
        if self.written.fetch_max(last, Ordering::Relaxed) >= last {
            return;
        }
        let open = || Some((open_or_create(&self.acknowledged)?, self.line_of(log_id)?));
        let Some((file, of)) = self.open.get_or_init(open) else { return };
        // Without it a lost end is not noticed, which is what SQLite does anyway.
        let _ = write_at_start(file, format!("{of} {last:020}\n").as_bytes());
    }

    /// Forgets what was acknowledged: the file of the log has all of it.
    pub(crate) fn forget_acknowledged(&self) {
        let _ = fs::remove_file(&self.acknowledged);
    }

    /// Which log in which file: a backup that is put in its place ends earlier, and is no damage.
    fn line_of(&self, log_id: &str) -> Option<String> {
        let (Identity { device, inode }, _) = place::identity(&self.real)?;
        Some(format!("{log_id} {device}:{inode}"))
    }
}

pub(crate) fn suffixed(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn create_private(path: &Path) -> io::Result<File> {
    private().create_new(true).open(path)
}

fn open_or_create(path: &Path) -> Option<File> {
    private().create(true).truncate(false).open(path).ok()
}

#[cfg(unix)]
fn write_at_start(file: &File, bytes: &[u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, 0)
}

#[cfg(not(unix))]
fn write_at_start(mut file: &File, bytes: &[u8]) -> io::Result<()> {
    use std::io::{Seek as _, SeekFrom};
    file.seek(SeekFrom::Start(0))?;
    file.write_all(bytes)
}

/// Makes a new name in a directory survive a power failure. Not every system can.
pub(crate) fn sync_directory_of(path: &Path) {
    let directory = path.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."));
    let _ = File::open(directory).and_then(|directory| directory.sync_all());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log() -> (tempfile::TempDir, Beside) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, "a log").unwrap();
        let beside = Beside::of(&path);
        (folder, beside)
    }

    #[test]
    fn a_sign_says_what_was_found_and_the_first_one_stands() {
        let (_folder, beside) = log();
        assert_eq!(beside.damage(), None);
        let at = Timestamp::from_micros(1_800_000_000_000_000);
        let first = Damage { part: Part::WriteAhead, found: "page 3\nand more".to_owned(), at, last: 12 };
        beside.mark(&first);
        beside.mark(&Damage { part: Part::File, ..first.clone() });
        assert_eq!(beside.damage(), Some(Damage { found: "page 3 and more".to_owned(), ..first }));
    }

    #[test]
    fn a_sign_that_was_cut_short_is_one() {
        let (_folder, beside) = log();
        fs::write(beside.sign(), [0xff, b'\n']).unwrap();
        assert_eq!(beside.damage().map(|damage| damage.part), Some(Part::File));
    }

    #[test]
    fn what_was_acknowledged_is_of_one_log_in_one_file() {
        let (folder, beside) = log();
        assert_eq!(beside.acknowledged("log"), None);
        beside.acknowledge("log", 7);
        beside.acknowledge("log", 3);
        assert_eq!((beside.acknowledged("log"), beside.acknowledged("other")), (Some(7), None));
        beside.acknowledge("log", 12);
        assert_eq!(beside.acknowledged("log"), Some(12));
        fs::write(folder.path().join("b"), "a backup").unwrap();
        fs::rename(folder.path().join("b"), folder.path().join("a")).unwrap();
        assert_eq!(beside.acknowledged("log"), None, "another file is in its place");
        assert_eq!(beside.noted("log"), Some(Noted { last: 12, here: false }));
        fs::write(folder.path().join("a-acknowledged"), "log 1").unwrap();
        assert_eq!(beside.acknowledged("log"), None, "cut short");
    }

    #[test]
    fn what_a_log_has_left_is_noticed() {
        let (folder, beside) = log();
        let wal = folder.path().join("a-wal");
        fs::write(&wal, "").unwrap();
        assert_eq!(beside.left_behind(), None);
        fs::write(&wal, "events").unwrap();
        assert_eq!(beside.left_behind(), None, "the file is there");
        fs::write(folder.path().join("a"), "").unwrap();
        assert_eq!(beside.left_behind(), Some(wal.clone()));
        fs::remove_file(folder.path().join("a")).unwrap();
        assert_eq!(beside.left_behind(), Some(wal.clone()));
        fs::remove_file(&wal).unwrap();
        assert_eq!(beside.left_behind(), None);
    }
}
