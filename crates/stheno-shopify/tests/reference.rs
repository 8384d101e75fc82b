//! The reference page in `docs/` is what the catalog says; `cargo xtask docs` writes it.

use std::{fs, path::Path};

use stheno_core::{
    EventDescriptor,
    catalog::reference::{Fact, reference_page_with},
};
use stheno_shopify::Verb;

#[test]
fn the_reference_page_is_what_the_catalog_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/shopify.md");
    let page = reference_page_with(&stheno_shopify::catalog(), facts);
    if std::env::var_os("STHENO_UPDATE").is_some() {
        fs::write(&path, &page).expect("docs/shopify.md can be written");
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == page, "docs/shopify.md is out of date; write it with `cargo xtask docs`");
}

/// What an event object of the verb has, and the message it makes.
fn facts(event: &EventDescriptor) -> Vec<Fact> {
    let verbs = Verb::all().iter().filter(|verb| verb.name() == event.pattern);
    verbs.flat_map(of_verb).collect()
}

fn of_verb(verb: &Verb) -> [Fact; 3] {
    let arguments = match verb.params() {
        [] => "none".to_owned(),
        ["money_amount"] => {
            "`money_amount`, in responses as the id of a transaction, an amount and a currency".to_owned()
        }
        params => params.iter().map(|param| format!("`{param}`")).collect::<Vec<_>>().join(", "),
    };
    [
        ("Object", format!("`subject_type` `{}`, `verb` `{}`", verb.resource(), verb.verb())),
        ("Message", format!("`{}`", verb.template())),
        ("Arguments", arguments),
    ]
}

#[test]
fn every_event_says_its_message_and_its_arguments() {
    for event in stheno_shopify::catalog().events() {
        assert_eq!(facts(event).len(), 3, "{}", event.pattern);
    }
}
