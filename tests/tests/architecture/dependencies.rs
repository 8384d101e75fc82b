//! Dependencies point one way, and what only one crate may know is known by that crate alone.

use std::collections::HashMap;

use crate::workspace::{Package, packages};

/// On which floor a package stands: it may need packages of lower floors only. A new package has to be given its place
/// here and in ARCHITECTURE.md.
fn floor(package: &Package) -> u32 {
    match package.folder.as_str() {
        "crates/stheno-macros" => 0,
        "crates/stheno-core" => 1,
        // Backends and catalogs know the contract, and not each other.
        "crates/stheno-sqlite" | "crates/stheno-nats" => 2,
        "crates/stheno-medusa" | "crates/stheno-saleor" | "crates/stheno-shopify" => 2,
        // For whoever writes a backend or a plugin; its app for plugins runs on the embedded backend.
        "crates/stheno-testkit" | "crates/stheno" => 3,
        // What a user copies: what plugins share, the plugins, and a host that links them.
        "examples/commerce" | "examples/mailer" => 4,
        folder if folder.starts_with("examples/plugin-") => 5,
        folder if folder.starts_with("examples/") => 6,
        "bench" | "tests" | "xtask" => 7,
        folder => panic!("`{folder}` has no place in the architecture yet"),
    }
}

#[test]
fn dependencies_point_one_way() {
    let packages = packages();
    let floors: HashMap<_, _> = packages.iter().map(|package| (package.name.as_str(), floor(package))).collect();
    for package in &packages {
        for dependency in &package.dependencies {
            let Some(below) = floors.get(dependency.as_str()) else { continue };
            assert!(*below < floor(package), "`{}` must not depend on `{dependency}`", package.name);
        }
    }
}

#[test]
fn what_one_crate_alone_may_know_is_a_dependency_of_no_other() {
    for (dependency, owners) in [
        // The bench compares with bare SQLite.
        ("rusqlite", &["stheno-sqlite", "stheno-bench"][..]),
        // And with loops on the bare client.
        ("async-nats", &["stheno-nats", "stheno-bench"]),
        ("inventory", &["stheno-core"]),
        ("syn", &["stheno-macros"]),
        ("quote", &["stheno-macros"]),
    ] {
        for package in packages() {
            let needs = package.dependencies.iter().any(|needed| needed == dependency);
            assert!(!needs || owners.contains(&&*package.name), "`{}` must not need `{dependency}`", package.name);
        }
    }
}

#[test]
fn a_catalog_needs_the_contract_and_serde_and_nothing_else() {
    let packages = packages();
    for catalog in ["stheno-medusa", "stheno-saleor", "stheno-shopify"] {
        let catalog = packages.iter().find(|package| package.name == catalog).expect("the catalog is there");
        // Checking signatures is a feature of its own, and what it needs is optional.
        let allowed = ["serde", "serde_json", "stheno-core", "thiserror"];
        let mut needed = catalog.dependencies.iter().filter(|needed| !allowed.contains(&needed.as_str()));
        let optional =
            |needed: &&String| catalog.name == "stheno-saleor" && matches!(needed.as_str(), "base64" | "ring");
        assert_eq!(needed.find(|needed| !optional(needed)), None, "`{}`", catalog.name);
    }
}

#[test]
fn the_facade_turns_no_feature_on_by_itself() {
    let packages = packages();
    let facade = packages.iter().find(|package| package.name == "stheno").expect("the facade is there");
    assert!(facade.default_features.is_empty(), "{:?}", facade.default_features);
}

#[test]
fn every_package_takes_the_lints_of_the_workspace_which_forbid_unsafe_code() {
    let root = std::fs::read_to_string(crate::workspace::root().join("Cargo.toml")).expect("cargo reads it too");
    assert!(root.contains("[workspace.lints.rust]\nunsafe_code = \"forbid\""));
    for package in packages() {
        assert!(package.manifest.contains("[lints]\nworkspace = true"), "`{}` takes no lints", package.name);
    }
}
