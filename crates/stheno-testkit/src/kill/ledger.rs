//! The ledger: a file to which every attempt is appended and synced, past the log that is under test.

use std::{
    fmt,
    fs::{File, OpenOptions},
    io::{self, Write as _},
    path::Path,
    str::FromStr,
};

/// How an attempt ended, as its handler saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It did its work.
    Handled,
    /// It failed and wants to be tried again.
    Failed,
    /// It found the event broken for good.
    GaveUp,
}

/// One attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Which subscriber.
    pub subscriber: String,
    /// Where the event is.
    pub sequence: u64,
    /// Its id.
    pub id: String,
    /// Which attempt.
    pub attempt: u32,
    /// How it ended.
    pub ended: Ended,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ended = match self.ended {
            Ended::Handled => "handled",
            Ended::Failed => "failed",
            Ended::GaveUp => "gave-up",
        };
        write!(f, "{} {} {} {} {ended}", self.subscriber, self.sequence, self.id, self.attempt)
    }
}

impl FromStr for Entry {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let refused = || format!("`{line}` is no line of a ledger");
        let [subscriber, sequence, id, attempt, ended] = line.split(' ').collect::<Vec<_>>()[..] else {
            return Err(refused());
        };
        Ok(Self {
            subscriber: subscriber.to_owned(),
            sequence: sequence.parse().map_err(|_| refused())?,
            id: id.to_owned(),
            attempt: attempt.parse().map_err(|_| refused())?,
            ended: match ended {
                "handled" => Ended::Handled,
                "failed" => Ended::Failed,
                "gave-up" => Ended::GaveUp,
                _ => return Err(refused()),
            },
        })
    }
}

/// The open ledger.
#[derive(Debug)]
pub struct Ledger(File);

impl Ledger {
    /// Opens the ledger to append to it.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn open(path: &Path) -> io::Result<Self> {
        OpenOptions::new().create(true).append(true).open(path).map(Self)
    }

    /// Appends an entry; it is on the disk when this returns. One line is one write, which a kill does not tear.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn note(&self, entry: &Entry) -> io::Result<()> {
        (&self.0).write_all(format!("{entry}\n").as_bytes())?;
        self.0.sync_data()
    }

    /// Reads a whole ledger; one that nobody has written is empty.
    ///
    /// # Errors
    /// When the file cannot be read, or a line is none.
    pub fn read(path: &Path) -> io::Result<Vec<Entry>> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        text.lines().map(|line| line.parse().map_err(io::Error::other)).collect()
    }
}
