//! A file that somebody named for the connection, and what messages call it.

use std::{
    fmt,
    ops::Deref,
    path::{Path, PathBuf},
};

/// A file. What a variable, or the address of a host, says is not shown: such a file is called by what names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct File {
    path: PathBuf,
    named_by: Option<&'static str>,
}

/// How files of an address are called: [`File::shown`] or [`File::named_by`].
pub(crate) type Naming = fn(&str, &'static str) -> File;

impl File {
    /// A file that the program names, which is shown.
    pub(crate) fn shown(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), named_by: None }
    }

    /// A file that a variable names, or whatever else is called so.
    pub(crate) fn named_by(path: &str, by: &'static str) -> Self {
        Self { path: path.into(), named_by: Some(by) }
    }
}

impl Deref for File {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.path
    }
}

impl fmt::Display for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.named_by {
            Some(by) => write!(f, "that {by} names"),
            None => self.path.display().fmt(f),
        }
    }
}
