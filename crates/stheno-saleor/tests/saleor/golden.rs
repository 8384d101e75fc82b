//! Names and key rules are permanent: logs, subscriptions and other languages hold them.

use stheno_core::catalog::reference::reference_page;
use stheno_saleor::catalog;

#[test]
fn names_and_key_rules_never_change() {
    let lines = catalog()
        .events()
        .iter()
        .map(|event| format!("{} {}", event.pattern, event.key).trim_end().to_owned())
        .collect::<Vec<_>>();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/names.txt");
    assert_eq!(lines.join("\n") + "\n", std::fs::read_to_string(path).unwrap());
}

#[test]
fn the_reference_page_has_every_event_and_no_real_secret() {
    let page = reference_page(&catalog());
    for event in catalog().events() {
        assert!(page.contains(&format!("### `{}`\n", event.pattern)), "{}", event.pattern);
    }
    assert!(page.contains("59 events in 5 sections"));
    assert!(page.contains("\"token\": \"not-a-real-token\""));
    assert_eq!(page, reference_page(&catalog()));
}
