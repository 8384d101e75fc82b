//! What Stheno keeps beside the file of a log, and for how long.
//!
//! - `stheno.db-damaged`: somebody found damage. No process opens the log before an operator has deleted this file.
//! - `stheno.db-acknowledged`: up to which event publishers were told that theirs is in the log, and which files these are
//!   (`note`). It is there while the log is open, as the write-ahead log is, and after a crash. If the log then ends before that
//!   event, its write-ahead log has lost its end; if the file is another one, its write-ahead log is not its own: SQLite itself
//!   notices neither.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::Mutex,
};

use crate::{
    companions::{ACKNOWLEDGED, DAMAGED, suffixed},
    note::{self, Files, Moved, Note, Stamp},
    place,
    session::lock,
    sign::Damage,
};

/// Why a write-ahead log may not be that of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doubt {
    /// Nothing is noted of the two.
    Whose,
    /// The file was written to after that was noted: by a process that was killed then, or by somebody else.
    Written,
}

/// The files beside a log.
#[derive(Debug)]
pub(crate) struct Beside {
    /// The file itself, where a link leads to.
    real: PathBuf,
    damaged: PathBuf,
    acknowledged: PathBuf,
    /// The note of a log that is open, and what it says as far as this process has written it.
    open: Mutex<Option<(File, Note)>>,
}

impl Beside {
    /// Those of the log at a path, which may be a link.
    pub(crate) fn of(path: &Path) -> Self {
        let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let (damaged, acknowledged) = (suffixed(&real, DAMAGED), suffixed(&real, ACKNOWLEDGED));
        Self { real, damaged, acknowledged, open: Mutex::default() }
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
        // The sign says more. Once an operator has dealt with it, the log goes on from where it ends. What is left of the note
        // says that there was a log.
        if let Some(note) = self.note() {
            let _ = Note { last: 0, revision: None, files: None, replaced: None, ..note }.write(&self.acknowledged);
        }
        match written {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                let path = self.damaged.display();
                tracing::warn!(%path, %error, "the sign of damage could not be written; other processes may go on");
            }
            _ => {}
        }
    }

    /// The name of a file beside the log.
    pub(crate) fn companion(&self, suffix: &str) -> PathBuf {
        suffixed(&self.real, suffix)
    }

    /// What was noted of a log that was not put away, or that others have open.
    pub(crate) fn note(&self) -> Option<Note> {
        Note::parse(&String::from_utf8_lossy(&fs::read(&self.acknowledged).ok()?))
    }

    /// How long the file is, if nothing of the log is elsewhere: what a `-wal` file has is still to be moved into it.
    pub(crate) fn whole_length(&self) -> Option<u64> {
        (length(&self.companion("-wal")) == 0).then(|| length(&self.real)).filter(|length| *length > 0)
    }

    /// What a log has left that is gone: its file is missing or empty, and others of it are here. A log that is made in its place
    /// would destroy what they have.
    pub(crate) fn left_behind(&self) -> Option<PathBuf> {
        if length(&self.real) > 0 { None } else { self.left() }
    }

    /// What is left of a log that was here.
    pub(crate) fn left(&self) -> Option<PathBuf> {
        [self.companion("-wal"), self.acknowledged.clone()].into_iter().find(|path| length(path) > 0)
    }

    /// Notes that a start has found another file in the place of the noted one.
    pub(crate) fn replaced(&self) {
        if let (Some(note), Some((file, _))) = (self.note(), place::identity(&self.real)) {
            let _ = Note { replaced: Some(file), ..note }.write(&self.acknowledged);
        }
    }

    /// Notes which files an open log has, unless another process has done so. `last` is its last event, and `moved` says what is in
    /// the file for certain.
    pub(crate) fn begin(&self, log_id: &str, last: u64, moved: impl FnOnce() -> Moved) {
        let mut open = lock(&self.open);
        let identity = |path: &Path| place::identity(path).map(|(identity, _)| identity);
        let (Some(file), Some(ahead)) = (identity(&self.real), identity(&self.companion("-wal"))) else { return };
        let is_ours = |note: &Note| {
            note.log_id == log_id && note.is_of(file) && note.files.is_some_and(|files| files.ahead == ahead)
        };
        let note = self.note().filter(is_ours);
        let note = note.unwrap_or_else(|| {
            // What is written to the file meanwhile only makes it reach further.
            let moved = moved();
            let files = Stamp::of(&self.real).map(|stamp| Files { ahead, moved, stamp });
            let note = Note { log_id: log_id.to_owned(), file, last, revision: None, files, replaced: None };
            // Without it less is noticed, which is what SQLite does anyway.
            let _ = note.write(&self.acknowledged);
            note
        });
        *open = note::open(&self.acknowledged).ok().map(|file| (file, note));
    }

    /// Notes that publishers are about to be told of events up to this one. Survives the process, and is not written through
    /// to the disk: after a power failure it may say less than was told, and never more.
    pub(crate) fn acknowledge(&self, last: u64) {
        if let Some((file, note)) = &mut *lock(&self.open)
            && note.last < last
        {
            note.last = last;
            let _ = note.write_last(file);
        }
    }

    /// The same for the revision of the last record.
    pub(crate) fn recorded(&self, revision: u64) {
        if let Some((file, note)) = &mut *lock(&self.open) {
            note.revision = Some(revision);
            let _ = Note::write_revision(file, revision);
        }
    }

    /// Whether the file was written to by somebody else than Stheno since Stheno wrote to it the last time. If it was, `stamp` is
    /// what to [accept](Self::accept_file) if it is found in order.
    pub(crate) fn unknown_stamp(&self) -> Option<Stamp> {
        let stamp = Stamp::of(&self.real)?;
        let is_known = |note: &Note| note.files.is_none_or(|files| files.stamp == stamp);
        let known_here = lock(&self.open).as_ref().is_none_or(|(_, note)| is_known(note));
        (!known_here && !self.note().is_some_and(|note| is_known(&note))).then_some(stamp)
    }

    /// What is not known of a write-ahead log that has something in it.
    pub(crate) fn doubt(&self) -> Option<Doubt> {
        if length(&self.companion("-wal")) == 0 {
            return None;
        }
        let (file, _) = place::identity(&self.real)?;
        match self.note().filter(|note| note.is_of(file)).and_then(|note| note.files) {
            Some(files) if Some(files.stamp) == Stamp::of(&self.real) => None,
            Some(_) => Some(Doubt::Written),
            None => Some(Doubt::Whose),
        }
    }

    /// Notes what is in the file for certain, after it was written to.
    pub(crate) fn accept_file(&self, moved: Moved, stamp: Option<Stamp>) {
        if let (Some((file, note)), Some(stamp)) = (&mut *lock(&self.open), stamp.or_else(|| Stamp::of(&self.real)))
            && let Some(before) = note.files
        {
            let files = Files { moved, stamp, ..before };
            note.files = Some(files);
            let _ = note.write_files(file, &files);
        }
    }

    /// The note, as far as this process has written it.
    pub(crate) fn own_note(&self) -> Option<Note> {
        lock(&self.open).as_ref().map(|(_, note)| note.clone())
    }

    /// Forgets what was noted: the file of the log has all of it.
    pub(crate) fn forget(&self) {
        let _ = fs::remove_file(&self.acknowledged);
    }
}

fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |file| file.len())
}

fn create_private(path: &Path) -> io::Result<File> {
    note::private().create_new(true).open(path)
}

/// Makes a new name in a directory survive a power failure. Not every system can.
pub(crate) fn sync_directory_of(path: &Path) {
    let directory = path.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."));
    let _ = File::open(directory).and_then(|directory| directory.sync_all());
}

#[cfg(test)]
mod tests {
    use stheno_core::Timestamp;

    use super::*;
    use crate::sign::Part;

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
        let file = || place::identity(&folder.path().join("a")).unwrap().0;
        assert_eq!(beside.note(), None);
        fs::write(folder.path().join("a-wal"), "pages").unwrap();
        beside.begin("log", 7, Moved::default);
        beside.acknowledge(3);
        assert_eq!(beside.note().map(|note| (note.last, note.is_of(file()))), Some((7, true)));
        beside.acknowledge(12);
        assert_eq!(beside.note().map(|note| note.last), Some(12));
        fs::write(folder.path().join("b"), "a backup").unwrap();
        fs::rename(folder.path().join("b"), folder.path().join("a")).unwrap();
        assert_eq!(beside.note().map(|note| (note.last, note.is_of(file()))), Some((12, false)), "another file");
        beside.replaced();
        assert!(beside.note().is_some_and(|note| note.is_replaced_by(file())));
        fs::write(folder.path().join("a-acknowledged"), "log 1").unwrap();
        assert_eq!(beside.note(), None, "cut short");
    }

    #[test]
    fn a_file_that_somebody_else_wrote_to_is_noticed() {
        let (folder, beside) = log();
        fs::write(folder.path().join("a-wal"), "pages").unwrap();
        assert_eq!(beside.unknown_stamp(), None, "nothing is known");
        beside.begin("log", 7, Moved::default);
        let other = Beside::of(&folder.path().join("a"));
        other.begin("log", 7, Moved::default);
        assert_eq!(beside.unknown_stamp(), None);
        fs::write(folder.path().join("a"), "longer than it was").unwrap();
        let stamp = beside.unknown_stamp();
        assert!(stamp.is_some());
        other.accept_file(Moved { last: 8, revision: 0 }, stamp);
        assert_eq!(beside.unknown_stamp(), None, "another process did");
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
