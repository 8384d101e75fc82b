//! Which nats-server is run.

use std::{env, path::PathBuf};

/// Names the program; `cargo xtask test` sets it.
pub(crate) const VARIABLE: &str = "STHENO_NATS_SERVER";

/// The program that `STHENO_NATS_SERVER` names, else the one that the project's own commands installed.
///
/// # Panics
/// When there is none: a test that cannot run fails, and says what to do.
pub(crate) fn program() -> PathBuf {
    match env::var_os(VARIABLE) {
        Some(named) => PathBuf::from(named),
        None => installed().unwrap_or_else(|| {
            panic!(
                "this test needs a nats-server: run `cargo xtask test`, which brings one, or name one of 2.14.4 or \
                 newer in {VARIABLE}"
            )
        }),
    }
}

/// What `cargo xtask` has put beside the test programs, which lie in `<target>/<profile>/deps`.
fn installed() -> Option<PathBuf> {
    let test = env::current_exe().ok()?;
    let mut folders = test.ancestors().skip(1).take(4);
    folders.find_map(|folder| {
        let program = folder.join("nats-server").join("bin").join("nats-server");
        program.is_file().then_some(program)
    })
}
