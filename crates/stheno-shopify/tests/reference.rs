//! The reference page in `docs/` is what the catalog says; `cargo xtask docs` writes it.

use std::{fs, path::Path};

use stheno_core::catalog::reference::reference_page;

#[test]
fn the_reference_page_is_what_the_catalog_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/shopify.md");
    let page = reference_page(&stheno_shopify::catalog());
    if std::env::var_os("STHENO_UPDATE").is_some() {
        fs::write(&path, &page).expect("docs/shopify.md can be written");
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == page, "docs/shopify.md is out of date; write it with `cargo xtask docs`");
}
