//! What can be chosen when a log is opened, and the defaults.

use std::{fmt, time::Duration};

use stheno_core::backend::info::Durability;

use crate::login::{Login, Tls};

/// Which headers are written with an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum HeaderMode {
    /// Only what says something new: the id, and what was set. Reading costs a reader most of its time in headers.
    #[default]
    Lean,
    /// CloudEvents binary mode in full: `ce-specversion`, `ce-id`, `ce-type`, `ce-source` and the rest, for foreign
    /// readers.
    CloudEvents,
}

/// When the server writes an append through to its disk. It does not say, so it has to be told here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ServerSync {
    /// Now and then (the server's default is every two minutes): what was acknowledged survives `kill -9` of the server;
    /// a power failure may take the newest events.
    #[default]
    Interval,
    /// Before it acknowledges (`sync_interval: always` in the server's configuration): what was acknowledged survives a
    /// power failure. Claiming this of a server that does not do it makes nothing safer.
    Always,
}

/// Where a log is and how it is kept: `NatsOptions::server("127.0.0.1:4222").stream("SHOP")`.
///
/// Options are values to start from: a setter replaces what was chosen before. Opening a log refuses what cannot be.
///
/// The same as an address: [`NatsOptions::from_url`].
#[derive(Clone)]
#[non_exhaustive]
pub struct NatsOptions {
    /// `host:port` each.
    pub(crate) servers: Vec<String>,
    pub(crate) login: Login,
    /// Two kinds of login were given, of which one would be lost.
    pub(crate) two_logins: bool,
    pub(crate) tls: Tls,
    pub(crate) client_name: String,
    pub(crate) inbox_prefix: String,
    pub(crate) api_prefix: String,
    pub(crate) stream: String,
    pub(crate) prefix: String,
    pub(crate) manage: bool,
    pub(crate) replicas: Option<usize>,
    pub(crate) dedup_window: Option<Duration>,
    pub(crate) max_age: Option<Duration>,
    pub(crate) max_bytes: Option<u64>,
    pub(crate) max_body: usize,
    pub(crate) headers: HeaderMode,
    pub(crate) sync: ServerSync,
    pub(crate) group_commit: Option<bool>,
    pub(crate) patience: Duration,
}

impl NatsOptions {
    /// The stream of the log.
    pub const STREAM: &'static str = "EVENTS";
    /// For how long an id is known as a duplicate. Longer than the longest wait between two attempts of a handler, so that
    /// what a handler publishes is stored once although it is tried again. The server keeps every id of that time in
    /// memory, about 150 bytes each.
    pub const DEDUP_WINDOW: Duration = Duration::from_secs(20 * 60);
    /// Longest body in bytes, unless the server takes less.
    pub const MAX_BODY: usize = 1024 * 1024;
    /// For how long an append is tried again, with the same id, while the server is away or elects a leader.
    pub const PATIENCE: Duration = Duration::from_secs(20);

    /// What [`NatsOptions::dedup_window`] can be at most.
    pub const LONGEST_DEDUP: Duration = Duration::from_secs(100 * 366 * 24 * 60 * 60);
    /// What [`NatsOptions::max_age`] can be at most.
    pub const LONGEST_AGE: Duration = Duration::from_secs(100 * 366 * 24 * 60 * 60);
    /// What [`NatsOptions::max_bytes`] can be at most: servers keep it as a signed number.
    pub const MAX_BYTES_LIMIT: u64 = i64::MAX.unsigned_abs();
    /// What [`NatsOptions::patience`] can be at most.
    pub const LONGEST_PATIENCE: Duration = Duration::from_secs(24 * 60 * 60);

    /// The environment variables that say who we are, for [`NatsOptions::from_url_in`].
    pub const VARIABLES: [&str; 8] =
        ["NATS_USER", "NATS_PASSWORD", "NATS_TOKEN", "NATS_CREDS", "NATS_NKEY", "NATS_CA", "NATS_CERT", "NATS_KEY"];

    /// A log on the server at `host:port`.
    pub fn server(address: impl Into<String>) -> Self {
        Self::servers([address.into()])
    }

    /// A log on a cluster, of which one server after the other is tried.
    pub fn servers(addresses: impl IntoIterator<Item = String>) -> Self {
        Self {
            servers: addresses.into_iter().collect(),
            login: Login::default(),
            two_logins: false,
            tls: Tls::default(),
            client_name: "stheno".to_owned(),
            inbox_prefix: "_INBOX".to_owned(),
            api_prefix: "$JS.API".to_owned(),
            stream: Self::STREAM.to_owned(),
            prefix: String::new(),
            manage: true,
            replicas: None,
            dedup_window: None,
            max_age: None,
            max_bytes: None,
            max_body: Self::MAX_BODY,
            headers: HeaderMode::default(),
            sync: ServerSync::default(),
            group_commit: None,
            patience: Self::PATIENCE,
        }
    }

    /// The stream of the log; [`NatsOptions::STREAM`] by default. Its records lie in the key-value bucket
    /// `<stream>-records`.
    #[must_use]
    pub fn stream(mut self, name: impl Into<String>) -> Self {
        self.stream = name.into();
        self
    }

    /// What stands before every subject of the log, such as `eu` for `eu.events.>`: two logs of one account need it.
    /// Nothing by default.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Whether the stream and the bucket are made when they are missing; true by default. Without it this user needs no
    /// permission for that, and somebody else has made them.
    #[must_use]
    pub fn manage(mut self, manage: bool) -> Self {
        self.manage = manage;
        self
    }

    /// How many servers keep a copy, 1 to 5. A log that is there already has to have as many.
    #[must_use]
    pub fn replicas(mut self, replicas: usize) -> Self {
        self.replicas = Some(replicas);
        self
    }

    /// For how long an id is known as a duplicate; [`NatsOptions::DEDUP_WINDOW`] by default. A log that is there already
    /// has to have the same. It is never shorter than the [`patience`](NatsOptions::patience) and 5 seconds for the last
    /// answer, in which an append may be sent again: a log that would store it twice is not opened.
    #[must_use]
    pub fn dedup_window(mut self, window: Duration) -> Self {
        self.dedup_window = Some(window);
        self
    }

    /// After how long the oldest events go; never by default, and not before their ids are forgotten
    /// ([`dedup_window`](NatsOptions::dedup_window)). A log that is there already has to have the same.
    #[must_use]
    pub fn max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(age);
        self
    }

    /// How large the log may become in bytes before the oldest events go; unlimited by default, and no less than
    /// [`max_body`](NatsOptions::max_body). A log that is there
    /// already has to have the same.
    #[must_use]
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = Some(bytes);
        self
    }

    /// Longest body in bytes; [`NatsOptions::MAX_BODY`] by default, and never more than the server takes.
    #[must_use]
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }

    /// Which headers are written; [`HeaderMode::Lean`] by default. All of them are read, always.
    #[must_use]
    pub fn headers(mut self, mode: HeaderMode) -> Self {
        self.headers = mode;
        self
    }

    /// When the server writes through to its disk; [`ServerSync::Interval`] by default. Of one that does so before it
    /// acknowledges, single appends go out [together](NatsOptions::group_commit).
    #[must_use]
    pub fn sync(mut self, sync: ServerSync) -> Self {
        self.sync = sync;
        self
    }

    /// Whether single appends that are under way at once go out together, as one atomic batch; by default if the server
    /// writes each through to its disk ([`ServerSync::Always`]), where that is worth much with many callers. Each still
    /// has its own answer. An append with an expected sequence or for later is sent by itself.
    #[must_use]
    pub fn group_commit(mut self, together: bool) -> Self {
        self.group_commit = Some(together);
        self
    }

    /// For how long an append is tried again while the server is away; [`NatsOptions::PATIENCE`] by default, zero for not at all, and
    /// at most [`NatsOptions::LONGEST_PATIENCE`].
    /// Below 15 seconds an ordinary election of a leader is an error to publishers.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// The servers, without anything secret.
    pub(crate) fn place(&self) -> String {
        format!("nats://{}", self.servers.join(","))
    }

    /// The JetStream domain that was chosen.
    pub(crate) fn domain(&self) -> Option<&str> {
        self.api_prefix.strip_prefix("$JS.")?.strip_suffix(".API")
    }

    pub(crate) fn server_urls(&self) -> Vec<String> {
        let scheme = if self.tls.required { "tls" } else { "nats" };
        self.servers.iter().map(|server| format!("{scheme}://{server}")).collect()
    }

    /// The bucket of the records.
    pub(crate) fn bucket(&self) -> String {
        format!("{}-records", self.stream)
    }

    /// Whether single appends gather.
    pub(crate) fn gathers(&self) -> bool {
        self.group_commit.unwrap_or(self.sync == ServerSync::Always)
    }

    pub(crate) fn durability(&self) -> Durability {
        match self.sync {
            ServerSync::Interval => Durability::Process,
            ServerSync::Always => Durability::Power,
        }
    }
}

impl fmt::Debug for NatsOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NatsOptions")
            .field("servers", &self.servers)
            .field("stream", &self.stream)
            .field("prefix", &self.prefix)
            .field("manage", &self.manage)
            .field("replicas", &self.replicas)
            .field("headers", &self.headers)
            .field("sync", &self.sync)
            .finish_non_exhaustive()
    }
}
