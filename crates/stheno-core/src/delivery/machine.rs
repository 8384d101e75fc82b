//! The machine: takes events in, gives attempts out. Its organs each keep one promise; here is what they agree on.

use std::{sync::Arc, time::Duration};

use crate::{
    backend::RecordName,
    delivery::{
        attempt::{Attempt, Load, Offer, Step},
        doc::{Counts, Former},
        lane::{Doing, Indexed, LANE_QUEUE, Lane, Lanes, Next, Room},
        lane_id::LaneId,
        memory::{Kept, Memory},
        outbox::Outbox,
        reservation::{RESERVE, Reservation},
        settled::{Met, Settled},
        trial::{Leave, Trial},
    },
    event::recorded::RecordedEvent,
    marker::Run,
    pattern::PatternSet,
    subscriber::policy::Policy,
    time::{Now, Timestamp},
};

/// Events that may hold the floor back before intake pauses.
const HELD: usize = 1_024;
const _: () = assert!(LANE_QUEUE < HELD, "one key must not stop the others");
/// A clock that goes back by as much was set.
const CLOCK_STEP: Duration = Duration::from_secs(1);
/// Lanes that may go on at once before more dead letters are handed back by the thousand.
const HANDED_BACK: usize = 512;
/// Lanes whose next event may wait in memory, besides those that could be started at once. As soon as half of them are used up,
/// the others are read in one trip.
const READY: usize = if cfg!(test) { 4 } else { 512 };

/// Delivery of one subscriber, while one process holds its lease.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(super) policy: Policy,
    pub(super) patterns: PatternSet,
    /// The identity of the log.
    pub(super) log: Arc<str>,
    pub(super) run: Run,
    pub(super) former: Vec<Former>,
    /// Where this run began: after this sequence.
    pub(super) rewound: u64,
    pub(super) epoch: u64,
    pub(super) began: u64,
    /// Whether an operator lets it stand still; recorded, unlike what the configuration says.
    pub(super) paused: bool,
    pub(super) counts: Counts,
    pub(super) settled: Settled,
    pub(super) reservation: Reservation,
    pub(super) lanes: Lanes,
    pub(super) memory: Memory,
    pub(super) trial: Trial,
    pub(super) outbox: Outbox,
    pub(super) running: usize,
    pub(super) loading: usize,
    /// Whether lanes are read back until as many are in memory as may be.
    pub(super) filling: bool,
    /// The attempt that was given out and is neither settled nor under way.
    pub(super) given: Option<u64>,
    /// The last time it was told.
    pub(super) seen: Timestamp,
}

impl Machine {
    pub(crate) fn run(&self) -> Run {
        self.run
    }

    /// The ids that the subscriber had before, the oldest first.
    pub(crate) fn former(&self) -> &[Former] {
        &self.former
    }

    /// The identity of the log.
    pub(crate) fn log(&self) -> &Arc<str> {
        &self.log
    }

    pub(crate) fn counts(&self) -> Counts {
        self.counts
    }

    /// Attempts under way.
    pub(crate) fn running(&self) -> usize {
        self.running
    }

    /// Every live event up to here was offered.
    pub(crate) fn position(&self) -> u64 {
        self.settled.position()
    }

    /// The highest sequence up to which everything is settled, or written down.
    pub(crate) fn floor(&self) -> u64 {
        self.settled.floor()
    }

    /// The floor that the last write recorded.
    pub(crate) fn recorded_floor(&self) -> u64 {
        self.settled.recorded()
    }

    /// Whether more live events can be taken now.
    pub(crate) fn wants_intake(&self) -> bool {
        !self.is_paused()
            && !self.trial.is_on()
            && self.running < self.policy.concurrency
            && self.settled.held() < HELD
            && self.memory.has_room()
            && self.outbox.has_room()
    }

    /// Whether it may have more events in memory.
    pub(crate) fn has_memory(&self) -> bool {
        self.memory.has_room()
    }

    /// Whether it stands still, because an operator or the configuration says so.
    pub(crate) fn is_paused(&self) -> bool {
        self.paused || self.policy.paused
    }

    /// Lets it stand still, or go on.
    pub(crate) fn pause(&mut self, paused: bool) {
        self.paused = paused;
        self.outbox.record_now();
    }

    /// Whether an attempt or a load is under way.
    pub(crate) fn is_busy(&self) -> bool {
        self.running > 0 || self.loading > 0
    }

    /// Whether nothing can happen before new events come or a time is due.
    pub(crate) fn is_idle(&self) -> bool {
        !self.is_busy()
            && !self.trial.is_on()
            && (!self.lanes.can_go_on() || self.is_paused())
            && !self.outbox.has_to_record()
            && !self.outbox.is_writing()
    }

    /// Whether a lane can go on at once.
    pub(crate) fn has_ready(&self) -> bool {
        self.lanes.can_go_on()
    }

    /// Whether an event is being tried alone, or about to be.
    pub(crate) fn is_alone(&self) -> bool {
        self.trial.is_on()
    }

    /// Whether an attempt waits to be made alone: for leave, for the record, or for its turn after that.
    pub(crate) fn waits_to_be_alone(&self) -> bool {
        self.trial.waits()
    }

    /// Whether a suspect waits for leave to be the only one tried in the whole process.
    pub(crate) fn needs_leave(&self) -> bool {
        self.trial.needs_leave()
    }

    /// Gives that leave. An event that has ended the process too often becomes a dead letter instead.
    pub(crate) fn grant_leave(&mut self, now: Now) {
        match self.trial.grant_leave(self.policy.crash_limit.get()) {
            Leave::NotNeeded => return,
            Leave::Granted => {}
            Leave::TooOften(attempt, starts) => self.crash_loop(&attempt, starts, now),
        }
        self.outbox.record_now();
    }

    /// Forgets an attempt that waits to be made alone: its lane is read back from the log later, and stays suspect.
    pub(crate) fn forget_alone(&mut self) {
        if let Some(attempt) = self.trial.take_back()
            && self.lanes.contains(&attempt.lane)
        {
            self.lanes.forget(&attempt.lane);
            self.lanes.turn_to(&attempt.lane, Doing::NeedsLoad);
        }
    }

    /// Takes the next live event. An attempt that comes back has to be settled or suspended before the next call.
    pub(crate) fn offer(&mut self, event: &Arc<RecordedEvent>) -> Offer {
        debug_assert!(self.given.is_none(), "{:?} is neither settled nor under way", self.given);
        let sequence = event.sequence;
        if sequence > self.settled.position() && !self.reservation.allows(sequence) {
            self.outbox.record_soon();
            return Offer::NotYet;
        }
        if self.settled.meet(sequence) != Met::New {
            return Offer::Taken;
        }
        let id = LaneId::of(event, self.policy.ordered);
        let suspect = self.trial.suspects(&id, sequence);
        let room = match self.lanes.get(&id).map(|lane| lane.room(sequence)) {
            Some(Room::Free) if !self.memory.may_queue(event) => Some(Room::Full),
            room => room,
        };
        match room {
            Some(Room::Settled) => {}
            // The log has it: the lane reads it back when its turn comes.
            Some(Room::LeftToLog) => {
                if let Some(lane) = self.lanes.get_mut(&id) {
                    lane.leave(event, &self.memory);
                }
                self.hold(&id, sequence);
            }
            Some(Room::Full) => {
                if let Some(lane) = self.lanes.get_mut(&id) {
                    lane.join_no_more();
                    lane.leave(event, &self.memory);
                }
                self.hold(&id, sequence);
                self.index(&id);
            }
            Some(Room::Free) => {
                self.hold(&id, sequence);
                if let Some(lane) = self.lanes.get_mut(&id) {
                    lane.queue(self.memory.keep(event));
                    match lane.doing() {
                        Doing::Resting(_) => self.proceed(&id),
                        Doing::Waiting(_) => self.lanes.keep(&id, &self.memory),
                        _ => {}
                    }
                }
            }
            None if suspect => {
                self.lanes.insert(id.clone(), Lane::ready(self.memory.keep(event)));
                self.hold(&id, sequence);
            }
            None => return Offer::Start(self.give(Attempt::new(id, Arc::clone(event), 1))),
        }
        Offer::Taken
    }

    /// Says that no matching event up to this sequence is left to offer.
    pub(crate) fn advance(&mut self, covered: u64) {
        self.settled.pass(covered);
        while let Some(id) = self.lanes.rested(self.settled.position()) {
            self.proceed(&id);
        }
        // A long stretch of foreign events is recorded now and then, so that a restart does not read it again.
        if self.settled.floor() > self.settled.recorded() + RESERVE {
            self.outbox.record_soon();
        }
    }

    /// Says that an attempt is under way and will be settled later.
    pub(crate) fn suspend(&mut self, attempt: &mut Attempt) {
        let sequence = attempt.event.sequence;
        self.given = None;
        attempt.suspended = true;
        self.running += 1;
        attempt.taken.get_or_insert_with(|| self.memory.take(attempt.event.size()));
        if !self.lanes.contains(&attempt.lane) {
            self.lanes.insert(attempt.lane.clone(), Lane::running(sequence));
            self.hold(&attempt.lane.clone(), sequence);
        }
    }

    /// What to do next; `None` until something is settled, loaded, committed, offered or due.
    pub(crate) fn next(&mut self, now: Now) -> Option<Step> {
        debug_assert!(self.given.is_none(), "{:?} is neither settled nor under way", self.given);
        self.notice(now.steady);
        if self.trial.is_on() {
            let attempt = self.trial.start()?;
            return Some(Step::Start(self.give(attempt)));
        }
        if self.is_paused() {
            return None;
        }
        self.lanes.wake(now.steady);
        if !self.outbox.has_room() {
            return None;
        }
        self.next_load().or_else(|| self.next_start())
    }

    fn next_load(&mut self) -> Option<Step> {
        let in_memory = self.policy.concurrency + READY;
        self.filling = self.filling || self.lanes.ready() + self.loading <= in_memory / 2;
        while self.filling
            && (self.memory.has_room() || !(self.is_busy() || self.lanes.ready() > 0))
            && let Some(id) = self.lanes.first_unread().cloned()
        {
            if self.lanes.ready() + self.loading >= in_memory {
                self.filling = false;
                break;
            }
            let is_recorded = self.lanes.get(&id).is_some_and(|lane| lane.indexed() != Indexed::No);
            if is_recorded && !self.reservation.allows_lane(&id) {
                self.outbox.record_failed();
                return None;
            }
            let offered = self.settled.offered();
            match self.lanes.get_mut(&id).and_then(|lane| lane.load(&id, offered)) {
                Some(load) => {
                    self.loading += 1;
                    if let Some(lane) = self.lanes.get_mut(&id) {
                        lane.expect(&load, &self.memory);
                    }
                    self.lanes.turn_to(&id, Doing::Loading);
                    return Some(Step::Load(load));
                }
                None => self.proceed(&id),
            }
        }
        None
    }

    fn next_start(&mut self) -> Option<Step> {
        if self.running >= self.policy.concurrency {
            return None;
        }
        let id = self.lanes.first_ready().cloned()?;
        let sequence = self.lanes.get(&id)?.peek()?.sequence;
        let suspect = self.trial.suspects(&id, sequence);
        if suspect && self.running > 0 {
            // It is tried alone: let what runs come to its end.
            return None;
        }
        let attempt = self.begin(id)?;
        if suspect {
            self.trial.call(attempt);
            return None;
        }
        Some(Step::Start(self.give(attempt)))
    }

    /// When [`Machine::next`] has something to do at the latest.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        if self.is_paused() || self.trial.is_on() {
            return None;
        }
        self.lanes.next_due()
    }

    /// Notices a clock that was set back: nothing waits longer for that.
    fn notice(&mut self, now: Timestamp) {
        let back = self.seen.since(now);
        if back >= CLOCK_STEP {
            self.lanes.clock_went_back(back);
        }
        self.seen = now;
    }

    /// Takes what a [`Load`] has read; `covered` says how far.
    pub(crate) fn loaded(&mut self, load: &Load, events: Vec<Arc<RecordedEvent>>, covered: u64, now: Now) {
        self.loading = self.loading.saturating_sub(1);
        let Some(lane) = self.lanes.get_mut(&load.lane) else { return };
        if lane.doing() != Doing::Loading {
            return;
        }
        let first = events.first().map(|event| event.sequence);
        lane.loaded(self.memory.keep_all(&events), covered);
        if load.known.is_some_and(|known| covered >= known && first != Some(known)) {
            self.gone(&load.lane, now);
        } else {
            self.proceed(&load.lane);
        }
    }

    /// Says that a read failed; it is asked for again later.
    pub(crate) fn load_failed(&mut self, load: &Load, retry_at: Timestamp) {
        self.loading = self.loading.saturating_sub(1);
        if self.lanes.get(&load.lane).is_some_and(|lane| lane.doing() == Doing::Loading) {
            if let Some(lane) = self.lanes.get_mut(&load.lane) {
                lane.not_read();
            }
            if load.sequences.is_empty() {
                self.lanes.forget(&load.lane);
            }
            self.index(&load.lane);
            self.lanes.turn_to(&load.lane, Doing::Waiting(retry_at));
        }
    }

    /// Goes on with a lane that has settled or read something.
    pub(super) fn proceed(&mut self, id: &LaneId) {
        let position = self.settled.position();
        match self.lanes.get(id).map(|lane| lane.next(id, position)) {
            None => {}
            Some(Next::Do(doing)) => self.lanes.turn_to(id, doing),
            Some(Next::Over) => self.end(id),
        }
    }

    /// Forgets a lane, and its record.
    pub(super) fn end(&mut self, id: &LaneId) {
        let Some(lane) = self.lanes.remove(id) else { return };
        self.trial.forget(id);
        for sequence in lane.held() {
            self.settled.release(*sequence);
        }
        if lane.indexed() != Indexed::No && self.outbox.end(id) {
            self.outbox.record_failed();
        }
    }

    /// Lets a record say where the lane's unsettled events begin. Once a write says so, they no longer hold the floor back.
    pub(super) fn index(&mut self, id: &LaneId) {
        if self.lanes.contains(id) {
            self.lanes.index(id);
            self.outbox.change(id);
            self.outbox.record_failed();
        }
    }

    /// Lets an event of a lane hold the floor back, unless a record says where it is.
    fn hold(&mut self, id: &LaneId, sequence: u64) {
        if let Some(lane) = self.lanes.get_mut(id)
            && lane.indexed() != Indexed::Stored
            && self.settled.hold(sequence)
        {
            lane.holds(sequence);
        }
    }

    fn begin(&mut self, id: LaneId) -> Option<Attempt> {
        let lane = self.lanes.get_mut(&id)?;
        let Kept { event, taken } = lane.begin()?;
        let number = lane.failed().map_or(1, |failed| failed.attempts + 1);
        self.lanes.turn_to(&id, Doing::Running);
        Some(Attempt { taken: Some(taken), ..Attempt::new(id, event, number) })
    }

    fn give(&mut self, attempt: Attempt) -> Attempt {
        self.given = Some(attempt.event.sequence);
        attempt
    }

    /// Says that a command was carried out, which took away this letter: its record goes once what it changed is written.
    pub(crate) fn carried_out(&mut self, command: RecordName, letter: Option<u64>) {
        self.outbox.carried_out(command, letter);
        self.outbox.record_now();
    }

    /// Whether so little of what operators asked waits to be written that more of it may be done.
    pub(crate) fn has_room_for_commands(&self) -> bool {
        self.outbox.has_room_for_commands()
    }

    /// Whether so little goes on that more may be handed back of what nobody asked for one by one.
    pub(crate) fn may_hand_back(&self) -> bool {
        self.outbox.has_room_for_commands() && self.lanes.going_on() < HANDED_BACK
    }

    /// Whether a dead letter was taken away that no write says of yet.
    pub(crate) fn takes_letters_away(&self) -> bool {
        self.outbox.takes_any_away()
    }

    /// Whether a command was carried out that no write holds yet.
    pub(crate) fn is_carried_out(&self, command: &RecordName) -> bool {
        self.outbox.is_carried_out(command)
    }
}
