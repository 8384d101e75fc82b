//! The process of one nats-server: started, signalled, killed, and never left running when the test process ends.

use std::{
    ffi::{OsStr, OsString},
    fs::File,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
};

use crate::nats::find;

/// How a server is started.
#[derive(Debug, Clone)]
pub(crate) struct Launch {
    /// Its configuration.
    pub(crate) config: PathBuf,
    /// What its configuration takes from the environment.
    pub(crate) variables: Vec<(String, String)>,
    /// Words of a command that the server is run by, such as `nsenter` and its options; none for none.
    pub(crate) within: Vec<OsString>,
}

impl Launch {
    /// A server with this configuration.
    pub(crate) fn new(config: impl Into<PathBuf>) -> Self {
        Self { config: config.into(), variables: Vec::new(), within: Vec::new() }
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = match self.within.split_first() {
            Some((first, rest)) => {
                let mut command = Command::new(first);
                command.args(rest).arg(program);
                command
            }
            None => Command::new(program),
        };
        command.arg("-c").arg(&self.config).envs(self.variables.iter().cloned()).stdin(Stdio::null());
        command
    }
}

/// A running server.
#[derive(Debug)]
pub(crate) struct Process {
    server: Child,
    /// Kills the server when the standard input it holds on to is closed, which the end of this process does.
    guard: Child,
}

impl Process {
    /// Starts a server, and a shell that ends it with us. The shell removes `folder` then.
    ///
    /// # Panics
    /// When it cannot be started.
    pub(crate) fn start(launch: &Launch, folder: &Path) -> Self {
        let program = find::program();
        let mut command = launch.command(&program);
        // What it says before it has opened its log, such as what is wrong with its configuration.
        if let Ok(early) = File::create(folder.join("early.log")) {
            command.stdout(Stdio::null()).stderr(early);
        }
        let server = command.spawn();
        let mut server = server.unwrap_or_else(|error| {
            panic!("{} cannot be started ({error}); {} names it", program.display(), find::VARIABLE)
        });
        match guard(server.id(), folder) {
            Ok(guard) => Self { server, guard },
            Err(error) => {
                let _ = server.kill();
                panic!("a shell that guards the nats-server cannot be started: {error}");
            }
        }
    }

    /// Its process number.
    pub(crate) fn id(&self) -> u32 {
        self.server.id()
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.server.try_wait().ok().flatten()
    }

    /// Sends it a signal: `STOP`, `CONT`.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").arg(format!("-{name}")).arg(self.id().to_string()).status();
        assert!(sent.as_ref().is_ok_and(|status| status.success()), "SIG{name} for the nats-server: {sent:?}");
    }

    /// Ends it with SIGKILL, as a crash would.
    pub(crate) fn end(&mut self) {
        // The guard first: it must not meet another process of the same number. One that has ended already is fine.
        let _ = self.guard.kill();
        let _ = self.guard.wait();
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

/// A shell that kills a process, and removes a folder, when this process has ended, however it did.
pub(crate) fn guard(process: u32, folder: &Path) -> std::io::Result<Child> {
    let script: &OsStr = "cat >/dev/null; kill -KILL \"$1\"; rm -rf \"$2\"".as_ref();
    let mut command = Command::new("sh");
    command.arg("-c").arg(script).arg("guard").arg(process.to_string()).arg(folder);
    command.stdin(Stdio::piped()).spawn()
}
