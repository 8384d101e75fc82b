//! What a backend brings to the suite, and how one behaviour is run.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use stheno_core::backend::Backend;

/// How long one behaviour may take before it counts as hanging.
const LIMIT: Duration = Duration::from_secs(300);

/// One log, and how to get at it. The suite makes a new harness for every behaviour.
///
/// ```
/// use std::sync::Arc;
/// use stheno_core::{async_trait, backend::Backend};
/// use stheno_sqlite::{SqliteBackend, SqliteOptions};
/// use stheno_testkit::conformance::Harness;
///
/// struct OnDisk(std::path::PathBuf);
///
/// #[async_trait]
/// impl Harness for OnDisk {
///     async fn open(&self) -> Arc<dyn Backend> {
///         SqliteBackend::open(SqliteOptions::file(&self.0)).await.expect("the log opens")
///     }
/// }
/// ```
#[async_trait]
pub trait Harness: Send + Sync {
    /// A handle of its own to the log, as another process would have it. The first call makes the log, empty.
    ///
    /// It is called again while other handles are open if the backend says that it is `shared`, and after all of them were
    /// closed if it says that the log outlives the process; otherwise only once.
    async fn open(&self) -> Arc<dyn Backend>;

    /// Called before the first [`open`](Harness::open) by a behaviour that will restart the log: whatever keeps it must
    /// keep no other test's. Nothing, for a backend without a server.
    async fn alone(&self) {}

    /// Ends whatever keeps the log as hard as possible, and starts it again: `kill -9` of a server. Handles stay usable.
    /// Nothing, for a backend without a server: the kill test ends the process itself.
    async fn restart(&self) {}
}

/// Runs one behaviour against a new harness, on a runtime with two threads. `conformance_suite!` calls it.
///
/// # Panics
/// When the behaviour is not shown, or does not come to an end.
pub fn run<H: Harness>(behaviour: &str, harness: impl FnOnce() -> H, shown: impl AsyncFnOnce(&dyn Harness)) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.unwrap_or_else(|error| panic!("no runtime for {behaviour}: {error}"));
    runtime.block_on(async {
        let harness = harness();
        let ended = tokio::time::timeout(LIMIT, Box::pin(shown(&harness))).await;
        assert!(ended.is_ok(), "{behaviour}: has not come to an end within {LIMIT:?}");
    });
    // A handler that blocks its thread for good must not keep the test from ending.
    runtime.shutdown_background();
}
