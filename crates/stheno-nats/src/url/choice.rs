//! What follows the `?`.

use std::time::Duration;

use stheno_core::backend::BackendError;

use crate::{
    file::Naming,
    login::Login,
    options::{HeaderMode, NatsOptions, ServerSync},
    url::refused,
};

/// What an address may say after `?`, with an example of each.
const KNOWN_OPTIONS: &str = "stream=EVENTS, prefix=eu, replicas=3, manage=false, dedup=20m, max_age=90d, \
                             max_bytes=10GiB, max_body=1MiB, headers=cloudevents, sync=always, group_commit=false, patience=20s, token=T, \
                             creds=FILE, nkey=FILE, ca=FILE, cert=FILE, key=FILE, tls_first=true, context=NAME, name=shop, \
                             inbox_prefix=_INBOX_shop, domain=hub";

impl NatsOptions {
    /// Takes the option of this number; the first is 1.
    pub(super) fn with(self, number: usize, name: &str, value: &str, file: Naming) -> Result<Self, BackendError> {
        // The value may be a secret, and so may the name of one that is not known: the rest of a token with `&`.
        let bad =
            || refused(format!("what the address says as `{name}=` is not understood; it may say {KNOWN_OPTIONS}"));
        let unknown = || {
            refused(format!(
                "option {number} after the `?` of the address is not known; it may say {KNOWN_OPTIONS}; an `&` in a value is \
                 written `%26`, and a `?` in a password `%3F`"
            ))
        };
        let yes = || value.parse::<bool>().map_err(|_| bad());
        let mut options = self;
        match name {
            "stream" => options.stream = value.to_owned(),
            "prefix" => options.prefix = value.to_owned(),
            "replicas" => options.replicas = Some(value.parse().map_err(|_| bad())?),
            "manage" => options.manage = yes()?,
            "dedup" => options.dedup_window = Some(some_time(duration(value).ok_or_else(bad)?, name)?),
            "max_age" => options.max_age = Some(duration(value).ok_or_else(bad)?),
            "max_bytes" => options.max_bytes = Some(size(value).ok_or_else(bad)?),
            "max_body" => options.max_body = usize::try_from(size(value).ok_or_else(bad)?).unwrap_or(usize::MAX),
            "patience" => options.patience = some_time(duration(value).ok_or_else(bad)?, name)?,
            "headers" if value == "lean" => options.headers = HeaderMode::Lean,
            "headers" if value == "cloudevents" => options.headers = HeaderMode::CloudEvents,
            "sync" if value == "interval" => options.sync = ServerSync::Interval,
            "sync" if value == "always" => options.sync = ServerSync::Always,
            "group_commit" => options.group_commit = Some(yes()?),
            "token" => options.login = Login::Token(value.to_owned().into()),
            "creds" => options.login = Login::Credentials(file(value, "`creds=`")),
            "nkey" => options.login = Login::Nkey(file(value, "`nkey=`")),
            "ca" => options = options.trusting(file(value, "`ca=`")),
            "tls_first" if yes()? => options = options.tls_first(),
            "tls_first" => options.tls.first = false,
            "name" => options.client_name = value.to_owned(),
            "inbox_prefix" => options.inbox_prefix = value.to_owned(),
            "domain" => options = options.in_domain(value)?,
            "headers" | "sync" => return Err(bad()),
            _ => return Err(unknown()),
        }
        Ok(options)
    }

    /// Asks the JetStream of a domain.
    pub(crate) fn in_domain(mut self, domain: &str) -> Result<Self, BackendError> {
        let illegal = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '.' | '*' | '>');
        if domain.is_empty() || domain.contains(illegal) {
            return Err(refused(
                "a JetStream domain (`domain=`) is one word without spaces, `.`, `*` and `>`; it is the `domain` of the \
                 `jetstream` block in a server's configuration"
                    .to_owned(),
            ));
        }
        self.api_prefix = format!("$JS.{domain}.API");
        Ok(self)
    }

    /// Refuses what no server would take.
    pub(crate) fn check(&self) -> Result<(), BackendError> {
        if self.two_logins {
            return Err(refused(
                "two logins were given; keep one of `user`, `token`, `credentials` and `nkey`".to_owned(),
            ));
        }
        if self.login.is_empty() {
            return Err(refused(
                "a part of the login is empty: the user, the password, the token or the name of its file; give it, or no \
                 login at all"
                    .to_owned(),
            ));
        }
        let token = |text: &str| {
            !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
        };
        if self.servers.iter().any(|server| server.contains(['@', '/', ',', ' '])) {
            return Err(refused(
                "a server is `host:port`; give the login by itself (`user`, `token`), or read an address with \
                 `NatsOptions::from_url`"
                    .to_owned(),
            ));
        }
        // What an address says is not repeated.
        let is_beginning = |text: &str| text.split('.').all(token);
        let names = [
            (!token(&self.stream) || self.stream.len() > 200, "`stream` is no name for a stream", "200 at most"),
            (
                !self.prefix.is_empty() && !is_beginning(&self.prefix),
                "`prefix` is no beginning of a subject",
                "joined by dots",
            ),
            (!is_beginning(&self.inbox_prefix), "`inbox_prefix` is no beginning of an inbox", "joined by dots"),
        ];
        if let Some((_, what, how)) = names.into_iter().find(|(wrong, ..)| *wrong) {
            return Err(refused(format!("{what}; use letters, digits, `_` and `-`, {how}")));
        }
        let is_plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'*' | b'>');
        if !self.api_prefix.split('.').all(|token| !token.is_empty() && token.bytes().all(is_plain)) {
            return Err(refused(
                "`jetstream_api_prefix` of the context is no beginning of a subject; use words joined by dots, without spaces, \
                 `*` and `>`"
                    .to_owned(),
            ));
        }
        if self.replicas.is_some_and(|replicas| !(1..=5).contains(&replicas)) {
            return Err(refused("a stream has 1 to 5 replicas".to_owned()));
        }
        let nothing = [
            (self.max_age.is_some_and(|age| age.is_zero()), "max_age", "a server takes 0 for unlimited"),
            (self.max_bytes == Some(0), "max_bytes", "a server takes 0 for unlimited"),
            (self.max_body == 0, "max_body", "no event would fit"),
        ];
        if let Some((_, name, why)) = nothing.into_iter().find(|(wrong, ..)| *wrong) {
            return Err(refused(format!("`{name}` is 0, and {why}; leave it out, or say more")));
        }
        let too_long = [
            (
                self.dedup_window,
                Self::LONGEST_DEDUP,
                "`dedup` is over 100 years, and the server keeps every id in memory",
            ),
            (self.max_age, Self::LONGEST_AGE, "`max_age` is over 100 years, and no server keeps events so long"),
        ];
        if let Some((.., why)) = too_long.into_iter().find(|(time, most, _)| time.is_some_and(|time| time > *most)) {
            return Err(refused(format!("{why}; leave it out, or say less")));
        }
        if self.max_bytes.is_some_and(|bytes| bytes > Self::MAX_BYTES_LIMIT) {
            return Err(refused(
                "`max_bytes` is over 8,388,607 TiB, and no server keeps so much; leave it out, or say less".to_owned(),
            ));
        }
        if self.patience > Self::LONGEST_PATIENCE {
            return Err(refused(
                "`patience` is over a day, and a publisher would not hear for as long that the server is away; say less"
                    .to_owned(),
            ));
        }
        if self.max_bytes.is_some_and(|bytes| bytes < self.max_body as u64) {
            return Err(refused(
                "`max_bytes` is below `max_body`, and the log could not keep one such event; raise the one or lower the other"
                    .to_owned(),
            ));
        }
        if let Some(age) = self.max_age.filter(|age| *age < self.window()) {
            return Err(refused(format!(
                "`max_age` is {}, and ids are known as duplicates for longer (`dedup`, {}), which no server takes; raise \
                 `max_age`, or lower `dedup` and `patience`",
                humantime::format_duration(age),
                humantime::format_duration(self.window()),
            )));
        }
        self.check_window()
    }
}

/// A time that is not 0: nobody means that in an address.
fn some_time(time: Duration, name: &str) -> Result<Duration, BackendError> {
    if time.is_zero() {
        return Err(refused(format!("`{name}=` is a time of 0; leave it out for the default, or write more")));
    }
    Ok(time)
}

fn duration(value: &str) -> Option<Duration> {
    humantime::parse_duration(value).ok()
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
