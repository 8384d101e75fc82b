//! The machine against a model: random logs, outcomes, commits, crashes; then everything is brought to its end and counted.
//!
//! It is long, and stays in one file: the world that the machine runs in has no meaning without the questions that are put to it.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    num::NonZeroU32,
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use proptest::prelude::*;

use crate::{
    delivery::{
        Attempt, LOAD_BYTES, Machine, Offer, Step,
        attempt::Load,
        commit::Commit,
        doc::{DeadLetter, DeadReason, LaneDoc, LaneState, StateDoc},
        lane::LANE_QUEUE,
        lane_id::LaneId,
        settle::Outcome,
    },
    event::recorded::RecordedEvent,
    failure::Failure,
    headers::Headers,
    pattern::PatternSet,
    subscriber::policy::Policy,
    time::{Now, Timestamp},
};

/// How an attempt ends.
#[derive(Debug, Clone, Copy)]
enum Ending {
    Handled,
    Skipped,
    Failed,
    PutOff,
    GivenUp,
}

use Ending::{Failed, GivenUp, Handled, PutOff, Skipped};

impl Ending {
    fn outcome(self) -> Outcome {
        match self {
            Handled => Outcome::Handled,
            Skipped => Outcome::Skipped("nothing to do".into()),
            Failed => Outcome::Failed(Failure::new("broken")),
            PutOff => Outcome::PutOff(Failure::new("broken"), Duration::from_secs(60)),
            GivenUp => Outcome::Failed(Failure::new("broken").terminal()),
        }
    }
}

/// What a handler does with an attempt.
#[derive(Debug, Clone, Copy)]
enum Call {
    /// It is over at once.
    Ends(Ending),
    /// It is under way until an [`Action::End`].
    Waits,
}

use Call::{Ends, Waits};

/// What happens next.
#[derive(Debug, Clone, Copy)]
enum Action {
    Offer(Call),
    Step(Call),
    Load,
    LoadFails,
    /// The attempt under way of this number ends, counted around.
    End(usize, Ending),
    BeginWrite,
    /// A write of the state alone, while records of lanes wait for more.
    BeginWriteOfState,
    EndWrite,
    Wait(u64),
    /// Somebody sets the clock, by so many seconds.
    SetTime(i64),
    /// An operator hands the dead letter of this number back, counted around.
    Redrive(usize),
    Crash,
    /// The holder stops in order, and the next one takes over.
    Stop,
}

/// Every action, as often as it is to come among others: one of them is chosen at a time.
fn actions() -> Vec<Action> {
    let endings = [Handled, Handled, Handled, Handled, Skipped, Failed, Failed, PutOff, GivenUp];
    let calls = || endings.into_iter().map(Ends).chain([Waits; 4]);
    let mut actions = Vec::new();
    for call in calls() {
        actions.extend([
            Action::Offer(call),
            Action::Offer(call),
            Action::Offer(call),
            Action::Step(call),
            Action::Step(call),
        ]);
    }
    for (number, ending) in endings.into_iter().enumerate() {
        actions.extend([Action::End(number, ending), Action::End(number + 3, ending), Action::Redrive(number)]);
    }
    for number in 0..12 {
        actions.extend([
            Action::Load,
            Action::BeginWrite,
            Action::BeginWrite,
            Action::BeginWriteOfState,
            Action::EndWrite,
            Action::Wait(number * 80),
        ]);
    }
    actions.extend([Action::LoadFails, Action::SetTime(7_200), Action::SetTime(-7_200), Action::Crash, Action::Stop]);
    actions
}

static LARGE: [u8; 12 * 1024 * 1024] = [0; 12 * 1024 * 1024];

fn event(sequence: u64, key: Option<&str>) -> Arc<RecordedEvent> {
    let now = Timestamp::from_micros(0);
    let key = key.map(|key| format!("order:{key}").into());
    let (id, name) = (sequence.to_string().into(), "order.placed".into());
    // Every fifth is so large that three fill the memory; they share one body, and are not read.
    let body = if sequence.is_multiple_of(5) { Bytes::from_static(&LARGE) } else { "{}".into() };
    Arc::new(RecordedEvent::from_stored(sequence, id, name, key, None, now, now, Headers::new(), body))
}

/// What a backend would hold.
#[derive(Debug, Default, Clone)]
struct Store {
    state: Option<StateDoc>,
    lanes: BTreeMap<LaneId, LaneDoc>,
    dead: BTreeMap<u64, DeadLetter>,
}

impl Store {
    fn apply(&mut self, commit: &Commit) {
        self.state = Some(commit.state.clone());
        commit.lanes.iter().for_each(|(id, doc)| {
            self.lanes.insert(id.clone(), doc.clone());
        });
        commit.forget.iter().for_each(|id| {
            self.lanes.remove(id);
        });
        self.dead.extend(commit.dead.iter().map(|letter| (letter.sequence, letter.clone())));
        commit.undead.iter().for_each(|sequence| {
            self.dead.remove(sequence);
        });
    }
}

struct World {
    log: Vec<Arc<RecordedEvent>>,
    policy: Policy,
    store: Store,
    machine: Machine,
    next: usize,
    now: Now,
    pending: Vec<Attempt>,
    loads: Vec<Load>,
    writing: Option<Commit>,
    handled: HashMap<u64, u32>,
    crashed: bool,
    epoch: u64,
}

impl World {
    fn new(keys: &[Option<u8>], policy: Policy) -> Self {
        let log: Vec<_> = keys
            .iter()
            .enumerate()
            .map(|(index, key)| event(index as u64 + 1, key.map(|key| format!("k{key}")).as_deref()))
            .collect();
        Self {
            log,
            machine: Machine::fresh(policy.clone(), PatternSet::all(), 1, 0),
            policy,
            store: Store::default(),
            next: 0,
            now: Timestamp::from_micros(10_000_000_000).into(),
            pending: Vec::new(),
            loads: Vec::new(),
            writing: None,
            handled: HashMap::new(),
            crashed: false,
            epoch: 1,
        }
    }

    /// A new holder takes over from what was recorded.
    fn crash(&mut self) {
        self.pending.clear();
        self.loads.clear();
        self.writing = None;
        self.crashed = true;
        self.epoch += 1;
        let last = self.log.len() as u64;
        let (policy, patterns) = (self.policy.clone(), PatternSet::all());
        self.machine = match self.store.state.clone() {
            None => Machine::fresh(policy, patterns, self.epoch, 0),
            Some(state) => {
                let lanes = self.store.lanes.values().cloned();
                Machine::restored(policy, patterns, self.epoch, state, lanes, last, self.now)
            }
        };
        self.next = usize::try_from(self.machine.position()).unwrap();
    }

    fn offer(&mut self, call: Call) {
        let Some(event) = self.log.get(self.next).cloned() else { return };
        if !self.machine.wants_intake() {
            return;
        }
        match self.machine.offer(&event) {
            Offer::Start(attempt) => {
                self.next += 1;
                self.start(attempt, call);
            }
            Offer::Taken => {
                self.next += 1;
                self.machine.advance(self.next as u64);
            }
            Offer::NotYet => {}
        }
    }

    fn step(&mut self, call: Call) {
        if self.machine.needs_leave() {
            self.machine.grant_leave(self.now);
        }
        match self.machine.next(self.now) {
            Some(Step::Start(attempt)) => self.start(attempt, call),
            Some(Step::Load(load)) => self.loads.push(load),
            None => {}
        }
    }

    fn start(&mut self, mut attempt: Attempt, call: Call) {
        let sequence = attempt.event().sequence;
        if let Some(key) = attempt.event().key.as_ref().filter(|_| self.policy.ordered) {
            let busy = self.pending.iter().any(|other| other.event().key.as_ref() == Some(key));
            assert!(!busy, "two events of {key} at once");
            let earlier = self.log.iter().filter(|event| event.sequence < sequence && event.key.as_ref() == Some(key));
            let unsettled: Vec<_> =
                earlier.map(|event| event.sequence).filter(|earlier| !self.handled.contains_key(earlier)).collect();
            assert!(unsettled.is_empty(), "{sequence} of {key} started before {unsettled:?}");
        }
        assert!(!attempt.is_alone() || self.pending.is_empty(), "a suspect is tried alone");
        assert!(
            attempt.is_alone() || !self.pending.iter().any(|other| other.is_alone()),
            "nothing runs beside a suspect"
        );
        match call {
            Waits => {
                self.machine.suspend(&mut attempt);
                self.pending.push(attempt);
            }
            Ends(ending) => self.end(attempt, ending),
        }
    }

    fn end(&mut self, attempt: Attempt, ending: Ending) {
        let sequence = attempt.event().sequence;
        if matches!(ending, Handled | Skipped) {
            *self.handled.entry(sequence).or_default() += 1;
        }
        self.machine.settle(attempt, ending.outcome(), self.now, 0.5);
    }

    fn load_fails(&mut self) {
        if let Some(load) = self.loads.pop() {
            self.machine.load_failed(&load, self.now.steady.plus(Duration::from_millis(5)));
        }
    }

    fn load(&mut self) {
        if self.loads.is_empty() {
            return;
        }
        let load = self.loads.remove(0);
        assert!(
            load.upto <= self.log.len() as u64,
            "a read past the end of the log would miss what is stored after it"
        );
        let matching = self.log.iter().filter(|event| event.sequence > load.after && event.sequence <= load.upto);
        let mut events: Vec<_> =
            matching.filter(|event| load.key.is_none() || event.key == load.key).cloned().collect();
        let sequences: Vec<u64> = events.iter().map(|event| event.sequence).collect();
        assert!(
            load.sequences.is_empty() || load.sequences == sequences,
            "{load:?} is not what the log has: {sequences:?}"
        );
        let mut bytes = 0;
        let fits = events.iter().take_while(|event| {
            let fits = bytes < LOAD_BYTES;
            bytes += event.size();
            fits
        });
        let fit = fits.count().min(load.limit);
        let full = events.len() > fit;
        events.truncate(fit);
        let covered = if full { events.last().map_or(load.after, |event| event.sequence) } else { load.upto };
        self.machine.loaded(&load, events, covered, self.now);
    }

    fn begin_write(&mut self) {
        if self.writing.is_none() {
            self.writing = self.machine.take_commit(self.now);
            if let Some(commit) = &self.writing {
                self.check(commit);
            }
        }
    }

    fn begin_write_of_state(&mut self) {
        if self.writing.is_none() {
            self.writing = self.machine.take_commit_of_state(self.now);
            if let Some(commit) = &self.writing {
                self.check(commit);
            }
        }
    }

    fn end_write(&mut self) {
        if let Some(commit) = self.writing.take() {
            self.store.apply(&commit);
            self.machine.committed(&commit);
        }
    }

    /// What a write says is settled was handled, is a dead letter, or is indexed by a lane.
    fn check(&self, commit: &Commit) {
        let mut after = self.store.clone();
        after.apply(commit);
        let state = &commit.state;
        let beside = state.beside.expect("it is always counted");
        let counted = (beside.lanes, beside.letters);
        assert_eq!(counted, (after.lanes.len() as u64, after.dead.len() as u64), "records are counted: {after:?}");
        let said = |sequence: u64| {
            sequence <= state.floor || state.done.iter().any(|(first, last)| (*first..=*last).contains(&sequence))
        };
        for event in self.log.iter().filter(|event| said(event.sequence)) {
            let sequence = event.sequence;
            let lane = after.lanes.get(&LaneId::of(event, self.policy.ordered));
            let indexed = lane.is_some_and(|lane| lane.from <= sequence);
            assert!(
                self.handled.contains_key(&sequence) || indexed || after.dead.contains_key(&sequence),
                "{sequence} would be lost: {state:?} {:?}",
                after.lanes
            );
        }
    }

    /// Brings everything to its end with a handler that always succeeds.
    fn finish(&mut self) {
        for _ in 0..20_000 {
            while let Some(attempt) = self.pending.pop() {
                self.end(attempt, Handled);
            }
            self.load();
            self.begin_write();
            self.end_write();
            self.step(Ends(Handled));
            self.offer(Ends(Handled));
            self.machine.advance(self.next as u64);
            if let Some(due) = self.machine.next_due() {
                self.wait(due.since(self.now.steady));
            }
            let over = self.next == self.log.len() && self.machine.is_idle() && self.machine.next_due().is_none();
            if over && self.pending.is_empty() && self.loads.is_empty() && !self.machine.has_ready() {
                // As a holder does that stops in order.
                self.machine.record_now();
                while self.machine.has_to_record() {
                    self.begin_write();
                    self.end_write();
                }
                return;
            }
        }
        panic!("delivery does not come to an end: {:?}", self.machine);
    }

    fn wait(&mut self, time: Duration) {
        self.now = Now { wall: self.now.wall.plus(time), steady: self.now.steady.plus(time) };
    }

    fn set_time(&mut self, seconds: i64) {
        let by = Duration::from_secs(seconds.unsigned_abs());
        self.now.wall = if seconds < 0 { self.now.wall.minus(by) } else { self.now.wall.plus(by) };
    }

    fn redrive(&mut self, number: usize) {
        let being_written = |sequence| self.writing.as_ref().is_some_and(|commit| commit.undead.contains(&sequence));
        let letters = self.store.dead.values().filter(|letter| {
            let sequence = letter.sequence;
            !self.machine.is_on_its_way(sequence, being_written(sequence))
        });
        let letters: Vec<DeadLetter> = letters.cloned().collect();
        if !letters.is_empty() {
            self.machine.redrive(&letters[number % letters.len()], self.now);
        }
    }

    /// Lets what is under way come to its end, and hands over.
    fn stop(&mut self) {
        while let Some(attempt) = self.pending.pop() {
            self.end(attempt, Handled);
        }
        self.end_write();
        self.machine.record_now();
        while let Some(commit) = self.machine.take_commit(self.now) {
            self.check(&commit);
            self.store.apply(&commit);
            self.machine.committed(&commit);
        }
        if let Some(state) = &mut self.store.state {
            (state.clean, state.reserved) = (true, state.floor);
        }
        let crashed = self.crashed;
        self.crash();
        self.crashed = crashed;
    }

    fn redrive_everything(&mut self) {
        let letters: Vec<DeadLetter> = self.store.dead.values().cloned().collect();
        for letter in letters {
            self.machine.redrive(&letter, self.now);
        }
    }
}

fn policy(ordered: bool) -> Policy {
    let attempts = NonZeroU32::new(3);
    Policy { attempts, ordered, concurrency: 4, retry_initial: Duration::from_millis(100), ..Policy::default() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_lost_and_order_holds_whatever_happens(
        keys in prop::collection::vec(prop::option::weighted(0.85, 0u8..4), 1..50),
        script in prop::collection::vec(prop::sample::select(actions()), 0..400),
        ordered in prop::bool::weighted(0.8),
    ) {
        let mut world = World::new(&keys, policy(ordered));
        for action in script {
            match action {
                Action::Offer(call) => world.offer(call),
                Action::Step(call) => world.step(call),
                Action::Load => world.load(),
                Action::LoadFails => world.load_fails(),
                Action::End(number, ending) => if !world.pending.is_empty() {
                    let attempt = world.pending.remove(number % world.pending.len());
                    world.end(attempt, ending);
                },
                Action::BeginWrite => world.begin_write(),
            Action::BeginWriteOfState => world.begin_write_of_state(),
                Action::EndWrite => world.end_write(),
                Action::Wait(millis) => world.wait(Duration::from_millis(millis)),
                Action::SetTime(seconds) => world.set_time(seconds),
                Action::Redrive(number) => world.redrive(number),
                Action::Crash => world.crash(),
                Action::Stop => world.stop(),
            }
        }
        world.finish();

        // Everything was handled, is a dead letter, or waits behind one.
        for event in &world.log {
            let sequence = event.sequence;
            let behind = world.store.dead.values().any(|letter| letter.key.is_some() && letter.key == event.key && letter.sequence < sequence);
            prop_assert!(
                world.handled.contains_key(&sequence) || world.store.dead.contains_key(&sequence) || (ordered && behind),
                "{} was lost", sequence
            );
        }
        if !world.crashed {
            prop_assert!(world.handled.values().all(|times| *times == 1), "handled twice without a crash: {:?}", world.handled);
        }
        world.redrive_everything();
        world.finish();
        let missing: BTreeSet<u64> = world.log.iter().map(|event| event.sequence).filter(|s| !world.handled.contains_key(s)).collect();
        prop_assert!(missing.is_empty(), "not handled after redrive: {:?}", missing);
        prop_assert!(world.store.dead.is_empty() && world.store.lanes.is_empty(), "{:?}", world.store);
        prop_assert_eq!(world.machine.memory.used(), 0, "nothing is in memory any more");
        prop_assert_eq!(world.store.state.as_ref().map(|state| state.floor), Some(world.log.len() as u64));
    }
}

#[test]
fn one_hot_key_does_not_stop_the_others() {
    let mut keys = vec![Some(0); LANE_QUEUE * 4];
    keys.push(Some(1));
    let mut world = World::new(&keys, policy(true));
    world.begin_write();
    world.end_write();
    world.offer(Waits);
    assert_eq!(world.pending.len(), 1, "the first event of the hot key is under way");
    while world.next < world.log.len() {
        world.offer(Ends(Handled));
        world.begin_write();
        world.end_write();
    }
    assert_eq!(world.handled.get(&(keys.len() as u64)), Some(&1), "the other key was handled meanwhile");
    world.finish();
    assert!(world.handled.values().all(|times| *times == 1));
    assert_eq!(world.handled.len(), keys.len());
}

#[test]
fn what_is_under_way_and_what_queues_is_bounded_in_bytes() {
    // One key with large events, and then others: 5, 10 and so on are large.
    let keys: Vec<_> =
        (1..=400).map(|sequence| Some(if sequence < 200 { 0 } else { (sequence % 200) as u8 })).collect();
    let large = Policy { concurrency: 100, ..policy(true) };
    let mut world = World::new(&keys, large);
    let most = 2 * LARGE.len() + 32 * 1024 * 1024;
    for _ in 0..4_000 {
        world.begin_write();
        world.end_write();
        world.offer(Waits);
        world.step(Waits);
        world.load();
        assert!(world.machine.memory.used() <= most, "{} bytes", world.machine.memory.used());
        if !world.machine.wants_intake() && !world.pending.is_empty() {
            let attempt = world.pending.remove(0);
            world.end(attempt, Handled);
        }
    }
    world.finish();
    assert_eq!(world.handled.len(), keys.len());
    assert!(world.handled.values().all(|times| *times == 1));
}

#[test]
fn a_failed_event_waits_at_least_as_long_as_the_policy_says_and_then_is_given_up() {
    let mut world = World::new(&[Some(0), Some(0)], policy(true));
    world.begin_write();
    world.end_write();
    for attempt in 1..=3_u32 {
        let failed_at = world.now.wall;
        let started = match world.machine.next(world.now) {
            Some(Step::Start(attempt)) => attempt,
            _ => match world.machine.offer(&Arc::clone(&world.log[0])) {
                Offer::Start(attempt) => attempt,
                other => panic!("{other:?}"),
            },
        };
        assert_eq!(started.number(), attempt);
        world.machine.settle(started, Outcome::Failed(Failure::new("broken")), world.now, 0.0);
        if attempt < 3 {
            let due = world.machine.next_due().unwrap();
            assert_eq!(due.since(failed_at), world.policy.wait_after(attempt));
            world.wait(due.since(failed_at));
            world.begin_write();
            world.end_write();
        }
    }
    world.next = 1;
    world.finish();
    assert_eq!(world.store.dead[&1].reason, DeadReason::Exhausted);
    assert_eq!(world.store.dead[&1].attempts, 3);
    let parked: Vec<_> = world.store.lanes.values().collect();
    assert!(matches!(parked[..], [LaneDoc { from: 2, state: LaneState::Parked { dead: 1 }, .. }]), "{parked:?}");
    assert!(world.handled.is_empty(), "what follows in the key waits behind the dead letter");
}

#[test]
fn what_was_handled_may_wait_for_more_before_it_is_recorded_and_all_else_may_not() {
    let mut world = World::new(&[Some(0), Some(1), Some(2)], policy(true));
    assert!(world.machine.has_to_record_now(), "nothing may start before it is reserved");
    world.begin_write();
    world.end_write();
    assert!(!world.machine.has_to_record());
    world.offer(Ends(Handled));
    assert!(world.machine.has_to_record() && !world.machine.has_to_record_now(), "it was handled");
    world.offer(Ends(Failed));
    assert!(world.machine.has_to_record_now(), "the next attempt hangs on it");
    world.begin_write();
    world.end_write();
    world.offer(Ends(Skipped));
    assert!(world.machine.has_to_record() && !world.machine.has_to_record_now(), "it was skipped");
    world.machine.record_now();
    assert!(world.machine.has_to_record_now(), "somebody asked");
}

#[test]
fn an_event_that_ends_the_process_is_blamed_alone() {
    let mut world = World::new(&[Some(0), Some(1), Some(2)], policy(true));
    world.begin_write();
    world.end_write();
    world.offer(Waits);
    world.offer(Waits);
    world.offer(Waits);
    assert_eq!(world.pending.len(), 3);
    // Event 2 kills the process whenever it is tried.
    for _ in 0..=Policy::CRASH_LIMIT.get() {
        world.crash();
        for _ in 0..50 {
            if world.pending.iter().any(|attempt| attempt.event().sequence == 2) {
                break;
            }
            while let Some(attempt) = world.pending.pop() {
                world.end(attempt, Handled);
            }
            world.offer(Waits);
            world.step(Waits);
            world.begin_write();
            world.end_write();
        }
    }
    world.finish();
    assert_eq!(world.store.dead.keys().copied().collect::<Vec<_>>(), [2]);
    assert_eq!(world.store.dead[&2].reason, DeadReason::CrashLoop);
    assert!(world.handled.contains_key(&1) && world.handled.contains_key(&3));
}

#[test]
fn a_crash_makes_few_suspects_of_what_a_slow_subscriber_has_not_come_to() {
    let mut world = World::new(&vec![None; 4_000], policy(true));
    for _ in 0..100 {
        world.begin_write();
        world.end_write();
        world.offer(Waits);
        if let Some(attempt) = world.pending.pop() {
            world.end(attempt, Handled);
        }
    }
    world.begin_write();
    world.end_write();
    world.crash();
    let suspects = world.machine.trial.upto() - world.machine.floor();
    assert!(suspects < 100, "{suspects} events would be tried one at a time");
}

#[test]
fn a_rewind_is_a_new_run_from_another_position() {
    let mut world = World::new(&[Some(0), Some(1), None], policy(true));
    world.finish();
    world.machine.rewind(1, &[]);
    world.next = 1;
    world.finish();
    assert_eq!(world.store.state.as_ref().map(|state| state.run), Some(1));
    assert_eq!((world.handled[&1], world.handled[&2], world.handled[&3]), (1, 2, 2));
}
