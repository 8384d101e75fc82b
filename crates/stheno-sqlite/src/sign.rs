//! What the sign of damage says: `stheno.db-damaged`.

use stheno_core::Timestamp;

/// Which part of a log is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// The file itself, or it is not known which.
    File,
    /// The write-ahead log; the file itself is whole, as far as anybody has looked.
    WriteAhead,
    /// The write-ahead log is shorter than it was.
    LostEnd,
    /// Rows that somebody has deleted by hand.
    Rows,
}

impl Part {
    const ALL: [Self; 4] = [Self::File, Self::WriteAhead, Self::LostEnd, Self::Rows];

    fn word(self) -> &'static str {
        match self {
            Part::File => "file",
            Part::WriteAhead => "write-ahead log",
            Part::LostEnd => "end of the write-ahead log",
            Part::Rows => "rows",
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
    /// What the sign says.
    pub(crate) fn text(&self) -> String {
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
    pub(crate) fn parse(text: &str) -> Self {
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
