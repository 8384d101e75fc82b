//! The control thread: leases, intake and records are driven here, where no handler can block them.

use std::{
    io,
    thread::{self, JoinHandle},
};

use tokio::{runtime::Handle, sync::oneshot};

/// A thread with a runtime of its own.
#[derive(Debug)]
pub(crate) struct Control {
    handle: Handle,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Control {
    /// Starts the thread.
    pub(crate) fn start() -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel();
        let drive = move || {
            // A dropped sender means stop as well.
            let _ = runtime.block_on(stopped);
            runtime.shutdown_background();
        };
        let thread = thread::Builder::new().name("stheno-control".into()).spawn(drive)?;
        Ok(Self { handle, stop: Some(stop), thread: Some(thread) })
    }

    /// Where to spawn what must never wait for a handler.
    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            // The thread only drives tasks and does not panic; if it did, there is nothing left to stop.
            let _ = thread.join();
        }
    }
}
