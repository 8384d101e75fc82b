//! What a plugin or a host names all the time: `use stheno::prelude::*;`.
//!
//! It has nothing called `Context`, `Result`, `Error` or `Key`, because those names are taken in most programs.

pub use crate::{
    AnyEvent, AppExt, Batch, Body, Bus, BusExt, Cx, Event, EventSum, Extra, Failure, FailureExt, IntoFailure, Payload,
    Res, Secret, Setup, Subscriber, async_trait, subscriber,
};
