//! The address form of the options: `nats://user:password@host:4222,host2/?stream=EVENTS&replicas=3`.

use std::time::Duration;

use stheno_core::{
    backend::{BackendError, BackendErrorKind},
    decode_token,
};

use crate::{
    context,
    options::{HeaderMode, Login, NatsOptions, ServerSync},
};

/// What an address may say after `?`, with an example of each.
const KNOWN_OPTIONS: &str = "stream=EVENTS, prefix=eu, replicas=3, manage=false, dedup=20m, max_age=90d, \
                             max_bytes=10GiB, max_body=1MiB, headers=cloudevents, sync=always, patience=20s, token=T, \
                             creds=FILE, nkey=FILE, ca=FILE, cert=FILE, key=FILE, tls_first=true, context=NAME, name=shop, \
                             inbox_prefix=_INBOX_shop, domain=hub";
/// Where a server listens unless the address says it.
const PORT: u16 = 4222;

impl NatsOptions {
    /// Reads an address: `nats://host:port`, `tls://host`, several hosts joined by commas, `user:password@` or `token@`
    /// before the first.
    ///
    /// Options follow a `?`. About the log: `stream`, `prefix`, `replicas`, `manage` (`true`, `false`), `dedup` and
    /// `max_age` (durations such as `20m`), `max_bytes` and `max_body` (bytes, or with `KiB`, `MiB`, `GiB`), `headers`
    /// (`lean`, `cloudevents`), `sync` (`interval`, `always`), `patience`. About the connection: `token`, `creds`, `nkey`,
    /// `ca`, `cert` with `key`, `tls_first`, `name`, `inbox_prefix`, `domain`. `context` names a context of the `nats`
    /// command, which [`NatsOptions::from_url_in`] finds. A character with a meaning of its own is written `%XX`.
    ///
    /// # Errors
    /// [`BackendErrorKind::Address`] says which part is not understood and what may stand there, and repeats no password.
    ///
    /// ```
    /// use stheno_nats::NatsOptions;
    /// assert!(NatsOptions::from_url("nats://127.0.0.1:4222/?stream=SHOP&sync=always").is_ok());
    /// assert!(NatsOptions::from_url("http://127.0.0.1").is_err());
    /// ```
    pub fn from_url(url: &str) -> Result<Self, BackendError> {
        Self::from_url_in(url, [])
    }

    /// The same in a process with these environment variables: a login or a certificate that the address does not say
    /// comes from `NATS_USER` and `NATS_PASSWORD`, `NATS_TOKEN`, `NATS_CREDS`, `NATS_NKEY`, `NATS_CA`, `NATS_CERT` and
    /// `NATS_KEY`; contexts are found below `XDG_CONFIG_HOME` or `HOME`.
    ///
    /// # Errors
    /// As [`NatsOptions::from_url`], and when a context cannot be read.
    pub fn from_url_in(url: &str, variables: impl IntoIterator<Item = (String, String)>) -> Result<Self, BackendError> {
        let variables: Vec<_> = variables.into_iter().collect();
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, value)| known == name && !value.is_empty());
            found.map(|(_, value)| value.as_str())
        };
        let (address, query) = url.split_once('?').unwrap_or((url, ""));
        let pairs = || {
            query
                .split('&')
                .filter(|option| !option.is_empty())
                .map(|option| option.split_once('=').unwrap_or((option, "")))
        };
        let context = match pairs().find(|(name, _)| *name == "context") {
            Some((_, name)) => context::read(&decoded(name)?, &variable)?,
            None => context::of_variables(&variable),
        };
        let mut options = Self::servers(Vec::new());
        context.apply(&mut options);
        options.take_address(address)?;
        let mut certificate = (None, None);
        for (name, value) in pairs().filter(|(name, _)| *name != "context") {
            let value = decoded(value)?;
            match name {
                "cert" => certificate.0 = Some(value),
                "key" => certificate.1 = Some(value),
                _ => options = options.with(name, &value)?,
            }
        }
        match certificate {
            (Some(certificate), Some(key)) => options = options.tls_client(certificate, key),
            (None, None) => {}
            _ => return Err(refused("`cert=` and `key=` go together; give both".to_owned())),
        }
        options.check()?;
        Ok(options)
    }

    fn take_address(&mut self, address: &str) -> Result<(), BackendError> {
        let form = || {
            refused("the address is not one of this backend; write `nats://host:port` or `tls://host:port`".to_owned())
        };
        let rest = match address.split_once("://") {
            Some(("nats", rest)) => rest,
            Some(("tls", rest)) => {
                self.tls.required = true;
                rest
            }
            _ => return Err(form()),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (login, hosts) = match rest.rsplit_once('@') {
            Some((login, hosts)) => (Some(login), hosts),
            None => (None, rest),
        };
        if hosts.contains(['/', ' ']) {
            return Err(form());
        }
        if !hosts.is_empty() {
            self.servers = hosts.split(',').map(with_port).collect::<Result<_, _>>()?;
        }
        if self.servers.is_empty() {
            return Err(refused("the address has no host; write `nats://127.0.0.1:4222`".to_owned()));
        }
        match login.map(|login| login.split_once(':').ok_or(login)) {
            Some(Ok((name, password))) => {
                self.login = Login::User { name: decoded(name)?, password: decoded(password)?.into() };
            }
            Some(Err(token)) => self.login = Login::Token(decoded(token)?.into()),
            None => {}
        }
        Ok(())
    }

    fn with(self, name: &str, value: &str) -> Result<Self, BackendError> {
        // The value may be a secret, so it is not repeated.
        let bad =
            || refused(format!("what the address says as `{name}=` is not understood; it may say {KNOWN_OPTIONS}"));
        let yes = || value.parse::<bool>().map_err(|_| bad());
        let mut options = self;
        match name {
            "stream" => options.stream = value.to_owned(),
            "prefix" => options.prefix = value.to_owned(),
            "replicas" => options.replicas = Some(value.parse().map_err(|_| bad())?),
            "manage" => options.manage = yes()?,
            "dedup" => options.dedup_window = Some(duration(value).ok_or_else(bad)?),
            "max_age" => options.max_age = Some(duration(value).ok_or_else(bad)?),
            "max_bytes" => options.max_bytes = Some(size(value).ok_or_else(bad)?),
            "max_body" => options.max_body = usize::try_from(size(value).ok_or_else(bad)?).unwrap_or(usize::MAX),
            "patience" => options.patience = duration(value).ok_or_else(bad)?,
            "headers" if value == "lean" => options.headers = HeaderMode::Lean,
            "headers" if value == "cloudevents" => options.headers = HeaderMode::CloudEvents,
            "sync" if value == "interval" => options.sync = ServerSync::Interval,
            "sync" if value == "always" => options.sync = ServerSync::Always,
            "token" => options.login = Login::Token(value.to_owned().into()),
            "creds" => options.login = Login::Credentials(value.into()),
            "nkey" => options.login = Login::Nkey(value.into()),
            "ca" => options = options.tls_ca(value),
            "tls_first" => {
                options.tls.first = yes()?;
                options.tls.required |= options.tls.first;
            }
            "name" => options.client_name = value.to_owned(),
            "inbox_prefix" => options.inbox_prefix = value.to_owned(),
            "domain" => options.api_prefix = format!("$JS.{value}.API"),
            _ => return Err(bad()),
        }
        Ok(options)
    }

    /// Refuses what no server would take.
    pub(crate) fn check(&self) -> Result<(), BackendError> {
        let token = |text: &str| {
            !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
        };
        if !token(&self.stream) || self.stream.len() > 200 {
            return Err(refused(format!(
                "`{}` is no name for a stream; use letters, digits, `_` and `-`",
                self.stream
            )));
        }
        if !self.prefix.is_empty() && !self.prefix.split('.').all(token) {
            return Err(refused(format!(
                "`{}` is no beginning of a subject; use letters, digits, `_` and `-`, joined by dots",
                self.prefix
            )));
        }
        if self.inbox_prefix.is_empty() || !self.inbox_prefix.split('.').all(token) {
            return Err(refused(format!("`{}` is no beginning of an inbox", self.inbox_prefix)));
        }
        if self.replicas.is_some_and(|replicas| !(1..=5).contains(&replicas)) {
            return Err(refused("a stream has 1 to 5 replicas".to_owned()));
        }
        Ok(())
    }
}

/// `host:port` of `host` or `host:port`, also with an IPv6 address in brackets.
pub(crate) fn with_port(host: &str) -> Result<String, BackendError> {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, Some(port)),
        _ => (host, None),
    };
    let named = !name.is_empty() && (!name.contains(':') || name.starts_with('['));
    match port.map_or(Ok(PORT), str::parse::<u16>) {
        Ok(port) if named => Ok(format!("{name}:{port}")),
        _ => Err(refused("a host of the address is not `host:port`".to_owned())),
    }
}

fn decoded(text: &str) -> Result<String, BackendError> {
    if text.is_empty() {
        return Ok(String::new());
    }
    decode_token(text)
        .ok_or_else(|| refused("the address has `%` without two hexadecimal digits; write `%25`".to_owned()))
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

pub(crate) fn refused(message: String) -> BackendError {
    BackendError::new(BackendErrorKind::Address, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(url: &str) -> NatsOptions {
        NatsOptions::from_url(url).unwrap()
    }

    #[test]
    fn an_address_names_one_server_or_several() {
        assert_eq!(options("nats://127.0.0.1").servers, ["127.0.0.1:4222"]);
        assert_eq!(options("nats://a:1,b,[::1]:3,[::1]/").servers, ["a:1", "b:4222", "[::1]:3", "[::1]:4222"]);
        assert_eq!(options("nats://a:1,b").place(), "nats://a:1,b:4222");
        assert!(options("tls://a").tls.required && !options("nats://a").tls.required);
    }

    #[test]
    fn who_we_are_stands_before_the_host_or_among_the_options() {
        let login = |url: &str| options(url).login;
        assert!(matches!(login("nats://me:se%40cret@a"),
            Login::User { name, password } if name == "me" && password.expose() == "se@cret"));
        assert!(matches!(login("nats://t0ken@a"), Login::Token(token) if token.expose() == "t0ken"));
        assert!(matches!(login("nats://a?token=t"), Login::Token(token) if token.expose() == "t"));
        assert!(matches!(login("nats://a?creds=/x/y.creds"), Login::Credentials(path) if path.ends_with("y.creds")));
        assert!(matches!(login("nats://a"), Login::Nobody));
        assert!(!format!("{:?}", options("nats://me:secret@a")).contains("secret"));
    }

    #[test]
    fn options_follow_the_question_mark() {
        let all = options(
            "nats://a/?stream=SHOP&prefix=eu.shop&replicas=3&manage=false&dedup=1h&max_age=90d&max_bytes=2GiB\
             &max_body=64KiB&headers=cloudevents&sync=always&patience=3s&ca=ca.pem&cert=c.pem&key=k.pem&domain=hub\
             &inbox_prefix=_INBOX_shop",
        );
        assert_eq!((all.stream.as_str(), all.prefix.as_str(), all.manage), ("SHOP", "eu.shop", false));
        assert_eq!((all.replicas, all.dedup_window), (Some(3), Some(Duration::from_secs(3_600))));
        assert_eq!((all.max_bytes, all.max_body), (Some(2_147_483_648), 65_536));
        assert_eq!((all.headers, all.sync), (HeaderMode::CloudEvents, ServerSync::Always));
        assert_eq!((all.api_prefix.as_str(), all.inbox_prefix.as_str()), ("$JS.hub.API", "_INBOX_shop"));
        assert!(all.tls.required && all.tls.ca.is_some() && all.tls.client.is_some());
    }

    #[test]
    fn variables_say_what_the_address_does_not() {
        let variables = || [("NATS_USER", "me"), ("NATS_PASSWORD", "p"), ("NATS_CA", "ca.pem"), ("NATS_TOKEN", "")];
        let variables = || variables().map(|(name, value)| (name.to_owned(), value.to_owned()));
        let options = NatsOptions::from_url_in("nats://a", variables()).unwrap();
        assert!(matches!(&options.login, Login::User { name, .. } if name == "me"));
        assert!(options.tls.required);
        let options = NatsOptions::from_url_in("nats://you:q@a", variables()).unwrap();
        assert!(matches!(&options.login, Login::User { name, .. } if name == "you"));
    }

    #[test]
    fn whatever_is_not_understood_is_refused_without_repeating_a_secret() {
        for url in [
            "",
            "127.0.0.1:4222",
            "http://a",
            "nats:a",
            "nats://",
            "nats://a:port",
            "nats://a/path",
            "nats://a,",
            "nats://me:secret@a:1:2",
            "nats://a?secret",
            "nats://a?stream=a.b",
            "nats://a?stream=",
            "nats://a?prefix=*",
            "nats://a?replicas=9",
            "nats://a?replicas=many",
            "nats://a?manage=perhaps",
            "nats://a?dedup=secret",
            "nats://a?sync=never",
            "nats://a?headers=all",
            "nats://a?cert=only.pem",
            "nats://100%@a",
            "nats://a?context=",
        ] {
            let error = NatsOptions::from_url(url).expect_err(url);
            assert_eq!(error.kind(), BackendErrorKind::Address, "{url}");
            assert!(!error.to_string().contains("secret") || url.contains("?secret"), "{error}");
        }
    }
}
