//! The built storefront, run as a program in a folder of its own.

use std::{
    ffi::OsStr,
    fs,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

/// How long anything may take before the test fails: a killed process' leases run out after ten seconds.
const LIMIT: Duration = Duration::from_secs(60);

/// A folder to run the storefront in.
pub struct Storefront(TempDir);

/// How a run ended.
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Storefront {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn folder(&self) -> &Path {
        self.0.path()
    }

    fn command(&self, words: &[&str], variables: &[(&str, &str)]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_storefront"));
        for ours in ["STHENO_URL", "STHENO_CONFIG", "STHENO_MANIFEST", "NATS_URL", "MEDUSA_URL", "MEDUSA_TOKEN"] {
            command.env_remove(ours);
        }
        command.current_dir(self.folder()).args(words).envs(variables.iter().copied());
        command
    }

    /// Runs it to its end with words and variables that may be no text.
    pub fn run_raw(&self, words: &[&OsStr], variables: &[(&OsStr, &OsStr)]) -> Ended {
        let mut command = self.command(&[], &[]);
        Ended::of(command.args(words).envs(variables.iter().copied()))
    }

    /// Runs it to its end.
    pub fn run(&self, words: &[&str]) -> Ended {
        self.run_with(words, &[])
    }

    pub fn run_with(&self, words: &[&str], variables: &[(&str, &str)]) -> Ended {
        Ended::of(&mut self.command(words, variables))
    }

    /// Starts it.
    pub fn spawn(&self, words: &[&str]) -> Started {
        self.spawn_with(words, &[])
    }

    pub fn spawn_with(&self, words: &[&str], variables: &[(&str, &str)]) -> Started {
        let mut command = self.command(words, variables);
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (sender, said) = mpsc::channel();
        let stderr = BufReader::new(process.stderr.take().unwrap());
        thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Started { process, said }
    }

    /// The mails it has written.
    pub fn mails(&self) -> Vec<String> {
        let Ok(files) = fs::read_dir(self.folder().join("storefront-data/mails")) else { return Vec::new() };
        let paths = files.map(|entry| entry.unwrap().path());
        let whole = paths.filter(|path| path.extension().is_some_and(|ending| ending == "eml"));
        whole.map(|path| fs::read_to_string(path).unwrap()).collect()
    }

    /// Its audit file.
    pub fn audit(&self) -> String {
        fs::read_to_string(self.folder().join("storefront-data/audit.jsonl")).unwrap_or_default()
    }
}

impl Ended {
    fn of(command: &mut Command) -> Self {
        let output = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// What it printed, without what differs from run to run.
    pub fn masked(&self, folder: &Path) -> String {
        let real: PathBuf = folder.canonicalize().unwrap();
        let text = self.stdout.replace(&real.display().to_string(), "[folder]");
        let lines = text.lines().map(|line| match line.split_once("Who handled what, in ") {
            Some(("", _)) => "Who handled what, in [time]",
            _ => line,
        });
        lines.map(|line| format!("{line}\n")).collect()
    }
}

/// A storefront that is running.
pub struct Started {
    process: Child,
    said: mpsc::Receiver<String>,
}

impl Started {
    /// Waits until it has said a line with these words on standard error, and gives it.
    pub fn until_said(&mut self, words: &str) -> String {
        let deadline = Instant::now() + LIMIT;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let line = self.said.recv_timeout(left).unwrap_or_else(|error| panic!("it never said {words:?}: {error}"));
            if line.contains(words) {
                return line;
            }
        }
    }

    /// Waits until something is so.
    pub fn until(&mut self, is_so: impl Fn() -> bool) {
        let deadline = Instant::now() + LIMIT;
        while !is_so() {
            assert!(Instant::now() < deadline, "it took too long");
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Ends it as `kill -9` does.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Asks it to stop, as an init system does, and waits for its end.
    pub fn terminate(mut self) -> Ended {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let status = self.wait();
        let mut stdout = String::new();
        self.process.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
        Ended { code: status.code(), stdout, stderr: self.said.try_iter().collect() }
    }

    fn wait(&mut self) -> ExitStatus {
        let deadline = Instant::now() + LIMIT;
        loop {
            match self.process.try_wait().unwrap() {
                Some(status) => return status,
                None => assert!(Instant::now() < deadline, "it does not stop"),
            }
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
