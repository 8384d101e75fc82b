//! An event of the host's own, and its catalog: no different from the shipped ones.

use stheno::prelude::*;

/// The storefront took its visitor on a tour, to the end.
#[derive(Clone, PartialEq, Payload, Event)]
#[event(name = "storefront.tour_completed", key = "tour:/id", section = "Storefront Events")]
pub(crate) struct TourCompleted {
    /// ID of the tour: `tour1` is the first on its log.
    #[field(example = "tour1")]
    pub(crate) id: String,
}

stheno::catalog!("storefront"; TourCompleted);
