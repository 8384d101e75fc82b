//! Addresses that are understood, and those that are not.

use std::time::Duration;

use stheno_core::backend::BackendErrorKind;

use crate::{
    login::Login,
    options::{HeaderMode, NatsOptions, ServerSync},
};

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
    assert_eq!((all.headers, all.sync, all.gathers()), (HeaderMode::CloudEvents, ServerSync::Always, true));
    assert!(!options("nats://a/?sync=always&group_commit=false").gathers() && !options("nats://a").gathers());
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
        "nats://a?group_commit=perhaps",
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
