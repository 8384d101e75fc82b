//! `docs/events.md`, the index of all events by idea, is what the catalogs say; `cargo xtask docs` writes it.

mod ideas;
mod page;

use std::{collections::BTreeSet, fs};

use stheno::{Catalog, EventName, medusa, saleor, shopify};

use crate::{
    ideas::{IDEAS, TRAPS},
    page::page,
};

fn catalogs() -> [Catalog; 3] {
    [medusa::catalog(), saleor::catalog(), shopify::catalog()]
}

#[test]
fn the_index_is_what_the_catalogs_say() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/events.md");
    let page = page(&catalogs());
    if std::env::var_os("STHENO_UPDATE").is_some() {
        fs::write(path, &page).expect("docs/events.md can be written");
    }
    let kept = fs::read_to_string(path).unwrap_or_default();
    assert!(kept == page, "docs/events.md is out of date; write it with `cargo xtask docs`");
}

#[test]
fn every_name_of_an_idea_and_a_trap_is_an_event_of_its_platform() {
    for idea in IDEAS {
        for (names, catalog) in [idea.medusa, idea.saleor, idea.shopify].into_iter().zip(catalogs()) {
            for name in names {
                let found = catalog.find(&EventName::new(name).unwrap());
                assert!(found.is_some(), "`{name}` is no event of {}", catalog.name());
            }
        }
    }
    for name in TRAPS.iter().flat_map(|trap| trap.events) {
        let name = EventName::new(name).unwrap();
        assert!(catalogs().iter().any(|catalog| catalog.find(&name).is_some()), "{name}");
    }
}

#[test]
fn the_ideas_that_handlers_are_written_for_are_there() {
    let ideas: BTreeSet<&str> = IDEAS.iter().map(|idea| idea.title).collect();
    for wanted in
        ["Order placed", "Order canceled", "Refunded", "Fulfilled", "Password reset asked for", "Password changed"]
    {
        assert!(ideas.contains(wanted), "{wanted}");
    }
}

#[test]
fn all_names_differ_also_without_regard_to_case() {
    let all = catalogs();
    let names: Vec<String> =
        all.iter().flat_map(|catalog| catalog.events()).map(|event| event.pattern.to_lowercase()).collect();
    assert_eq!((names.len(), names.iter().collect::<BTreeSet<_>>().len()), (208, 208));
}
