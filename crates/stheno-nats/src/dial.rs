//! Making a connection: addresses, who we are, and what is said when it fails.

use std::time::Duration;

use async_nats::{Client, ConnectError, ConnectErrorKind, ConnectOptions, Event, ServerAddr};
use stheno_core::backend::{BackendError, BackendErrorKind};
use tokio::sync::mpsc;

use crate::options::{Login, NatsOptions};

/// How often the server is asked whether it is still there. After two questions without an answer it counts as gone.
const PING: Duration = Duration::from_secs(4);
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
            .event_callback(move |event| {
                // Nobody listens any more when the link is gone.
                let _ = sender.send(event);
                async {}
            });
        match options.connect(&self.servers[..]).await {
            Ok(client) => Ok((client, events)),
            Err(error) => Err(self.explain(error)),
        }
    }

    async fn login(&self, options: ConnectOptions) -> Result<ConnectOptions, BackendError> {
        let tls = &self.options.tls;
        let mut options = options.require_tls(tls.required);
        if tls.first {
            options = options.tls_first();
        }
        if let Some(ca) = &tls.ca {
            options = options.add_root_certificates(ca.clone());
        }
        if let Some((certificate, key)) = &tls.client {
            options = options.add_client_certificate(certificate.clone(), key.clone());
        }
        Ok(match &self.options.login {
            Login::Nobody => options,
            Login::User { name, password } => options.user_and_password(name.clone(), password.expose().clone()),
            Login::Token(token) => options.token(token.expose().clone()),
            Login::Credentials(path) => options.credentials_file(path).await.map_err(|error| {
                let message = format!("the credentials file {} cannot be read", path.display());
                BackendError::new(BackendErrorKind::Permission, message).with_source(error)
            })?,
            Login::Nkey(path) => {
                let seed = std::fs::read_to_string(path).map_err(|error| {
                    let message = format!("the nkey seed file {} cannot be read", path.display());
                    BackendError::new(BackendErrorKind::Permission, message).with_source(error)
                })?;
                options.nkey(seed.trim().to_owned())
            }
        })
    }

    fn explain(&self, error: ConnectError) -> BackendError {
        let place = self.options.place();
        let (kind, message) = match error.kind() {
            ConnectErrorKind::ServerParse => {
                (BackendErrorKind::Address, format!("{place} is not an address; write `nats://host:port`"))
            }
            ConnectErrorKind::Authentication => (
                BackendErrorKind::Permission,
                format!("the seed or the credentials for {place} cannot be used; are they the right file?"),
            ),
            ConnectErrorKind::AuthorizationViolation => (
                BackendErrorKind::Permission,
                format!("{place} refuses this user; check user and password, token, credentials file or nkey"),
            ),
            ConnectErrorKind::Tls => {
                (BackendErrorKind::Address, format!("no secure connection to {place}; check `ca=`, `cert=` and `key=`"))
            }
            ConnectErrorKind::Dns => {
                (BackendErrorKind::Unavailable, format!("the name of {place} cannot be resolved; is it spelled right?"))
            }
            _ => (
                BackendErrorKind::Unavailable,
                format!("no nats-server answers at {place}; is it running? `nats-server -js` starts one"),
            ),
        };
        BackendError::new(kind, message).with_source(error)
    }
}

/// At once, then soon, then each second; not all clients of a server at the same moment.
fn reconnect_delay(attempts: usize) -> Duration {
    let doubled = Duration::from_millis(20).saturating_mul(1 << attempts.min(10));
    let jitter = Duration::from_millis(u64::from(uuid::Uuid::now_v7().as_bytes()[15]) / 4);
    if attempts <= 1 { Duration::ZERO } else { doubled.min(RECONNECT) + jitter }
}
