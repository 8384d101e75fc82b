//! A TCP connection between a client and a server that can be cut and stalled.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::JoinHandle,
};

/// Bytes taken at once.
const CHUNK: usize = 16 * 1024;

/// What happens to what passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct State {
    /// Every connection of an earlier number is cut.
    cuts: u64,
    /// Nothing passes, and nobody is told.
    stalled: bool,
    /// New connections are ended at once.
    refuses: bool,
}

/// Passes connections on to a port of the loopback. It ends, and so do its connections, when it is dropped.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    state: Arc<watch::Sender<State>>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// A proxy in front of a port, on a port of its own.
    ///
    /// # Panics
    /// When there is no free port, or outside of a tokio runtime.
    pub async fn to(port: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("the loopback has a free port");
        let own = listener.local_addr().expect("a listener has an address").port();
        let state = Arc::new(watch::Sender::new(State { cuts: 0, stalled: false, refuses: false }));
        let accepting = tokio::spawn(accept(listener, port, Arc::clone(&state)));
        Self { port: own, state, accepting }
    }

    /// Where clients connect to.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Cuts every connection there is. New ones are passed on.
    pub fn cut(&self) {
        self.state.send_modify(|state| state.cuts += 1);
    }

    /// Lets nothing pass any more, in both directions; connections stay open, as with a cable that was pulled.
    pub fn stall(&self) {
        self.state.send_modify(|state| state.stalled = true);
    }

    /// Cuts every connection and takes no new ones.
    pub fn refuse(&self) {
        self.state.send_modify(|state| (state.cuts, state.refuses) = (state.cuts + 1, true));
    }

    /// Lets everything pass again that is still open, and takes new connections.
    pub fn heal(&self) {
        self.state.send_modify(|state| (state.stalled, state.refuses) = (false, false));
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.cut();
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, port: u16, state: Arc<watch::Sender<State>>) {
    let server = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    while let Ok((client, _)) = listener.accept().await {
        let state = state.subscribe();
        if state.borrow().refuses {
            continue;
        }
        tokio::spawn(async move {
            // A server that is away is a connection that ends.
            let _ = pass(client, server, state).await;
        });
    }
}

async fn pass(client: TcpStream, server: SocketAddr, mut state: watch::Receiver<State>) -> io::Result<()> {
    let cuts = state.borrow().cuts;
    let server = TcpStream::connect(server).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    let up = copy(from_client, to_server, state.clone());
    let down = copy(from_server, to_client, state.clone());
    tokio::select! {
        ended = up => ended,
        ended = down => ended,
        // The proxy itself is gone when this fails.
        _ = state.wait_for(|state| state.cuts != cuts) => Ok(()),
    }
}

async fn copy(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut state: watch::Receiver<State>) -> io::Result<()> {
    let mut buffer = vec![0; CHUNK];
    loop {
        let length = from.read(&mut buffer).await?;
        if length == 0 {
            return Ok(());
        }
        if state.wait_for(|state| !state.stalled).await.is_err() {
            return Ok(());
        }
        to.write_all(&buffer[..length]).await?;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    /// A server that sends back what it gets.
    async fn echo() -> u16 {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = stream.split();
                    let _ = tokio::io::copy(&mut from, &mut to).await;
                });
            }
        });
        port
    }

    async fn echoed(stream: &mut TcpStream, byte: u8) -> Option<u8> {
        stream.write_all(&[byte]).await.ok()?;
        let read = timeout(Duration::from_millis(200), stream.read_u8()).await.ok()?;
        read.ok()
    }

    #[tokio::test]
    async fn connections_are_passed_on_stalled_and_cut() {
        let proxy = Proxy::to(echo().await).await;
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, proxy.port())).await.unwrap();
        assert_eq!(echoed(&mut stream, 1).await, Some(1));
        proxy.stall();
        assert_eq!(echoed(&mut stream, 2).await, None, "nothing passes");
        proxy.heal();
        assert_eq!(stream.read_u8().await.unwrap(), 2, "and nothing was lost");
        proxy.cut();
        let cut = timeout(Duration::from_secs(5), stream.read_u8()).await.expect("it is told");
        assert!(cut.is_err());
        let mut again = TcpStream::connect((Ipv4Addr::LOCALHOST, proxy.port())).await.unwrap();
        assert_eq!(echoed(&mut again, 3).await, Some(3));
    }
}
