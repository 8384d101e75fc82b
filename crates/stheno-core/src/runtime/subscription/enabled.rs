//! A subscriber that can be run.

use std::sync::Arc;

use crate::{
    backend::RecordWrite,
    delivery::{commit::json, names},
    marker::Identity,
    pattern::PatternSet,
    runtime::{host::SubscriberSpec, missed::Missed},
    subscriber::{handler::Handler, policy::Policy},
};

/// A subscriber whose handler is built.
pub(crate) struct Enabled {
    pub(crate) id: Arc<str>,
    pub(crate) was: Option<String>,
    pub(crate) patterns: PatternSet,
    /// It takes only these of them, which another subscriber has passed over.
    pub(crate) handed_over: Option<HandedOver>,
    pub(crate) batch: bool,
    pub(crate) policy: Policy,
    pub(crate) handler: Arc<dyn Handler>,
}

/// What a subscriber passed over, handed over by another beside it.
#[derive(Debug)]
pub(crate) struct HandedOver {
    pub(crate) missed: Arc<Missed>,
    /// The subscriber that passed it over. Effects are remembered as its own.
    pub(crate) of: Identity,
}

/// The subscribers that run in the same process: one that takes over what others need to begin beside it.
pub(crate) trait Company: Send + Sync {
    /// Whether this process has begun a subscriber.
    fn has_begun(&self, id: &str) -> bool;

    /// Begins to run a subscriber, unless this process has begun it already.
    fn begin(self: Arc<Self>, subscriber: Enabled);
}

impl Enabled {
    /// The same handler under another id, for what its subscriber passed over.
    pub(crate) fn handing_over(&self, id: String, missed: Missed, of: Identity) -> Self {
        Self {
            id: id.into(),
            was: None,
            patterns: missed.since.clone(),
            handed_over: Some(HandedOver { missed: Arc::new(missed), of }),
            policy: self.policy.clone(),
            batch: self.batch,
            handler: Arc::clone(&self.handler),
        }
    }

    /// What a host says of it.
    pub(crate) fn spec(&self) -> RecordWrite {
        let spec = SubscriberSpec {
            id: self.id.to_string(),
            patterns: self.patterns.iter().map(ToString::to_string).collect(),
            ordered: self.policy.ordered,
            paused: self.policy.paused,
            policy: self.policy.to_string(),
        };
        RecordWrite::put(names::spec(&self.id), json(&spec))
    }
}
