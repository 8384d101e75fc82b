//! Running the programs of other languages, with what `cargo xtask test` has installed for them.

use std::{
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use stheno_system_tests::{installed, python};

/// A language, and its programs in `tests/interop`.
#[derive(Debug, Clone, Copy)]
pub enum Language {
    Python,
    Node,
}

impl Language {
    /// As it stands in the ids of what its program publishes.
    pub fn name(self) -> &'static str {
        match self {
            Language::Python => "python",
            Language::Node => "node",
        }
    }

    /// Runs a program to its end, and gives the lines it printed.
    pub async fn run(self, program: &str, words: &[&str]) -> Vec<String> {
        let mut command = match self {
            Language::Python => {
                let mut command = Command::new(python());
                command.arg(source(&format!("{program}.py")));
                command
            }
            Language::Node => {
                let packages = installed("STHENO_NODE_PACKAGES", "interop");
                let mut command = Command::new(named("STHENO_NODE"));
                command.arg(beside_packages(&format!("{program}.mjs"), &packages));
                command
            }
        };
        command.args(words);
        let (name, program) = (self.name(), program.to_owned());
        let ended = tokio::task::spawn_blocking(move || command.output()).await.expect("it does not panic");
        let output = ended.unwrap_or_else(|error| panic!("{name} cannot be started: {error}"));
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success(),
            "{program} in {name} ended with {}\n{said}\n{}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
        said.lines().map(str::to_owned).collect()
    }
}

/// What only `cargo xtask test` knows: it may be on the path, or in a folder that has a version in its name.
fn named(variable: &str) -> OsString {
    env::var_os(variable).unwrap_or_else(|| panic!("this test needs {variable}: run `cargo xtask test`, which sets it"))
}

fn source(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("interop").join(file)
}

/// Node looks for packages beside the program, so it is copied there.
fn beside_packages(file: &str, packages: &Path) -> PathBuf {
    let copy = packages.join(file);
    let written = packages.join(format!("{file}.{}", std::process::id()));
    let copied = fs::copy(source(file), &written).and_then(|_| fs::rename(&written, &copy));
    copied.unwrap_or_else(|error| panic!("{} cannot be written: {error}", copy.display()));
    copy
}
