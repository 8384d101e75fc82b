//! What drives delivery.

pub(crate) mod join;
pub(crate) mod no_log;
