//! The thread that the connections live on: a handler that blocks its own runtime never holds them up.

use std::thread;

use stheno_core::backend::{BackendError, BackendErrorKind};
use tokio::{runtime::Handle, sync::oneshot};

/// A thread with a runtime of its own. It ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Io {
    handle: Handle,
    /// Dropping it stops the thread.
    _stop: oneshot::Sender<()>,
}

impl Io {
    /// Starts the thread.
    pub(crate) fn start() -> Result<Self, BackendError> {
        let failed = |error| {
            let message = "no thread could be started for the connections; is the machine out of threads?";
            BackendError::new(BackendErrorKind::Other, message).with_source(error)
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel();
        let drive = move || {
            // The sender is only ever dropped.
            let _ = runtime.block_on(stopped);
            runtime.shutdown_background();
        };
        thread::Builder::new().name("stheno-nats".into()).spawn(drive).map_err(failed)?;
        Ok(Self { handle, _stop: stop })
    }

    /// Where to spawn what serves the connections.
    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Runs something on the thread and waits for it. `None` when the thread has ended.
    pub(crate) async fn run<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> Option<T> {
        self.handle.spawn(work).await.ok()
    }
}
