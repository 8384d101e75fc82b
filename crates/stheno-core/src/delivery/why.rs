//! Why a handler did not act.
