//! What an operator tells subscribers: with nobody serving, and beside a process that serves.

use std::fs;

use crate::{program::Storefront, row};

#[test]
fn a_dead_letter_is_given_up() {
    let storefront = Storefront::new();
    storefront.run(&[]);
    let mails = storefront.mails().len();
    let discarded = storefront.run(&["discard", "notifications.receipt", "101"]);
    assert_eq!(discarded.code, Some(0), "{}", discarded.stderr);
    assert!(row(&discarded, "101").contains("discarded"), "{}", discarded.stdout);
    assert!(storefront.run(&["dead"]).stdout.starts_with("there are no dead letters"));
    assert_eq!(storefront.mails().len(), mails);
    let again = storefront.run(&["discard", "notifications.receipt", "101"]);
    assert!(again.code == Some(64) && again.stderr.contains("is no dead letter"), "{}", again.stderr);
}

#[test]
fn beside_a_process_that_serves_that_one_hands_back() {
    let storefront = Storefront::new();
    storefront.run(&[]);
    let mut serving = storefront.spawn(&["serve"]);
    serving.until_said("audit.record");
    // A set-up that cannot open this would refuse to start here.
    let redriven = storefront.run_with(
        &["redrive", "notifications.receipt", "101"],
        &[("STHENO_PLUGIN_STOCK__DATABASE", "no/such/folder/stock.db")],
    );
    assert_eq!(redriven.code, Some(0), "{}", redriven.stderr);
    assert!(redriven.stderr.contains("another process runs `notifications.receipt`"), "{}", redriven.stderr);
    assert!(row(&redriven, "101").ends_with("handled"), "{}", redriven.stdout);
    assert_eq!(serving.terminate().code, Some(0));
}

#[test]
fn a_subscriber_stands_still_goes_on_and_goes_back() {
    let storefront = Storefront::new();
    storefront.run(&[]);
    let said = |words: &[&str], what: &str| {
        let ended = storefront.run(words);
        assert_eq!(ended.code, Some(0), "{words:?}: {}", ended.stderr);
        assert!(ended.stdout.contains(what), "{words:?}: {}", ended.stdout);
    };
    said(&["pause", "audit.record"], "no host runs it now");
    let mut serving = storefront.spawn(&["serve"]);
    serving.until_said("audit.record");
    serving.until(|| storefront.run(&["pause", "audit.record"]).stdout.contains("the host that runs it"));
    // What is published before it does so is handled still.
    let why = |sequence: u64| storefront.run(&["why", &sequence.to_string(), "audit.record"]).stdout;
    let mut last = 111;
    while !why(last).contains("the subscriber is paused") {
        said(&["publish", "order.placed", r#"{"id":"order_1"}"#], "published");
        last += 1;
        serving.until(|| !why(last).contains("its turn has not come"));
        assert!(last < 1_000, "it never stands still");
    }
    said(&["resume", "audit.record"], "goes on");
    serving.until(|| why(last).contains("audit.record: handled"));
    let lines = storefront.audit().lines().count();

    // The new run sees again what came after.
    let before = (last - 1).to_string();
    said(&["rewind", "audit.record", &before], &format!("goes on after {before}, as a new run"));
    serving.until(|| storefront.audit().lines().count() == lines + 1);
    assert_eq!(serving.terminate().code, Some(0));
}

#[test]
fn what_is_no_subscriber_or_no_sequence_is_refused() {
    let storefront = Storefront::new();
    storefront.run(&[]);
    for words in [&["pause", "audit.recrod"][..], &["resume", "audit.recrod"], &["rewind", "audit.recrod", "5"]] {
        let refused = storefront.run(words);
        assert_eq!(refused.code, Some(64), "{words:?}: {}", refused.stderr);
        assert!(refused.stderr.contains("did you mean `audit.record`?"), "{words:?}: {}", refused.stderr);
    }
    for command in ["rewind", "discard"] {
        assert_eq!(storefront.run(&[command, "audit.record", "yesterday"]).code, Some(64));
        let short = storefront.run(&[command, "audit.record"]);
        assert!(short.code == Some(64) && short.stderr.contains("SUBSCRIBER SEQUENCE"), "{}", short.stderr);
    }
}

#[test]
fn what_is_handed_back_to_a_paused_subscriber_is_said_to_wait_for_that() {
    let storefront = Storefront::new();
    storefront.run(&[]);
    let mails = storefront.mails().len();
    let redrive = || {
        let asked = storefront.run(&["redrive", "notifications.receipt", "101"]);
        assert_eq!(asked.code, Some(75), "{}{}", asked.stdout, asked.stderr);
        assert!(asked.stdout.contains("is paused"), "{}", asked.stdout);
        assert!(asked.stdout.contains("resume notifications.receipt"), "{}", asked.stdout);
        // Nobody waited for what cannot come.
        assert!(!asked.stderr.contains("nothing came of it"), "{}", asked.stderr);
    };
    let mut serving = storefront.spawn(&["serve"]);
    serving.until_said("audit.record");
    assert_eq!(storefront.run(&["pause", "notifications.receipt"]).code, Some(0));
    let why = || storefront.run(&["why", "101", "notifications.receipt"]).stdout;
    let is_paused = || {
        let rewound = storefront.run(&["rewind", "notifications.receipt", "111"]);
        rewound.stdout.contains("it is paused")
    };
    serving.until(is_paused);
    redrive();
    serving.until(|| why().contains("an operator handed it back"));
    assert!(why().contains("the next attempt comes when the subscriber is resumed"), "{}", why());
    assert!(!why().contains("attempt 0"), "{}", why());
    assert_eq!(serving.terminate().code, Some(0));
    assert_eq!(storefront.mails().len(), mails);

    let mut serving = storefront.spawn(&["serve"]);
    serving.until_said("audit.record");
    assert_eq!(storefront.run(&["resume", "notifications.receipt"]).code, Some(0));
    serving.until(|| storefront.mails().len() > mails && why().contains("handled"));
    assert_eq!(serving.terminate().code, Some(0));
}

#[test]
fn without_a_host_a_paused_subscriber_is_not_waited_for_either() {
    let storefront = Storefront::new();
    storefront.run(&[]);
    // Nobody has carried the pause out yet: who takes the subscriber over does.
    assert_eq!(storefront.run(&["pause", "notifications.receipt"]).code, Some(0));
    for _ in 0..2 {
        let asked = storefront.run(&["redrive", "notifications.receipt", "101"]);
        match asked.code {
            Some(75) => assert!(asked.stdout.contains("paused"), "{}", asked.stdout),
            // It was handed back by the first, and is no dead letter any more.
            _ => assert!(asked.code == Some(64) && asked.stderr.contains("paused now"), "{}", asked.stderr),
        }
    }
}

#[test]
fn a_subscriber_that_its_policy_lets_stand_still_is_said_to() {
    let storefront = Storefront::new();
    storefront.run(&[]);
    let policy = "[subscribers.\"notifications.receipt\"]\n";
    let toml = include_str!("../../stheno.toml");
    assert!(toml.contains(policy), "{toml}");
    fs::write(storefront.folder().join("stheno.toml"), toml.replace(policy, &format!("{policy}paused = true\n")))
        .unwrap();
    let mut serving = storefront.spawn(&["serve"]);
    serving.until_said("audit.record");
    assert_eq!(storefront.run(&["publish", "order.placed", r#"{"id":"order_1"}"#]).code, Some(0));
    let why = storefront.run(&["why", "112", "notifications.receipt"]).stdout;
    assert!(why.contains("the subscriber is paused"), "{why}");
    let redriven = storefront.run(&["redrive", "notifications.receipt", "101"]);
    assert_eq!(redriven.code, Some(75), "{}", redriven.stderr);
    let resumed = storefront.run(&["resume", "notifications.receipt"]);
    assert_eq!(resumed.code, Some(64), "{}", resumed.stdout);
    for said in [redriven.stdout, resumed.stderr] {
        assert!(said.contains("`paused = true`"), "{said}");
    }
    assert_eq!(serving.terminate().code, Some(0));
}

#[test]
fn a_rewind_beyond_the_end_is_refused_and_one_that_passes_over_says_so() {
    let storefront = Storefront::new();
    storefront.run(&[]);
    for beyond in ["112", "999999", "18446744073709551615"] {
        let refused = storefront.run(&["rewind", "audit.record", beyond]);
        assert_eq!(refused.code, Some(64), "{}", refused.stdout);
        assert!(refused.stderr.contains("the log ends with 111") && refused.stdout.is_empty(), "{}", refused.stderr);
    }
    let end = storefront.run(&["rewind", "audit.record", "111"]);
    assert!(end.code == Some(0) && !end.stdout.contains("passed over"), "{}", end.stdout);
    assert_eq!(storefront.run(&["publish", "order.placed", r#"{"id":"order_1"}"#]).code, Some(0));
    let over = storefront.run(&["rewind", "audit.record", "112"]);
    assert!(over.code == Some(0) && over.stdout.contains("is passed over"), "{}", over.stdout);
}
