//! Who is inside when the backend is closed, and waiting for them.

use std::sync::Arc;

use stheno_core::backend::BackendError;
use tokio::sync::watch;

use crate::error;

/// Counts those who are inside.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gate(Arc<Counts>);

#[derive(Debug)]
struct Counts(watch::Sender<State>);

#[derive(Debug, Clone, Copy, Default)]
struct State {
    inside: usize,
    closed: bool,
}

impl Default for Counts {
    fn default() -> Self {
        Self(watch::Sender::new(State::default()))
    }
}

impl Gate {
    /// Goes in, until the pass is dropped.
    pub(crate) fn enter(&self) -> Result<Pass, BackendError> {
        let entered = self.0.0.send_if_modified(|state| {
            state.inside += usize::from(!state.closed);
            !state.closed
        });
        if entered { Ok(Pass(self.clone())) } else { Err(error::closed()) }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.0.0.borrow().closed
    }

    /// Waits for the closing.
    pub(crate) async fn closing(&self) {
        // The sender is in `self`.
        let _ = self.0.0.subscribe().wait_for(|state| state.closed).await;
    }

    /// Lets nobody in any more, and waits until everybody is out.
    pub(crate) async fn close(&self) {
        self.0.0.send_modify(|state| state.closed = true);
        // The sender is in `self`, so this ends with everybody being out.
        let _ = self.0.0.subscribe().wait_for(|state| state.inside == 0).await;
    }
}

/// Being inside.
#[derive(Debug)]
pub(crate) struct Pass(Gate);

impl Drop for Pass {
    fn drop(&mut self) {
        self.0.0.0.send_modify(|state| state.inside -= 1);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn closing_waits_for_those_inside_and_lets_nobody_in() {
        let gate = Gate::default();
        let pass = gate.enter().unwrap();
        assert!(gate.close().now_or_never().is_none());
        assert!(gate.enter().is_err() && gate.is_closed());
        drop(pass);
        assert!(gate.close().now_or_never().is_some());
    }
}
