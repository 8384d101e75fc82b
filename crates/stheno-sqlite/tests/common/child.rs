//! Child processes: a test runs its own binary again, with what the child shall do in the environment.
//!
//! A test that has a child begins with `if let Some(role) = child::role() { .. return }`.

use std::{
    env,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
};

const ROLE: &str = "STHENO_TEST_ROLE";
const FILE: &str = "STHENO_TEST_FILE";
/// Before every line a child says, because the test harness prints lines of its own.
const MARK: &str = "child: ";

/// What this process shall do and with which file, if it is a child.
pub fn role() -> Option<(String, PathBuf)> {
    let role = env::var(ROLE).ok()?;
    Some((role, PathBuf::from(env::var_os(FILE)?)))
}

/// Says a line to the parent.
pub fn say(line: &str) {
    println!("{MARK}{line}");
}

/// A process that runs one test of this binary as a child.
pub fn command(test: &str, role: &str, file: &Path) -> Command {
    command_of(&env::current_exe().unwrap(), test, role, file)
}

/// The same with a copy of this binary.
pub fn command_of(executable: &Path, test: &str, role: &str, file: &Path) -> Command {
    let mut command = Command::new(executable);
    command.args(["--exact", test, "--nocapture"]).env(ROLE, role).env(FILE, file);
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    command
}

/// A child that is under way; killed when it is dropped.
pub struct Running {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Running {
    pub fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { child, output }
    }

    /// The next line the child says; `None` when it has ended.
    pub fn next_line(&mut self) -> Option<String> {
        loop {
            let mut line = String::new();
            if self.output.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            // A line that was cut short by a kill was not said.
            if let Some(said) = line.strip_suffix('\n').and_then(|line| line.split_once(MARK)) {
                return Some(said.1.to_owned());
            }
        }
    }

    /// `kill -9`, and what the child had said by then.
    pub fn kill(mut self) -> Vec<String> {
        self.child.kill().unwrap();
        let lines = std::iter::from_fn(|| self.next_line()).collect();
        self.child.wait().unwrap();
        lines
    }

    /// Waits for the end, which must be a good one, and gives what the child said.
    pub fn finish(mut self) -> Vec<String> {
        let lines = std::iter::from_fn(|| self.next_line()).collect();
        let status = self.child.wait().unwrap();
        assert!(status.success(), "the child ended with {status}");
        lines
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
