//! The cluster of `deploy/cluster` on ports of the test's own, with certificates and passwords of the test's own.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use stheno::backend::Backend;
use stheno_system_tests::{LogFile, nats, python};
use stheno_testkit::nats::{NatsCluster, NatsClusterOptions};

/// The users of the cluster, each with a password that only this test knows.
pub const USERS: [&str; 3] = ["publisher", "host", "operator"];

/// The cluster.
pub struct World {
    pub cluster: NatsCluster,
    folder: LogFile,
}

impl World {
    /// Starts it.
    pub async fn start() -> Self {
        let folder = LogFile::new();
        let tls = folder.beside("tls");
        let made = Command::new(python())
            .arg(deploy("certificates.py"))
            .args([tls.as_os_str(), "127.0.0.1".as_ref()])
            .status()
            .expect("python can be started");
        assert!(made.success(), "no certificates were made: {made}");
        let file = |name: &str| format!("\"{}\"", tls.join(name).display());
        let mut options = NatsClusterOptions::new()
            .config(deploy("node.conf"))
            .variable("NATS_CA", file("ca.pem"))
            .variable("NATS_CERT", file("server.pem"))
            .variable("NATS_KEY", file("server-key.pem"))
            .variable("NATS_SYSTEM_PASSWORD", "test-system");
        for user in USERS {
            options = options.variable(&format!("NATS_{}_PASSWORD", user.to_uppercase()), password(user));
        }
        let cluster = tokio::task::spawn_blocking(|| options.start()).await.expect("the cluster starts");
        Self { cluster, folder }
    }

    /// The authority that signed the servers' certificates.
    pub fn ca(&self) -> PathBuf {
        self.folder.beside("tls").join("ca.pem")
    }

    /// The address that a user connects to.
    pub fn url(&self, user: &str, options: &str) -> String {
        let servers = self.cluster.url();
        let servers = servers.trim_start_matches("nats://");
        let (password, ca) = (password(user), self.ca());
        format!("tls://{user}:{password}@{servers}?ca={}&inbox_prefix=_INBOX_{user}{options}", ca.display())
    }

    /// The log, as an operator who makes it.
    pub async fn make(&self) -> Arc<dyn Backend> {
        nats(&self.url("operator", "&replicas=3&sync=always")).await
    }

    /// The log, as a user who finds it.
    pub async fn open(&self, user: &str) -> Arc<dyn Backend> {
        nats(&self.url(user, "&manage=false&sync=always")).await
    }

    /// What the server says to a user about each of these lines.
    pub fn tries(&self, user: &str, lines: &[&str]) -> Vec<String> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join("cluster").join("permissions.py");
        let input = self.folder.beside("lines");
        std::fs::write(&input, lines.join("\n")).expect("a folder of its own can be written");
        let port = self.cluster.nodes()[0].port();
        let output = Command::new(python())
            .arg(script)
            .arg(format!("tls://{user}:{}@127.0.0.1:{port}", password(user)))
            .args([self.ca().as_os_str(), user.as_ref()])
            .stdin(std::fs::File::open(&input).expect("it was just written"))
            .output()
            .expect("python can be started");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
    }
}

fn password(user: &str) -> String {
    format!("test-{user}")
}

fn deploy(file: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("it is in the workspace");
    root.join("deploy").join("cluster").join(file)
}
