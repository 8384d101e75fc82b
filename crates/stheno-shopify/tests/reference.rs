//! The reference page in `docs/` is what the catalog says; `cargo xtask docs` writes it.

use std::{fs, path::Path};

use stheno_core::{
    EventDescriptor,
    catalog::reference::{Fact, reference_page_with},
};
use stheno_shopify::{EventObject, Verb};

/// What a newcomer has to know before the events.
const ABOUT: &str = include_str!("about.md");

#[test]
fn the_reference_page_is_what_the_catalog_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/shopify.md");
    let page = page();
    if std::env::var_os("STHENO_UPDATE").is_some() {
        fs::write(&path, &page).expect("docs/shopify.md can be written");
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == page, "docs/shopify.md is out of date; write it with `cargo xtask docs`");
}

fn page() -> String {
    let page = reference_page_with(&stheno_shopify::catalog(), facts);
    page.replacen("## Contents\n", &format!("{ABOUT}## Contents\n"), 1)
}

/// What an event object of the verb has, and the message it makes.
fn facts(event: &EventDescriptor) -> Vec<Fact> {
    let verbs = Verb::all().iter().filter(|verb| verb.name() == event.pattern);
    verbs.flat_map(of_verb).collect()
}

fn of_verb(verb: &Verb) -> [Fact; 3] {
    let arguments = match verb.params() {
        [] => "none".to_owned(),
        ["money_amount"] => "`money_amount`, as the id of a transaction, an amount and a currency".to_owned(),
        params => params.iter().map(|param| format!("`{param}`")).collect::<Vec<_>>().join(", "),
    };
    [
        ("Object", format!("`subject_type` `{}`, `verb` `{}`", verb.resource(), verb.verb())),
        ("Message", format!("`{}`", verb.template())),
        ("Arguments", arguments),
    ]
}

#[test]
fn what_a_newcomer_is_told_is_so() {
    assert_eq!(page().matches("## The event object\n").count(), 1);
    let json = ABOUT.split("```json").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let [object] = &EventObject::of_response(json.as_bytes()).unwrap()[..] else { panic!("one event object") };
    let rendered = object.rendered().unwrap();
    assert!(ABOUT.contains(&format!("`{rendered}`")) && ABOUT.contains(&u64::MAX.to_string()));
    assert_eq!(object.parsed().unwrap(), object.arguments.as_slice());
    assert!(object.to_event().is_ok());
    for word in
        ABOUT.split('`').filter(|word| word.starts_with("shopify.order.") || word.starts_with("shopify.product."))
    {
        assert!(Verb::all().iter().any(|verb| verb.name() == word), "{word}");
    }
    let params = |name: &str| Verb::all().iter().find(|verb| verb.name() == name).unwrap().params();
    assert_eq!(
        (params("shopify.product.destroy"), params("shopify.product.update")),
        (&["product_name"][..], &["product_title"][..])
    );
    assert_eq!(
        (params("shopify.blog.create"), params("shopify.blog.update")),
        (&["new_blog_url"][..], &["blog_name"][..])
    );
    let hidden = Verb::all().iter().filter(|verb| verb.template().ends_with("was hidden."));
    assert_eq!(
        hidden.map(Verb::name).collect::<Vec<_>>(),
        ["shopify.collection.unpublished", "shopify.page.unpublished", "shopify.product.unpublished"]
    );
    assert_eq!(Verb::all().iter().filter(|verb| verb.seen_template().is_some()).count(), 4);
}

#[test]
fn every_event_says_its_message_and_its_arguments() {
    for event in stheno_shopify::catalog().events() {
        assert_eq!(facts(event).len(), 3, "{}", event.pattern);
    }
}
