//! `docs/events.md`, the index of all events by idea, is what the catalogs say; `cargo xtask docs` writes it.

mod ideas;
mod page;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use stheno::{Catalog, EventName, medusa, saleor, shopify};

use crate::{
    ideas::{IDEAS, Idea, TRAPS},
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

fn idea(title: &str) -> &'static Idea {
    let [idea] = IDEAS.iter().filter(|idea| idea.title == title).collect::<Vec<_>>()[..] else {
        panic!("{title} is not one row");
    };
    idea
}

/// A handler of a row hears of the thing on every platform that says it.
#[test]
fn the_ideas_that_handlers_are_written_for_are_one_row_each() {
    for (title, medusa, saleor, shopify) in [
        ("Order placed", "order.placed", "saleor.order.placed", Some("shopify.order.placed")),
        ("Order canceled", "order.canceled", "saleor.order.canceled", Some("shopify.order.cancelled")),
        ("Refunded", "order.refund_created", "saleor.order.refunded", Some("shopify.order.refund_success")),
        (
            "Fulfilled",
            "order.fulfillment_created",
            "saleor.order.fulfilled_items",
            Some("shopify.order.fulfillment_success"),
        ),
        (
            "Payment captured",
            "payment.payment_captured",
            "saleor.order.captured",
            Some("shopify.order.capture_success"),
        ),
        ("Order fully paid", "order.payment_captured", "saleor.order.order_paid", None),
        ("Password reset asked for", "customer.password_reset", "saleor.notify.account_password_reset", None),
        ("Password changed", "customer.updated", "saleor.customer.password_reset", None),
    ] {
        let idea = idea(title);
        assert!(idea.medusa.contains(&medusa) && idea.saleor.contains(&saleor), "{title}");
        assert_eq!(shopify.is_some(), !idea.shopify.is_empty(), "{title}");
        assert!(shopify.is_none_or(|name| idea.shopify.contains(&name)), "{title}");
        assert!(!idea.beware.is_empty(), "{title} has traps");
    }
}

#[test]
fn what_looks_like_an_idea_and_is_not_is_said_beside_it() {
    for (title, others) in [
        ("Refunded", &["order.return_requested", "shopify.order.refund_pending"][..]),
        ("Fulfilled", &["shopify.order.fulfillment_pending"]),
        ("Payment captured", &["order.payment_captured"]),
        ("Items returned", &["order.return_requested", "order.return_action_required"]),
        ("Items restocked", &["saleor.product_variant.back_in_stock"]),
        ("Password reset asked for", &["saleor.customer.password_reset"]),
        ("Password changed", &["customer.password_reset"]),
    ] {
        let idea = idea(title);
        for other in others {
            let names = [idea.medusa, idea.saleor, idea.shopify].concat();
            assert!(!names.contains(other) && idea.beware.contains(&format!("`{other}`")), "{title}: {other}");
        }
    }
}

#[test]
fn an_event_means_one_idea_or_its_row_says_why_not() {
    let mut seen: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for idea in IDEAS {
        for name in [idea.medusa, idea.saleor, idea.shopify].concat() {
            seen.entry(name).or_default().push(idea.title);
        }
    }
    seen.retain(|_, titles| titles.len() > 1);
    // A password is part of a customer in Medusa, and a mail that says so is all that Saleor has of a shipment.
    let several = BTreeMap::from([
        ("customer.updated", vec!["Customer changed", "Password changed"]),
        ("saleor.communication.shipping_confirmation", vec!["Shipped", "Mail sent about an order"]),
    ]);
    assert_eq!(seen, several);
}

#[test]
fn every_event_that_is_named_beside_an_idea_exists() {
    let catalogs = catalogs();
    let texts = IDEAS.iter().map(|idea| idea.beware).chain(TRAPS.iter().map(|trap| trap.text));
    for word in texts.flat_map(|text| text.split('`').skip(1).step_by(2)) {
        // Whole names alone; a word without a dot is short for one, and a wildcard is many.
        let Ok(name) = EventName::new(word) else { continue };
        let is_known = catalogs.iter().any(|catalog| catalog.find(&name).is_some());
        assert!(is_known || !word.contains('.'), "{word}");
    }
}

#[test]
fn all_names_differ_also_without_regard_to_case() {
    let all = catalogs();
    let names: Vec<String> =
        all.iter().flat_map(|catalog| catalog.events()).map(|event| event.pattern.to_lowercase()).collect();
    assert_eq!((names.len(), names.iter().collect::<BTreeSet<_>>().len()), (208, 208));
}
