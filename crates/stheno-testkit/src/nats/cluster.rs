//! Three nats-servers that are one cluster, on the loopback.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::nats::{disk::SmallDisk, node::Node, ports, process::Launch, wire::Wire};

/// How long the cluster may take to agree on something.
const AGREE: Duration = Duration::from_secs(60);
/// How often it is looked whether it has.
const LOOK: Duration = Duration::from_millis(50);
/// Servers of a cluster.
const NODES: usize = 3;

/// What can be chosen for a cluster.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct NatsClusterOptions {
    config: Option<PathBuf>,
    lines: String,
    variables: Vec<(String, String)>,
    disk: Option<u32>,
}

impl NatsClusterOptions {
    /// Three servers without passwords, which tell their clients of no other server.
    pub fn new() -> Self {
        Self::default()
    }

    /// The configuration file of every server instead of our own. It takes what differs from the environment:
    /// `NATS_NAME`, `NATS_LISTEN`, `NATS_HTTP`, `NATS_CLUSTER_LISTEN`, `NATS_ROUTE_1` to `NATS_ROUTE_3`, `NATS_STORE`,
    /// `NATS_LOG`.
    #[must_use]
    pub fn config(mut self, file: impl Into<PathBuf>) -> Self {
        self.config = Some(file.into());
        self
    }

    /// Further lines of our own configuration, at the top level.
    #[must_use]
    pub fn lines(mut self, lines: &str) -> Self {
        self.lines.push_str(lines);
        self
    }

    /// One more variable that the configuration takes from the environment.
    #[must_use]
    pub fn variable(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.push((name.to_owned(), value.into()));
        self
    }

    /// Every server stores on a disk of its own of so many megabytes.
    #[must_use]
    pub fn small_disks(mut self, megabytes: u32) -> Self {
        self.disk = Some(megabytes);
        self
    }

    /// Starts the cluster, and waits until every server says that it can be used.
    ///
    /// # Panics
    /// When that does not happen within a minute; with the servers' logs.
    pub fn start(self) -> NatsCluster {
        let cluster = NatsCluster::new(&self)
            .unwrap_or_else(|error| panic!("the folders of a cluster cannot be written: {error}"));
        cluster.start();
        cluster
    }
}

/// Three nats-servers that are one cluster. Dropping it ends them and removes what they stored; so does the end of the test
/// process, however it ends.
#[derive(Debug)]
pub struct NatsCluster {
    folder: PathBuf,
    nodes: Vec<Node>,
}

impl NatsCluster {
    fn new(options: &NatsClusterOptions) -> io::Result<Self> {
        static CLUSTERS: AtomicU32 = AtomicU32::new(0);
        let number = CLUSTERS.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("stheno-cluster-{}-{number}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let ports = ports::free(3 * NODES);
        let (clients, rest) = ports.split_at(NODES);
        let (routes, monitors) = rest.split_at(NODES);
        let mut nodes = Vec::new();
        for (index, ((client, cluster), monitor)) in clients.iter().zip(routes).zip(monitors).enumerate() {
            let name = format!("n{}", index + 1);
            let folder = folder.join(&name);
            let store = folder.join("data");
            fs::create_dir_all(&store)?;
            let disk = options.disk.map(|megabytes| SmallDisk::mount(&store, megabytes));
            let config = options.config.clone().unwrap_or_else(|| folder.join("nats.conf"));
            if options.config.is_none() {
                fs::write(&config, format!("{CONFIG}{}", options.lines))?;
            }
            let mut launch = Launch::new(config);
            launch.within = disk.as_ref().map(SmallDisk::within).unwrap_or_default();
            launch.variables = options.variables.clone();
            let address = |port: &u16| format!("\"127.0.0.1:{port}\"");
            let mut set = |name: &str, value: String| launch.variables.push((name.to_owned(), value));
            set("NATS_NAME", name.clone());
            set("NATS_LISTEN", address(client));
            set("NATS_HTTP", address(monitor));
            set("NATS_CLUSTER_LISTEN", address(cluster));
            set("NATS_STORE", quoted(&store));
            set("NATS_LOG", quoted(&folder.join("server.log")));
            for (number, route) in (1..).zip(routes) {
                set(&format!("NATS_ROUTE_{number}"), format!("\"nats-route://127.0.0.1:{route}\""));
            }
            let process = Mutex::new(None);
            nodes.push(Node { name, folder, launch, client: *client, monitor: *monitor, disk, process });
        }
        Ok(Self { folder, nodes })
    }

    /// Starts those that are not running, and waits until every server says that it can be used.
    ///
    /// # Panics
    /// When that does not happen within a minute; with the servers' logs.
    pub fn start(&self) {
        self.nodes.iter().for_each(Node::start);
        self.wait("every server is healthy", || {
            self.nodes.iter().all(|node| node.is_healthy() && node.knows_leader()).then_some(())
        });
    }

    /// The address of the whole cluster, for clients that may use any of its servers.
    pub fn url(&self) -> String {
        self.url_from(0)
    }

    /// The same, with this server the first that is tried.
    pub fn url_from(&self, first: usize) -> String {
        let order = (first..NODES).chain(0..first);
        let servers: Vec<_> = order.map(|index| format!("127.0.0.1:{}", self.nodes[index].client)).collect();
        format!("nats://{}", servers.join(","))
    }

    /// The servers.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The folder of everything they write.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The server that leads a stream, once there is one.
    ///
    /// # Panics
    /// When there is none within a minute.
    pub fn leader(&self, stream: &str) -> &Node {
        self.wait(&format!("stream {stream} has a leader"), || {
            let info = self.stream(stream)?;
            let leader = info["cluster"]["leader"].as_str()?;
            self.nodes.iter().find(|node| node.name == leader)
        })
    }

    /// A server that runs and does not lead a stream.
    ///
    /// # Panics
    /// As [`NatsCluster::leader`].
    pub fn follower(&self, stream: &str) -> &Node {
        let leader = self.leader(stream).name();
        let other = self.nodes.iter().find(|node| node.name != leader && node.is_running());
        other.unwrap_or_else(|| panic!("only the leader of {stream} is running"))
    }

    /// The server that a client with a name beginning so is connected to.
    ///
    /// # Panics
    /// When it is connected to none within a minute.
    pub fn server_of(&self, client: &str) -> &Node {
        self.wait(&format!("a client `{client}` is connected"), || {
            let has = |node: &&Node| node.clients().iter().any(|name| name.starts_with(client));
            self.nodes.iter().filter(|node| node.is_running()).find(has)
        })
    }

    /// Lets the leader of a stream hand over to another server, and waits until one leads it that did not.
    ///
    /// # Panics
    /// When nobody takes over within a minute.
    pub fn step_down(&self, stream: &str) {
        let before = self.leader(stream).name();
        let call = format!("STREAM.LEADER.STEPDOWN.{stream}");
        let port = self.follower(stream).port();
        let answer = Wire::connect(port).and_then(|mut wire| wire.api(&call, &Value::Null));
        let answer = answer.unwrap_or_else(|error| panic!("{stream} cannot be asked for another leader: {error}"));
        assert_eq!(answer["success"], true, "{stream}: {answer}");
        self.wait(&format!("another server than {before} leads {stream}"), || {
            (self.leader(stream).name() != before).then_some(())
        });
    }

    /// Waits until every copy of a stream has everything.
    ///
    /// # Panics
    /// When that does not happen within a minute.
    pub fn wait_until_whole(&self, stream: &str) {
        self.wait(&format!("every copy of {stream} is whole"), || {
            let info = self.stream(stream)?;
            let copies = info["cluster"]["replicas"].as_array()?;
            let whole = |copy: &Value| copy["current"] == true && copy["lag"].as_u64().unwrap_or(0) == 0;
            (info["cluster"]["leader"].is_string() && copies.len() + 1 == NODES && copies.iter().all(whole))
                .then_some(())
        });
    }

    /// What the cluster says of a stream; `None` while nobody answers.
    pub fn stream(&self, stream: &str) -> Option<Value> {
        let call = format!("STREAM.INFO.{stream}");
        let ask = |node: &Node| Wire::connect(node.client).and_then(|mut wire| wire.api(&call, &Value::Null)).ok();
        let answers = self.nodes.iter().filter(|node| node.is_running()).filter_map(ask);
        answers.into_iter().find(|answer| answer["error"].is_null())
    }

    fn wait<T>(&self, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
        let deadline = Instant::now() + AGREE;
        loop {
            if let Some(found) = look() {
                return found;
            }
            assert!(Instant::now() < deadline, "waited in vain until {what}\n{}", self.logs());
            thread::sleep(LOOK);
        }
    }

    /// The ends of the servers' logs.
    fn logs(&self) -> String {
        let tail = |node: &Node| {
            let log = node.log();
            let lines: Vec<_> = log.lines().rev().take(15).collect();
            format!("--- {}\n{}\n", node.name, lines.into_iter().rev().collect::<Vec<_>>().join("\n"))
        };
        self.nodes.iter().map(tail).collect()
    }
}

impl Drop for NatsCluster {
    fn drop(&mut self) {
        self.nodes.iter().for_each(Node::kill);
        // What is left lies in the system's folder for temporary files.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The configuration of every server of a cluster that has no other.
const CONFIG: &str = "\
server_name: $NATS_NAME
listen: $NATS_LISTEN
http: $NATS_HTTP
log_file: $NATS_LOG
max_payload: 2MB
lame_duck_duration: \"30s\"
lame_duck_grace_period: \"1s\"
jetstream { store_dir: $NATS_STORE, max_file: 10GB, max_mem: 64MB }
cluster {
  name: test
  listen: $NATS_CLUSTER_LISTEN
  no_advertise: true
  routes: [ $NATS_ROUTE_1, $NATS_ROUTE_2, $NATS_ROUTE_3 ]
}
";

/// A text as the configuration takes it from the environment.
fn quoted(path: &Path) -> String {
    format!("\"{}\"", path.display())
}
