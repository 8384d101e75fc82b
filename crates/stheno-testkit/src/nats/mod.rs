//! A real nats-server for tests: started on a free port of the loopback with a folder of its own, paused, killed and
//! started again, and never left running when the test process ends.
//!
//! Reading order: [`server`] (the process), `find` (which program is run).

mod find;
pub mod server;

pub use server::{NatsServer, NatsServerOptions};
