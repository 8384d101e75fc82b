//! The reference page in `docs/` is what the catalog says; `cargo xtask docs` writes it.

use std::{fs, path::Path};

use stheno_core::{
    Event, EventDescriptor, EventName,
    catalog::reference::{Fact, reference_page_with},
};
use stheno_saleor::{OrderCanceled, codes::Code, webhook};

/// What a newcomer has to know before the events.
const ABOUT: &str = include_str!("about.md");

#[test]
fn the_reference_page_is_what_the_catalog_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/saleor.md");
    let page = page();
    if std::env::var_os("STHENO_UPDATE").is_some() {
        fs::write(&path, &page).expect("docs/saleor.md can be written");
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == page, "docs/saleor.md is out of date; write it with `cargo xtask docs`");
}

fn page() -> String {
    let page = reference_page_with(&stheno_saleor::catalog(), facts);
    page.replacen("## Contents\n", &format!("{ABOUT}## Contents\n"), 1)
}

/// What Saleor calls the event: its codes, or the request it comes with.
fn facts(event: &EventDescriptor) -> Vec<Fact> {
    let codes = Code::all().iter().filter(|code| code.name() == event.pattern).flat_map(of_code);
    let headers = webhook::headers_of(event.pattern);
    codes.chain((!headers.is_empty()).then(|| of_request(event, &headers))).collect()
}

fn of_code(code: &Code) -> impl Iterator<Item = Fact> {
    let graphql = match code.graphql() {
        [documented, program @ ..] if !program.is_empty() => {
            format!("`{documented}`; the program has {}", listed(program))
        }
        all => listed(all),
    };
    let stored = code.stored().map(|stored| ("Stored as", format!("`{stored}`")));
    [("Code", format!("`{}`", code.code())), ("GraphQL", graphql)].into_iter().chain(stored)
}

fn of_request(event: &EventDescriptor, headers: &[&str]) -> Fact {
    let request = format!("`{}` {}", webhook::EVENT_HEADER, listed(headers));
    let said = event.pattern.strip_prefix("saleor.notify.");
    let body = said.map(|said| format!(", and `notify_event` `{said}` in the body")).unwrap_or_default();
    ("Request", request + &body)
}

fn listed(texts: &[&str]) -> String {
    texts.iter().map(|text| format!("`{text}`")).collect::<Vec<_>>().join(", ")
}

#[test]
fn every_event_says_what_saleor_calls_it() {
    for event in stheno_saleor::catalog().events() {
        assert!(!facts(event).is_empty(), "{}", event.pattern);
    }
}

#[test]
fn what_a_newcomer_is_told_is_so() {
    assert_eq!(page().matches("## What Saleor sends, and what it records\n").count(), 1);
    let catalog = stheno_saleor::catalog();
    let (sent, recorded): (Vec<_>, Vec<_>) =
        catalog.events().iter().partition(|event| !webhook::headers_of(event.pattern).is_empty());
    assert!(ABOUT.contains(&format!("Sent: {} events", sent.len())));
    assert!(ABOUT.contains(&format!("Recorded: {} events", recorded.len())) && recorded.len() == Code::all().len());
    let unwritten = Code::all().iter().filter(|code| code.stored().is_none()).map(Code::name);
    assert_eq!(unwritten.collect::<Vec<_>>(), ["saleor.order.updated"]);
    // Each kind of event shows the ids it has.
    for event in recorded {
        let example = event.example.unwrap()();
        for id in ["order_id", "user_id"].iter().filter_map(|name| example.get(name)) {
            assert!(id.is_i64() && event.pattern.starts_with("saleor."), "{}: {id}", event.pattern);
        }
    }
    let notified = sent.iter().filter(|event| event.pattern.starts_with("saleor.notify.order_"));
    for example in notified.map(|event| event.example.unwrap()()) {
        assert!(example["payload"]["order"]["id"].is_string());
    }
}

#[test]
fn a_long_number_that_nobody_documented_is_rounded_as_the_page_says() {
    let body = r#"{"order_id":52,"user_id":null,"long":123456789012345678901234567890,"short":18446744073709551615}"#;
    let event = OrderCanceled::decode(&EventName::new("saleor.order.canceled").unwrap(), body.as_bytes()).unwrap();
    let written = serde_json::to_value(&event).unwrap();
    assert_eq!((written["long"].as_u64(), written["short"].as_u64()), (None, Some(u64::MAX)));
    assert!(written["long"].is_f64());
}
