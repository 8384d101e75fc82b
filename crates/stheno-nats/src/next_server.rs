//! Which of several servers is tried next after a connection was lost.
//!
//! The client tries those first that have failed least often, and a server that has just frozen has not failed yet: it
//! would be given the whole time for making a connection before another one is tried.

use std::sync::{Mutex, PoisonError};

use async_nats::{ReconnectToServer, Server, ServerAddr};

/// The servers of one client in the order they were tried in, the latest last. The first of them may have been tried by
/// the client itself.
#[derive(Debug, Default)]
pub(crate) struct NextServer(Mutex<Vec<ServerAddr>>);

impl NextServer {
    /// Says which one: never the one that was tried last if there is another. Each gets its turn.
    pub(crate) fn choose(&self, pool: &[Server]) -> Option<ReconnectToServer> {
        let mut tried = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Until a first connection was made the client tries them all in any order; then that one is the first.
        if tried.is_empty() {
            tried.push(pool.iter().find(|server| server.did_connect)?.addr.clone());
        }
        let turn = |server: &&Server| tried.iter().position(|addr| is_same(addr, &server.addr)).map_or(0, |at| at + 1);
        let first = pool.iter().map(|server| turn(&server)).min()?;
        let candidates: Vec<_> = pool.iter().filter(|server| turn(server) == first).collect();
        // Not all clients of a lost server go to the same one.
        let random = usize::from(uuid::Uuid::now_v7().as_bytes()[15]);
        let addr = candidates[random % candidates.len()].addr.clone();
        tried.retain(|other| !is_same(other, &addr));
        tried.push(addr.clone());
        Some(ReconnectToServer { addr, delay: None })
    }
}

/// Whether two addresses are one server's: what other servers say of it has neither a login nor a scheme. One that is
/// known by a name and by a number counts as two.
fn is_same(one: &ServerAddr, other: &ServerAddr) -> bool {
    (one.host(), one.port()) == (other.host(), other.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(servers: &[(&str, bool)]) -> Vec<Server> {
        let server = |(addr, did_connect): &(&str, bool)| Server {
            addr: addr.parse().unwrap(),
            failed_attempts: 0,
            did_connect: *did_connect,
            is_discovered: false,
            last_error: None,
        };
        servers.iter().map(server).collect()
    }

    fn choose(next: &NextServer, pool: &[Server]) -> String {
        let chosen = next.choose(pool).expect("there is one");
        format!("{}:{}", chosen.addr.host(), chosen.addr.port())
    }

    #[test]
    fn before_the_first_connection_the_client_chooses() {
        assert!(NextServer::default().choose(&pool(&[("a:1", false), ("b:1", false)])).is_none());
    }

    #[test]
    fn the_lost_one_is_tried_after_all_others_and_each_gets_its_turn() {
        for _ in 0..20 {
            let next = NextServer::default();
            let pool = pool(&[("tls://me:secret@a:1", true), ("b:1", false), ("c:1", false), ("nats://a:1", false)]);
            let chosen: Vec<_> = (0..6).map(|_| choose(&next, &pool)).collect();
            let mut others = chosen[..2].to_vec();
            others.sort();
            assert_eq!(
                (others.as_slice(), chosen[2].as_str()),
                (["b:1".to_owned(), "c:1".to_owned()].as_slice(), "a:1")
            );
            assert_eq!(chosen[..3], chosen[3..]);
        }
    }

    #[test]
    fn one_that_is_alone_is_tried_again() {
        let (next, pool) = (NextServer::default(), pool(&[("a:1", true)]));
        assert_eq!([choose(&next, &pool), choose(&next, &pool)], ["a:1", "a:1"]);
    }
}
