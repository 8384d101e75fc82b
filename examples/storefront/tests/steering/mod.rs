//! What an operator tells subscribers: with nobody serving, and beside a process that serves.

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
