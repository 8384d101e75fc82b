//! What was said of one event while it was built, so that nothing is said twice and one of them lost.

use crate::bus::kind::PublishErrorKind;

/// A setting of an event that can be given once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Setting {
    Key,
    Id,
    Source,
    Time,
    ExpectLast,
    Delay,
    At,
}

impl Setting {
    fn word(self) -> &'static str {
        match self {
            Setting::Key => "key",
            Setting::Id => "id",
            Setting::Source => "source",
            Setting::Time => "time",
            Setting::ExpectLast => "`expect_last`",
            Setting::Delay => "`delay`",
            Setting::At => "`at`",
        }
    }
}

/// Which settings were given.
#[derive(Debug, Clone, Default)]
pub(crate) struct Given {
    settings: u8,
    /// Names of headers.
    headers: Vec<Box<str>>,
}

impl Given {
    /// Takes note of a setting, unless it was given before or excludes one that was.
    pub(crate) fn once(&mut self, setting: Setting) -> Result<(), PublishErrorKind> {
        let excluded = match setting {
            Setting::Delay => self.has(Setting::At),
            Setting::At => self.has(Setting::Delay),
            _ => false,
        };
        match (excluded, self.has(setting)) {
            (true, _) => Err(PublishErrorKind::DelayAndTime),
            (_, true) => Err(PublishErrorKind::SaidTwice(setting.word().to_owned())),
            (false, false) => {
                self.settings |= bit(setting);
                Ok(())
            }
        }
    }

    /// The same for a header, by its name in any case.
    pub(crate) fn header_once(&mut self, name: &str) -> Result<(), PublishErrorKind> {
        if self.has_header(name) {
            return Err(PublishErrorKind::SaidTwice(format!("header `{name}`")));
        }
        self.headers.push(name.into());
        Ok(())
    }

    pub(crate) fn has_header(&self, name: &str) -> bool {
        self.headers.iter().any(|known| known.eq_ignore_ascii_case(name))
    }

    pub(crate) fn has(&self, setting: Setting) -> bool {
        self.settings & bit(setting) != 0
    }
}

fn bit(setting: Setting) -> u8 {
    1 << (setting as u8)
}
