//! How a host ends: a number that tells its supervisor whether to start it again.

use std::process::{ExitCode, Termination};

use crate::{
    app::{StartError, Stopped},
    backend::{AppendErrorKind, BackendErrorKind},
    bus::kind::PublishErrorKind,
};

/// How a host ended, for `main` to return.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exit(u8);

impl Exit {
    /// It cannot start as it is built and configured (`EX_CONFIG`): starting it again will not help.
    pub const CONFIG: Exit = Exit(78);
    /// Its log cannot be used now (`EX_UNAVAILABLE`): starting it again later may help.
    pub const UNAVAILABLE: Exit = Exit(69);
    /// It failed for a reason of its own (`EX_SOFTWARE`).
    pub const FAILED: Exit = Exit(70);
    /// What was under way was cut (`EX_TEMPFAIL`): it is handled again after the next start. Of a command: what it asked for is
    /// not done yet.
    pub const CUT: Exit = Exit(75);
    /// It was called in a way it does not understand, or asked for what is not there (`EX_USAGE`).
    pub const USAGE: Exit = Exit(64);
    /// What it was given to publish is not what it has to be (`EX_DATAERR`).
    pub const DATA: Exit = Exit(65);
    /// It did what it was asked.
    pub const OK: Exit = Exit(0);

    /// The number the process ends with.
    pub fn code(self) -> u8 {
        self.0
    }
}

impl From<Stopped> for Exit {
    fn from(stopped: Stopped) -> Self {
        Self(stopped.exit_code())
    }
}

impl From<&StartError> for Exit {
    fn from(error: &StartError) -> Self {
        match error {
            StartError::Problems(_) => Exit::CONFIG,
            StartError::Backend(error) => Exit::from(error.kind()),
            _ => Exit::UNAVAILABLE,
        }
    }
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(self.0)
    }
}

impl From<BackendErrorKind> for Exit {
    /// How a host ends when its log cannot be used: some troubles pass, others do not.
    fn from(kind: BackendErrorKind) -> Self {
        match kind {
            BackendErrorKind::Address
            | BackendErrorKind::Setup
            | BackendErrorKind::Permission
            | BackendErrorKind::NewerSchema
            | BackendErrorKind::Corrupt
            | BackendErrorKind::LogChanged => Exit::CONFIG,
            _ => Exit::UNAVAILABLE,
        }
    }
}

impl From<&PublishErrorKind> for Exit {
    /// How a host ends that could not publish.
    fn from(kind: &PublishErrorKind) -> Self {
        match kind {
            PublishErrorKind::Append(AppendErrorKind::Backend(kind)) => Exit::from(*kind),
            PublishErrorKind::Append(AppendErrorKind::Unknown) => Exit::UNAVAILABLE,
            PublishErrorKind::Catalogs(_) | PublishErrorKind::Bus(_) => Exit::CONFIG,
            _ => Exit::DATA,
        }
    }
}
