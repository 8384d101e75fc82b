//! What else says how to connect: contexts of the `nats` command, and the variables it reads.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use stheno_core::{Secret, backend::BackendError};

use crate::{
    file::File,
    login::Login,
    options::NatsOptions,
    url::{Place, refused},
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
    /// Who says all this.
    #[serde(skip)]
    of: Source,
}

/// Who says how to connect.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Source {
    #[default]
    Context,
    Variables,
}

impl Source {
    /// A file that it names, in a context or in a variable.
    fn file(self, path: &str, variable: &'static str) -> File {
        File::named_by(path, if self == Self::Variables { variable } else { "the context" })
    }
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
    let unreadable = |why: &str| {
        refused(format!(
            "the context that `context=` names {why}; contexts are looked for in nats/context below XDG_CONFIG_HOME, or below \
             .config in HOME, and `nats context ls` shows them"
        ))
    };
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
        of: Source::Variables,
        ..Context::default()
    }
}

/// Refuses variables that say two logins, or half of one.
pub(crate) fn check_login_of_variables<'v>(variable: &impl Fn(&str) -> Option<&'v str>) -> Result<(), BackendError> {
    let said: Vec<_> = ["NATS_USER", "NATS_TOKEN", "NATS_CREDS", "NATS_NKEY"]
        .into_iter()
        .filter(|name| variable(name).is_some())
        .collect();
    match said.as_slice() {
        [_, _, ..] => Err(refused(format!("{} say more than one login; keep one of them", said.join(" and ")))),
        _ if variable("NATS_PASSWORD").is_some() && variable("NATS_USER").is_none() => {
            Err(refused("NATS_PASSWORD is set and NATS_USER is not; set both, or neither".to_owned()))
        }
        _ => Ok(()),
    }
}

impl Context {
    /// Where it says something, the options are so.
    pub(crate) fn apply(self, options: &mut NatsOptions) -> Result<(), BackendError> {
        let place = Place::read(&self.url)
            .map_err(|error| refused(format!("the `url` of the context cannot be used: {error}")))?;
        options.servers = place.servers;
        options.tls.required = place.tls || self.tls_first;
        options.tls.first = self.tls_first;
        if let Some(login) = place.login {
            options.login = login;
        }
        if !self.creds.is_empty() {
            options.login = Login::Credentials(self.of.file(&self.creds, "NATS_CREDS"));
        } else if !self.nkey.is_empty() {
            options.login = Login::Nkey(self.of.file(&self.nkey, "NATS_NKEY"));
        } else if !self.token.expose().is_empty() {
            options.login = Login::Token(self.token);
        } else if !self.user.is_empty() {
            options.login = Login::User { name: self.user, password: self.password };
        }
        if !self.ca.is_empty() {
            options.tls.required = true;
            options.tls.ca = Some(self.of.file(&self.ca, "NATS_CA"));
        }
        if self.cert.is_empty() != self.key.is_empty() {
            return Err(refused(
                "a certificate and its key go together (`cert` and `key` of a context, NATS_CERT and NATS_KEY); give both"
                    .to_owned(),
            ));
        }
        if !self.cert.is_empty() {
            options.tls.required = true;
            options.tls.client = Some((self.of.file(&self.cert, "NATS_CERT"), self.of.file(&self.key, "NATS_KEY")));
        }
        if !self.inbox_prefix.is_empty() {
            options.inbox_prefix = self.inbox_prefix;
        }
        if !self.jetstream_api_prefix.is_empty() {
            options.api_prefix = self.jetstream_api_prefix.trim_end_matches('.').to_owned();
        } else if !self.jetstream_domain.is_empty() {
            *options = options.clone().in_domain(&self.jetstream_domain)?;
        }
        Ok(())
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
        let login = |name: &str, context: &str| {
            std::fs::write(folder.join(format!("{name}.json")), context).unwrap();
            NatsOptions::from_url_in(&format!("nats://?context={name}"), variables()).map(|options| options.login)
        };
        let of_url = login("url", r#"{"url":"nats://bob:s3cr%40t@a,nats://bob:s3cr%40t@b"}"#);
        assert!(matches!(of_url, Ok(Login::User { name, password }) if name == "bob" && password.expose() == "s3cr@t"));
        let of_fields = login("fields", r#"{"url":"nats://bob:s3cret@a","user":"me","password":"p"}"#);
        assert!(matches!(of_fields, Ok(Login::User { name, .. }) if name == "me"));
        for prefix in ["a b", "a\\r\\nPUB x 0\\r\\n", "a.*", "a..b", ".", "ä"] {
            let context = format!(r#"{{"url":"nats://a","jetstream_api_prefix":"{prefix}"}}"#);
            let error = login("prefix", &context).expect_err(prefix);
            assert!(error.to_string().contains("jetstream_api_prefix"), "{error}");
        }
        assert!(login("prefix", r#"{"url":"nats://a","jetstream_api_prefix":"$JS.from-shop.API."}"#).is_ok());
        for wrong in [r#"{"url":"nats://bob:s3@cret@a"}"#, r#"{"url":"nats://a","jetstream_domain":"a.b"}"#] {
            let error = login("wrong", wrong).expect_err(wrong);
            assert!(!format!("{error} {error:?}").contains("cret"), "{error}");
        }
        for missing in ["nats://?context=other", "nats://?context=..%2Fshop", "nats://?context=shop%00"] {
            assert!(NatsOptions::from_url_in(missing, variables()).is_err(), "{missing}");
        }
    }
}
