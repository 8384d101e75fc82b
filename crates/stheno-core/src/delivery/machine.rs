//! The machine: takes events in, gives attempts out.

use std::{
    collections::{BTreeSet, HashMap, HashSet, VecDeque},
    sync::Arc,
};

use crate::{
    delivery::{
        commit::{Outbox, ToRecord},
        doc::{Counts, Former, Suspect},
        lane::{Doing, Lane, LaneId},
    },
    event::recorded::RecordedEvent,
    key::Key,
    pattern::PatternSet,
    subscriber::policy::Policy,
    time::Timestamp,
};

/// Live events one lane keeps in memory before it leaves further ones to the log.
pub(crate) const LANE_QUEUE: usize = 128;
/// Events that all lanes together keep in memory before intake pauses.
pub(crate) const OPEN_LIMIT: usize = 2048;
/// Sequences that one write reserves ahead at most, for a subscriber that is quick.
pub(crate) const RESERVE: u64 = 8192;
/// Sequences that one write reserves ahead at least.
const RESERVE_LEAST: u64 = 32;
/// Events one read of a lane asks for.
pub(crate) const LOAD_LIMIT: usize = 64;
/// How often an event may end the process when it is tried alone.
pub(crate) const CRASH_LIMIT: u32 = 3;

/// One attempt at one event. It has to be given back to [`Machine::settle`].
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) lane: LaneId,
    pub(crate) event: Arc<RecordedEvent>,
    /// Which attempt, from 1.
    pub(crate) number: u32,
    /// Whether it was counted as running; see [`Machine::suspend`].
    pub(crate) suspended: bool,
    /// Whether it is tried alone, because it may end the process.
    pub(crate) alone: bool,
}

/// What becomes of an event that is offered.
#[derive(Debug)]
pub(crate) enum Offer {
    /// Begin this attempt now.
    Start(Attempt),
    /// The machine has it, or it needs nothing.
    Taken,
    /// Offer it again after the next commit.
    NotYet,
}

/// What the machine wants done.
#[derive(Debug)]
pub(crate) enum Step {
    /// Begin this attempt now.
    Start(Attempt),
    /// Read events of a lane and answer with [`Machine::loaded`].
    Load(Load),
}

/// A read of a lane's events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Load {
    pub(crate) lane: LaneId,
    pub(crate) key: Option<Key>,
    pub(crate) after: u64,
    pub(crate) upto: u64,
    pub(crate) limit: usize,
    /// An event that was there, and is the first unless it is gone.
    pub(crate) known: Option<u64>,
}

/// An attempt that is tried alone: first with leave of the whole process, then once the record says so, then it starts.
#[derive(Debug)]
pub(crate) struct Alone {
    pub(crate) sequence: u64,
    /// Taken when it starts.
    pub(crate) attempt: Option<Attempt>,
    pub(crate) stage: AloneStage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AloneStage {
    NeedsLeave,
    NeedsRecord,
    Recording,
    Recorded,
    Started,
}

/// Delivery of one subscriber, while one process holds its lease.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) policy: Policy,
    pub(crate) patterns: PatternSet,
    /// The identity of the log.
    pub(crate) log: Arc<str>,
    pub(crate) run: u32,
    /// The epoch in which the run began; 0 for the first.
    pub(crate) run_epoch: u64,
    pub(crate) former: Vec<Former>,
    /// Where this run began: after this sequence.
    pub(crate) rewound: u64,
    pub(crate) epoch: u64,
    pub(crate) began: u64,
    /// Every live event up to here was offered.
    pub(crate) position: u64,
    /// Sequences above the floor that an earlier holder has settled, or left to the record of their lane.
    pub(crate) done_before: Vec<(u64, u64)>,
    /// The end of what an earlier holder was offered: a lane of its record reads back up to here.
    pub(crate) offered_before: u64,
    /// Unsettled sequences that no lane's record covers: they hold the floor back.
    pub(crate) open: BTreeSet<u64>,
    pub(crate) lanes: HashMap<LaneId, Lane>,
    /// Lanes that are ready or need a load, in the order they became so.
    pub(crate) ready: VecDeque<LaneId>,
    pub(crate) timers: BTreeSet<(Timestamp, LaneId)>,
    /// Lanes that have read back further than the live intake has come: they stay until it has passed.
    pub(crate) resting: BTreeSet<(u64, LaneId)>,
    pub(crate) running: usize,
    pub(crate) loading: usize,
    /// Nothing above this may be started before a commit has raised it.
    pub(crate) reserved: u64,
    /// How far ahead the next write reserves. A crash makes suspects of what is reserved, and these are tried one at a time:
    /// so no further than this subscriber gets between a few writes.
    pub(crate) ahead: u64,
    /// The position at the last write.
    pub(crate) written_at: u64,
    /// An event above `reserved` that was offered.
    pub(crate) wanted: u64,
    /// Live events up to here may have been started by a holder that did not stop in order.
    pub(crate) suspects_upto: u64,
    pub(crate) alone: Option<Alone>,
    pub(crate) suspect: Option<Suspect>,
    /// Whether an operator lets it stand still; recorded, unlike what the configuration says.
    pub(crate) paused: bool,
    pub(crate) counts: Counts,
    pub(crate) changed: HashSet<LaneId>,
    pub(crate) outbox: Outbox,
    /// Whether something has to be recorded, and how soon.
    pub(crate) to_record: ToRecord,
    pub(crate) committing: bool,
    /// The floor that the last commit recorded.
    pub(crate) recorded_floor: u64,
}

impl Machine {
    /// Whether more live events can be taken now.
    pub(crate) fn wants_intake(&self) -> bool {
        !self.is_paused()
            && self.alone.is_none()
            && self.running < self.policy.concurrency
            && self.open.len() < OPEN_LIMIT
    }

    /// Whether it stands still, because an operator or the configuration says so.
    pub(crate) fn is_paused(&self) -> bool {
        self.paused || self.policy.paused
    }

    /// Whether an attempt or a load is under way.
    pub(crate) fn is_busy(&self) -> bool {
        self.running > 0 || self.loading > 0
    }

    /// Whether nothing can happen before new events come or a time is due.
    pub(crate) fn is_idle(&self) -> bool {
        !self.is_busy()
            && self.alone.is_none()
            && (self.ready.is_empty() || self.is_paused())
            && !self.has_to_record()
            && !self.committing
    }

    /// Whether a lane can go on at once.
    pub(crate) fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Whether events will soon have to wait for a write that reserves more sequences.
    pub(crate) fn reserve_runs_out(&self) -> bool {
        self.reserved < self.position.max(self.wanted) + self.ahead / 2
    }

    /// Reserves as far ahead as it got since the last write, four times over: a quick one is held up by a few writes at first.
    pub(crate) fn adjust_reserve(&mut self) {
        let got = self.position.saturating_sub(self.written_at);
        let least = RESERVE_LEAST.max(self.policy.concurrency as u64).min(RESERVE);
        self.ahead = got.saturating_mul(4).clamp(least, RESERVE);
        self.written_at = self.position;
    }

    /// Whether an event is being tried alone, or about to be.
    pub(crate) fn is_alone(&self) -> bool {
        self.alone.is_some()
    }

    /// Takes the next live event. An attempt that comes back has to be settled or suspended before the next call.
    pub(crate) fn offer(&mut self, event: &Arc<RecordedEvent>) -> Offer {
        let sequence = event.sequence;
        if sequence <= self.position {
            return Offer::Taken;
        }
        if sequence > self.reserved {
            self.wanted = self.wanted.max(sequence);
            self.record_now();
            return Offer::NotYet;
        }
        self.position = sequence;
        if self.was_done_before(sequence) {
            return Offer::Taken;
        }
        let lane = LaneId::of(event, self.policy.ordered);
        let suspect = sequence <= self.suspects_upto;
        if self.lanes.is_empty() && !suspect {
            return Offer::Start(Attempt::first(lane, event));
        }
        match self.lanes.get_mut(&lane) {
            // The lane's record was ahead of the floor: the event is settled.
            Some(known) if sequence < known.from => {}
            // The log has it: the lane reads it back when its turn comes.
            Some(known) if !known.joined || sequence <= known.read_upto => {}
            Some(known) if known.live.len() >= LANE_QUEUE => self.leave_to_the_log(&lane),
            Some(known) => {
                known.live.push_back(Arc::clone(event));
                if !known.indexed {
                    self.open.insert(sequence);
                }
                if known.doing == Doing::Resting {
                    self.proceed(&lane);
                }
            }
            None if suspect => {
                let mut fresh = Lane::ready(sequence);
                fresh.live.push_back(Arc::clone(event));
                self.open.insert(sequence);
                self.lanes.insert(lane.clone(), fresh);
                self.ready.push_back(lane);
            }
            None => return Offer::Start(Attempt::first(lane, event)),
        }
        Offer::Taken
    }

    /// Says that no matching event up to this sequence is left to offer.
    pub(crate) fn advance(&mut self, covered: u64) {
        self.position = self.position.max(covered);
        while let Some((upto, _)) = self.resting.first()
            && *upto <= self.position
        {
            if let Some((_, id)) = self.resting.pop_first()
                && self.lanes.get(&id).is_some_and(|lane| lane.doing == Doing::Resting)
            {
                self.proceed(&id);
            }
        }
        // A long stretch of foreign events is recorded now and then, so that a restart does not read it again.
        if self.floor() > self.recorded_floor + RESERVE {
            self.record_soon();
        }
    }

    /// Says that an attempt is under way and will be settled later.
    pub(crate) fn suspend(&mut self, attempt: &mut Attempt) {
        let sequence = attempt.event.sequence;
        attempt.suspended = true;
        self.running += 1;
        if !self.lanes.contains_key(&attempt.lane) {
            self.lanes.insert(attempt.lane.clone(), Lane::running(sequence));
            self.open.insert(sequence);
        }
    }

    /// What to do next; `None` until something is settled, loaded, committed, offered or due.
    pub(crate) fn next(&mut self, now: Timestamp) -> Option<Step> {
        if self.is_paused() && self.alone.is_none() {
            return None;
        }
        if self.alone.is_some() {
            return self.next_alone();
        }
        while let Some((due, _)) = self.timers.first()
            && *due <= now
        {
            if let Some((_, lane)) = self.timers.pop_first() {
                self.wake(lane);
            }
        }
        for _ in 0..self.ready.len() {
            let id = self.ready.pop_front()?;
            let Some(lane) = self.lanes.get_mut(&id) else { continue };
            match lane.doing {
                Doing::NeedsLoad if self.loading < self.policy.concurrency => {
                    if let Some(load) = lane.begin_load(&id, self.position.max(self.offered_before)) {
                        self.loading += 1;
                        return Some(Step::Load(load));
                    }
                    self.proceed(&id);
                }
                Doing::Ready if self.running < self.policy.concurrency => {
                    let suspect = lane.suspect || lane.peek().is_some_and(|event| event.sequence <= self.suspects_upto);
                    if suspect {
                        if self.running > 0 {
                            // It is tried alone: let what runs come to its end.
                            self.ready.push_front(id);
                            return None;
                        }
                        self.try_alone(id);
                        return self.next_alone();
                    }
                    if let Some(attempt) = self.begin(id) {
                        return Some(Step::Start(attempt));
                    }
                }
                Doing::NeedsLoad | Doing::Ready => self.ready.push_back(id),
                Doing::Loading | Doing::Running(_) | Doing::Waiting(_) | Doing::Parked { .. } | Doing::Resting => {}
            }
        }
        None
    }

    /// When [`Machine::next`] has something to do at the latest.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        if self.is_paused() || self.alone.is_some() {
            return None;
        }
        self.timers.first().map(|(due, _)| *due)
    }

    /// Whether a suspect waits for leave to be the only one tried in the whole process.
    pub(crate) fn needs_leave(&self) -> bool {
        matches!(&self.alone, Some(alone) if alone.stage == AloneStage::NeedsLeave)
    }

    /// Gives that leave. An event that has ended the process too often becomes a dead letter instead.
    pub(crate) fn grant_leave(&mut self, now: Timestamp) {
        let Some(alone) = &mut self.alone else { return };
        if alone.stage != AloneStage::NeedsLeave {
            return;
        }
        let sequence = alone.sequence;
        let before = self.suspect.filter(|suspect| suspect.sequence == sequence).map_or(0, |suspect| suspect.starts);
        if before < CRASH_LIMIT {
            alone.stage = AloneStage::NeedsRecord;
            self.suspect = Some(Suspect { sequence, starts: before + 1 });
        } else if let Some(Alone { attempt: Some(attempt), .. }) = self.alone.take() {
            self.crash_loop(&attempt, before, now);
        }
        self.record_now();
    }

    /// Takes what a [`Load`] has read; `covered` says how far.
    pub(crate) fn loaded(&mut self, load: &Load, events: Vec<Arc<RecordedEvent>>, covered: u64, now: Timestamp) {
        self.loading = self.loading.saturating_sub(1);
        let Some(lane) = self.lanes.get_mut(&load.lane) else { return };
        if lane.doing != Doing::Loading {
            return;
        }
        let first = events.first().map(|event| event.sequence);
        lane.covered = covered;
        lane.loaded = events.into();
        if load.known.is_some_and(|known| covered >= known && first != Some(known)) {
            self.gone(&load.lane, now);
        } else {
            self.proceed(&load.lane);
        }
    }

    /// Says that a read failed; it is asked for again later.
    pub(crate) fn load_failed(&mut self, load: &Load, retry_at: Timestamp) {
        self.loading = self.loading.saturating_sub(1);
        if let Some(lane) = self.lanes.get_mut(&load.lane)
            && lane.doing == Doing::Loading
        {
            lane.doing = Doing::NeedsLoad;
            lane.leave_to_the_log();
            self.index(&load.lane);
            self.timers.insert((retry_at, load.lane.clone()));
        }
    }

    /// The highest sequence up to which everything is settled or indexed.
    pub(crate) fn floor(&self) -> u64 {
        self.open.first().map_or(self.position, |first| first - 1)
    }

    /// Goes on with a lane that has settled or read something.
    pub(crate) fn proceed(&mut self, id: &LaneId) {
        let Some(lane) = self.lanes.get_mut(id) else { return };
        if lane.peek().is_some() {
            lane.doing = Doing::Ready;
            self.ready.push_back(id.clone());
        } else if lane.has_more_to_read() || !lane.joined {
            lane.doing = Doing::NeedsLoad;
            self.ready.push_back(id.clone());
        } else if lane.rests_until() > self.position && id.key().is_some() {
            lane.doing = Doing::Resting;
            self.resting.insert((lane.rests_until(), id.clone()));
        } else if let Some(lane) = self.lanes.remove(id)
            && lane.indexed
        {
            if lane.stored {
                self.outbox.forget_lane(id.clone());
            }
            self.changed.remove(id);
            self.record_now();
        }
    }

    /// Lets a record say where the lane's unsettled events begin, so that they no longer hold the floor back.
    pub(crate) fn index(&mut self, id: &LaneId) {
        if let Some(lane) = self.lanes.get_mut(id) {
            if !lane.indexed {
                lane.indexed = true;
                for sequence in lane.unsettled() {
                    self.open.remove(&sequence);
                }
                self.open.remove(&lane.from);
            }
            self.changed.insert(id.clone());
            self.record_now();
        }
    }

    /// Stops queueing a lane's live events: too many wait for one key, and others must not wait with them.
    fn leave_to_the_log(&mut self, id: &LaneId) {
        if let Some(lane) = self.lanes.get_mut(id) {
            lane.joined = false;
        }
        self.index(id);
    }

    fn wake(&mut self, id: LaneId) {
        if let Some(lane) = self.lanes.get_mut(&id)
            && matches!(lane.doing, Doing::Waiting(_) | Doing::NeedsLoad)
        {
            lane.doing = Doing::NeedsLoad;
            self.ready.push_back(id);
        }
    }

    fn begin(&mut self, id: LaneId) -> Option<Attempt> {
        let lane = self.lanes.get_mut(&id)?;
        let event = lane.pop()?;
        lane.doing = Doing::Running(event.sequence);
        lane.from = event.sequence;
        let number = lane.failed.as_ref().map_or(1, |failed| failed.attempts + 1);
        Some(Attempt { lane: id, event, number, suspended: false, alone: false })
    }

    fn try_alone(&mut self, id: LaneId) {
        let Some(mut attempt) = self.begin(id) else { return };
        attempt.alone = true;
        if let Some(lane) = self.lanes.get_mut(&attempt.lane) {
            lane.suspect = false;
        }
        let sequence = attempt.event.sequence;
        self.alone = Some(Alone { sequence, attempt: Some(attempt), stage: AloneStage::NeedsLeave });
    }

    fn next_alone(&mut self) -> Option<Step> {
        match self.alone.as_ref()?.stage {
            AloneStage::Recorded => {
                let alone = self.alone.as_mut()?;
                let attempt = alone.attempt.take()?;
                alone.stage = AloneStage::Started;
                Some(Step::Start(attempt))
            }
            _ => None,
        }
    }

    fn was_done_before(&mut self, sequence: u64) -> bool {
        while self.done_before.first().is_some_and(|(_, last)| *last < sequence) {
            self.done_before.remove(0);
        }
        self.done_before.first().is_some_and(|(first, _)| *first <= sequence)
    }
}

impl Attempt {
    fn first(lane: LaneId, event: &Arc<RecordedEvent>) -> Self {
        Self { lane, event: Arc::clone(event), number: 1, suspended: false, alone: false }
    }
}
