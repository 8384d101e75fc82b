//! What stands before the `?`: the scheme, who we are, and the hosts.

use stheno_core::backend::BackendError;

use crate::{
    login::Login,
    options::NatsOptions,
    url::{decoded, refused},
};

/// Where a server listens unless the address says it.
const PORT: u16 = 4222;

impl NatsOptions {
    pub(super) fn take_address(&mut self, address: &str) -> Result<(), BackendError> {
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
