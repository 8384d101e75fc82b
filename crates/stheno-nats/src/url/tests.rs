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
fn each_server_may_have_the_scheme_and_the_login() {
    for url in [
        "nats://me:p%40@a:1,b",
        "nats://me:p%40@a:1,me:p%40@b",
        "nats://me:p%40@a:1,nats://me:p%40@b:4222",
        "nats://me:p%40@a:1/, nats://b/",
    ] {
        let options = options(url);
        assert_eq!(options.servers, ["a:1", "b:4222"], "{url}");
        assert!(matches!(options.login, Login::User { name, password } if name == "me" && password.expose() == "p@"));
        assert!(!options.tls.required);
    }
    assert_eq!(options("nats://a:4222,nats://b:4222").servers, ["a:4222", "b:4222"]);
    assert!(options("tls://a,tls://b").tls.required && options("tls://a,b").tls.required);
    for url in [
        "nats://a,tls://b",
        "nats://a,http://b",
        "nats://me:secret@a,you:secret@b",
        "nats://a,me:secret@b",
        "nats://me:secret@a,nats://token@b",
    ] {
        let error = NatsOptions::from_url(url).expect_err(url);
        assert_eq!(error.kind(), BackendErrorKind::Address, "{url}");
    }
}

#[test]
fn what_may_be_part_of_a_login_is_not_repeated_and_the_character_to_encode_is_said() {
    for (url, encoded) in [
        ("nats://me:s3@cret@a", "`%40`"),
        ("nats://me:s3,cret@a", "`%2C`"),
        ("nats://me:12,s3cret@a", "`%2C`"),
        ("nats://s3?cret@a", "`%3F`"),
        ("nats://me:s3?cret@a", "`%3F`"),
        ("nats://me:12?cret=s3@a", "`%3F`"),
        ("nats://me:12?stream=cret@a", "`%3F`"),
        ("nats://me:12?name=cret@a", "`%3F`"),
        ("nats://cret:s3", "`%40`"),
        ("nats://a?token=s3&cret", "`%26`"),
        ("nats://a?token=s3&cret=s3", "`%26`"),
        ("nats://a?token=s3&manage=cret", "`manage=`"),
    ] {
        let error = NatsOptions::from_url(url).expect_err(url);
        assert_eq!(error.kind(), BackendErrorKind::Address, "{url}");
        let said = format!("{error} {error:?}");
        assert!(said.contains(encoded), "{url}: {said}");
        assert!(!said.contains("cret@") && !said.contains("s3") && !said.contains("cret"), "{url}: {said}");
    }
    let error = NatsOptions::server("nats://me:s3cret@a").check().expect_err("a login in a host");
    assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
    let error = NatsOptions::from_url("nats://a?stream=A&replica=3").expect_err("no such option");
    assert!(error.to_string().contains("option 2"), "{error}");
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
        "nats://a?domain=",
        "nats://a?domain=a.b",
        "nats://a?domain=a%20b",
        "nats://a?domain=*",
        "nats://a?domain=>",
        "nats://a?dedup=0s",
        "nats://a?dedup=1s",
        "nats://a?dedup=1m&patience=1m",
        "nats://a?cert=only.pem",
        "nats://a?&",
        "nats://a?stream=A&",
        "nats://a?&stream=A",
        "nats://a?stream=A&&prefix=b",
        "nats://a?=secret",
        "nats://a?dedup=101y&max_age=101y",
        "nats://a?dedup=500000000000y",
        "nats://a?max_age=101y",
        "nats://a?max_bytes=8589934592GiB",
        "nats://a?max_bytes=9223372036854775808",
        "nats://a?patience=25h",
        "nats://100%@a",
        "nats://a?context=",
        "nats://a?stream=A&stream=B",
        "nats://a?manage=true&manage=true",
        "nats://a?token=secret&token=secret",
        "nats://a?token=secret&creds=x",
        "nats://me:secret@a?token=secret",
        "nats://a?max_age=0s",
        "nats://a?max_bytes=0",
        "nats://a?max_body=0",
        "nats://a?patience=0s",
        "nats://a?patience=2d",
        "nats://a?max_bytes=1",
        "nats://a?max_bytes=1MiB&max_body=2MiB",
        "nats://a?max_age=19m",
        "nats://a?max_age=1m&dedup=2m",
        "nats://a#secret",
        "nats://me:p@a#secret",
        "nats://a?stream=A#secret",
        "nats://a?token=secret#secret",
        "nats://a?prefix=",
        "nats://a?token=",
        "nats://a?creds=",
        "nats://a?nkey=",
        "nats://a?ca=",
        "nats://a?name=",
        "nats://a?cert=&key=",
        "nats://a?inbox_prefix=",
        "nats://@a",
        "nats://:secret@a",
        "nats://me:@a",
    ] {
        let error = NatsOptions::from_url(url).expect_err(url);
        assert_eq!(error.kind(), BackendErrorKind::Address, "{url}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}

#[test]
fn two_logins_are_refused_wherever_they_come_from() {
    let check = |options: NatsOptions| options.check().map_err(|error| error.to_string());
    let me = || NatsOptions::server("a").user("me", "s3cret");
    let refused = check(me().token("s3cret")).unwrap_err();
    assert!(refused.contains("two logins") && !refused.contains("s3cret"), "{refused}");
    assert!(check(me().nkey("x")).is_err() && check(options("nats://me:p@a").credentials("x")).is_err());
    // A setter replaces what was chosen before.
    assert_eq!(check(me().user("you", "p")), Ok(()));
    assert!(check(NatsOptions::server("a").user("me", "")).is_err());
    let of_variables = |address: &str, names: &[&str]| {
        let variables = names.iter().map(|name| ((*name).to_owned(), "s3cret".to_owned()));
        NatsOptions::from_url_in(address, variables).map(|_| ()).map_err(|error| error.to_string())
    };
    for names in [&["NATS_USER", "NATS_PASSWORD", "NATS_TOKEN"][..], &["NATS_CREDS", "NATS_NKEY"], &["NATS_PASSWORD"]] {
        let refused = of_variables("nats://a", names).unwrap_err();
        assert!(refused.contains(names[0]) && !refused.contains("s3cret"), "{refused}");
        assert_eq!(of_variables("nats://me:p@a", names), Ok(()), "the address comes first");
        assert_eq!(of_variables("nats://a?token=t", names), Ok(()));
    }
}

#[test]
fn a_password_may_have_a_number_sign() {
    let login = options("nats://me:a#b@a").login;
    assert!(matches!(login, Login::User { password, .. } if password.expose() == "a#b"));
    let login = options("nats://a?token=a%23b").login;
    assert!(matches!(login, Login::Token(token) if token.expose() == "a#b"));
}

#[test]
fn a_file_that_the_environment_names_is_not_shown() {
    let variables = |name: &str| [(name.to_owned(), "/s3cret/file".to_owned())];
    for (url, variable, named) in [
        ("nats://a", "NATS_CREDS", "that NATS_CREDS names"),
        ("nats://a", "NATS_NKEY", "that NATS_NKEY names"),
        ("nats://a", "NATS_CA", "that NATS_CA names"),
        ("nats://a?creds=/s3cret/file", "OTHER", "that `creds=` names"),
        ("nats://a?nkey=/s3cret/file", "OTHER", "that `nkey=` names"),
        ("nats://a?ca=/s3cret/file", "OTHER", "that `ca=` names"),
    ] {
        let options = NatsOptions::from_url_in(url, variables(variable)).unwrap();
        let (Login::Credentials(file) | Login::Nkey(file)) = options.login else {
            assert_eq!(options.tls.ca.unwrap().to_string(), named);
            continue;
        };
        assert_eq!(file.to_string(), named);
    }
    let refused = NatsOptions::from_url_in("nats://a?context=s3cret", variables("HOME")).unwrap_err();
    assert!(refused.to_string().contains("`context=`") && !format!("{refused:?}").contains("s3cret"), "{refused:?}");
}
