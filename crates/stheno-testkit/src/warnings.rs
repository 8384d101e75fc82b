//! What is said aloud while a test runs: the warnings and errors, with their fields.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use tracing::{Event, Level, Metadata, Subscriber, field, span};

/// Hears warnings and errors: of one thread with `tracing::subscriber::set_default(warnings.clone())`, or of the whole process
/// with `set_global_default`.
#[derive(Debug, Clone, Default)]
pub struct Warnings(Arc<Mutex<Vec<(Instant, String)>>>);

impl Warnings {
    /// Those that have these words, with when they were said: each is its fields, one after the other (`message=.. error=..`).
    pub fn about(&self, words: &str) -> Vec<(Instant, String)> {
        let said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        said.iter().filter(|(_, said)| said.contains(words)).cloned().collect()
    }
}

impl Subscriber for Warnings {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::WARN
    }

    fn event(&self, event: &Event<'_>) {
        let mut said = Said(String::new());
        event.record(&mut said);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((Instant::now(), said.0));
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

struct Said(String);

impl field::Visit for Said {
    fn record_debug(&mut self, field: &field::Field, value: &dyn fmt::Debug) {
        self.0.push_str(&format!("{field}={value:?} "));
    }
}
