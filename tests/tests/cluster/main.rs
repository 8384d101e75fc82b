//! `deploy/cluster` as it is: three servers with TLS, and users of which each can do its work and nothing else.

mod refused;
mod work;
mod world;
