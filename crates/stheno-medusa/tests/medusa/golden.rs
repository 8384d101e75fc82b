//! Names and key rules are permanent: logs, subscriptions and other languages hold them.

use stheno_core::catalog::reference::reference_page;
use stheno_medusa::catalog;

/// One line for each event: its name, and its key rule if it has one.
fn names_and_keys() -> String {
    let lines = catalog()
        .events()
        .iter()
        .map(|event| format!("{} {}", event.pattern, event.key).trim_end().to_owned())
        .collect::<Vec<_>>();
    lines.join("\n") + "\n"
}

#[test]
fn names_and_key_rules_never_change() {
    assert_eq!(names_and_keys(), include_str!("../golden/names.txt"));
}

#[test]
fn the_reference_page_has_every_event_and_no_real_secret() {
    let page = reference_page(&catalog());
    for event in catalog().events() {
        assert!(page.contains(&format!("### `{}`\n", event.pattern)), "{}", event.pattern);
    }
    assert!(page.contains("99 events in 25 sections"));
    for fake in ["\"token\": \"not-a-real-reset-token\"", "\"access_token\": \"not-a-real-access-token\""] {
        assert!(page.contains(fake), "{fake}");
    }
    assert_eq!(page, reference_page(&catalog()));
}
