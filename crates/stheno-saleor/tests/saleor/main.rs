//! Saleor's catalog: what its documentation says, its examples, its quirks, and events made and saved.

mod bad_input;
mod codes;
mod documentation;
mod door;
mod every_type;
mod examples;
mod fixtures;
mod generated;
mod golden;
mod guard;
mod lenient;
mod real;
mod rows;
mod secrets;
mod unsaved;
mod versions;
mod webhooks;
