//! Shopify's catalog: what its documentation says, its responses, messages, and the way into a log and back.

mod bad_input;
mod documentation;
mod every_type;
mod fixtures;
mod golden;
mod guard;
mod lossless;
mod messages;
mod real;
mod responses;
