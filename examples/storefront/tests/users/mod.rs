//! The users of `deploy/cluster`, each with what its accounts allow and nothing else, and the storefront as their program.

use std::{fs, path::Path};

use stheno_testkit::nats::{NatsServer, NatsServerOptions};

use crate::{program::Storefront, row};

/// One server with the accounts of the cluster.
fn server() -> NatsServer {
    let accounts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/cluster/accounts.conf");
    let accounts = fs::read_to_string(&accounts).unwrap_or_else(|error| panic!("{}: {error}", accounts.display()));
    let passwords = ["publisher", "host", "operator", "system"]
        .map(|user| format!("NATS_{}_PASSWORD: {}\n", user.to_uppercase(), password(user)));
    NatsServerOptions::new().config(&passwords.concat()).config(&accounts).start()
}

fn password(user: &str) -> String {
    format!("only-{user}")
}

/// The address of a user who finds the log.
fn url(server: &NatsServer, user: &str, options: &str) -> String {
    let (host, password) = (server.url(), password(user));
    let host = host.trim_start_matches("nats://");
    format!("nats://{user}:{password}@{host}?inbox_prefix=_INBOX_{user}{options}")
}

#[test]
fn each_user_does_with_the_storefront_what_its_accounts_allow() {
    let (server, storefront) = (server(), Storefront::new());
    // An order that the shop does not have is a dead letter at once.
    let toml = include_str!("../../stheno.toml").replace("retry_initial = \"250ms\"", "attempts = 1");
    fs::write(storefront.folder().join("stheno.toml"), toml).unwrap();
    let made = storefront.run_with(&["log"], &[("STHENO_URL", &url(&server, "operator", ""))]);
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    let [publisher, host, operator] = ["publisher", "host", "operator"].map(|user| url(&server, user, "&manage=false"));
    let run = |url: &str, words: &[&str]| {
        let ended = storefront.run_with(words, &[("STHENO_URL", url)]);
        assert!(!ended.stderr.contains("only-"), "a password is in what it said: {}", ended.stderr);
        assert_eq!(ended.code, Some(0), "{words:?}: {}", ended.stderr);
        ended
    };

    let mut serving = storefront.spawn_with(&["serve"], &[("STHENO_URL", &host)]);
    serving.until_said("audit.record");
    // Who may not read the log is not told where it ends, and publishes before and after there is an event.
    for sequence in [1, 2] {
        let order = format!(r#"{{"id":"order_unknown_{sequence}"}}"#);
        let published = run(&publisher, &["publish", "order.placed", &order]);
        assert!(published.stdout.contains(&format!("as {sequence}")), "{}", published.stdout);
        let place = format!("log: {}", server.url());
        assert!(published.stderr.contains(&place), "{}", published.stderr);
    }
    serving.until(|| run(&operator, &["dead"]).stdout.matches("notifications.receipt").count() == 2);

    // The operator may not run subscribers: the host that serves does as it is told.
    let redriven = run(&operator, &["redrive", "notifications.receipt", "1"]);
    assert!(redriven.stderr.contains("another process runs"), "{}", redriven.stderr);
    assert!(row(&redriven, "1").contains("dead letter"), "{}", redriven.stdout);
    let discarded = run(&operator, &["discard", "notifications.receipt", "1"]);
    assert!(row(&discarded, "1").contains("discarded"), "{}", discarded.stdout);
    assert_eq!(serving.terminate().code, Some(0));
    // Without it the command waits for the next one.
    let asked = run(&operator, &["discard", "notifications.receipt", "2"]);
    assert!(asked.stderr.contains("this user may not run"), "{}", asked.stderr);
    assert!(row(&asked, "2").contains("not done yet"), "{}", asked.stdout);
    let mut serving = storefront.spawn_with(&["serve"], &[("STHENO_URL", &host)]);
    serving.until(|| !run(&operator, &["dead"]).stdout.contains("notifications.receipt"));
    assert_eq!(serving.terminate().code, Some(0));
}
