//! Which lane an event belongs to.

use uuid::Uuid;

use crate::{event::recorded::RecordedEvent, key::Key};

/// What is kept in order: the events of a key, or a single event that has none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum LaneId {
    Key(Key),
    Event(u64),
}

impl LaneId {
    pub(crate) fn of(event: &RecordedEvent, ordered: bool) -> Self {
        match &event.key {
            Some(key) if ordered => LaneId::Key(key.clone()),
            _ => LaneId::Event(event.sequence),
        }
    }

    pub(crate) fn key(&self) -> Option<&Key> {
        match self {
            LaneId::Key(key) => Some(key),
            LaneId::Event(_) => None,
        }
    }

    /// A short name of it, the same in every version of Stheno. Two lanes may have one name, which is rare.
    pub(crate) fn mark(&self) -> u64 {
        let text = match self {
            LaneId::Key(key) => key.as_str().to_owned(),
            LaneId::Event(sequence) => format!("={sequence}"),
        };
        let (mark, _) = Uuid::new_v5(&Uuid::NAMESPACE_OID, text.as_bytes()).as_u64_pair();
        // JSON readers elsewhere keep no more than 53 bits of a number.
        mark >> 11
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_of_a_lane_stays_what_it_is() {
        let key = LaneId::Key(Key::new("order", "order_1").unwrap());
        assert_eq!((key.mark(), LaneId::Event(7).mark()), (5_454_049_837_571_882, 3_199_631_263_664_171));
    }
}
