//! A real nats-server for tests: started on a free port of the loopback with a folder of its own, paused, killed and
//! started again, and never left running when the test process ends.
//!
//! Reading order: [`server`] (the process), `find` (which program is run), [`cluster`] (three of them) and [`node`] (one of
//! the three), [`proxy`] (a connection that can be cut or stalled), [`disk`] (one that becomes full), [`wire`] (asking a server
//! something without a client), `monitor`, `ports`, `process`.

pub mod cluster;
pub mod disk;
mod find;
mod monitor;
pub mod node;
mod ports;
mod process;
pub mod proxy;
pub mod server;
pub mod wire;

pub use cluster::{NatsCluster, NatsClusterOptions};
pub use disk::SmallDisk;
pub use node::Node;
pub use proxy::Proxy;
pub use server::{NatsServer, NatsServerOptions};
pub use wire::Wire;
