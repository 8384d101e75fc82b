//! The embedded backend in memory shows every behaviour of the suite.

use std::sync::Arc;

use async_trait::async_trait;
use stheno_core::backend::Backend;
use stheno_sqlite::SqliteBackend;
use stheno_testkit::conformance::Harness;

/// A log in memory has one handle; the suite asks for no other, since the abilities say so.
struct InMemory;

#[async_trait]
impl Harness for InMemory {
    async fn open(&self) -> Arc<dyn Backend> {
        SqliteBackend::memory().expect("a log in memory")
    }
}

stheno_testkit::conformance_suite!(InMemory);
