//! Names and key rules are permanent: logs, subscriptions and other languages hold them.

use stheno_shopify::catalog;

#[test]
fn names_and_key_rules_never_change() {
    let lines = catalog()
        .events()
        .iter()
        .map(|event| format!("{} {}", event.pattern, event.key))
        .collect::<Vec<_>>()
        .join("\n");
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/names.txt");
    assert_eq!(lines + "\n", std::fs::read_to_string(path).unwrap());
}
