//! The storefront as a newcomer meets it: what it prints, writes, and ends with.
//!
//! `STHENO_UPDATE=1 cargo test -p storefront --test output` writes the golden outputs and the manifest anew.

mod hostile;
mod program;
mod steering;
mod surroundings;
mod terminal;
mod users;

use std::{fs, path::Path};

use program::{Ended, Storefront};
use stheno_testkit::nats::{NatsServer, NatsServerOptions, Wire};

/// Texts of the payloads that nobody may see outside a mail.
const SECRETS: [&str; 3] = ["not-a-real-", "@", "Ada"];

/// What is said after each list of commands when the log is where a variable says.
const WITH: &str = ", with the same STHENO_URL";

/// Compares with a file under `tests/golden`, in which times and folders are masked.
fn assert_golden(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("STHENO_UPDATE").is_some() {
        fs::write(&path, text).unwrap();
    }
    let golden = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert_eq!(text, golden, "{name}");
}

fn assert_nothing_secret(text: &str, place: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{secret:?} is in {place}:\n{text}");
    }
}

/// A table's row that begins with these words, if there is one.
fn row<'a>(ended: &'a Ended, words: &str) -> &'a str {
    let found = ended.stdout.lines().find(|line| line.trim_start().starts_with(words));
    found.unwrap_or_else(|| panic!("no line begins with {words:?}:\n{}", ended.stdout))
}

#[test]
fn the_first_tour_and_the_second_say_who_handled_what() {
    let storefront = Storefront::new();
    for (number, golden) in [(1, "first-tour.txt"), (2, "second-tour.txt")] {
        let ended = storefront.run(&[]);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert_golden(golden, &ended.masked(storefront.folder()));
        assert!(ended.stdout.lines().count() <= 60, "it fits on a screen");
        assert!(ended.stdout.lines().all(|line| line.chars().count() <= 120), "it fits on a screen");
        assert_nothing_secret(&ended.stdout, "the output");
        assert_nothing_secret(&ended.stderr, "the errors");
        assert_eq!(storefront.mails().len(), 9 * number);
        assert_eq!(storefront.audit().lines().count(), 111 * number);
    }
    assert_nothing_secret(&storefront.audit(), "the audit file");
}

#[test]
fn the_mail_that_failed_is_there_and_the_one_that_was_refused_is_not() {
    let storefront = Storefront::new();
    storefront.run(&[]);
    let to =
        |address: &str| storefront.mails().iter().filter(|mail| mail.contains(&format!("To: {address}\r\n"))).count();
    assert_eq!(to("grace@busy.example"), 3, "receipt, shipment and refund");
    assert_eq!(to("nobody@refused.example"), 0);
    assert_eq!(to("alan@example.com"), 0);
    let links = storefront.mails().iter().filter(|mail| mail.contains("not-a-real-reset-token")).count();
    assert_eq!(links, 2, "a token is in its mail");
}

#[test]
fn a_dead_letter_is_shown_explained_and_handed_back() {
    let storefront = Storefront::new();
    storefront.run(&[]);
    let dead = storefront.run(&["dead"]);
    assert!(row(&dead, "101").contains("notifications.receipt"), "{}", dead.stdout);
    let why = storefront.run(&["why", "101", "notifications.receipt"]);
    assert!(row(&why, "notifications.receipt:").contains("dead letter"), "{}", why.stdout);
    let log = storefront.run(&["log", "order:order_tour1_grace"]);
    assert_eq!(log.stdout.lines().count(), 6, "{}", log.stdout);

    let redriven = storefront.run(&["redrive", "notifications.receipt", "101"]);
    assert_eq!(redriven.code, Some(0), "{}", redriven.stderr);
    assert!(row(&redriven, "101").ends_with("handled"), "{}", redriven.stdout);
    assert!(storefront.mails().iter().any(|mail| mail.contains("To: nobody@refused.example")));
    assert!(storefront.run(&["dead"]).stdout.starts_with("there are no dead letters"));
    for ended in [dead, why, log, redriven] {
        assert_nothing_secret(&ended.stdout, "the output");
    }
}

#[test]
fn a_tour_that_was_killed_goes_on_where_it_was() {
    let storefront = Storefront::new();
    // A mail that is tried again after a while keeps the tour from its end.
    let patient = include_str!("../stheno.toml").replace("250ms", "15s");
    let file = storefront.folder().join("stheno.toml");
    fs::write(&file, patient).unwrap();
    let mut killed = storefront.spawn(&[]);
    killed.until(|| !storefront.audit().is_empty());
    killed.kill();
    fs::remove_file(&file).unwrap();
    let ended = storefront.run(&[]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stdout.starts_with("Tour 1 "), "{}", ended.stdout);
    assert!(!ended.stdout.contains("waits"), "{}", ended.stdout);
    assert!(row(&ended, "one example of each").contains("were there"), "{}", ended.stdout);
    assert_eq!(storefront.mails().len(), 9);
    assert_eq!(storefront.audit().lines().count(), 111, "each event once");
}

#[test]
fn serving_handles_what_others_publish_until_it_is_asked_to_stop() {
    let storefront = Storefront::new();
    let mut serving = storefront.spawn(&["serve"]);
    serving.until_said("audit.record");
    let example = r#"{"id":"order_01H8X4Q2K596NGYA1DQ91K5GQA"}"#;
    let published = storefront.run(&["publish", "order.placed", example]);
    assert_eq!(published.code, Some(0), "{}", published.stderr);
    serving.until(|| storefront.mails().len() == 1);
    let beside = storefront.run(&[]);
    assert!(beside.code == Some(69) && beside.stderr.contains("another process"), "{}", beside.stderr);
    // An order that the shop does not have.
    storefront.run(&["publish", "order.placed", r#"{"id":"order_unknown"}"#]);
    serving.until_said("order_unknown");
    let stopped = serving.terminate();
    assert_eq!(stopped.code, Some(0));
    for said in ["stopping: ", "stopped: everything under way came to its end"] {
        assert!(stopped.stderr.contains(said), "{said}: {}", stopped.stderr);
    }
    assert_nothing_secret(&stopped.stderr, "the log of the process");
    let why = storefront.run(&["why", "1", "notifications.receipt"]);
    assert!(row(&why, "notifications.receipt:").ends_with("handled"), "{}", why.stdout);
}

#[test]
fn what_is_wrong_is_refused_and_says_what_to_do() {
    let storefront = Storefront::new();
    let misspelt = storefront.run(&["publish", "order.plaxed", r#"{"id":"order_1"}"#]);
    assert_eq!(misspelt.code, Some(65));
    assert!(misspelt.stderr.contains("`order.placed`"), "{}", misspelt.stderr);
    assert_eq!(storefront.run(&["publish", "order.placed", r#"{"identity":1}"#]).code, Some(65));
    assert_eq!(storefront.run(&["redrive", "notifications.receipt", "1"]).code, Some(64));
    assert_eq!(storefront.run(&["why", "one", "notifications.receipt"]).code, Some(64));
    let nothing = storefront.run(&["why", "7", "notifications.receipt"]);
    assert!(nothing.code == Some(64) && nothing.stderr.contains("no event"), "{}", nothing.stderr);
    assert_eq!(storefront.run(&["sevre"]).code, Some(64));
    let short = storefront.run(&["why", "101"]);
    assert!(short.code == Some(64) && short.stderr.contains("why SEQUENCE SUBSCRIBER"), "{}", short.stderr);
    let without_token = storefront.run_with(&["serve"], &[("MEDUSA_URL", "http://localhost:9000")]);
    assert!(
        without_token.code == Some(70) && without_token.stderr.contains("MEDUSA_TOKEN"),
        "{}",
        without_token.stderr
    );
    let without_file = storefront.run_with(&["dead"], &[("STHENO_CONFIG", "missing.toml")]);
    assert!(
        without_file.code == Some(78) && without_file.stderr.contains("STHENO_CONFIG names a file"),
        "{}",
        without_file.stderr
    );
    let help = storefront.run(&["help"]);
    assert_eq!((help.code, help.stderr.as_str()), (Some(0), ""));
}

#[test]
fn a_backup_is_a_log_that_the_storefront_opens_and_takes_the_place_of_no_file() {
    let storefront = Storefront::new();
    storefront.run(&[]);
    let made = storefront.run(&["backup", "copy.db"]);
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    let again = storefront.run(&["backup", "copy.db"]);
    assert!(again.code == Some(64) && again.stderr.contains("copy.db"), "{}", again.stderr);
    let of_the_copy = storefront.run_with(&["log"], &[("STHENO_URL", "sqlite://copy.db")]);
    assert_eq!(of_the_copy.stdout, storefront.run(&["log"]).stdout);
}

#[test]
fn a_backup_is_not_called_like_a_part_of_a_log() {
    let storefront = Storefront::new();
    storefront.run(&[]);
    for target in ["copy.db-wal", "copy.db-shm", "copy.db-journal", "copy.db-damaged"] {
        let refused = storefront.run(&["backup", target]);
        assert!(refused.code == Some(64) && refused.stderr.contains("`copy.db`"), "{target}: {}", refused.stderr);
        assert!(!storefront.folder().join(target).exists(), "{target}");
    }
}

#[test]
fn no_command_opens_a_log_that_was_found_damaged_until_the_sign_of_it_is_deleted() {
    let storefront = Storefront::new();
    let own = [("STHENO_URL", "sqlite://own.db")];
    assert_eq!(storefront.run_with(&["log"], &own).code, Some(0));
    let sign = storefront.folder().join("own.db-damaged");
    fs::write(&sign, "damaged: file\nfound: a page of a test\n").unwrap();
    let commands: [&[&str]; 7] = [
        &["log"],
        &["dead"],
        &["why", "1", "stock.reserve"],
        &["publish", "order.placed", r#"{"id":"order_1"}"#],
        &["rewind", "stock.reserve", "0"],
        &["backup", "copy.db"],
        &["serve"],
    ];
    for words in commands {
        let refused = storefront.run_with(words, &own);
        assert_eq!(refused.code, Some(78), "{words:?}: {}", refused.stderr);
        for part in ["a page of a test", "own.db-damaged", "restore a backup"] {
            assert!(refused.stderr.contains(part), "{words:?}: {part}: {}", refused.stderr);
        }
    }
    fs::remove_file(sign).unwrap();
    assert_eq!(storefront.run_with(&["log"], &own).code, Some(0));
}

#[test]
fn a_subscriber_that_is_misspelt_is_refused_with_the_nearest() {
    let storefront = Storefront::new();
    storefront.run(&[]);
    for words in [["why", "101", "notifications.reciept"], ["redrive", "notifications.reciept", "101"]] {
        let refused = storefront.run(&words);
        assert_eq!(refused.code, Some(64), "{words:?}: {}", refused.stderr);
        assert!(refused.stderr.contains("did you mean `notifications.receipt`?"), "{words:?}: {}", refused.stderr);
    }
    let handled = storefront.run(&["redrive", "notifications.receipt", "100"]);
    assert!(handled.code == Some(64) && handled.stderr.contains("handled"), "{}", handled.stderr);
}

#[test]
fn every_mistake_of_the_surroundings_is_said_at_once() {
    let storefront = Storefront::new();
    let toml = "[plugins.audti]\npath = 'x'\n[subscribers.'stock.reserve']\natempts = 3\ntimeout = 60\n";
    fs::write(storefront.folder().join("stheno.toml"), toml).unwrap();
    let refused = storefront.run_with(&["serve"], &[("STHENO_PLUGIN_STOK__PATH", "y")]);
    assert_eq!(refused.code, Some(78), "{}", refused.stderr);
    for said in ["did you mean `audit`?", "did you mean `attempts`?", "`timeout`", "did you mean `STOCK`?"] {
        assert!(refused.stderr.contains(said), "{said}: {}", refused.stderr);
    }
    for (name, value) in [("STHENO_MANIFEST", "chekc"), ("STHENO_URL", "")] {
        fs::remove_file(storefront.folder().join("stheno.toml")).ok();
        let refused = storefront.run_with(&["serve"], &[(name, value)]);
        assert!(refused.code == Some(78) && refused.stderr.contains(name), "{name}: {}", refused.stderr);
    }
}

#[test]
fn a_file_that_is_no_log_is_refused_and_stays_as_it_is() {
    let storefront = Storefront::new();
    let file = storefront.folder().join("notes.txt");
    let text = "these are the notes of the shop, and no database\n".repeat(100);
    fs::write(&file, &text).unwrap();
    let url = format!("sqlite://{}", file.display());
    let refused = storefront.run_with(&["dead"], &[("STHENO_URL", &url)]);
    assert!(refused.code == Some(78) && refused.stderr.contains("is no SQLite database"), "{}", refused.stderr);
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
}

#[test]
fn publishing_into_a_log_in_memory_says_that_it_is_gone() {
    let storefront = Storefront::new();
    let words = ["publish", "order.placed", r#"{"id":"order_1"}"#];
    let ended = storefront.run_with(&words, &[("STHENO_URL", "memory:")]);
    assert!(ended.code == Some(0) && ended.stderr.contains("in memory"), "{}", ended.stderr);
}

#[test]
fn the_log_is_where_the_variable_says() {
    let storefront = Storefront::new();
    let elsewhere = storefront.folder().join("elsewhere.db");
    let url = format!("sqlite://{}", elsewhere.display());
    let ended = storefront.run_with(&["publish", "order.placed", r#"{"id":"order_1"}"#], &[("STHENO_URL", &url)]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(elsewhere.exists());
    assert!(!storefront.folder().join("storefront-data/stheno.db").exists());
    let silent = storefront.run_with(&["dead"], &[("STHENO_URL", "ftp://somewhere")]);
    assert_eq!(silent.code, Some(78));
    let beside_a_broker = storefront.run_with(&["dead"], &[("NATS_URL", "nats://somewhere")]);
    assert_eq!(beside_a_broker.code, Some(78), "a silent local file would be lost events");
}

#[test]
fn the_manifest_is_what_is_linked_and_a_difference_is_refused() {
    let storefront = Storefront::new();
    assert_eq!(storefront.run_with(&["serve"], &[("STHENO_MANIFEST", "write")]).code, Some(0));
    let written = storefront.folder().join("stheno.manifest.json");
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("stheno.manifest.json");
    if std::env::var_os("STHENO_UPDATE").is_some() {
        fs::copy(&written, &kept).unwrap();
    }
    assert_eq!(fs::read_to_string(&written).unwrap(), fs::read_to_string(&kept).unwrap());

    let without_stock = fs::read_to_string(&kept).unwrap().replace("stock.reserve", "stock.count");
    fs::write(&written, without_stock).unwrap();
    let refused = storefront.run_with(&["serve"], &[("STHENO_MANIFEST", "check")]);
    assert_eq!(refused.code, Some(78), "{}", refused.stderr);
    assert!(refused.stderr.contains("stock.count") && refused.stderr.contains("stock.reserve"), "{}", refused.stderr);
}

#[test]
fn the_tours_over_a_nats_server_print_what_they_print_on_the_embedded_log() {
    let server = NatsServer::start();
    let storefront = Storefront::new();
    let url = server.url();
    for (number, golden) in [(1, "first-tour.txt"), (2, "second-tour.txt")] {
        let ended = storefront.run_with(&[], &[("STHENO_URL", &url)]);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        // The log is elsewhere, and nothing else differs.
        let place = format!("{url}/EVENTS");
        assert_eq!(ended.stdout.matches(&place).count(), 2, "{}", ended.stdout);
        let printed = ended.masked(storefront.folder()).replacen(&format!("at {place}"), "and no server", 1);
        let printed = printed.replace(&place, "[folder]/storefront-data/stheno.db");
        // Every command that is proposed needs the address, which is not repeated.
        let commands = printed.lines().filter(|line| line.contains("cargo run")).count();
        assert_eq!((commands, printed.matches(WITH).count()), (4 + number, number), "{printed}");
        let printed = printed.replace(WITH, "");
        assert_golden(golden, &printed);
        assert_nothing_secret(&ended.stdout, "the output");
        assert_eq!(storefront.mails().len(), 9 * number);
        assert_eq!(storefront.audit().lines().count(), 111 * number);
    }
    assert!(!storefront.folder().join("storefront-data/stheno.db").exists(), "nothing is kept here");
}

#[test]
fn a_login_in_the_environment_is_taken_and_a_wrong_one_is_refused() {
    let server = NatsServerOptions::new().config("authorization { user: shop, password: right }").start();
    let (storefront, url) = (Storefront::new(), server.url());
    let login = |password| [("STHENO_URL", &*url), ("NATS_USER", "shop"), ("NATS_PASSWORD", password)];
    let refused = storefront.run_with(&["log"], &login("wr0ng"));
    assert_ne!(refused.code, Some(0), "{}", refused.stdout);
    assert!(refused.stderr.contains("the user `shop`") && !refused.stderr.contains("wr0ng"), "{}", refused.stderr);
    let example = r#"{"id":"order_01H8X4Q2K596NGYA1DQ91K5GQA"}"#;
    let published = storefront.run_with(&["publish", "order.placed", example], &login("right"));
    assert_eq!(published.code, Some(0), "{}", published.stderr);
    let log = storefront.run_with(&["log"], &login("right"));
    assert!(log.stdout.contains("order.placed"), "{}", log.stdout);
}

#[test]
fn the_log_of_a_key_has_what_other_programs_published_of_it() {
    let server = NatsServer::start();
    let (storefront, url) = (Storefront::new(), server.url());
    let at = [("STHENO_URL", &*url)];
    storefront.run_with(&["publish", "order.placed", r#"{"id":"order_1"}"#], &at);
    let mut wire = Wire::connect(server.port()).unwrap();
    let reply = wire.request("events.order.canceled", &[], br#"{"id":"order_1"}"#).unwrap();
    assert_eq!(reply.status, None, "it is acknowledged");
    let log = storefront.run_with(&["log", "order:order_1"], &at);
    let events: Vec<_> = ["order.placed", "order.canceled"].iter().filter(|name| log.stdout.contains(**name)).collect();
    assert_eq!(events.len(), 2, "{}{}", log.stdout, log.stderr);
}
