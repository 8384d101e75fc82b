//! A redis-server for the peer that needs one.

use std::{
    env,
    net::{TcpListener, TcpStream},
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use tokio::process::{Child, Command};

use crate::Fallible;

/// Names the program.
pub const VARIABLE: &str = "STHENO_REDIS_SERVER";
const START: Duration = Duration::from_secs(20);

/// A server on a free port that appends to a file and syncs it every second, as an event bus on Redis should. Dropping it
/// ends it.
#[derive(Debug)]
pub struct Redis {
    child: Child,
    port: u16,
}

impl Redis {
    /// Starts it and waits until it listens.
    ///
    /// # Errors
    /// When there is none, or it does not start.
    pub async fn start(folder: &Path) -> Fallible<Self> {
        let program = env::var_os(VARIABLE).ok_or("no redis-server is named")?;
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let mut command = Command::new(program);
        command.args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", "", "--appendonly", "yes"]);
        command.args(["--appendfsync", "everysec", "--dir"]).arg(folder);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true).spawn()?;
        let until = Instant::now() + START;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if Instant::now() > until {
                return Err("the redis-server does not listen".into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(Self { child, port })
    }

    /// `redis://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// The number of its process; 0 when it has ended.
    pub fn process(&self) -> u32 {
        self.child.id().unwrap_or(0)
    }
}
