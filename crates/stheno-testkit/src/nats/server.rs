//! The process of a nats-server.

use std::{
    fs,
    io::{BufRead, BufReader, Read as _},
    net::TcpStream,
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use crate::nats::{
    monitor, ports,
    process::{Launch, Process},
};

/// How long a server may take to answer after its start.
const START: Duration = Duration::from_secs(30);

/// What can be chosen for a server of a test.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct NatsServerOptions {
    /// Further lines of its configuration, at the top level.
    pub config: String,
    /// Further lines of its `jetstream` block; without JetStream when `None`.
    pub jetstream: Option<String>,
}

impl NatsServerOptions {
    /// A server with JetStream and nothing else.
    pub fn new() -> Self {
        Self { config: String::new(), jetstream: Some(String::new()) }
    }

    /// Further lines of its configuration, at the top level.
    #[must_use]
    pub fn config(mut self, lines: &str) -> Self {
        self.config.push_str(lines);
        self.config.push('\n');
        self
    }

    /// Further lines of its `jetstream` block.
    #[must_use]
    pub fn jetstream(mut self, lines: &str) -> Self {
        let block = self.jetstream.get_or_insert_default();
        block.push_str(lines);
        block.push('\n');
        self
    }

    /// A server that keeps nothing.
    #[must_use]
    pub fn without_jetstream(mut self) -> Self {
        self.jetstream = None;
        self
    }

    /// Starts it.
    ///
    /// # Panics
    /// As [`NatsServer::start`].
    pub fn start(self) -> NatsServer {
        NatsServer::start_with(&self)
    }
}

/// A nats-server of this test. Dropping it ends the process and removes its folder; so does the end of the test process,
/// however it ends.
#[derive(Debug)]
pub struct NatsServer {
    folder: PathBuf,
    port: u16,
    monitor: u16,
    running: Mutex<Option<Process>>,
}

impl NatsServer {
    /// Starts a server with JetStream on a free port of the loopback, and waits until it answers.
    ///
    /// # Panics
    /// When there is no nats-server, or it does not start; with its log.
    pub fn start() -> Self {
        Self::start_with(&NatsServerOptions::new())
    }

    fn start_with(options: &NatsServerOptions) -> Self {
        static SERVERS: AtomicU32 = AtomicU32::new(0);
        let number = SERVERS.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("stheno-nats-{}-{number}", std::process::id()));
        let ports = ports::free(2);
        let (port, monitor) = (ports[0], ports[1]);
        make(&folder, port, monitor, options)
            .unwrap_or_else(|error| panic!("{} cannot be written: {error}", folder.display()));
        let server = Self { folder, port, monitor, running: Mutex::new(None) };
        server.start_again();
        server
    }

    /// The address of a client: `nats://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The folder of its configuration, its log and what it stores.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What it has written to its log so far.
    pub fn log(&self) -> String {
        let read = |name: &str| fs::read_to_string(self.folder.join(name)).unwrap_or_default();
        read("early.log") + &read("server.log")
    }

    /// How many messages clients have sent to it and received from it since it was started, questions and answers among them;
    /// `None` when its monitoring does not say.
    pub fn messages(&self) -> Option<u64> {
        let counts = monitor::look(self.monitor, "/varz")?;
        Some(counts["in_msgs"].as_u64()? + counts["out_msgs"].as_u64()?)
    }

    /// Ends it with SIGKILL, as a crash would. What it stored stays.
    pub fn kill(&self) {
        if let Some(mut running) = self.running().take() {
            running.end();
        }
    }

    /// Starts it again on the same port with what it stored, and waits until it answers. Nothing when it is running.
    ///
    /// # Panics
    /// When it does not start; with its log.
    pub fn start_again(&self) {
        let mut running = self.running();
        if running.is_some() {
            return;
        }
        let mut started = Process::start(&Launch::new(self.folder.join("nats.conf")), &self.folder);
        let deadline = Instant::now() + START;
        while !answers(self.port) {
            let ended = started.ended();
            if ended.is_some() || Instant::now() > deadline {
                started.end();
                panic!("the nats-server does not answer on port {}: {ended:?}\n{}", self.port, self.log());
            }
            thread::sleep(Duration::from_millis(10));
        }
        *running = Some(started);
    }

    /// Gives it another configuration, which it takes over while it runs. What it stores stays.
    ///
    /// # Panics
    /// When the configuration cannot be written, or the server does not say that it took it over.
    pub fn configure(&self, options: &NatsServerOptions) {
        let reloads = || self.log().matches("Reloaded server configuration").count();
        let before = reloads();
        make(&self.folder, self.port, self.monitor, options)
            .unwrap_or_else(|error| panic!("{}: {error}", self.folder.display()));
        self.signal("HUP");
        let deadline = Instant::now() + START;
        while reloads() == before {
            assert!(Instant::now() < deadline, "the configuration was not taken over\n{}", self.log());
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Freezes it with SIGSTOP: its connections stay open and nothing answers.
    pub fn pause(&self) {
        self.signal("STOP");
    }

    /// Lets a frozen one go on.
    pub fn resume(&self) {
        self.signal("CONT");
    }

    /// Tells it to enter lame duck mode: it asks its clients to go elsewhere, and ends.
    pub fn lame_duck(&self) {
        self.signal("USR2");
    }

    fn signal(&self, name: &str) {
        if let Some(running) = &*self.running() {
            running.signal(name);
        }
    }

    fn running(&self) -> MutexGuard<'_, Option<Process>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for NatsServer {
    fn drop(&mut self) {
        self.kill();
        // What is left lies in the system's folder for temporary files.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn make(folder: &Path, port: u16, monitor: u16, options: &NatsServerOptions) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    let shown = folder.display();
    let jetstream = options.jetstream.as_ref().map_or_else(String::new, |lines| {
        format!("jetstream {{\n  store_dir: \"{shown}/data\"\n  max_file: 10GB\n  {lines}\n}}\n")
    });
    let config = format!(
        "server_name: test-{port}\nlisten: \"127.0.0.1:{port}\"\nhttp: \"127.0.0.1:{monitor}\"\nlog_file: \"{shown}/server.log\"\n{jetstream}{}\n",
        options.config
    );
    fs::write(folder.join("nats.conf"), config)
}

/// Whether a server greets on this port.
fn answers(port: u16) -> bool {
    let Ok(stream) = TcpStream::connect(("127.0.0.1", port)) else { return false };
    if stream.set_read_timeout(Some(Duration::from_secs(2))).is_err() {
        return false;
    }
    let mut line = String::new();
    BufReader::new(stream.take(16 * 1024)).read_line(&mut line).is_ok() && line.starts_with("INFO ")
}
