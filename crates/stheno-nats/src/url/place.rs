//! What stands before the `?`: schemes, who we are, and the hosts.

use stheno_core::backend::BackendError;

use crate::{
    login::Login,
    options::NatsOptions,
    url::{decoded, refused},
};

/// Where a server listens unless the address says it.
const PORT: u16 = 4222;
/// What is wrong with a login is said so, without a word of it.
const ENCODE: &str =
    "in a user, a password or a token `@` is written `%40`, `,` is `%2C`, `?` is `%3F` and `/` is `%2F`";

/// What a list of servers says: `nats://user:password@host:4222,host2`, or each with its scheme and the login.
#[derive(Debug, Default)]
pub(crate) struct Place {
    /// `host:port` each.
    pub(crate) servers: Vec<String>,
    pub(crate) tls: bool,
    pub(crate) login: Option<Login>,
}

/// One of them.
struct Server<'a> {
    scheme: Option<&'a str>,
    login: Option<&'a str>,
    host: &'a str,
}

impl NatsOptions {
    pub(super) fn take_address(&mut self, address: &str) -> Result<(), BackendError> {
        if !address.trim_start().starts_with("nats://") && !address.trim_start().starts_with("tls://") {
            return Err(form());
        }
        let place = Place::read(address)?;
        self.tls.required |= place.tls;
        if !place.servers.is_empty() {
            self.servers = place.servers;
        }
        if self.servers.is_empty() {
            return Err(refused("the address has no host; write `nats://127.0.0.1:4222`".to_owned()));
        }
        if let Some(login) = place.login {
            self.login = login;
        }
        Ok(())
    }
}

impl Place {
    /// Reads a list of servers. Nothing it says in an error is from the list.
    pub(crate) fn read(list: &str) -> Result<Self, BackendError> {
        let servers: Vec<_> = list.split(',').map(server).collect::<Result<_, _>>()?;
        let Some(first) = servers.first() else { return Ok(Self::default()) };
        // Those that say nothing are as the first.
        if servers.iter().any(|server| server.scheme.is_some() && server.scheme != first.scheme) {
            return Err(refused(
                "the servers of the address have different schemes; write `nats://` or `tls://` for all".to_owned(),
            ));
        }
        if servers.iter().any(|server| server.login.is_some() && server.login != first.login) {
            return Err(refused(format!(
                "the servers of the address have different logins, or only a later one has any; write the same for each, \
                 or one before the first host; {ENCODE}"
            )));
        }
        // No host at all is left to a context.
        let none = servers.len() == 1 && first.host.is_empty();
        let hosts = servers.iter().filter(|_| !none).map(|server| with_port(server.host));
        Ok(Self {
            servers: hosts.collect::<Result<_, _>>()?,
            tls: first.scheme == Some("tls"),
            login: first.login.map(login).transpose()?,
        })
    }
}

fn server(text: &str) -> Result<Server<'_>, BackendError> {
    let text = text.trim();
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme @ ("nats" | "tls"), rest)) => (Some(scheme), rest),
        Some(_) => return Err(form()),
        None => (None, text),
    };
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    let (login, host) = match rest.rsplit_once('@') {
        Some((login, host)) => (Some(login), host),
        None => (None, rest),
    };
    if login.is_some_and(|login| login.contains('@')) {
        return Err(refused(format!("the address has more than one `@` before a host; {ENCODE}")));
    }
    if host.contains(['/', ' ']) {
        return Err(form());
    }
    Ok(Server { scheme, login, host })
}

fn login(text: &str) -> Result<Login, BackendError> {
    Ok(match text.split_once(':') {
        Some((name, password)) => Login::User { name: decoded(name)?, password: decoded(password)?.into() },
        None => Login::Token(decoded(text)?.into()),
    })
}

fn form() -> BackendError {
    refused(format!(
        "the address is not one of this backend; write `nats://host:port` or `tls://host:port`, several joined by commas; \
         {ENCODE}"
    ))
}

/// `host:port` of `host` or `host:port`, also with an IPv6 address in brackets.
fn with_port(host: &str) -> Result<String, BackendError> {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, Some(port)),
        _ => (host, None),
    };
    let named = !name.is_empty() && (!name.contains(':') || name.starts_with('['));
    match port.map_or(Ok(PORT), str::parse::<u16>) {
        Ok(port) if named => Ok(format!("{name}:{port}")),
        _ => Err(refused(format!("a host of the address is not `host:port`; {ENCODE}"))),
    }
}
