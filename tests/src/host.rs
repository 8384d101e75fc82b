//! A small host as a process of its own.

use std::{
    ffi::OsStr,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

use crate::{LIMIT, LogFile};

/// A host under test, in a folder of its own and without anything of this test's surroundings.
pub struct Host {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Host {
    /// Starts a program beside a log, with these variables and no others.
    pub fn start(program: &str, log: &LogFile, variables: &[(&str, &str)]) -> Self {
        let mut child = Command::new(program)
            .current_dir(log.beside(""))
            .env_clear()
            .envs(variables.iter().map(|(name, value)| (OsStr::new(name), OsStr::new(value))))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the host is built with these tests");
        let stdout = child.stdout.take().expect("it was piped");
        Self { child, lines: BufReader::new(stdout).lines() }
    }

    /// Waits for the next line, which has to be this one.
    pub async fn says(&mut self, line: &str) {
        assert_eq!(self.next_line().await.as_deref(), Some(line));
    }

    /// The next line; `None` when it has ended.
    pub async fn next_line(&mut self) -> Option<String> {
        let said = timeout(LIMIT, self.lines.next_line()).await.expect("it says something in time");
        said.expect("it can be read")
    }

    /// Sends SIGTERM.
    pub async fn terminate(&self) {
        let id = self.child.id().expect("it runs").to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status().await.expect("there is a `kill`");
        assert!(sent.success());
    }

    /// Sends SIGKILL, and waits until it is gone.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("it runs");
    }

    /// How it ended, and what it wrote on standard error. It has to end well before the drain deadline.
    pub async fn end(self) -> (ExitStatus, String) {
        self.end_within(stheno::app::DRAIN / 2).await
    }

    /// The same of one that has to notice something before it ends.
    pub async fn end_by_itself(self) -> (ExitStatus, String) {
        self.end_within(2 * LIMIT).await
    }

    async fn end_within(mut self, limit: Duration) -> (ExitStatus, String) {
        let status = timeout(limit, self.child.wait()).await.expect("it ends in time");
        let mut said = String::new();
        let mut stderr = self.child.stderr.take().expect("it was piped");
        stderr.read_to_string(&mut said).await.expect("it is text");
        (status.expect("it can be waited for"), said)
    }
}
