//! What the tests share: one server for each test program.

use std::sync::OnceLock;

use stheno_testkit::nats::NatsServer;

/// The server that the tests of this program share. It ends with the program.
pub fn shared() -> &'static NatsServer {
    static SHARED: OnceLock<NatsServer> = OnceLock::new();
    SHARED.get_or_init(NatsServer::start)
}
