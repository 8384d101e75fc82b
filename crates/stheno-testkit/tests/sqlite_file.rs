//! The embedded backend in a file shows every behaviour of the suite.

use std::sync::Arc;

use async_trait::async_trait;
use stheno_core::backend::Backend;
use stheno_sqlite::{SqliteBackend, SqliteOptions};
use stheno_testkit::conformance::Harness;
use tempfile::TempDir;

/// A directory of its own for every behaviour.
struct InFile(TempDir);

#[async_trait]
impl Harness for InFile {
    async fn open(&self) -> Arc<dyn Backend> {
        SqliteBackend::open(SqliteOptions::file(self.0.path().join("log.db"))).await.expect("a log in a file")
    }
}

stheno_testkit::conformance_suite!(InFile(tempfile::tempdir().expect("a directory")));
