//! The file: lines are added at its end, whole and once.

use std::{
    collections::{HashSet, VecDeque},
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, Write},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use serde::Deserialize;

use crate::Entry;

/// How many lines are remembered to recognise one that comes again. What can come again after a crash is what was in
/// flight: a few batches.
const REMEMBERED: usize = 16 * 1024;

/// An append-only file of [`Entry`] lines.
///
/// One process writes it at a time: the holder of the subscriber's lease.
#[derive(Debug)]
pub struct AuditFile {
    path: PathBuf,
    sync: bool,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    file: File,
    /// Where the last whole line ends; a failed write is taken back to here.
    end: u64,
    seen: Seen,
}

/// The newest lines of the file, by event and run.
#[derive(Debug, Default)]
struct Seen {
    order: VecDeque<(String, u32)>,
    all: HashSet<(String, u32)>,
}

/// What makes two lines the same.
#[derive(Deserialize)]
struct Mark {
    id: String,
    run: u32,
}

impl AuditFile {
    /// Opens the file, or makes it. A line that a crash cut off is taken away.
    ///
    /// # Errors
    /// When it cannot be read or written, or has lines that are none of ours.
    pub fn open(path: &Path, sync: bool) -> io::Result<Self> {
        // Where it is may be said by a variable, and those are not shown.
        let at = |error: io::Error| io::Error::new(error.kind(), format!("the audit file that `file` names: {error}"));
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).map_err(at)?;
        let (end, seen) = read_back(&file).map_err(at)?;
        file.set_len(end).map_err(at)?;
        Ok(Self { path: path.to_owned(), sync, inner: Mutex::new(Inner { file, end, seen }) })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds the entries that are not there yet, all of them or none, and returns how many. Blocks.
    ///
    /// # Errors
    /// When they cannot be written; then the file is as it was.
    pub fn append(&self, entries: &[Entry]) -> io::Result<usize> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let new: Vec<&Entry> = entries.iter().filter(|entry| !inner.seen.has(entry)).collect();
        let mut lines = Vec::new();
        for entry in &new {
            serde_json::to_writer(&mut lines, entry)?;
            lines.push(b'\n');
        }
        inner.write(&lines, self.sync)?;
        new.iter().for_each(|entry| inner.seen.add(entry.id.clone(), entry.run));
        Ok(new.len())
    }
}

impl Inner {
    fn write(&mut self, lines: &[u8], sync: bool) -> io::Result<()> {
        let written = self.file.write_all(lines).and_then(|()| if sync { self.file.sync_data() } else { Ok(()) });
        match written {
            Ok(()) => {
                self.end += lines.len() as u64;
                Ok(())
            }
            Err(error) => {
                // The attempt fails and writes all of it again, so nothing of this one may stay.
                self.file.set_len(self.end)?;
                Err(error)
            }
        }
    }
}

impl Seen {
    fn has(&self, entry: &Entry) -> bool {
        self.all.contains(&(entry.id.clone(), entry.run))
    }

    fn add(&mut self, id: String, run: u32) {
        if self.all.insert((id.clone(), run)) {
            self.order.push_back((id, run));
        }
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.all.remove(&oldest);
        }
    }
}

/// Reads the file once: where its last whole line ends, and its newest lines.
fn read_back(file: &File) -> io::Result<(u64, Seen)> {
    let mut reader = BufReader::new(file);
    let (mut end, mut seen, mut line, mut number) = (0, Seen::default(), Vec::new(), 0_u64);
    loop {
        line.clear();
        let length = reader.read_until(b'\n', &mut line)?;
        if line.last() != Some(&b'\n') {
            return Ok((end, seen));
        }
        number += 1;
        let mark: Mark = serde_json::from_slice(&line).map_err(|_| {
            let message = format!("line {number} is none of an audit file; move the file away, or name another one");
            io::Error::new(io::ErrorKind::InvalidData, message)
        })?;
        seen.add(mark.id, mark.run);
        end += length as u64;
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::json;

    use super::*;

    fn entry(id: &str, run: u32) -> Entry {
        Entry {
            sequence: 1,
            id: id.to_owned(),
            name: "order.placed".to_owned(),
            key: None,
            source: None,
            time: "2026-11-22T10:00:00Z".to_owned(),
            stored: "2026-11-22T10:00:00Z".to_owned(),
            run,
            body: json!({ "id": "order_1" }),
        }
    }

    fn ids(path: &Path) -> Vec<(String, u32)> {
        let text = fs::read_to_string(path).unwrap();
        let marks = text.lines().map(|line| serde_json::from_str::<Mark>(line).unwrap());
        marks.map(|mark| (mark.id, mark.run)).collect()
    }

    #[test]
    fn an_entry_that_comes_again_is_written_once_for_each_run() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let file = AuditFile::open(&path, true).unwrap();
        assert_eq!(file.append(&[entry("a", 0), entry("b", 0)]).unwrap(), 2);
        assert_eq!(file.append(&[entry("b", 0), entry("c", 0)]).unwrap(), 1);
        assert_eq!(file.append(&[entry("a", 1)]).unwrap(), 1);
        let written = [("a".into(), 0), ("b".into(), 0), ("c".into(), 0), ("a".into(), 1)];
        assert_eq!(ids(&path), written);
    }

    #[test]
    fn what_was_written_before_a_restart_is_recognised() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        AuditFile::open(&path, true).unwrap().append(&[entry("a", 0)]).unwrap();
        assert_eq!(AuditFile::open(&path, true).unwrap().append(&[entry("a", 0), entry("b", 0)]).unwrap(), 1);
        assert_eq!(ids(&path), [("a".into(), 0), ("b".into(), 0)]);
    }

    #[test]
    fn a_line_that_a_crash_cut_off_is_written_whole_when_its_event_comes_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        AuditFile::open(&path, true).unwrap().append(&[entry("a", 0), entry("b", 0)]).unwrap();
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len() - 10]).unwrap();
        AuditFile::open(&path, true).unwrap().append(&[entry("b", 0)]).unwrap();
        assert_eq!(fs::read(&path).unwrap(), whole);
    }

    #[test]
    fn another_file_is_not_written_into() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes.txt");
        fs::write(&path, "my notes\n").unwrap();
        assert_eq!(AuditFile::open(&path, true).unwrap_err().kind(), io::ErrorKind::InvalidData);
        assert_eq!(fs::read_to_string(&path).unwrap(), "my notes\n");
    }

    #[test]
    fn only_so_many_lines_are_remembered() {
        let mut seen = Seen::default();
        (0..=REMEMBERED).for_each(|number| seen.add(number.to_string(), 0));
        assert_eq!((seen.order.len(), seen.all.len()), (REMEMBERED, REMEMBERED));
        assert!(!seen.has(&entry("0", 0)) && seen.has(&entry("1", 0)));
    }
}
