//! The address form of the options: `sqlite://path?sync=normal&dedup=24h`, `memory:`.

use std::time::Duration;

use stheno_core::{
    backend::{BackendError, BackendErrorKind},
    decode_token,
};

use crate::{
    options::{SqliteOptions, SyncMode},
    place::Place,
};

/// What an address may say after `?`, with an example of each.
const KNOWN_OPTIONS: &str = "sync=full, sync=normal, dedup=24h, max_body=1MiB, busy=10s, max_size=10GiB, poll=20ms";

impl SqliteOptions {
    /// Reads an address: `sqlite://stheno.db` (relative), `sqlite:///var/lib/stheno.db` (absolute), `memory:`.
    ///
    /// Options follow a `?`: `sync` (`full`, `normal`), `dedup`, `busy`, `poll` (durations such as `24h`), `max_body`,
    /// `max_size` (bytes, or with `KiB`, `MiB`, `GiB`). No time is 0, and none is so long that it cannot be meant; no option is empty, and each is given once, and those about a file
    /// (`sync`, `busy`, `poll`, `max_size`) not for a log in memory. A `?`, `#` or `%` in a path is written `%3F`, `%23` or `%25`.
    ///
    /// # Errors
    /// [`BackendErrorKind::Address`] says which part is not understood and what may stand there.
    ///
    /// ```
    /// use stheno_sqlite::SqliteOptions;
    /// assert!(SqliteOptions::from_url("sqlite://stheno.db?sync=normal&dedup=2h").is_ok());
    /// assert!(SqliteOptions::from_url("postgres://localhost/log").is_err());
    /// ```
    pub fn from_url(url: &str) -> Result<Self, BackendError> {
        if url.contains('#') {
            return Err(refused(
                "the address has a `#`, and what follows it would mean nothing; write `%23` for a `#` in a path"
                    .to_owned(),
            ));
        }
        let (address, query) = match url.split_once('?') {
            Some((address, query)) => (address, Some(query)),
            None => (url, None),
        };
        let mut options = match address.strip_prefix("sqlite://") {
            Some(path) => Self::file(decode_path(path)?),
            None if address == "memory:" => Self::memory(),
            None => {
                // It may be that of another service, with a password.
                return Err(refused(
                    "the address is not one of this backend; write `sqlite://path/to/file.db` or `memory:`".to_owned(),
                ));
            }
        };
        let pairs = || {
            // A `?` with nothing behind it says nothing.
            let options = query.filter(|query| !query.is_empty()).into_iter().flat_map(|query| query.split('&'));
            options.map(|option| option.split_once('=').unwrap_or((option, "")))
        };
        for (index, (name, value)) in pairs().enumerate() {
            if name.is_empty() {
                return Err(refused(format!(
                    "option {} after the `?` of the address is empty; write one, or leave out the `?` or `&` before it",
                    index + 1
                )));
            }
            if pairs().take(index).any(|(earlier, _)| earlier == name) {
                return Err(refused(format!(
                    "option {} after the `?` of the address is there before; give each once",
                    index + 1
                )));
            }
            options = options.with(index + 1, name, value)?;
        }
        options.check()?;
        Ok(options)
    }

    /// Takes the option of this number; the first is 1.
    fn with(self, number: usize, name: &str, value: &str) -> Result<Self, BackendError> {
        // Neither name nor value is repeated: what is set in the environment is not shown.
        let bad = || {
            refused(format!(
                "option {number} after the `?` of the address is not understood; an address may say {KNOWN_OPTIONS}"
            ))
        };
        let of_file = matches!(name, "sync" | "busy" | "poll" | "max_size");
        if of_file && matches!(self.place, Place::Memory) {
            return Err(refused(format!(
                "option {number} after the `?` of the address is about a file, and this log is in memory; leave it out"
            )));
        }
        let options = match name {
            "sync" if value == "full" => self.sync(SyncMode::Full),
            "sync" if value == "normal" => self.sync(SyncMode::Normal),
            "dedup" => self.dedup_window(some_time(number, value, bad)?),
            "busy" => self.busy_timeout(some_time(number, value, bad)?),
            "poll" => self.poll(some_time(number, value, bad)?),
            "max_body" => self.max_body(size(value).and_then(|size| usize::try_from(size).ok()).ok_or_else(bad)?),
            "max_size" => self.max_size(size(value).ok_or_else(bad)?),
            _ => return Err(bad()),
        };
        Ok(options)
    }
}

fn decode_path(path: &str) -> Result<String, BackendError> {
    if path.is_empty() {
        return Err(refused("the address has no path; write `sqlite://stheno.db`, or `memory:`".to_owned()));
    }
    if path == ":memory:" {
        return Err(refused("`:memory:` would be the name of a file; write `memory:` for a log in memory".to_owned()));
    }
    // It is that of another service, with a password, or a path that nobody would take for one.
    let first = path.split('/').next().unwrap_or_default();
    if first.rsplit_once('@').is_some_and(|(login, _)| login.contains(':')) {
        return Err(refused(
            "the address has a login, and a file takes none; write `sqlite://path/to/file.db` (`%40` is an `@` in a path)"
                .to_owned(),
        ));
    }
    decode_token(path).ok_or_else(|| {
        refused("the path in the address has `%` without two hexadecimal digits; write `%25`".to_owned())
    })
}

/// A time that is not 0: `dedup=0s` would store every event as often as it is sent, and nobody means that in an address.
fn some_time(number: usize, value: &str, bad: impl Fn() -> BackendError) -> Result<Duration, BackendError> {
    let time = humantime::parse_duration(value).map_err(|_| bad())?;
    if time.is_zero() {
        return Err(refused(format!(
            "option {number} after the `?` of the address is a time of 0; leave it out for the default, or write more"
        )));
    }
    Ok(time)
}

fn size(value: &str) -> Option<u64> {
    let digits = value.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = match &value[digits.len()..] {
        "" => 1,
        "KiB" => 1024,
        "MiB" => 1024 * 1024,
        "GiB" => 1024 * 1024 * 1024,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(unit)
}

fn refused(message: String) -> BackendError {
    BackendError::new(BackendErrorKind::Address, message)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn path(url: &str) -> String {
        match SqliteOptions::from_url(url).unwrap().place {
            Place::File(path) => path.to_str().unwrap().to_owned(),
            Place::Memory => "memory".to_owned(),
        }
    }

    #[test]
    fn an_address_names_a_relative_or_absolute_path_or_memory() {
        assert_eq!(path("sqlite://stheno.db"), "stheno.db");
        assert_eq!(path("sqlite://data/stheno.db?sync=full"), "data/stheno.db");
        assert_eq!(path("sqlite:///var/lib/stheno.db"), "/var/lib/stheno.db");
        assert_eq!(path("sqlite://what%3F%20100%25%23.db"), "what? 100%#.db");
        assert_eq!(path("memory:"), "memory");
        assert_eq!((path("sqlite://stheno.db?"), path("memory:?")), ("stheno.db".into(), "memory".into()));
        assert_eq!(path("memory:?dedup=1h"), "memory");
        assert!(Path::new(&path("sqlite:///x")).is_absolute());
    }

    #[test]
    fn the_defaults_are_the_documented_ones() {
        let options = SqliteOptions::from_url("sqlite://x").unwrap();
        assert_eq!(options.sync, SyncMode::Full);
        assert_eq!(options.dedup_window, Duration::from_secs(86_400));
        assert_eq!(options.max_body, 1_048_576);
        assert_eq!(options.max_size, None);
    }

    #[test]
    fn options_follow_the_question_mark() {
        let url = "sqlite://x?sync=normal&dedup=90m&max_body=64KiB&busy=3s&max_size=2GiB&poll=5ms";
        let options = SqliteOptions::from_url(url).unwrap();
        assert_eq!(options.sync, SyncMode::Normal);
        assert_eq!(options.dedup_window, Duration::from_secs(5_400));
        assert_eq!(options.max_body, 65_536);
        assert_eq!(options.busy_timeout, Duration::from_secs(3));
        assert_eq!(options.max_size, Some(2_147_483_648));
        assert_eq!(options.poll, Duration::from_millis(5));
    }

    #[test]
    fn whatever_is_not_understood_is_refused() {
        for url in [
            "",
            "stheno.db",
            "postgres://localhost/log",
            "sqlite:stheno.db",
            "sqlite://",
            "sqlite://:memory:",
            "sqlite://?sync=full",
            "sqlite://100%.db",
            "memory:x",
            "sqlite://x?sync=off",
            "sqlite://x?sync",
            "sqlite://x?dedup=soon",
            "sqlite://x?max_body=1MB",
            "sqlite://x?max_body=KiB",
            "sqlite://x?max_size=99999999999GiB",
            "sqlite://x?fast=yes",
            "sqlite://x?fast=s3cret",
            "postgres://me:s3cret@localhost/log",
            "sqlite://s3cret%",
            "sqlite://x?max_body=900GiB",
            "sqlite://x?max_body=0",
            "sqlite://x?sync=full&sync=normal",
            "sqlite://x?poll=0s",
            "sqlite://x?poll=1ns",
            "sqlite://x?dedup=0s",
            "sqlite://x?busy=0s",
            "sqlite://x?max_size=1",
            "sqlite://x?max_size=1023KiB",
            "sqlite://x#s3cret",
            "sqlite://x?sync=full#s3cret",
            "sqlite://x?dedup=",
            "sqlite://x?dedup=1h&dedup=2h",
            "sqlite://x?&",
            "sqlite://x?&&",
            "sqlite://x?sync=full&",
            "sqlite://x?&sync=full",
            "sqlite://x?sync=full&&dedup=1h",
            "sqlite://x?=s3cret",
            "memory:?&",
            "sqlite://x?max_body=2MiB&max_size=1MiB",
            "sqlite://x?max_size=64GiB&max_body=513MiB",
            "sqlite://x?max_size=17000GiB",
            "sqlite://x?max_size=17179869183GiB",
            "sqlite://x?dedup=101y",
            "sqlite://x?dedup=500000000000y",
            "sqlite://x?poll=61s",
            "sqlite://x?poll=1y",
            "sqlite://x?busy=25h",
            "sqlite://x?busy=1y",
            "memory:?dedup=1000y",
            "sqlite://me:s3cret@host/log",
            "sqlite://:s3cret@host/log",
            "memory:?sync=full",
            "memory:?poll=5ms",
            "memory:?busy=5s",
            "memory:?max_size=1GiB",
        ] {
            let refused = SqliteOptions::from_url(url).unwrap_err();
            assert_eq!(refused.kind(), BackendErrorKind::Address, "{url}");
            assert!(!refused.to_string().contains("s3cret"), "{refused}");
        }
    }
}
