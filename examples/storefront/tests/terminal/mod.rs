//! What an operator, a file name or the surroundings say is shown escaped: nothing of it reaches the terminal raw.

use std::fs;

use crate::program::{Ended, Storefront};

const ESC: &str = "\u{1b}[31m";

/// Nothing that a terminal would act on; and the text, escaped.
fn assert_escaped(ended: &Ended, expected: &str) {
    let said = format!("{}{}", ended.stdout, ended.stderr);
    assert!(!said.contains(|c: char| c.is_control() && c != '\n'), "{said:?}");
    assert!(said.contains(expected), "no `{expected}` in: {said}");
    let longest = said.lines().map(|line| line.chars().count()).max().unwrap_or(0);
    assert!(longest < 6_000, "a line of {longest} characters");
}

#[test]
fn file_names_do_nothing_to_the_terminal() {
    let storefront = Storefront::new();
    storefront.run(&["publish", "order.placed", r#"{"id":"order_1"}"#]);
    let backup = storefront.run(&["backup", &format!("a{ESC}b.db")]);
    assert_eq!(backup.code, Some(0), "{}", backup.stderr);
    assert_escaped(&backup, r"a\u{1b}[31mb.db is the log as it is now");
    let again = storefront.run(&["backup", &format!("a{ESC}b.db")]);
    assert_ne!(again.code, Some(0));
    assert_escaped(&again, r"a\u{1b}[31mb.db");
    let url = format!("sqlite://c{ESC}d.db");
    let log = storefront.run_with(&["log"], &[("STHENO_URL", &url)]);
    assert_escaped(&log, r"c\u{1b}[31md.db, as STHENO_URL says");
    let missing = storefront.run_with(&["log"], &[("STHENO_CONFIG", &format!("e{ESC}f.toml"))]);
    assert_eq!(missing.code, Some(78), "{}", missing.stderr);
    assert_escaped(&missing, "STHENO_CONFIG names a file that is not there");
    let named = format!("g{ESC}h.toml");
    fs::write(storefront.folder().join(&named), "url = 'memory:'").unwrap();
    let read = storefront.run_with(&["log"], &[("STHENO_CONFIG", &named)]);
    assert_escaped(&read, "as the file that STHENO_CONFIG names says");
    fs::write(storefront.folder().join(&named), "not toml").unwrap();
    assert_escaped(
        &storefront.run_with(&["log"], &[("STHENO_CONFIG", &named)]),
        "the file that STHENO_CONFIG names: line 1",
    );
}

#[test]
fn names_of_tables_and_variables_and_arguments_do_nothing_to_the_terminal() {
    let storefront = Storefront::new();
    let toml =
        "[plugins.\"\\u001b[31mx\"]\na = 1\n[subscribers.\"\\u001b[32my\"]\npaused = true\n\"\\u001b[33mz\" = 1\n";
    fs::write(storefront.folder().join("stheno.toml"), toml).unwrap();
    let refused = storefront.run_with(&["serve"], &[("STHENO_PLUGIN_\u{1b}[34m__A", "1"), ("STHENO_\u{1b}[35m", "1")]);
    assert_eq!(refused.code, Some(78), "{}", refused.stderr);
    for name in [r"\u{1b}[31mx", r"\u{1b}[32my", r"\u{1b}[33mz", r"STHENO_PLUGIN_\u{1b}[34m__A", r"STHENO_\u{1b}[35m"] {
        assert_escaped(&refused, name);
    }
    fs::remove_file(storefront.folder().join("stheno.toml")).unwrap();
    let long = format!("{ESC}{}", "x".repeat(100_000));
    for words in [
        &[long.as_str()][..],
        &["log", &long],
        &["why", &long, "stock.count"],
        &["why", "1", &long],
        &["redrive", &long, "1"],
        &["redrive", "stock.count", &long],
        &["pause", &long],
        &["publish", &long, "{}"],
        &["publish", "order.placed", &long],
        &["log", &long, &long],
    ] {
        let refused = storefront.run(words);
        assert_ne!(refused.code, Some(0), "{words:.20?}");
        assert_escaped(&refused, "");
    }
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_no_text_is_named_escaped() {
    use std::os::unix::ffi::OsStrExt as _;
    let storefront = Storefront::new();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_storefront"))
        .current_dir(storefront.folder())
        .arg("log")
        .env("STHENO_PLUGIN_\u{1b}[31m__A", std::ffi::OsStr::from_bytes(b"\xff"))
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(78), "{said}");
    assert!(said.contains(r"STHENO_PLUGIN_\u{1b}[31m__A is not UTF-8") && !said.contains('\u{1b}'), "{said:?}");
}
