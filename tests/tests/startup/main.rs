//! What an app checks and puts together before it consumes anything.

mod configured;
mod everything_wrong;
mod given_twice;
mod manifest;
mod modules;
mod reasons;
mod swallowed;
mod twins;
