//! What the catalog promises: it is the documentation's, it decodes what Medusa really sends, it shows no secret.
//!
//! Reading order: [`fixtures`] and [`every_type`] (what the tests share), then the tests.

mod documentation;
mod every_type;
mod examples;
mod fixtures;
mod golden;
mod guard;
mod quirks;
mod real;
mod secrets;
