//! What a process notes of its attempts so that nothing of it is lost when it is killed: a file to which each attempt adds a line
//! before it does anything else.

use std::{
    fs::{self, File, OpenOptions},
    io::Write as _,
    path::Path,
};

/// One attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// Which process made it, from 0.
    pub process: u64,
    /// The sequence of the event.
    pub sequence: u64,
    /// The how-manieth it is, as the handler was told.
    pub number: u32,
}

/// The file, open for more.
pub struct Ledger {
    file: File,
    process: u64,
}

impl Ledger {
    /// Opens it for a process.
    pub fn open(path: &Path, process: u64) -> Self {
        let file = OpenOptions::new().create(true).append(true).open(path).expect("the ledger can be opened");
        Self { file, process }
    }

    /// Adds an attempt. It is in the file when this returns: killing the process takes nothing of it back.
    pub fn note(&self, sequence: u64, number: u32) {
        let line = format!("{} {sequence} {number}\n", self.process);
        // One write, so that lines of several threads do not mix.
        (&self.file).write_all(line.as_bytes()).expect("the ledger takes it");
    }
}

/// Every attempt so far, in the order they were noted. A line that is not whole yet is left out.
pub fn read(path: &Path) -> Vec<Attempt> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    let parsed = whole.lines().map(|line| {
        let mut words = line.split(' ').map(|word| word.parse::<u64>().expect("a number"));
        let mut next = || words.next().expect("three numbers");
        Attempt { process: next(), sequence: next(), number: u32::try_from(next()).expect("a small number") }
    });
    parsed.collect()
}
