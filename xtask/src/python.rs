//! A Python of our own under the target directory, for what only Python has: a mail server for tests, the clients and SDKs of
//! Python that we talk to, certificates.

use std::{fs, path::PathBuf, process::Command};

use crate::run::{Done, run, target};

/// What is installed, with exact versions.
const PACKAGES: &[&str] = &["aiosmtpd==1.4.6", "cloudevents==2.2.0", "cryptography==50.0.2", "nats-py==2.16.0"];

/// Names the program, for the tests too.
pub(crate) const VARIABLE: &str = "STHENO_PYTHON";

/// The Python to run them with; made and filled on first use.
pub(crate) fn python() -> Result<PathBuf, String> {
    let folder = target().join("test-python");
    let program = folder.join("bin").join("python");
    let stamp = folder.join("installed.txt");
    let wanted = PACKAGES.join("\n");
    if program.exists() && fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(program);
    }
    make(&folder, &program)?;
    fs::write(&stamp, wanted).map_err(|error| format!("{} cannot be written: {error}", stamp.display()))?;
    Ok(program)
}

fn make(folder: &PathBuf, program: &PathBuf) -> Done {
    let hint = "the tests need python3 with venv and pip (Debian: apt install python3-venv)";
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(folder))
        .map_err(|error| format!("{error}; {hint}"))?;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    run(Command::new(program).args(pip).args(PACKAGES))
        .map_err(|error| format!("{error}; {hint}, and the package index"))
}
