//! ARCHITECTURE.md, held: what depends on what, and the invariants that can be seen by reading the sources.

mod dependencies;
mod sources;
mod workspace;
