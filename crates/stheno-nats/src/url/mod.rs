//! The address form of the options: `nats://user:password@host:4222,host2/?stream=EVENTS&replicas=3`.
//!
//! Reading order: what an address is made of (here), who and where (`place`), what follows the `?` (`choice`).

mod choice;
mod place;
#[cfg(test)]
mod tests;

use stheno_core::{
    backend::{BackendError, BackendErrorKind},
    decode_token,
};

pub(crate) use self::place::Place;
use crate::{
    context,
    file::{File, Naming},
    options::NatsOptions,
};

impl NatsOptions {
    /// Reads an address: `nats://host:port`, `tls://host`, several hosts joined by commas, `user:password@` or `token@`
    /// before the first. Each may have the scheme and the login, if they are the same: `nats://me:p@a,nats://me:p@b`.
    ///
    /// Options follow a `?`. About the log: `stream`, `prefix`, `replicas`, `manage` (`true`, `false`), `dedup` and
    /// `max_age` (durations such as `20m`), `max_bytes` and `max_body` (bytes, or with `KiB`, `MiB`, `GiB`), `headers`
    /// (`lean`, `cloudevents`), `sync` (`interval`, `always`), `group_commit` (`true`, `false`), `patience`. About the connection: `token`, `creds`, `nkey`,
    /// `ca`, `cert` with `key`, `tls_first`, `name`, `inbox_prefix`, `domain`. `context` names a context of the `nats`
    /// command, which [`NatsOptions::from_url_in`] finds. A character with a meaning of its own is written `%XX`: `@` in a
    /// password is `%40`, `,` is `%2C`, `?` is `%3F`, and `@` and `&` in an option are `%40` and `%26`.
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
        Self::read(url, Vec::new(), |path, _| File::shown(path))
    }

    /// The same in a process with these environment variables: a login or a certificate that the address does not say
    /// comes from `NATS_USER` and `NATS_PASSWORD`, `NATS_TOKEN`, `NATS_CREDS`, `NATS_NKEY`, `NATS_CA`, `NATS_CERT` and
    /// `NATS_KEY`; contexts are found below `XDG_CONFIG_HOME` or `HOME`.
    ///
    /// # Errors
    /// As [`NatsOptions::from_url`], and when a context cannot be read. No error shows which files the variables, the context or the
    /// address name.
    pub fn from_url_in(url: &str, variables: impl IntoIterator<Item = (String, String)>) -> Result<Self, BackendError> {
        Self::read(url, variables.into_iter().collect(), File::named_by)
    }

    fn read(url: &str, variables: Vec<(String, String)>, file: Naming) -> Result<Self, BackendError> {
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, value)| known == name && !value.is_empty());
            found.map(|(_, value)| value.as_str())
        };
        let (address, query) = match url.split_once('?') {
            Some((address, query)) => (address, Some(query)),
            None => (url, None),
        };
        // A `#` in a login is a part of it.
        if query.is_some_and(|query| query.contains('#'))
            || address.rsplit_once('@').map_or(address, |(_, hosts)| hosts).contains('#')
        {
            return Err(refused(
                "the address has a `#`, and what follows it would mean nothing; write `%23` for a `#` in a user, a password, a \
                 token or an option"
                    .to_owned(),
            ));
        }
        if query.is_some_and(|query| query.contains('@')) {
            // What stands before it may be the rest of a password, and is not looked at.
            return Err(refused(
                "the address has `@` after a `?`; write `%3F` for a `?` in a user, a password or a token, and `%40` for an \
                 `@` in an option"
                    .to_owned(),
            ));
        }
        let pairs = || {
            // A `?` with nothing behind it says nothing.
            let options = query.filter(|query| !query.is_empty()).into_iter().flat_map(|query| query.split('&'));
            options.map(|option| option.split_once('=').unwrap_or((option, "")))
        };
        if let Some(index) = pairs().position(|(name, _)| name.is_empty()) {
            return Err(refused(format!(
                "option {} after the `?` of the address is empty; write one, or leave out the `?` or `&` before it (an `&` in a \
                 value is written `%26`)",
                index + 1
            )));
        }
        let context = match pairs().find(|(name, _)| *name == "context") {
            Some((_, name)) => context::read(&decoded(name)?, &variable)?,
            None => context::of_variables(&variable),
        };
        if !address.contains('@') && !pairs().any(|(name, _)| LOGINS.contains(&name) || name == "context") {
            context::check_login_of_variables(&variable)?;
        }
        let mut options = Self::servers(Vec::new());
        context.apply(&mut options)?;
        options.take_address(address)?;
        let mut certificate = (None, None);
        let mut logins = usize::from(address.contains('@'));
        for (number, (name, value)) in (1..).zip(pairs()) {
            if pairs().take(number - 1).any(|(earlier, _)| earlier == name) {
                // The name may be part of a secret.
                return Err(refused(format!(
                    "option {number} after the `?` of the address is there before; give each once"
                )));
            }
            if value.is_empty() {
                return Err(refused(format!(
                    "option {number} after the `?` of the address has no value; write one, or leave the option out (an `&` in a value is \
                     written `%26`)"
                )));
            }
            logins += usize::from(LOGINS.contains(&name));
            if logins > 1 {
                return Err(refused(
                    "the address says two logins; keep one of `user:password@`, `token=`, `creds=` and `nkey=`"
                        .to_owned(),
                ));
            }
            let value = decoded(value)?;
            match name {
                "context" => {}
                "cert" => certificate.0 = Some(value),
                "key" => certificate.1 = Some(value),
                _ => options = options.with(number, name, &value, file)?,
            }
        }
        match certificate {
            (Some(certificate), Some(key)) => {
                options = options.showing(file(&certificate, "`cert=`"), file(&key, "`key=`"));
            }
            (None, None) => {}
            _ => return Err(refused("`cert=` and `key=` go together; give both".to_owned())),
        }
        options.check()?;
        Ok(options)
    }
}

/// Options that say who we are.
const LOGINS: [&str; 3] = ["token", "creds", "nkey"];

fn decoded(text: &str) -> Result<String, BackendError> {
    if text.is_empty() {
        return Ok(String::new());
    }
    decode_token(text)
        .ok_or_else(|| refused("the address has `%` without two hexadecimal digits; write `%25`".to_owned()))
}

pub(crate) fn refused(message: String) -> BackendError {
    BackendError::new(BackendErrorKind::Address, message)
}
