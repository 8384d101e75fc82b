//! All lanes of a subscriber, and which goes next. Every step is one look-up, however many wait.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::{
    delivery::{
        lane::{Doing, Indexed, Lane},
        lane_id::LaneId,
        memory::Memory,
    },
    time::Timestamp,
};

/// The lanes.
#[derive(Debug, Default)]
pub(crate) struct Lanes {
    /// Boxed, so that the table is small and grows without a copy of them all: most of many lanes are parked.
    all: HashMap<LaneId, Box<Lane>>,
    /// Those that can be started, in the order in which they became so.
    ready: BTreeMap<u64, LaneId>,
    /// Those that need a load.
    unread: BTreeMap<u64, LaneId>,
    waiting: BTreeSet<(Timestamp, LaneId)>,
    /// Those of them that wait to try an event again, by the sequence of that event and their ticket.
    failed: BTreeMap<(u64, u64), LaneId>,
    resting: BTreeSet<(u64, LaneId)>,
    /// Those that a record speaks for, and that are under way: loading, ready or running.
    busy: HashSet<LaneId>,
    tickets: u64,
    /// How many are parked.
    parked: usize,
    /// How many lanes were looked at.
    #[cfg(test)]
    looked_at: std::cell::Cell<usize>,
}

impl Lanes {
    pub(crate) fn get(&self, id: &LaneId) -> Option<&Lane> {
        self.look();
        self.all.get(id).map(|lane| &**lane)
    }

    pub(crate) fn get_mut(&mut self, id: &LaneId) -> Option<&mut Lane> {
        self.all.get_mut(id).map(|lane| &mut **lane)
    }

    pub(crate) fn contains(&self, id: &LaneId) -> bool {
        self.all.contains_key(id)
    }

    pub(crate) fn insert(&mut self, id: LaneId, lane: Lane) {
        let doing = lane.doing;
        self.remove(&id);
        self.all.insert(id.clone(), Box::new(lane));
        self.enqueue(&id, doing);
    }

    pub(crate) fn remove(&mut self, id: &LaneId) -> Option<Lane> {
        let lane = self.all.remove(id)?;
        self.dequeue(id, lane.doing, lane.ticket, lane.failed_at());
        Some(*lane)
    }

    /// Lets a lane do something else.
    pub(crate) fn turn_to(&mut self, id: &LaneId, doing: Doing) {
        let Some(lane) = self.all.get(id) else { return };
        let (before, ticket, failed_at) = (lane.doing, lane.ticket, lane.failed_at());
        self.dequeue(id, before, ticket, failed_at);
        self.enqueue(id, doing);
    }

    fn enqueue(&mut self, id: &LaneId, doing: Doing) {
        self.tickets += 1;
        let Some(lane) = self.all.get_mut(id) else { return };
        (lane.doing, lane.ticket) = (doing, self.tickets);
        let is_recorded = lane.indexed != Indexed::No;
        match doing {
            Doing::Ready => drop(self.ready.insert(self.tickets, id.clone())),
            Doing::NeedsLoad => drop(self.unread.insert(self.tickets, id.clone())),
            Doing::Waiting(due) => {
                self.failed.extend(lane.failed_at().map(|sequence| ((sequence, self.tickets), id.clone())));
                self.waiting.insert((due, id.clone()));
            }
            Doing::Resting(until) => drop(self.resting.insert((until, id.clone()))),
            Doing::Parked { .. } => self.parked += 1,
            Doing::Loading | Doing::Running => {}
        }
        if is_recorded && is_busy(doing) {
            self.busy.insert(id.clone());
        }
    }

    /// `failed_at` is that of the lane.
    fn dequeue(&mut self, id: &LaneId, doing: Doing, ticket: u64, failed_at: Option<u64>) {
        match doing {
            Doing::Ready => drop(self.ready.remove(&ticket)),
            Doing::NeedsLoad => drop(self.unread.remove(&ticket)),
            Doing::Waiting(due) => {
                if let Some(sequence) = failed_at {
                    self.failed.remove(&(sequence, ticket));
                }
                self.waiting.remove(&(due, id.clone()));
            }
            Doing::Resting(until) => drop(self.resting.remove(&(until, id.clone()))),
            Doing::Parked { .. } => self.parked -= 1,
            Doing::Loading | Doing::Running => {}
        }
        if !self.busy.is_empty() {
            self.busy.remove(id);
        }
    }

    /// Keeps the events in memory of a lane that waits, if there is room for them, so that they need not be read again.
    pub(crate) fn keep(&mut self, id: &LaneId, memory: &Memory) {
        if memory.is_crowded()
            && let Some(lane) = self.all.get_mut(id)
        {
            lane.leave_to_the_log(memory);
        }
    }

    /// Forgets the events in memory of a lane, and which they were: they are looked for in the log.
    pub(crate) fn forget(&mut self, id: &LaneId) {
        if let Some(lane) = self.all.get_mut(id) {
            lane.forget();
        }
    }

    /// Says that a record will speak for a lane. Whether that is new.
    pub(crate) fn index(&mut self, id: &LaneId) -> bool {
        let Some(lane) = self.all.get_mut(id) else { return false };
        let (is_new, doing) = (lane.index(), lane.doing);
        if is_new && is_busy(doing) {
            self.busy.insert(id.clone());
        }
        is_new
    }

    /// The lane that can be started first.
    pub(crate) fn first_ready(&self) -> Option<&LaneId> {
        self.ready.values().next()
    }

    /// The lane that is read back first.
    pub(crate) fn first_unread(&self) -> Option<&LaneId> {
        self.unread.values().next()
    }

    /// How many can be started.
    pub(crate) fn ready(&self) -> usize {
        self.ready.len()
    }

    /// How many can be started or need a load.
    pub(crate) fn going_on(&self) -> usize {
        self.ready.len() + self.unread.len()
    }

    /// How many are parked.
    pub(crate) fn parked(&self) -> usize {
        self.parked
    }

    /// Whether one can be started, or needs a load.
    pub(crate) fn can_go_on(&self) -> bool {
        !(self.ready.is_empty() && self.unread.is_empty())
    }

    /// Lets those go on whose time has come. Of several, those go first that stand first in the log: what lies together there is read
    /// together.
    pub(crate) fn wake(&mut self, now: Timestamp) {
        let mut due = Vec::new();
        while self.waiting.first().is_some_and(|(due, _)| *due <= now)
            && let Some((_, id)) = self.waiting.pop_first()
        {
            due.push((self.all.get(&id).map_or(0, |lane| lane.from()), id));
        }
        due.sort_unstable();
        for (_, id) in due {
            self.turn_to(&id, Doing::NeedsLoad);
        }
    }

    /// The lane that waits to try this event again.
    pub(crate) fn waiting_for(&self, sequence: u64) -> Option<&LaneId> {
        self.failed.range((sequence, 0)..=(sequence, u64::MAX)).map(|(_, id)| id).next()
    }

    /// When the first one goes on that waits.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.waiting.first().map(|(due, _)| *due)
    }

    /// Moves all that wait by what the clock was set back.
    pub(crate) fn clock_went_back(&mut self, by: std::time::Duration) {
        let waiting: Vec<_> = self.waiting.iter().cloned().collect();
        for (due, id) in waiting {
            self.turn_to(&id, Doing::Waiting(due.minus(by)));
        }
    }

    /// Takes a lane that has rested until the live intake came to a position.
    pub(crate) fn rested(&mut self, position: u64) -> Option<LaneId> {
        let (_, id) = self.resting.first().filter(|(until, _)| *until <= position)?;
        Some(id.clone())
    }

    /// Those that a record speaks for which are under way, and those of them that are so next, as many as `more` and before a time.
    pub(crate) fn busy_soon(&self, more: usize, before: Timestamp) -> HashSet<LaneId> {
        let waiting = self.waiting.iter().take_while(|(due, _)| *due < before).map(|(_, id)| id);
        self.busy.iter().chain(self.unread.values().chain(waiting).take(more)).cloned().collect()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&LaneId, &Lane)> {
        self.all.iter().inspect(|_| self.look()).map(|(id, lane)| (id, &**lane))
    }

    /// How many lanes were looked at so far, one by one.
    #[cfg(test)]
    pub(crate) fn looked_at(&self) -> usize {
        self.looked_at.get()
    }

    #[cfg(not(test))]
    fn look(&self) {}

    #[cfg(test)]
    fn look(&self) {
        self.looked_at.set(self.looked_at.get() + 1);
    }
}

fn is_busy(doing: Doing) -> bool {
    matches!(doing, Doing::Loading | Doing::Ready | Doing::Running)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u64) -> LaneId {
        LaneId::Event(number)
    }

    fn lanes(doing: impl IntoIterator<Item = Doing>) -> Lanes {
        let mut lanes = Lanes::default();
        for (number, doing) in (1..).zip(doing) {
            lanes.insert(id(number), Lane::running(number));
            lanes.turn_to(&id(number), doing);
        }
        lanes
    }

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_micros(micros)
    }

    #[test]
    fn lanes_go_on_in_the_order_in_which_they_became_ready() {
        let mut lanes = lanes([Doing::Ready, Doing::NeedsLoad, Doing::Ready, Doing::NeedsLoad]);
        assert_eq!((lanes.first_ready(), lanes.first_unread()), (Some(&id(1)), Some(&id(2))));
        lanes.turn_to(&id(1), Doing::Running);
        lanes.turn_to(&id(2), Doing::Ready);
        assert_eq!((lanes.first_ready(), lanes.first_unread()), (Some(&id(3)), Some(&id(4))));
        lanes.remove(&id(3));
        assert_eq!((lanes.first_ready(), lanes.ready()), (Some(&id(2)), 1));
    }

    #[test]
    fn a_lane_stands_in_one_queue() {
        let mut lanes = lanes([Doing::Waiting(at(5))]);
        for doing in [Doing::Resting(9), Doing::Parked { dead: 1 }, Doing::Loading, Doing::Waiting(at(7))] {
            lanes.turn_to(&id(1), doing);
        }
        assert_eq!((lanes.next_due(), lanes.rested(99), lanes.can_go_on()), (Some(at(7)), None, false));
        lanes.remove(&id(1));
        assert_eq!(lanes.next_due(), None);
    }

    #[test]
    fn a_lane_wakes_when_it_is_due_also_when_the_clock_was_set_back() {
        let mut lanes = lanes([Doing::Waiting(at(10_000_000)), Doing::Waiting(at(20_000_000))]);
        lanes.wake(at(9_999_999));
        assert!(!lanes.can_go_on());
        lanes.wake(at(10_000_000));
        assert_eq!(lanes.first_unread(), Some(&id(1)));
        lanes.clock_went_back(std::time::Duration::from_secs(15));
        assert_eq!(lanes.next_due(), Some(at(5_000_000)));
    }

    #[test]
    fn who_is_busy_soon_is_known_before_it_is() {
        let due = |second: i64| Doing::Waiting(at(second * 1_000_000));
        let mut lanes = lanes([due(3), due(1), due(2), Doing::NeedsLoad, Doing::Running]);
        assert!(lanes.index(&id(5)) && !lanes.index(&id(5)));
        let soon = |more, before: i64| {
            let mut soon: Vec<_> = lanes.busy_soon(more, at(before * 1_000_000)).into_iter().collect();
            soon.sort();
            soon
        };
        assert_eq!(soon(0, 9), [id(5)]);
        assert_eq!(soon(2, 9), [id(2), id(4), id(5)]);
        assert_eq!(soon(9, 3), [id(2), id(3), id(4), id(5)]);
    }

    fn event(sequence: u64, bytes: usize) -> std::sync::Arc<crate::event::recorded::RecordedEvent> {
        let (name, now, body) = ("a".into(), at(0), vec![b' '; bytes]);
        let headers = crate::headers::Headers::new();
        std::sync::Arc::new(crate::event::recorded::RecordedEvent::from_stored(
            sequence,
            "i".into(),
            name,
            None,
            None,
            now,
            now,
            headers,
            body.into(),
        ))
    }

    #[test]
    fn what_waits_stays_in_memory_while_there_is_room() {
        let waiting = || crate::delivery::doc::Waiting {
            attempts: 1,
            due: at(9),
            first_failed: at(0),
            error: Vec::new(),
            wait_ms: None,
            waited_ms: None,
            paused: false,
        };
        let (mut lanes, memory) = (lanes([Doing::Running; 3]), Memory::default());
        let is_kept = |lanes: &Lanes, number| lanes.get(&id(number)).is_some_and(|lane| lane.peek().is_some());
        let fail = |lanes: &mut Lanes, number: u64| {
            if let Some(lane) = lanes.get_mut(&id(number)) {
                lane.fail(memory.keep(&event(number, 9 * 1024 * 1024)), waiting());
            }
            lanes.turn_to(&id(number), Doing::Waiting(at(9)));
            lanes.keep(&id(number), &memory);
        };
        (1..=2).for_each(|number| fail(&mut lanes, number));
        assert!(is_kept(&lanes, 1) && !is_kept(&lanes, 2), "the second one has no room");
        lanes.remove(&id(1));
        fail(&mut lanes, 3);
        assert!(is_kept(&lanes, 3), "the first one is gone");
        lanes.remove(&id(3));
        assert_eq!(memory.used(), 0);
    }
}
