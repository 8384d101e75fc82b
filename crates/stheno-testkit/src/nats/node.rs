//! One server of a cluster.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;

use crate::nats::{
    disk::SmallDisk,
    find, monitor,
    process::{Launch, Process},
};

/// One server of a cluster. What it stores stays while it is killed.
#[derive(Debug)]
pub struct Node {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    pub(crate) launch: Launch,
    pub(crate) client: u16,
    pub(crate) monitor: u16,
    pub(crate) disk: Option<SmallDisk>,
    pub(crate) process: Mutex<Option<Process>>,
}

impl Node {
    /// Its name in the cluster: `n1`, `n2`, `n3`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The port of its clients.
    pub fn port(&self) -> u16 {
        self.client
    }

    /// Its folder: its configuration, its log and what it stores.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The small disk that it stores on, if it has one.
    pub fn disk(&self) -> Option<&SmallDisk> {
        self.disk.as_ref()
    }

    /// What it has written to its log so far.
    pub fn log(&self) -> String {
        let read = |name: &str| fs::read_to_string(self.folder.join(name)).unwrap_or_default();
        read("early.log") + &read("server.log")
    }

    /// Starts it, on the same ports and with what it stored. Nothing when it is running.
    ///
    /// # Panics
    /// When there is no nats-server to start.
    pub fn start(&self) {
        let mut process = self.process();
        if process.is_none() {
            *process = Some(Process::start(&self.launch, &self.folder));
        }
    }

    /// Ends it with SIGKILL, as a crash would.
    pub fn kill(&self) {
        if let Some(mut process) = self.process().take() {
            process.end();
        }
    }

    /// Freezes it with SIGSTOP: its connections stay open and nothing answers.
    pub fn pause(&self) {
        self.with_process(|process| process.signal("STOP"));
    }

    /// Lets a frozen one go on.
    pub fn resume(&self) {
        self.with_process(|process| process.signal("CONT"));
    }

    /// Tells it to enter lame duck mode, as an operator would: it hands over what it leads, asks its clients to go
    /// elsewhere, and ends.
    pub fn lame_duck(&self) {
        let program = find::program();
        self.with_process(|process| {
            let sent = Command::new(&program).arg("--signal").arg(format!("ldm={}", process.id())).status();
            assert!(sent.as_ref().is_ok_and(|status| status.success()), "lame duck mode of {}: {sent:?}", self.name);
        });
    }

    /// Whether its process is there.
    pub fn is_running(&self) -> bool {
        self.process().as_mut().is_some_and(|process| process.ended().is_none())
    }

    /// Whether it says itself that it can be used.
    pub fn is_healthy(&self) -> bool {
        self.look("/healthz").is_some_and(|answer| answer["status"] == "ok")
    }

    /// The names of the clients that are connected to it, as they gave them.
    pub fn clients(&self) -> Vec<String> {
        let connections = self.look("/connz").unwrap_or_default();
        let connections = connections["connections"].as_array().cloned().unwrap_or_default();
        connections.iter().filter_map(|connection| connection["name"].as_str().map(str::to_owned)).collect()
    }

    /// Whether the cluster has agreed on somebody who leads it, as far as this one knows.
    pub(crate) fn knows_leader(&self) -> bool {
        let answer = self.look("/jsz").unwrap_or_default();
        answer["meta_cluster"]["leader"].as_str().is_some_and(|leader| !leader.is_empty())
    }

    /// What its monitoring says.
    fn look(&self, path: &str) -> Option<Value> {
        monitor::look(self.monitor, path)
    }

    fn with_process(&self, act: impl FnOnce(&Process)) {
        let process = self.process();
        act(process.as_ref().unwrap_or_else(|| panic!("{} is not running", self.name)));
    }

    fn process(&self) -> MutexGuard<'_, Option<Process>> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
