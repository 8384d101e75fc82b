//! The reference page in `docs/` is what the catalog says; `cargo xtask docs` writes it.

use std::{fs, path::Path};

use stheno_core::{
    EventDescriptor,
    catalog::reference::{Fact, reference_page_with},
};
use stheno_saleor::{codes::Code, webhook};

#[test]
fn the_reference_page_is_what_the_catalog_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/saleor.md");
    let page = reference_page_with(&stheno_saleor::catalog(), facts);
    if std::env::var_os("STHENO_UPDATE").is_some() {
        fs::write(&path, &page).expect("docs/saleor.md can be written");
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == page, "docs/saleor.md is out of date; write it with `cargo xtask docs`");
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
