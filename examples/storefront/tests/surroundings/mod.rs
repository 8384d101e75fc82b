//! What the storefront is started with: words and variables that are misspelt, unknown or no text are said by name, and no value of
//! a variable is ever shown.

use std::{
    ffi::{OsStr, OsString},
    fs,
};

use crate::program::Storefront;

#[test]
fn a_variable_that_is_misspelt_is_refused_with_what_was_meant() {
    let storefront = Storefront::new();
    for (slip, meant) in [
        ("STHENO_ULR", "STHENO_URL"),
        ("stheno_url", "STHENO_URL"),
        ("SHTENO_URL", "STHENO_URL"),
        ("STHENO_CONFGI", "STHENO_CONFIG"),
        ("STHENO_MANIFST", "STHENO_MANIFEST"),
        ("STHENO_PLUGINS_STOCK__DATABASE", "STHENO_PLUGIN_<PLUGIN>__<FIELD>"),
    ] {
        for words in [&["dead"][..], &["serve"], &["publish", "order.placed", r#"{"id":"order_1"}"#]] {
            let refused = storefront.run_with(words, &[(slip, "nats://s3cret")]);
            assert_eq!(refused.code, Some(78), "{slip}: {}", refused.stderr);
            let expected = format!("{slip} is set, and nobody reads it; did you mean {meant}?");
            assert!(refused.stderr.contains(&expected) && !refused.stderr.contains("s3cret"), "{}", refused.stderr);
        }
    }
    assert!(!storefront.folder().join("storefront-data/stheno.db").exists(), "nothing went into a log nobody meant");
}

#[test]
fn a_variable_that_nobody_reads_is_said_and_one_of_the_projects_own_is_not() {
    let storefront = Storefront::new();
    for (unknown, hint) in [
        ("STHENO_FOO", "a host reads STHENO_URL"),
        ("STHENO_PORT", "a host reads STHENO_URL"),
        ("STHENO_SUBSCRIBER_X", "[subscribers.\"<id>\"]"),
    ] {
        let said = storefront.run_with(&["dead"], &[(unknown, "s3cret")]);
        assert_eq!(said.code, Some(0), "{}", said.stderr);
        let line = said.stderr.lines().find(|line| line.starts_with(unknown)).unwrap_or_default();
        assert!(line.contains("nobody reads it") && line.contains(hint), "{}", said.stderr);
        assert!(!said.stderr.contains("s3cret"), "{}", said.stderr);
    }
    for known in ["STHENO_SEED", "STHENO_NATS_SERVER", "STHENO_LARGE_EVENTS", "STHENO_NATS_MIRRORS"] {
        let silent = storefront.run_with(&["dead"], &[(known, "1")]);
        assert!(silent.code == Some(0) && !silent.stderr.contains(known), "{}", silent.stderr);
    }
}

#[cfg(unix)]
#[test]
fn words_and_variables_that_are_no_text_are_refused_and_not_shown() {
    use std::os::unix::ffi::OsStrExt as _;
    let storefront = Storefront::new();
    let broken = OsStr::from_bytes(b"s3cret\xff");
    let words: [&[&OsStr]; 4] =
        [&[broken], &["backup".as_ref(), broken], &["dead".as_ref(), broken], &[broken, "serve".as_ref()]];
    for words in words {
        let refused = storefront.run_raw(words, &[]);
        assert_eq!(refused.code, Some(64), "{words:?}: {}", refused.stderr);
        assert!(refused.stderr.contains("is not UTF-8") && !refused.stderr.contains("s3cret"), "{}", refused.stderr);
    }
    for name in ["STHENO_URL", "STHENO_CONFIG", "STHENO_MANIFEST", "STHENO_PLUGIN_STOCK__DATABASE", "MEDUSA_URL"] {
        let refused = storefront.run_raw(&["serve".as_ref()], &[(name.as_ref(), broken)]);
        assert_eq!(refused.code, Some(78), "{name}: {}", refused.stderr);
        assert!(refused.stderr.contains(name) && refused.stderr.contains("is not UTF-8"), "{}", refused.stderr);
    }
    let nats = [("STHENO_URL".as_ref(), "nats://127.0.0.1:1".as_ref()), ("NATS_PASSWORD".as_ref(), broken)];
    let refused = storefront.run_raw(&["dead".as_ref()], &nats);
    assert!(refused.code == Some(78) && refused.stderr.contains("NATS_PASSWORD is not UTF-8"), "{}", refused.stderr);
    let name = OsStr::from_bytes(b"STHENO_\xff");
    let said = storefront.run_raw(&["dead".as_ref()], &[(name, "1".as_ref())]);
    assert!(said.code == Some(0) && said.stderr.contains("nobody reads it"), "{}", said.stderr);
}

/// Values of which nothing may be shown, each with a part that would tell.
fn odd_values() -> Vec<(OsString, &'static str)> {
    const LARGE: &str = "170141183460469231731687303715884105727";
    let mut values: Vec<(OsString, &str)> = [
        "s3cret",
        "s3cret\u{1b}[31m",
        "1\ns3cret",
        "'s3cret",
        "\"s3cret\\",
        "{ a = 's3cret'",
        "{ s3cret = 1 }",
        "[s3cret",
        "['s3cret', 1]",
        "s3cret=s3cret",
        "no/such/s3cret",
        "/s3cret/none/",
        "s3cret://x",
        "http://s3cret s3cret",
        "http:///s3cret",
        "ws://me:s3cret@host/x",
        "Store <s3cret>",
    ]
    .into_iter()
    .map(|value| (value.into(), "s3cret"))
    .collect();
    values.extend([(LARGE.into(), LARGE), ("48151623e5".into(), "48151623"), ("-48151623".into(), "48151623")]);
    #[cfg(unix)]
    values.push((std::os::unix::ffi::OsStringExt::from_vec(b"s3cret\xff".to_vec()), "s3cret"));
    values
}

/// Every variable that the storefront and its plugins read, and some that nobody does.
const VARIABLES: [&str; 24] = [
    "STHENO_URL",
    "STHENO_CONFIG",
    "STHENO_MANIFEST",
    "STHENO_ULR",
    "STHENO_FOO",
    "STHENO_SUBSCRIBER_X",
    "STHENO_PLUGIN_STOCK__DATABASE",
    "STHENO_PLUGIN_STOCK__OTHER",
    "STHENO_PLUGIN_STOK__DATABASE",
    "STHENO_PLUGIN_STOCK",
    "STHENO_PLUGIN_AUDIT__FILE",
    "STHENO_PLUGIN_AUDIT__SYNC",
    "STHENO_PLUGIN_NOTIFICATIONS__FROM",
    "STHENO_PLUGIN_NOTIFICATIONS__OUTBOX",
    "STHENO_PLUGIN_NOTIFICATIONS__SHOP",
    "STHENO_PLUGIN_NOTIFICATIONS__SHOP__NAME",
    "STHENO_PLUGIN_NOTIFICATIONS__SMTP",
    "STHENO_PLUGIN_NOTIFICATIONS__SMTP__HOST",
    "STHENO_PLUGIN_NOTIFICATIONS__SMTP__PORT",
    "STHENO_PLUGIN_NOTIFICATIONS__SMTP__ENCRYPTION",
    "STHENO_PLUGIN_NOTIFICATIONS__SMTP__PASSWORD",
    "STHENO_PLUGIN_NOTIFICATIONS__SMTP__CA",
    "MEDUSA_URL",
    "MEDUSA_TOKEN",
];

#[test]
fn no_value_of_a_variable_is_shown() {
    let storefront = Storefront::new();
    fs::copy(
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("stheno.manifest.json"),
        storefront.folder().join("stheno.manifest.json"),
    )
    .unwrap();
    let check = |variables: &[(&OsStr, &OsStr)], told: &str| {
        // It starts everything, handles nothing, and ends.
        let mut all = vec![("STHENO_MANIFEST".as_ref(), "check".as_ref())];
        all.extend_from_slice(variables);
        let ended = storefront.run_raw(&["serve".as_ref()], &all);
        let said = format!("{}{}", ended.stdout, ended.stderr);
        assert!(!said.contains(told), "{variables:?}: {said}");
        assert!(matches!(ended.code, Some(0 | 64..=78)), "{variables:?}: {said}");
    };
    for name in VARIABLES {
        for (value, told) in odd_values() {
            let mut variables = vec![(name.as_ref(), value.as_os_str())];
            match name {
                // What these say is read only beside another.
                "MEDUSA_TOKEN" => variables.push(("MEDUSA_URL".as_ref(), "http://localhost:9000".as_ref())),
                "MEDUSA_URL" => variables.push(("MEDUSA_TOKEN".as_ref(), "token".as_ref())),
                name if name.contains("SMTP__") && !name.ends_with("HOST") => {
                    let host = "STHENO_PLUGIN_NOTIFICATIONS__SMTP__HOST";
                    variables.push((host.as_ref(), "localhost".as_ref()));
                }
                _ => {}
            }
            check(&variables, told);
        }
    }
    // The place of the log is shown, and nothing else of its address.
    for url in [
        "sqlite://x?s3cret",
        "sqlite://x?sync=s3cret",
        "sqlite://x?dedup=s3cret&s3cret",
        "sqlite://x#s3cret",
        "sqlite://me:s3cret@host/x",
        "sqlite://s3cret%",
        "memory:s3cret",
        "memory:?max_body=s3cret",
        "nats://me:s3cret@127.0.0.1:port",
        "nats://127.0.0.1:1?manage=s3cret",
        "nats://127.0.0.1:1?creds=/s3cret",
        "nats://127.0.0.1:1?nkey=/s3cret",
        "nats://127.0.0.1:1?ca=/s3cret",
        "nats://127.0.0.1:1?cert=/s3cret&key=/s3cret",
        "nats://127.0.0.1:1?context=s3cret",
        "nats://127.0.0.1:1?stream=s3cret.x&token=s3cret",
        "nats://127.0.0.1:1?domain=s3cret.x",
    ] {
        check(&[("STHENO_URL".as_ref(), url.as_ref())], "s3cret");
    }
    for name in ["NATS_PASSWORD", "NATS_CREDS", "NATS_NKEY", "NATS_CA", "NATS_CERT", "NATS_KEY"] {
        for (value, told) in odd_values() {
            // A file that is not there keeps it from asking for a server.
            let url = "nats://127.0.0.1:1?ca=none";
            check(&[("STHENO_URL".as_ref(), url.as_ref()), (name.as_ref(), &value)], told);
        }
    }
}
