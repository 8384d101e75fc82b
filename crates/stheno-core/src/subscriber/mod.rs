//! Subscribers: handlers with a permanent id.
//!
//! Reading order: this file (the `Subscriber` trait), `policy` (how it is run), `definition` (a subscriber before the
//! start), `handler` (one shape for all of them), `written` (what `#[subscriber]` writes around types).

pub mod definition;
pub mod handler;
pub mod policy;
#[cfg(test)]
mod tests;
#[doc(hidden)]
pub mod written;

use async_trait::async_trait;

use crate::{cx::Cx, event::input::Input, failure::Failure};

/// A handler written without macros.
///
/// ```
/// use stheno_core::{AnyEvent, Cx, Failure, Subscriber, SubscriberDef, async_trait};
///
/// struct Count { log: std::sync::mpsc::Sender<u64> }
///
/// #[async_trait]
/// impl Subscriber for Count {
///     type Event = AnyEvent;
///     async fn handle(&self, event: AnyEvent, _cx: Cx) -> Result<(), Failure> {
///         self.log.send(event.sequence)?;
///         Ok(())
///     }
/// }
///
/// let (log, _all) = std::sync::mpsc::channel();
/// let subscriber = SubscriberDef::new("audit.count", Count { log }).on("order.*");
/// assert_eq!(subscriber.id(), "audit.count");
/// ```
#[async_trait]
pub trait Subscriber: Send + Sync + 'static {
    /// What it takes.
    type Event: Input;

    /// Handles one event (or one batch).
    ///
    /// # Errors
    /// Any error is retried by the subscriber's policy, unless it is `.terminal()`.
    async fn handle(&self, event: Self::Event, cx: Cx) -> Result<(), Failure>;
}
