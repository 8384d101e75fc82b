//! Making a connection: addresses, who we are, and how soon a connection counts as lost.

use std::time::Duration;

use async_nats::{Client, ConnectOptions, Event, ServerAddr};
use stheno_core::backend::{BackendError, BackendErrorKind};
use tokio::sync::mpsc;

use crate::{file::File, login::Login, next_server::NextServer, options::NatsOptions, refused};

/// How often the server is asked whether it is still there.
const PING: Duration = Duration::from_secs(4);
/// How many questions the client leaves unanswered before the next one finds the connection lost.
const UNANSWERED: u32 = 2;
/// After how long at most a server that is frozen, or behind a cut line, counts as gone and others are tried.
const NOTICED: Duration = PING.saturating_mul(UNANSWERED + 1);
const _: () = assert!(NOTICED.as_secs() <= 15, "a frozen server is noticed within 15 seconds");
/// How long making a connection may take.
const CONNECT: Duration = Duration::from_secs(5);
/// Messages that wait to be read on one subscription. What is under way is bounded by bytes (the server waits for flow
/// control), and this many small ones fit into that; room is taken as they come.
const SUBSCRIPTION_CAPACITY: usize = 1024 * 1024;
/// Longest wait between two attempts to connect again.
const RECONNECT: Duration = Duration::from_secs(1);

/// How connections are made.
#[derive(Debug)]
pub(crate) struct Dial {
    options: NatsOptions,
    servers: Vec<ServerAddr>,
}

impl Dial {
    /// Checks the addresses.
    pub(crate) fn new(options: NatsOptions) -> Result<Self, BackendError> {
        let parse = |server: &String| {
            server.parse::<ServerAddr>().map_err(|error| {
                let message = "a server's address is not understood; write `nats://host:port`";
                BackendError::new(BackendErrorKind::Address, message).with_source(error)
            })
        };
        let servers = options.server_urls().iter().map(parse).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { options, servers })
    }

    /// What subjects for replies begin with.
    pub(crate) fn inbox_prefix(&self) -> &str {
        &self.options.inbox_prefix
    }

    /// Connects, and says where what happens to the connection can be heard. That ends when the client does.
    pub(crate) async fn connect(&self, name: &str) -> Result<(Client, mpsc::UnboundedReceiver<Event>), BackendError> {
        let (sender, events) = mpsc::unbounded_channel();
        let options = self.login(ConnectOptions::new()).await?;
        let next = NextServer::default();
        let options = options
            .name(format!("{}/{name}", self.options.client_name))
            .custom_inbox_prefix(&self.options.inbox_prefix)
            .ping_interval(PING)
            .connection_timeout(CONNECT)
            .subscription_capacity(SUBSCRIPTION_CAPACITY)
            // Ours are checked where they are made.
            .skip_subject_validation(true)
            .max_reconnects(None)
            .reconnect_delay_callback(reconnect_delay)
            .reconnect_to_server_callback(move |servers, _| std::future::ready(next.choose(&servers)))
            .event_callback(move |event| {
                // Nobody listens any more when the link is gone.
                let _ = sender.send(event);
                async {}
            });
        match options.connect(&self.servers[..]).await {
            Ok(client) => Ok((client, events)),
            Err(error) => Err(refused::explain(&self.options, error)),
        }
    }

    async fn login(&self, options: ConnectOptions) -> Result<ConnectOptions, BackendError> {
        let tls = &self.options.tls;
        let mut options = options.require_tls(tls.required);
        if tls.first {
            options = options.tls_first();
        }
        if let Some(ca) = &tls.ca {
            readable("ca", ca)?;
            options = options.add_root_certificates(ca.to_path_buf());
        }
        if let Some((certificate, key)) = &tls.client {
            readable("cert", certificate)?;
            readable("key", key)?;
            options = options.add_client_certificate(certificate.to_path_buf(), key.to_path_buf());
        }
        Ok(match &self.options.login {
            Login::Nobody => options,
            Login::User { name, password } => options.user_and_password(name.clone(), password.expose().clone()),
            Login::Token(token) => options.token(token.expose().clone()),
            Login::Credentials(path) => {
                let unreadable = || unreadable(&format!("the credentials file {path}"));
                let text = std::fs::read_to_string(&**path).map_err(|error| unreadable().with_source(error))?;
                // What is wrong with it is said in words that could repeat it.
                options.credentials(&text).map_err(|_| unreadable())?
            }
            Login::Nkey(path) => {
                let unreadable = || unreadable(&format!("the nkey seed file {path}"));
                let text = std::fs::read_to_string(&**path).map_err(|error| unreadable().with_source(error))?;
                let seed = text.lines().map(str::trim).find(|line| line.starts_with('S')).ok_or_else(unreadable)?;
                options.nkey(seed.to_owned())
            }
        })
    }
}

fn unreadable(what: &str) -> BackendError {
    let message = format!("{what} cannot be read; does it exist, and may this user read it?");
    BackendError::new(BackendErrorKind::Permission, message)
}

/// Says which file it is that cannot be read; later nobody does.
fn readable(option: &str, path: &File) -> Result<(), BackendError> {
    let Err(error) = std::fs::File::open(&**path) else { return Ok(()) };
    let message = format!("the file {path} (`{option}=`) cannot be read");
    Err(BackendError::new(BackendErrorKind::Address, message).with_source(error))
}

/// At once, then soon, then each second; not all clients of a server at the same moment.
fn reconnect_delay(attempts: usize) -> Duration {
    let doubled = Duration::from_millis(20).saturating_mul(1 << attempts.min(10));
    let jitter = Duration::from_millis(u64::from(uuid::Uuid::now_v7().as_bytes()[15]) / 4);
    if attempts <= 1 { Duration::ZERO } else { doubled.min(RECONNECT) + jitter }
}
