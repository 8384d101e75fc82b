//! The note beside an open log: of which log in which files it is, and what these have for certain.
//!
//! It is written without an fsync: after a power failure it may say less than there is, and never more. Each line has its place,
//! so that a commit writes only the one that changes. Lines that are missing or cut short say nothing.

use std::{
    fs::{File, OpenOptions},
    io,
    path::Path,
    time::{Duration, UNIX_EPOCH},
};

use crate::place::{self, Identity};

/// Where the line of the records begins, and that of the files.
const RECORDS_AT: u64 = 128;
const FILES_AT: u64 = 160;
const END: usize = 416;

/// What is known of a log that was not put away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Note {
    pub(crate) log_id: String,
    /// The file of the log. Older programs did not say when it was made.
    pub(crate) file: Identity,
    /// Up to which event publishers were told that theirs is in the log.
    pub(crate) last: u64,
    /// The revision of the last record that was written.
    pub(crate) revision: Option<u64>,
    pub(crate) files: Option<Files>,
    /// The file that a start found in the place of the noted one.
    pub(crate) replaced: Option<Identity>,
}

/// What the files of a log are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Files {
    /// The write-ahead log.
    pub(crate) ahead: Identity,
    /// What the file has without its write-ahead log, or more.
    pub(crate) moved: Moved,
    /// The file after Stheno wrote to it the last time.
    pub(crate) stamp: Stamp,
}

/// How far a file reaches: its last event, and the revision of its last record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Moved {
    pub(crate) last: u64,
    pub(crate) revision: u64,
}

/// Length and time of the last write: another one means that somebody wrote to the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Stamp {
    length: u64,
    written: u64,
}

impl Stamp {
    pub(crate) fn of(path: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(path).ok()?;
        let written = metadata.modified().ok()?.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Some(Self { length: metadata.len(), written: u64::try_from(written.as_nanos()).unwrap_or(u64::MAX) })
    }
}

impl Note {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let mut words = lines.next()?.split_whitespace();
        let (log_id, file) = (words.next()?.to_owned(), place::parse_identity(words.next()?)?);
        let last = words.next().filter(|word| word.len() == 20)?.parse().ok()?;
        let mut note = Self { log_id, file, last, revision: None, files: None, replaced: None };
        for line in lines {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words[..] {
                ["records", revision] => note.revision = revision.parse().ok(),
                ["files", born, ahead, last, revision, length, written] => {
                    let number = |word: &str| word.parse::<u64>().ok();
                    let files = || {
                        let moved = Moved { last: number(last)?, revision: number(revision)? };
                        let stamp = Stamp { length: number(length)?, written: number(written)? };
                        Some(Files { ahead: place::parse_identity(ahead)?, moved, stamp })
                    };
                    note.file.born = number(born).unwrap_or(0);
                    note.files = files();
                }
                ["replaced", by] => note.replaced = place::parse_identity(by),
                _ => {}
            }
        }
        Some(note)
    }

    /// Whether it is of this very file, and no start has found that another one was copied over it.
    pub(crate) fn is_of(&self, file: Identity) -> bool {
        self.is_same_file(file) && !self.is_replaced_by(file)
    }

    /// Whether the noted file has this identity.
    pub(crate) fn is_same_file(&self, file: Identity) -> bool {
        let Identity { device, inode, born } = self.file;
        (device, inode) == (file.device, file.inode) && (born == 0 || born == file.born)
    }

    /// Whether the file at the place of the noted one is known to be another one.
    pub(crate) fn is_replaced_by(&self, file: Identity) -> bool {
        self.replaced == Some(file)
    }

    fn line(&self) -> String {
        let Identity { device, inode, .. } = self.file;
        format!("{} {device}:{inode} {:020}", self.log_id, self.last)
    }

    fn records_line(revision: u64) -> String {
        format!("records {revision:020}")
    }

    fn files_line(&self, files: &Files) -> String {
        let Files { ahead, moved, stamp } = files;
        format!("files {} {ahead} {} {} {} {}", self.file.born, moved.last, moved.revision, stamp.length, stamp.written)
    }

    fn text(&self) -> String {
        let mut text = padded(&self.line(), 0, RECORDS_AT);
        let records = self.revision.map(Self::records_line).unwrap_or_default();
        text += &padded(&records, RECORDS_AT, FILES_AT);
        let files = self.files.map(|files| self.files_line(&files)).unwrap_or_default();
        text += &padded(&files, FILES_AT, END as u64);
        if let Some(by) = self.replaced {
            text += &format!("replaced {by}\n");
        }
        text
    }

    /// Writes all of it anew.
    pub(crate) fn write(&self, path: &Path) -> io::Result<()> {
        let file = open(path)?;
        file.set_len(0)?;
        write_at(&file, self.text().as_bytes(), 0)
    }

    pub(crate) fn write_last(&self, file: &File) -> io::Result<()> {
        write_at(file, padded(&self.line(), 0, RECORDS_AT).as_bytes(), 0)
    }

    pub(crate) fn write_revision(file: &File, revision: u64) -> io::Result<()> {
        write_at(file, padded(&Self::records_line(revision), RECORDS_AT, FILES_AT).as_bytes(), RECORDS_AT)
    }

    pub(crate) fn write_files(&self, file: &File, files: &Files) -> io::Result<()> {
        write_at(file, padded(&self.files_line(files), FILES_AT, END as u64).as_bytes(), FILES_AT)
    }
}

fn padded(line: &str, from: u64, to: u64) -> String {
    let width = (to - from - 1) as usize;
    format!("{line:width$}\n")
}

/// Opens a note for writing; makes it if there is none.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    private().create(true).truncate(false).open(path)
}

/// For a file that only its owner may read.
pub(crate) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

#[cfg(unix)]
fn write_at(file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, at)
}

#[cfg(not(unix))]
fn write_at(mut file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
    use std::io::{Seek as _, SeekFrom, Write as _};
    file.seek(SeekFrom::Start(at))?;
    file.write_all(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_noted_is_read_whichever_line_was_written_last() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a-acknowledged");
        let file = Identity { device: 1, inode: 22, born: 333 };
        let mut note = Note { log_id: "log".into(), file, last: 7, revision: None, files: None, replaced: None };
        let read = || Note::parse(&std::fs::read_to_string(&path).unwrap());
        note.write(&path).unwrap();
        // Without the line of the files it is not said when the file was made.
        assert_eq!(read().map(|read| (read.last, read.file.born, read.is_of(file))), Some((7, 0, true)));
        let open = open(&path).unwrap();
        let (moved, stamp) = (Moved { last: 5, revision: 6 }, Stamp { length: 8, written: 9 });
        let files = Files { ahead: Identity { device: 1, inode: 4, born: 5 }, moved, stamp };
        note.write_files(&open, &files).unwrap();
        Note::write_revision(&open, 12).unwrap();
        note.last = 70;
        note.write_last(&open).unwrap();
        (note.files, note.revision) = (Some(files), Some(12));
        assert_eq!(read(), Some(note.clone()));
        note.replaced = Some(Identity { device: 3, inode: 2, born: 1 });
        note.write(&path).unwrap();
        assert_eq!(read(), Some(note.clone()));
        assert!(note.is_of(file) && note.is_replaced_by(note.replaced.unwrap()), "it was put back");
        note.replaced = Some(file);
        assert!(!note.is_of(file), "another was copied over it");
        assert_eq!(Note::parse("log 1:2 7"), None, "cut short");
        assert_eq!(Note::parse("log 1:2 00000000000000000007\n").map(|note| note.last), Some(7), "of an older program");
    }
}
