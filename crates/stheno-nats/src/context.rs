//! What else says how to connect: contexts of the `nats` command, and the variables it reads.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use stheno_core::{Secret, backend::BackendError};

use crate::{
    login::Login,
    options::NatsOptions,
    url::{refused, with_port},
};

/// A context as the `nats` command keeps it. What it says beyond this is for that command.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Context {
    url: String,
    user: String,
    password: Secret<String>,
    token: Secret<String>,
    creds: String,
    nkey: String,
    ca: String,
    cert: String,
    key: String,
    tls_first: bool,
    inbox_prefix: String,
    jetstream_domain: String,
    jetstream_api_prefix: String,
}

/// Reads a context by its name.
pub(crate) fn read<'v>(name: &str, variable: &impl Fn(&str) -> Option<&'v str>) -> Result<Context, BackendError> {
    if name.is_empty() || name.contains(['/', '\\']) {
        return Err(refused(
            "`context=` names a context of the `nats` command; `nats context ls` shows them".to_owned(),
        ));
    }
    let folder = variable("XDG_CONFIG_HOME").map(PathBuf::from);
    let folder = folder.or_else(|| variable("HOME").map(|home| Path::new(home).join(".config")));
    let Some(folder) = folder else {
        return Err(refused("contexts are looked for below HOME or XDG_CONFIG_HOME, and neither is set".to_owned()));
    };
    let path = folder.join("nats").join("context").join(format!("{name}.json"));
    let unreadable = |why: &str| refused(format!("the context {} {why}; `nats context ls` shows them", path.display()));
    let text = std::fs::read(&path).map_err(|error| unreadable("cannot be read").with_source(error))?;
    serde_json::from_slice(&text).map_err(|_| unreadable("is not written as the `nats` command writes it"))
}

/// What the variables of the `nats` command say.
pub(crate) fn of_variables<'v>(variable: &impl Fn(&str) -> Option<&'v str>) -> Context {
    let said = |name: &str| variable(name).unwrap_or_default().to_owned();
    Context {
        user: said("NATS_USER"),
        password: said("NATS_PASSWORD").into(),
        token: said("NATS_TOKEN").into(),
        creds: said("NATS_CREDS"),
        nkey: said("NATS_NKEY"),
        ca: said("NATS_CA"),
        cert: said("NATS_CERT"),
        key: said("NATS_KEY"),
        ..Context::default()
    }
}

impl Context {
    /// Where it says something, the options are so.
    pub(crate) fn apply(self, options: &mut NatsOptions) {
        let servers = self.url.split(',').filter_map(|url| {
            let url = url.trim();
            let host = url.rsplit("://").next()?.trim_end_matches('/');
            with_port(host.rsplit('@').next()?).ok()
        });
        options.servers = servers.collect();
        options.tls.required = self.url.starts_with("tls://") || self.tls_first;
        options.tls.first = self.tls_first;
        if !self.creds.is_empty() {
            options.login = Login::Credentials(self.creds.into());
        } else if !self.nkey.is_empty() {
            options.login = Login::Nkey(self.nkey.into());
        } else if !self.token.expose().is_empty() {
            options.login = Login::Token(self.token);
        } else if !self.user.is_empty() {
            options.login = Login::User { name: self.user, password: self.password };
        }
        if !self.ca.is_empty() {
            options.tls.required = true;
            options.tls.ca = Some(self.ca.into());
        }
        if !self.cert.is_empty() && !self.key.is_empty() {
            options.tls.required = true;
            options.tls.client = Some((self.cert.into(), self.key.into()));
        }
        if !self.inbox_prefix.is_empty() {
            options.inbox_prefix = self.inbox_prefix;
        }
        if !self.jetstream_api_prefix.is_empty() {
            options.api_prefix = self.jetstream_api_prefix.trim_end_matches('.').to_owned();
        } else if !self.jetstream_domain.is_empty() {
            options.api_prefix = format!("$JS.{}.API", self.jetstream_domain);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_says_server_and_login_and_the_address_comes_before_it() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join(".config/nats/context");
        std::fs::create_dir_all(&folder).unwrap();
        let context = r#"{"description":"d","url":"nats://a:1, nats://b","user":"me","password":"p","cert":"",
            "inbox_prefix":"_INBOX_me","jetstream_domain":"hub","unknown":[1]}"#;
        std::fs::write(folder.join("shop.json"), context).unwrap();
        let variables = || [("HOME".to_owned(), home.path().to_str().unwrap().to_owned())];
        let options = NatsOptions::from_url_in("nats://?context=shop", variables()).unwrap();
        assert_eq!(options.servers, ["a:1", "b:4222"]);
        assert!(matches!(&options.login, Login::User { name, .. } if name == "me"));
        assert_eq!((options.inbox_prefix.as_str(), options.api_prefix.as_str()), ("_INBOX_me", "$JS.hub.API"));
        let options = NatsOptions::from_url_in("nats://c?context=shop&stream=S", variables()).unwrap();
        assert_eq!((options.servers, options.stream.as_str()), (vec!["c:4222".to_owned()], "S"));
        for missing in ["nats://?context=other", "nats://?context=..%2Fshop", "nats://?context=shop%00"] {
            assert!(NatsOptions::from_url_in(missing, variables()).is_err(), "{missing}");
        }
    }
}
