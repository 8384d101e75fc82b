//! Programs in other languages publish to the log and read from it with their own NATS clients and CloudEvents SDKs. The
//! programs are `tests/interop/*`; a user could copy them.

mod envelopes;
mod foreign;
mod publish;
mod read;
mod scripts;
