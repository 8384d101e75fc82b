//! What a mistake looks like in the terminal: each file of `tests/ui` must not compile, and its `.stderr` holds the message.
//!
//! `TRYBUILD=overwrite cargo test -p stheno --test ui` writes the messages anew; read them as a user would.

#[test]
fn every_mistake_is_refused_with_its_fix() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
