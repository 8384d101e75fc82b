//! Every behaviour that is written is in the list that a backend is held to.

use std::{fs, path::Path};

#[test]
fn every_behaviour_is_in_the_suite() {
    let conformance = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/conformance");
    let suite = fs::read_to_string(conformance.join("suite.rs")).unwrap();
    let mut written = 0;
    for part in ["log", "delivery"] {
        for file in fs::read_dir(conformance.join(part)).unwrap() {
            let text = fs::read_to_string(file.unwrap().path()).unwrap();
            for line in text.lines().filter_map(|line| line.strip_prefix("pub async fn ")) {
                let behaviour = line.split('(').next().unwrap();
                assert!(suite.contains(&format!(" {behaviour},\n")), "`{behaviour}` is in no suite");
                written += 1;
            }
        }
    }
    assert!(written > 100, "{written} behaviours found; has the layout changed?");
}
