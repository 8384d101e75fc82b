//! Events that a subscriber gave up on: why, what waits behind them, and how they come back.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use serde_json::{Map, Value};
use stheno_core::{
    AnyEvent, Body, Cx, Failure, Subscriber, SubscriberDef,
    app::{Running, Stopped},
    backend::BackendErrorKind,
    delivery::{doc::DeadReason, why::Why},
    runtime::operator::{Operator, RewindTo},
};

use crate::{
    ManualClock,
    conformance::{
        Harness,
        orders::{PLACED, of_order, order_key, ping, placed, stored},
        probe::{Calls, Door},
        world::{self, World, publish, run_out, settle, start, until},
    },
    fault::{Call, Fault, FaultyBackend},
};

const ID: &str = "probe.picky";
/// How long a write takes that others overtake.
const SLOW: Duration = Duration::from_millis(700);

/// A subscriber that finds the events of order `bad` broken for good, until it is mended.
fn of_orders(calls: &Calls, mended: &Door, handled: &Calls) -> SubscriberDef {
    let (mended, handled) = (mended.clone(), handled.clone());
    calls.subscriber(ID, move |event, cx| {
        let (mended, handled) = (mended.clone(), handled.clone());
        async move {
            let bad = event.key.as_ref().is_none_or(|key| key.id().starts_with("bad"));
            if bad && !mended.is_open() {
                return Err(Failure::new("broken").terminal());
            }
            handled.note(&event, &cx);
            Ok(())
        }
    })
}

async fn picky(world: &World<'_>, calls: &Calls, mended: &Door, handled: &Calls) -> Running {
    let subscriber = of_orders(calls, mended, handled);
    start(world.app().await.clock(Arc::new(ManualClock::new())).subscribe(subscriber)).await
}

async fn why(running: &Running, sequence: u64) -> Why {
    running.operator().why(ID, sequence).await.expect("the log can be read")
}

async fn letters(running: &Running) -> Vec<u64> {
    let letters = running.operator().dead_letters(ID).await.expect("the log can be read");
    letters.iter().map(|letter| letter.sequence).collect()
}

/// A terminal failure makes a dead letter at once; its key is parked behind it and other keys go on, also after a restart.
pub async fn a_key_is_parked_behind_its_dead_letter(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, mended, handled) = (Calls::new(), Door::closed(), Calls::new());
    let running = picky(&world, &calls, &mended, &handled).await;
    let dead = publish(running.bus(), placed("bad")).await;
    let parked = publish(running.bus(), placed("bad")).await;
    let other = publish(running.bus(), placed("good")).await;
    settle(&running).await;
    assert_eq!(running.stop().await, Stopped::Drained);
    let running = picky(&world, &calls, &mended, &handled).await;
    let later = publish(running.bus(), placed("bad")).await;
    settle(&running).await;

    assert_eq!(handled.sequences(), [other]);
    assert_eq!(calls.sequences(), [dead, other], "nothing behind the dead letter was tried");
    let letters = running.operator().dead_letters(ID).await.expect("the log can be read");
    let [letter] = &letters[..] else { panic!("one dead letter: {letters:?}") };
    assert_eq!((letter.sequence, letter.reason, letter.attempts, letter.run), (dead, DeadReason::Terminal, 1, 0));
    assert_eq!((letter.name.as_str(), &letter.key), (PLACED, &Some(order_key("bad"))));
    assert_eq!(letter.error, ["broken"]);
    for waiting in [parked, later] {
        assert_eq!(why(&running, waiting).await, Why::Parked { dead });
    }
}

/// A redrive brings the dead letter and everything behind it back, in order.
pub async fn a_redrive_brings_a_key_back_in_order(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, mended, handled) = (Calls::new(), Door::closed(), Calls::new());
    let running = picky(&world, &calls, &mended, &handled).await;
    let mut of_key = Vec::new();
    // More than one read of the lane brings back.
    for _ in 0..150 {
        of_key.push(publish(running.bus(), placed("bad")).await);
        publish(running.bus(), placed("good")).await;
    }
    settle(&running).await;
    handled.forget();
    mended.open();
    running.operator().redrive(ID, of_key[0]).await.expect("the command is taken");
    handled.until("the key comes back", |handled| handled.len() >= of_key.len()).await;
    settle(&running).await;
    assert_eq!(handled.sequences(), of_key);
    assert_eq!(letters(&running).await, [0_u64; 0]);
    assert_eq!(why(&running, of_key[0]).await, Why::Handled);
    let next = publish(running.bus(), placed("bad")).await;
    settle(&running).await;
    assert_eq!(handled.sequences().last(), Some(&next), "the key goes on as if nothing had been");
}

/// Dead letters that were left while no order was kept have nothing parked behind them: each comes back alone.
pub async fn letters_of_before_a_key_had_an_order_come_back_alone(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, mended, handled) = (Calls::new(), Door::closed(), Calls::new());
    let running = start(world.app().await.subscribe(of_orders(&calls, &mended, &handled).unordered())).await;
    let bad = [publish(running.bus(), placed("bad")).await, publish(running.bus(), placed("bad")).await];
    settle(&running).await;
    assert_eq!(letters(&running).await, bad);
    assert_eq!(running.stop().await, Stopped::Drained);

    mended.open();
    let running = picky(&world, &calls, &mended, &handled).await;
    let good = publish(running.bus(), placed("bad")).await;
    settle(&running).await;
    for (sequence, count) in bad.into_iter().zip(2..) {
        running.operator().redrive(ID, sequence).await.expect("the command is taken");
        handled.until_len(count).await;
    }
    settle(&running).await;
    assert_eq!(handled.sequences(), [good, bad[0], bad[1]], "once each");
    assert_eq!(letters(&running).await, [0_u64; 0]);
}

/// What is parked does not wait any more once no order is kept.
pub async fn what_is_parked_goes_on_when_no_order_is_kept_any_more(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, mended, handled) = (Calls::new(), Door::closed(), Calls::new());
    let running = picky(&world, &calls, &mended, &handled).await;
    let dead = publish(running.bus(), placed("bad")).await;
    let parked = [publish(running.bus(), placed("bad")).await, publish(running.bus(), placed("bad")).await];
    settle(&running).await;
    assert_eq!(running.stop().await, Stopped::Drained);

    mended.open();
    let running = start(world.app().await.subscribe(of_orders(&calls, &mended, &handled).unordered())).await;
    settle(&running).await;
    assert_eq!(handled.sequences(), parked);
    assert_eq!(letters(&running).await, [dead], "it is still left to an operator");
    running.operator().redrive(ID, dead).await.expect("the command is taken");
    handled.until_len(3).await;
    settle(&running).await;
    assert_eq!((handled.sequences().last(), handled.len()), (Some(&dead), 3), "and nothing with it");
}

/// A redrive of what is still broken makes a dead letter again, and nothing passes it.
pub async fn a_redrive_of_what_is_still_broken_parks_the_key_again(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, mended, handled) = (Calls::new(), Door::closed(), Calls::new());
    let running = picky(&world, &calls, &mended, &handled).await;
    let dead = publish(running.bus(), placed("bad")).await;
    let parked = publish(running.bus(), placed("bad")).await;
    settle(&running).await;
    running.operator().redrive(ID, dead).await.expect("the command is taken");
    calls.until_len(2).await;
    settle(&running).await;
    assert_eq!(calls.sequences(), [dead, dead]);
    assert_eq!(letters(&running).await, [dead]);
    assert_eq!(why(&running, parked).await, Why::Parked { dead });
}

/// A discarded dead letter is never tried again, and what was behind it comes.
pub async fn a_discard_lets_what_is_behind_go_on(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, mended, handled) = (Calls::new(), Door::closed(), Calls::new());
    let running = picky(&world, &calls, &mended, &handled).await;
    let dead = publish(running.bus(), placed("bad")).await;
    let parked = publish(running.bus(), placed("bad")).await;
    settle(&running).await;
    mended.open();
    running.operator().discard(ID, dead).await.expect("the command is taken");
    handled.until_len(1).await;
    settle(&running).await;
    assert_eq!(handled.sequences(), [parked]);
    assert_eq!(letters(&running).await, [0_u64; 0]);
    assert_eq!(why(&running, dead).await, Why::Discarded);
}

/// Events without a key become dead letters one by one, and nothing waits behind them.
pub async fn a_dead_letter_without_a_key_parks_nothing(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, mended, handled) = (Calls::new(), Door::closed(), Calls::new());
    let running = picky(&world, &calls, &mended, &handled).await;
    let mut dead = Vec::new();
    for number in 0..5 {
        dead.push(publish(running.bus(), ping(number)).await);
    }
    settle(&running).await;
    assert_eq!(letters(&running).await, dead);
    mended.open();
    running.operator().redrive(ID, dead[1]).await.expect("the command is taken");
    running.operator().discard(ID, dead[3]).await.expect("the command is taken");
    until("both are carried out", vec![dead[0], dead[2], dead[4]], async || letters(&running).await).await;
    settle(&running).await;
    assert_eq!(handled.sequences(), [dead[1]]);
}

/// A body that the handler cannot read is a dead letter with its raw bytes within reach, and the subscriber goes on.
pub async fn an_undecodable_body_is_a_dead_letter_with_its_bytes(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let read = Calls::new();
    let running =
        start(world.app().await.subscribe(SubscriberDef::new(ID, ReadsObjects(read.clone())).on(PLACED))).await;
    // No bus of ours publishes this; another language's client may.
    let broken = stored(&*world.log, of_order("a", "{\"id\": oops \u{1}")).await;
    let wrong = stored(&*world.log, of_order("b", "[1, 2]")).await;
    let parked = stored(&*world.log, of_order("a", "{}")).await;
    let good = publish(running.bus(), placed("c")).await;
    settle(&running).await;
    for dead in [broken, wrong] {
        let why = why(&running, dead).await;
        assert!(
            matches!(&why, Why::Dead(letter) if letter.reason == DeadReason::Undecodable && letter.attempts == 1),
            "{why:?}"
        );
    }
    assert_eq!(why(&running, parked).await, Why::Parked { dead: broken });
    assert_eq!(read.sequences(), [good]);
    let raw = running.operator().event(broken).await.expect("the log can be read").expect("it is there");
    assert_eq!(raw.body, "{\"id\": oops \u{1}");
}

struct ReadsObjects(Calls);

#[async_trait]
impl Subscriber for ReadsObjects {
    type Event = Body<Map<String, Value>>;

    async fn handle(&self, _body: Self::Event, cx: Cx) -> Result<(), Failure> {
        self.0.note(&AnyEvent::new(Arc::new(cx.event().clone())), &cx);
        Ok(())
    }
}

/// A command that cannot be carried out at once, because the backend does not answer, is carried out later.
pub async fn a_command_is_carried_out_although_the_backend_fails_at_first(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, mended) = (Calls::new(), Door::closed());
    let subscriber = {
        let mended = mended.clone();
        calls.subscriber(ID, move |_, _| {
            let broken = !mended.is_open();
            async move { if broken { Err(Failure::new("broken").terminal()) } else { Ok(()) } }
        })
    };
    let faulty = FaultyBackend::new(world.handle().await);
    let running = start(world::app(faulty.clone()).subscribe(subscriber)).await;
    let dead = publish(running.bus(), placed("bad")).await;
    settle(&running).await;
    mended.open();
    faulty.inject(Fault::fail(BackendErrorKind::Unavailable).on(Call::GetRecord).of_records("command/").times(1));
    running.operator().redrive(ID, dead).await.expect("the command is taken");
    calls.until_len(2).await;
    settle(&running).await;
    assert_eq!(letters(&running).await, [0_u64; 0]);
}

/// What waits while a subscriber loses its order comes alone: what came after it was handled without waiting.
pub async fn what_waits_when_the_order_ends_takes_nothing_along(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, clock) = (Calls::new(), ManualClock::new());
    let once = || {
        calls.subscriber(ID, |event, cx| async move {
            if event.sequence == 1 && cx.attempt() == 1 { Err(Failure::new("not yet")) } else { Ok(()) }
        })
    };
    let app = async || world.app().await.clock(Arc::new(clock.clone()));
    let running = start(app().await.subscribe(once())).await;
    let waits = publish(running.bus(), placed("a")).await;
    let behind = publish(running.bus(), placed("a")).await;
    settle(&running).await;
    assert_eq!(running.stop().await, Stopped::Drained);
    let mut later = Vec::new();
    for _ in 0..2 {
        let running = start(app().await.subscribe(once().unordered())).await;
        later.push(publish(running.bus(), placed("a")).await);
        settle(&running).await;
        assert_eq!(running.stop().await, Stopped::Drained);
    }
    let running = start(app().await.subscribe(once().unordered())).await;
    run_out(&running, &clock).await;
    assert_eq!(calls.sequences(), [waits, later[0], later[1], waits, behind], "each once but for the one that failed");
}

/// However many events fail at once, each becomes a dead letter, and all come back with a rewind.
pub async fn more_letters_than_one_write_holds_are_all_there(harness: &dyn Harness) {
    const MANY: usize = 1_300;
    let world = World::new(harness).await;
    let (calls, mended, handled) = (Calls::new(), Door::closed(), Calls::new());
    let running = start(world.app().await.subscribe(of_orders(&calls, &mended, &handled))).await;
    settle(&running).await;
    for first in (0..MANY).step_by(650) {
        let numbers = first..first + 650;
        let keyless = running.bus().publish_all(numbers.clone().map(|number| ping(number as u64))).await;
        let keyed = running.bus().publish_all(numbers.map(|number| placed(format!("bad {number}")))).await;
        assert!(keyless.is_ok() && keyed.is_ok(), "all are published");
    }
    settle(&running).await;
    until("all are recorded, in as many writes as it takes", 2 * MANY, async || letters(&running).await.len()).await;
    mended.open();
    running.operator().rewind(ID, RewindTo::Beginning).await.expect("the command is taken");
    handled.until_len(2 * MANY).await;
    settle(&running).await;
    assert_eq!(handled.len(), 2 * MANY);
    until("all are gone, in as many writes as it takes", 0, async || letters(&running).await.len()).await;
}

/// An error may be as long as it likes: the event becomes a dead letter that says how it begins.
pub async fn a_long_error_is_cut_and_stops_nobody(harness: &dyn Harness) {
    const LONG: usize = 5_000_000;
    let world = World::new(harness).await;
    let calls = Calls::new();
    let subscriber = calls.subscriber(ID, |event, cx| async move {
        match event.key == Some(order_key("skipped")) {
            true => cx.skip("ö".repeat(LONG)),
            false => Err(Failure::new(format!("begins {}", "x".repeat(LONG))).terminal()),
        }
    });
    let running = start(world.app().await.subscribe(subscriber)).await;
    let skipped = publish(running.bus(), placed("skipped")).await;
    let dead = publish(running.bus(), placed("dead")).await;
    settle(&running).await;
    let all = running.operator().dead_letters(ID).await.expect("they can be read");
    let [letter] = &all[..] else { panic!("there is one: {}", all.len()) };
    assert!(letter.sequence == dead && letter.error[0].starts_with("begins xxx") && letter.error[0].len() < 4_096);
    let Why::Skipped { reason } = why(&running, skipped).await else { panic!("it was skipped") };
    assert!(reason.starts_with("öö") && reason.len() < 4_096);
}

/// A dead letter that comes back and fails again, before it could be recorded that it had gone, is a dead letter.
pub async fn a_letter_that_fails_again_before_its_redrive_is_recorded_stays(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, mended, handled) = (Calls::new(), Door::closed(), Calls::new());
    let faulty = FaultyBackend::new(world.handle().await);
    let running = start(world::app(faulty.clone()).subscribe(of_orders(&calls, &mended, &handled))).await;
    let dead = publish(running.bus(), placed("bad")).await;
    settle(&running).await;
    // A write is under way for as long as the redrive takes.
    faulty.inject(Fault::delay(SLOW).on(Call::WriteRecords).of_records(format!("sub/{ID}/")).times(1));
    publish(running.bus(), placed("good")).await;
    faulty.until_hit(1).await;
    running.operator().redrive(ID, dead).await.expect("the command is taken");
    calls.until_len(3).await;
    settle(&running).await;
    assert_eq!((calls.sequences().last(), letters(&running).await), (Some(&dead), vec![dead]));
}

/// A command for a subscriber that stands nowhere is kept until somebody runs it.
pub async fn a_command_waits_for_whoever_runs_the_subscriber(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, mended, handled) = (Calls::new(), Door::closed(), Calls::new());
    let running = picky(&world, &calls, &mended, &handled).await;
    let dead = publish(running.bus(), placed("bad")).await;
    settle(&running).await;
    assert_eq!(running.stop().await, Stopped::Drained);
    let elsewhere = Operator::new(world.bus().await);
    elsewhere.redrive(ID, dead).await.expect("the command is taken");
    assert!(elsewhere.redrive("probe.unheard", dead).await.is_err(), "a subscriber that never ran is refused");
    mended.open();
    let running = picky(&world, &calls, &mended, &handled).await;
    handled.until_len(1).await;
    settle(&running).await;
    assert_eq!(handled.sequences(), [dead]);
    assert_eq!(letters(&running).await, [0_u64; 0]);
}
