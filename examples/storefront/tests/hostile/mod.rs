//! What strangers publish is shown, and does nothing to the terminal or to the lines of a log.

use stheno_testkit::nats::{NatsServer, Wire};

use crate::program::{Ended, Storefront};

/// Whether a character could do something to a terminal, or cannot be seen.
fn is_harmful(character: char) -> bool {
    (character.is_control() && character != '\n')
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

fn assert_harmless(text: &str) {
    assert!(!text.contains(is_harmful), "{text:?}");
}

#[test]
fn what_strangers_publish_is_escaped_in_every_command_and_in_the_log_of_the_host() {
    let (server, storefront) = (NatsServer::start(), Storefront::new());
    let url = [("STHENO_URL", &*server.url())];
    let mut host = storefront.spawn_with(&["serve"], &url);
    host.until_said("log: nats");
    host.until_said("new on this log: stock");
    let mut wire = Wire::connect(server.port()).expect("the server answers");
    let mut publish = |name: &str, body: &str| {
        let reply = wire.request(&format!("events.{name}"), &[], body.as_bytes());
        assert_eq!(reply.expect("it is acknowledged").status, None);
    };
    publish("order.\u{1b}[2Jpl\u{202e}aced", "{}");
    let name = host.until_said("no catalog knows this event");
    assert!(name.contains(r"order.\u{1b}[2Jpl\u{202e}aced"), "{name}");
    assert_harmless(&name);
    publish("order.placed", "{\"id\":\"\u{202e}1\u{200b}\\u001b[31m\"}");
    publish("order.placed", "{\"id\":\"\u{202e}2\u{200b}\"}");
    let failed = host.until_said("an attempt failed");
    assert_harmless(&failed);

    let run = |words: &[&str]| -> Ended {
        let ended = storefront.run_with(words, &url);
        assert_harmless(&ended.stdout);
        assert_harmless(&ended.stderr);
        ended
    };
    let log = run(&["log"]).stdout;
    assert!(log.contains(r"order.\u{1b}[2Jpl\u{202e}aced") && log.contains(r"order:\u{202e}2\u{200b}"), "{log}");
    host.until(|| run(&["dead"]).stdout.contains("notifications.receipt"));
    for sequence in ["1", "2", "3"] {
        for subscriber in ["notifications.receipt", "audit.write", "not\u{1b}[1mhere"] {
            run(&["why", sequence, subscriber]);
        }
    }
    run(&["log", "order:\u{202e}2\u{200b}"]);
    run(&["redrive", "notifications.receipt\u{202e}", "2"]);
    run(&["\u{1b}[2J"]);
    let said = host.terminate().stderr;
    assert_harmless(&said);
}
