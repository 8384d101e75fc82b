//! A real mail server, as a process of its own: aiosmtpd, with the rules of `smtp_server.py`.

use std::{
    env, fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
};

use tempfile::TempDir;

/// What is installed when nobody has done it before: the version that `cargo xtask test` installs.
const PACKAGE: &str = "aiosmtpd==1.4.6";

pub struct SmtpServer {
    pub port: u16,
    folder: TempDir,
    process: Child,
}

impl SmtpServer {
    /// Starts one on a port of its own.
    pub fn start(options: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/smtp_server.py");
        let mut command = Command::new(python());
        command.arg(script).arg(folder.path()).args(options).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("the mail server starts");
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().parse().expect("the mail server says its port; what went wrong is above");
        Self { port, folder, process }
    }

    /// What it has taken, as it came.
    pub fn taken(&self) -> Vec<String> {
        let files = fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().path());
        files.map(|path| fs::read_to_string(path).unwrap()).collect()
    }

    /// The plugin's table for it.
    pub fn config(&self) -> String {
        format!("[plugins.notifications.smtp]\nhost = '127.0.0.1'\nport = {}\nencryption = 'none'\n", self.port)
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A Python with aiosmtpd: the one that `cargo xtask test` names, or one under the target directory.
fn python() -> PathBuf {
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    PYTHON.get_or_init(|| env::var_os("STHENO_PYTHON").map_or_else(make_python, PathBuf::from)).clone()
}

fn make_python() -> PathBuf {
    // target/debug/deps/smtp-0123 -> target
    let test = env::current_exe().unwrap();
    let folder = test.ancestors().nth(3).unwrap().join("test-python");
    let python = folder.join("bin").join("python");
    let has_it = || Command::new(&python).args(["-c", "import aiosmtpd"]).status().is_ok_and(|status| status.success());
    if !has_it() {
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder));
        run(Command::new(&python).args(["-m", "pip", "install", "--quiet", PACKAGE]));
    }
    python
}

fn run(command: &mut Command) {
    let done = command.status().is_ok_and(|status| status.success());
    assert!(done, "{command:?} failed; these tests need python3 with venv and pip, and the package index, once");
}
