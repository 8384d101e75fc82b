//! Invariants that can be seen by reading the sources.

use std::collections::BTreeSet;

use crate::workspace::{Source, assert_none_says, files, root, rust_files};

/// The testkit is test code in a crate: it says what backends say, and ends with its test.
const TESTKIT: &str = "crates/stheno-testkit/";

/// Lines of code of the library crates but their unit tests, with where they stand; files that `spared` names are left
/// out.
fn library_lines<'a>(files: &'a [Source], spared: &'a [&str]) -> impl Iterator<Item = (String, usize, &'a str)> {
    files
        .iter()
        .filter(|file| file.path.contains("/src/") && !spared.iter().any(|spared| file.path.starts_with(spared)))
        .flat_map(|file| file.library_code().map(|(number, line)| (file.path.clone(), number, line)))
}

#[test]
fn sql_is_said_in_the_embedded_backend_alone() {
    let words = ["rusqlite", "SELECT ", "INSERT INTO", "DELETE FROM", "CREATE TABLE", "PRAGMA "];
    let files = rust_files("crates/");
    assert_none_says(library_lines(&files, &["crates/stheno-sqlite/"]), &words, "SQL belongs in stheno-sqlite");
}

#[test]
fn delivery_does_no_io_spawns_nothing_and_reads_no_clock() {
    let words = [
        "tokio",
        "async ",
        ".await",
        "spawn",
        "Instant",
        "SystemTime",
        "Timestamp::now",
        "Clock",
        "std::env",
        "std::fs",
        "std::net",
        "std::thread",
        "EventId::random",
    ];
    // Its model counts: it is what shows that the machine can be driven without any of this.
    let files = rust_files("crates/stheno-core/src/delivery/");
    let lines = files.iter().flat_map(|file| file.code().map(|(number, line)| (file.path.clone(), number, line)));
    assert_none_says(lines, &words, "delivery gets events and times, and gives decisions");
}

#[test]
fn inventory_is_said_in_one_file() {
    let files = rust_files("crates/");
    let spared = ["crates/stheno-core/src/plugin/discovery.rs"];
    assert_none_says(library_lines(&files, &spared), &["inventory::"], "what is linked is known in discovery.rs alone");
}

#[test]
fn header_names_and_record_names_live_in_one_file_each() {
    let files = rust_files("crates/");
    let spared = ["crates/stheno-core/src/headers.rs", TESTKIT];
    assert_none_says(library_lines(&files, &spared), &["\"ce-"], "header names live in headers.rs");
    let files = rust_files("crates/stheno-core/");
    let spared = ["crates/stheno-core/src/delivery/names.rs"];
    let prefixes = ["\"sub/", "\"lease/", "\"command/", "\"unknown/", "\"spec/", "\"catalog/"];
    assert_none_says(library_lines(&files, &spared), &prefixes, "record names live in delivery/names.rs");
}

#[test]
fn no_task_of_a_library_is_left_to_itself() {
    // A task is spawned on a handle or a set that somebody owns, who stops it.
    let files = rust_files("crates/");
    // The writer's one task only answers those who wait: dropped with its runtime, it answers them all the same.
    let spared = [TESTKIT, "crates/stheno-sqlite/src/writer.rs"];
    assert_none_says(library_lines(&files, &spared), &["tokio::spawn("], "spawn on something that is stopped");
}

#[test]
fn no_library_panics() {
    let denied =
        "#![cfg_attr(not(test), deny(clippy::expect_used, clippy::panic, clippy::unreachable, clippy::unwrap_used))]";
    let libraries = rust_files("crates/");
    let libraries: Vec<_> = libraries.iter().filter(|file| file.path.ends_with("/src/lib.rs")).collect();
    assert!(libraries.len() > 5, "there are more libraries than {}", libraries.len());
    for library in libraries.iter().filter(|library| !library.path.starts_with(TESTKIT)) {
        assert!(library.text.contains(denied), "{} does not deny what panics", library.path);
    }
}

#[test]
fn the_surroundings_are_read_and_the_process_is_ended_in_the_facade_alone() {
    let words = ["std::env", "env::var", "println!", "eprintln!", "print!", "process::exit"];
    let files = rust_files("crates/");
    let spared = ["crates/stheno/src/host.rs", TESTKIT];
    assert_none_says(library_lines(&files, &spared), &words, "a library says nothing and reads no surroundings");
}

#[test]
fn the_facade_holds_nothing_but_the_address_and_the_host() {
    let mut files = rust_files("crates/stheno/src/");
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let names: Vec<_> = files.iter().filter_map(|file| file.path.rsplit('/').next()).collect();
    assert_eq!(names, ["connect.rs", "host.rs", "lib.rs", "prelude.rs"]);
    let spared = ["crates/stheno/src/connect.rs", "crates/stheno/src/host.rs"];
    let words = ["fn ", "struct ", "enum ", "trait ", "impl ", "static ", "macro_rules!"];
    assert_none_says(library_lines(&files, &spared), &words, "the facade re-exports; logic lives below it");
}

#[test]
fn what_a_catalog_can_use_of_the_contract_is_in_the_facade_too() {
    let read = |path: &str| std::fs::read_to_string(root().join(path)).expect("it is a file of the workspace");
    let names = |text: &str| -> BTreeSet<String> {
        text.split(|character: char| !(character.is_alphanumeric() || character == '_')).map(str::to_owned).collect()
    };
    let contract = read("crates/stheno-core/src/lib.rs");
    let (_, list) = contract.split_once("pub use crate::{").expect("the contract exports its parts");
    let (list, _) = list.split_once("\n};").expect("the list has an end");
    // The last word of each path: what stands before a brace or two colons is a module.
    let words = list.split([',', '{', '}']).map(|path| path.rsplit("::").next().unwrap_or_default().trim());
    let exported: Vec<_> = words.filter(|word| !word.is_empty() && !list.contains(&format!("{word}::{{"))).collect();
    assert!(exported.len() > 60, "the contract exports more than {exported:?}");
    let facade = names(&read("crates/stheno/src/lib.rs"));
    let missing: Vec<_> = exported.into_iter().filter(|word| !facade.contains(*word)).collect();
    assert!(missing.is_empty(), "a catalog outside of this workspace depends on the facade: {missing:?}");
}

#[test]
fn every_file_opens_with_what_lives_there() {
    for file in rust_files("") {
        let first = file.text.lines().next().unwrap_or_default();
        assert!(first.starts_with("//! "), "{} opens with {first:?}", file.path);
    }
}

#[test]
fn no_file_names_a_place_outside_the_project() {
    let folder_of = |path: &std::path::Path| path.to_str().filter(|path| path.len() > 1).map(|path| format!("{path}/"));
    let beside = root().parent().and_then(folder_of);
    let home = std::env::home_dir().as_deref().and_then(folder_of);
    let elsewhere: Vec<_> = [Some(["..", "shared"].join("/")), beside, home].into_iter().flatten().collect();
    let words: Vec<_> = elsewhere.iter().map(String::as_str).collect();
    let files = files();
    let lines = files.iter().flat_map(|file| {
        let numbered = file.text.lines().enumerate();
        numbered.map(|(index, line)| (file.path.clone(), index + 1, line))
    });
    assert_none_says(lines, &words, "a clone elsewhere does not have it");
}
