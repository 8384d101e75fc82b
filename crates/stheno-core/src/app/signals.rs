//! The signals that ask an app to stop.

/// SIGTERM, SIGINT or Ctrl-C. Listened to from the first one on, so that a second one is never missed in between.
pub(crate) struct Signals {
    #[cfg(unix)]
    heard: Option<[tokio::signal::unix::Signal; 2]>,
}

impl Signals {
    #[cfg(unix)]
    pub(crate) fn listen() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        match (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) {
            (Ok(terminate), Ok(interrupt)) => Self { heard: Some([terminate, interrupt]) },
            (Err(error), _) | (_, Err(error)) => {
                tracing::error!(%error, "signals cannot be heard; stopping needs SIGKILL");
                Self { heard: None }
            }
        }
    }

    #[cfg(unix)]
    pub(crate) async fn next(&mut self) {
        match &mut self.heard {
            Some([terminate, interrupt]) => {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
            }
            None => std::future::pending().await,
        }
    }

    #[cfg(not(unix))]
    pub(crate) fn listen() -> Self {
        Self {}
    }

    #[cfg(not(unix))]
    pub(crate) async fn next(&mut self) {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::error!(%error, "Ctrl-C cannot be heard");
            std::future::pending::<()>().await;
        }
    }
}
