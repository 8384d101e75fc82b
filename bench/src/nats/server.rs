//! The nats-server that is measured.

use std::{fs, path::Path};

use stheno_testkit::nats::{NatsServer, NatsServerOptions};

use crate::Fallible;

/// A server with a store of its own in the system's folder for temporary files, and its process.
#[derive(Debug)]
pub struct Server {
    server: NatsServer,
    process: u32,
}

impl Server {
    /// One that writes to its disk now and then, which is the server's default, or before it acknowledges anything.
    ///
    /// # Errors
    /// When it does not say its process number.
    ///
    /// # Panics
    /// When there is no nats-server, or it does not start.
    pub fn start(folder: &Path, sync: Sync) -> Fallible<Self> {
        let process_file = folder.join(format!("{sync:?}.pid"));
        let options = NatsServerOptions::new().config(&format!("pid_file: \"{}\"", process_file.display()));
        let server = match sync {
            Sync::Interval => options,
            Sync::Always => options.jetstream("sync_interval: always"),
        };
        let server = server.start();
        let process = fs::read_to_string(&process_file)?.trim().parse()?;
        Ok(Self { server, process })
    }

    /// `nats://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The messages that clients and it have sent each other so far.
    pub fn messages(&self) -> u64 {
        self.server.messages().unwrap_or(0)
    }

    /// The number of its process.
    pub fn process(&self) -> u32 {
        self.process
    }
}

/// When the server writes through to its disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sync {
    /// Every two minutes.
    Interval,
    /// Before it acknowledges.
    Always,
}
