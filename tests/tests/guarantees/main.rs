//! What Stheno guarantees, on the embedded backend: one test or more for each line, named after it.

mod again;
mod durable;
mod isolated;
mod once;
mod ordered;
mod orderly;
mod restored;
mod retried;
