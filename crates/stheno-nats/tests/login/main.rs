//! Every kind of login, on a real nats-server: the right one is taken, a wrong one is refused, and what is said then names the
//! kind and no secret.

#[path = "../common/mod.rs"]
mod common;
mod jwt;
mod tls;

use std::{error::Error as _, fs, path::Path};

use common::{open, placed, stored};
use stheno_core::backend::{BackendError, BackendErrorKind};
use stheno_nats::{NatsBackend, NatsOptions};
use stheno_testkit::nats::{NatsServer, NatsServerOptions};

/// The address of a server, with something after the `?`.
fn at(server: &NatsServer, rest: &str) -> NatsOptions {
    NatsOptions::from_url(&format!("{}/?{rest}", server.url())).expect("a legal address")
}

/// A log can be opened and written to.
async fn works(options: NatsOptions) {
    let log = open(options).await;
    stored(&log, placed(1)).await;
}

/// The login is refused, and what is said about it has these words and none of the secrets.
async fn refused(options: NatsOptions, words: &[&str], secrets: &[&str]) -> BackendError {
    let error = NatsBackend::open(options).await.expect_err("the login is refused");
    assert_eq!(error.kind(), BackendErrorKind::Permission, "{error:?}");
    says(&error, words, secrets);
    error
}

fn says(error: &BackendError, words: &[&str], secrets: &[&str]) {
    for word in words {
        assert!(error.to_string().contains(word), "{word}: {error}");
    }
    let mut said = format!("{error:?}");
    let mut source = error.source();
    while let Some(cause) = source {
        said.push_str(&format!("{cause}{cause:?}"));
        source = cause.source();
    }
    for secret in secrets {
        assert!(!said.contains(secret), "{secret}: {said}");
    }
}

/// A file in a folder.
fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    fs::write(&path, text).expect("the file can be written");
    path.display().to_string()
}

#[tokio::test]
async fn a_user_and_a_password() {
    let server = NatsServerOptions::new().config("authorization { user: me, password: right }").start();
    works(at(&server, "").user("me", "right")).await;
    refused(at(&server, "").user("me", "wr0ng"), &["the user `me`"], &["wr0ng"]).await;
    refused(at(&server, ""), &["none was given", "creds="], &[]).await;
}

#[tokio::test]
async fn a_token() {
    let server = NatsServerOptions::new().config("authorization { token: right }").start();
    works(at(&server, "token=right")).await;
    refused(at(&server, "token=wr0ng"), &["the token"], &["wr0ng"]).await;
}

#[tokio::test]
async fn an_nkey_whose_seed_is_in_a_file() {
    let [known, stranger] = [nkeys::KeyPair::new_user(), nkeys::KeyPair::new_user()];
    let config = format!("authorization {{ users: [ {{ nkey: {} }} ] }}", known.public_key());
    let server = NatsServerOptions::new().config(&config).start();
    let folder = tempfile::tempdir().expect("a folder");
    let [known, stranger] = [known, stranger].map(|pair| pair.seed().expect("a seed"));
    // As `nsc` and `nk` write it, with and without a remark.
    let remarked = format!("# the shop's\n{known}\n");
    for (name, text) in [("bare.nk", &known), ("remarked.nk", &remarked)] {
        works(at(&server, &format!("nkey={}", write(folder.path(), name, text)))).await;
    }
    let other = write(folder.path(), "other.nk", &stranger);
    refused(at(&server, &format!("nkey={other}")), &["nkey", "other.nk"], &[&stranger]).await;
    let broken = write(folder.path(), "broken.nk", "SUnothing");
    refused(at(&server, &format!("nkey={broken}")), &["nkey", "broken.nk"], &["SUnothing"]).await;
    refused(at(&server, "nkey=missing.nk"), &["nkey", "missing.nk"], &[]).await;
}

#[tokio::test]
async fn a_credentials_file() {
    let [operator, stranger] = [jwt::Operator::new(), jwt::Operator::new()];
    let server = NatsServerOptions::new().config(&operator.config()).start();
    let folder = tempfile::tempdir().expect("a folder");
    let right = write(folder.path(), "right.creds", &operator.credentials(None).text);
    works(at(&server, &format!("creds={right}"))).await;
    let other = stranger.credentials(None);
    let wrong = write(folder.path(), "wrong.creds", &other.text);
    refused(at(&server, &format!("creds={wrong}")), &["credentials", "wrong.creds"], &[&other.seed, &other.jwt]).await;
    let expired = operator.credentials(Some(1_700_000_000));
    let path = write(folder.path(), "old.creds", &expired.text);
    refused(at(&server, &format!("creds={path}")), &["credentials", "expired"], &[&expired.seed, &expired.jwt]).await;
    let half = write(folder.path(), "half.creds", &format!("{}\n", expired.seed));
    refused(at(&server, &format!("creds={half}")), &["credentials", "half.creds"], &[&expired.seed]).await;
    refused(at(&server, "creds=missing.creds"), &["credentials", "missing.creds"], &[]).await;
}

#[tokio::test]
async fn a_context_of_the_nats_command() {
    let server = NatsServerOptions::new().config("authorization { user: me, password: right }").start();
    let home = tempfile::tempdir().expect("a folder");
    let folder = home.path().join("nats").join("context");
    fs::create_dir_all(&folder).expect("the folder can be made");
    for (name, password) in [("shop", "right"), ("other", "wr0ng")] {
        let context = serde_json::json!({
            "description": "", "url": server.url(), "user": "me", "password": password, "creds": "", "nkey": "",
            "cert": "", "key": "", "ca": "", "nsc": "", "jetstream_domain": "", "jetstream_api_prefix": "",
            "jetstream_event_prefix": "", "inbox_prefix": "", "user_jwt": "", "color_scheme": "", "tls_first": false,
        });
        write(&folder, &format!("{name}.json"), &context.to_string());
    }
    let context = |name: &str| {
        let variables = [("XDG_CONFIG_HOME".to_owned(), home.path().display().to_string())];
        NatsOptions::from_url_in(&format!("nats://?context={name}"), variables).expect("a context")
    };
    works(context("shop")).await;
    refused(context("other"), &["the user `me`"], &["wr0ng"]).await;
}
