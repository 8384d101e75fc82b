//! Tests of which variables are taken for slips, and that what the project reads itself is known.

use std::{collections::BTreeSet, fs, path::Path};

use super::*;

fn of(names: &[&str]) -> Vec<(String, bool)> {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    strangers(&names).into_iter().map(|one| (one.said, one.is_meant)).collect()
}

#[test]
fn a_slip_is_refused_with_what_was_meant() {
    for (slip, meant) in [
        ("STHENO_UL", "STHENO_URL"),
        ("STHENO_ULR", "STHENO_URL"),
        ("stheno_url", "STHENO_URL"),
        ("SHTENO_URL", "STHENO_URL"),
        ("STHENOURL", "STHENO_URL"),
        ("STHENO_CONFG", "STHENO_CONFIG"),
        ("STHENO_MANIFST", "STHENO_MANIFEST"),
        ("STHENO_PLUGINS_A__B", OF_A_PLUGIN),
        ("STHENO_PLUIGN_A__B", OF_A_PLUGIN),
        ("stheno_plugin_A__B", OF_A_PLUGIN),
        ("STHNO_PLUGIN_A__B", OF_A_PLUGIN),
    ] {
        let found = of(&[slip, "PATH"]);
        let expected = format!("{slip} is set, and nobody reads it; did you mean {meant}?");
        assert_eq!(found, [(expected, true)]);
    }
}

#[test]
fn a_slip_beside_what_was_meant_loses_nothing() {
    let found = of(&["STHENO_URI", "STHENO_URL"]);
    assert!(matches!(found.as_slice(), [(said, false)] if said.contains("did you mean STHENO_URL?")), "{found:?}");
}

#[test]
fn others_that_look_like_ours_are_said_and_not_refused() {
    let found = of(&["STHENO_PORT", "STHENO_FOO", "STHENO_SUBSCRIBER_X", "STHENO_\u{1b}", "STHENO_PLUGINS_PORT"]);
    assert_eq!(found.len(), 5);
    for (said, is_meant) in &found {
        assert!(!is_meant && !said.contains('\u{1b}'), "{said}");
        assert!(said.contains("STHENO_URL, STHENO_CONFIG") || said.contains("[subscribers."), "{said}");
    }
    assert_eq!(of(&["PATH", "ATHENA_URL", "URL", "XSTHENO_URL_", "STHENO_PLUGIN_A__B", "STHENO_SEED"]), []);
}

#[cfg(unix)]
#[test]
fn a_variable_of_ours_that_is_no_text_is_found() {
    use std::os::unix::ffi::OsStringExt as _;
    let bytes = || OsString::from_vec(vec![b's', 0xff]);
    let names = ["STHENO_URL", "STHENO_PLUGIN_A__B", "STHENO_PORT", "OTHER"];
    let found: Vec<_> = without_text(names.into_iter().map(|name| (name.into(), bytes())), is_read).collect();
    assert_eq!(found, ["STHENO_URL", "STHENO_PLUGIN_A__B"]);
}

/// The names of variables that the sources below a folder read or set.
fn named_below(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            named_below(&entry, found);
        } else if entry.extension().is_some_and(|ending| ending == "rs") {
            let text = fs::read_to_string(&entry).unwrap();
            let quoted = text.split('"').skip(1).step_by(2);
            let is_name = |text: &&str| {
                text.strip_prefix(OURS).is_some_and(|rest| {
                    !rest.is_empty()
                        && !rest.ends_with('_')
                        && rest.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
                })
            };
            found.extend(quoted.filter(is_name).map(str::to_owned));
        }
    }
}

#[test]
fn what_the_tools_of_the_project_read_is_known() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut found = BTreeSet::new();
    for folder in
        ["xtask/src", "bench/src", "crates/stheno-testkit/src", "crates/stheno-sqlite/tests/common", "tests/src"]
    {
        named_below(&root.join(folder), &mut found);
    }
    assert!(found.contains("STHENO_SEED") && found.contains("STHENO_NATS_SERVER"), "{found:?}");
    let unknown: Vec<_> =
        found.iter().filter(|name| !is_read(name) && !OF_THE_PROJECT.contains(&name.as_str())).collect();
    assert!(unknown.is_empty(), "hosts would say that nobody reads {unknown:?}");
}
