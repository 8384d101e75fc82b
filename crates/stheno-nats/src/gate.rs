//! Who is inside when the backend is closed, and waiting for them.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use stheno_core::backend::BackendError;
use tokio::sync::watch;

use crate::error;

/// Set once it is closed; the rest counts those who are inside.
const CLOSED: usize = 1 << (usize::BITS - 1);

/// Counts those who are inside. Every publish goes in and out, so that costs an addition each.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gate(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    state: AtomicUsize,
    /// What those who wait are told.
    told: watch::Sender<Told>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Told {
    closed: bool,
    empty: bool,
}

impl Gate {
    /// Goes in, until the pass is dropped.
    pub(crate) fn enter(&self) -> Result<Pass, BackendError> {
        let before = self.0.state.fetch_add(1, Ordering::AcqRel);
        let pass = Pass(self.clone());
        // The pass goes out again when it is dropped here.
        if before & CLOSED == 0 { Ok(pass) } else { Err(error::closed()) }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.0.state.load(Ordering::Acquire) & CLOSED != 0
    }

    /// Waits for the closing.
    pub(crate) async fn closing(&self) {
        // The sender is in `self`.
        let _ = self.0.told.subscribe().wait_for(|told| told.closed).await;
    }

    /// Lets nobody in any more, and waits until everybody is out.
    pub(crate) async fn close(&self) {
        let inside = self.0.state.fetch_or(CLOSED, Ordering::AcqRel) & !CLOSED;
        self.0.told.send_modify(|told| {
            told.closed = true;
            told.empty |= inside == 0;
        });
        // The sender is in `self`, so this ends with everybody being out.
        let _ = self.0.told.subscribe().wait_for(|told| told.empty).await;
    }
}

/// Being inside.
#[derive(Debug)]
pub(crate) struct Pass(Gate);

impl Drop for Pass {
    fn drop(&mut self) {
        let Gate(inner) = &self.0;
        if inner.state.fetch_sub(1, Ordering::AcqRel) == CLOSED | 1 {
            inner.told.send_modify(|told| told.empty = true);
        }
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
