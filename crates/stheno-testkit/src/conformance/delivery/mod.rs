//! What delivery has to show on top of a backend, through an app with real handlers.
//!
//! Everything that Watermill's suite asks of a publisher and subscriber, and what it leaves out: counts, delays, dead letters,
//! order after a failure, crashes, drains, replays, batches.
//!
//! Reading order: [`publishing`] (what a publisher is told), [`publish_subscribe`] (everybody gets everything), [`order`], [`retry`], [`dead_letters`], [`bulk`] (thousands of them), [`unreadable`] (a letter that cannot be read), [`isolation`]
//! (one subscriber's trouble is nobody else's), [`stopping`], [`takeover`] (crashes, frozen processes), [`given_back`] (leases of a process that ends with an error), [`remembered`] (what stores outside remember), [`forgotten`] (a
//! catalog that is no longer there), [`replay`], [`rewound`] (a rewind while suspects wait), [`widened`] (a release that takes more), [`batches`], [`split_batches`] (a batch that fails as a whole), [`causing`] (events that handlers publish), [`operator`] (pause, why, unknown names), [`faults`] (a backend
//! that fails for a while).

pub mod batches;
pub mod bulk;
pub mod causing;
pub mod clocks;
pub mod dead_letters;
pub mod faults;
pub mod forgotten;
pub mod given_back;
pub mod isolation;
pub mod operator;
pub mod order;
pub mod publish_subscribe;
pub mod publishing;
pub mod received;
pub mod remembered;
pub mod replay;
pub mod retry;
pub mod rewound;
pub mod split_batches;
pub mod stopping;
pub mod takeover;
pub mod unreadable;
pub mod widened;
