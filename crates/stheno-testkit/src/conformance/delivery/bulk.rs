//! What an operator asks by the thousand: events flow meanwhile, and whatever ends the host in between loses nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use stheno_core::{
    AnyEvent, Failure, Outgoing, PatternSet, SubscriberDef,
    app::{Running, Stopped},
    backend::{RecordName, RecordWrite},
    delivery::{doc::DeadReason, why::Why},
    runtime::operator::{LetterFilter, Operator, RewindTo},
};

use crate::conformance::{
    Harness,
    orders::{order_key, ping, placed},
    probe::{Calls, Door, Turnstile},
    world::{LIMIT, World, publish, settle, start, until, until_progress},
};

const ID: &str = "probe.many";

/// More attempts at once than a bulk command hands back at once: a live event has room beside all of them.
const ROOM_FOR_ALL: usize = 1_024;

/// A subscriber that gives up on every ping and on every order that begins with `bad`, until it is mended.
fn broken(calls: &Calls, mended: &Door) -> SubscriberDef {
    let mended = mended.clone();
    calls.subscriber(ID, move |event, _| {
        let gives_up = is_bad(&event) && !mended.is_open();
        async move {
            // A handler that waits lets others go first.
            tokio::task::yield_now().await;
            if gives_up { Err(Failure::new("the mail server is down").terminal()) } else { Ok(()) }
        }
    })
}

/// The same with `concurrency` attempts at once, of which those of what is handed back go on only as `turnstile` lets them: so a test
/// comes in between however slowly it gets its turn.
fn broken_behind(turnstile: &Turnstile, calls: &Calls, mended: &Door, concurrency: usize) -> SubscriberDef {
    let (mended, turnstile) = (mended.clone(), turnstile.clone());
    let subscriber = calls.subscriber(ID, move |event, _| {
        let (bad, mended, turnstile) = (is_bad(&event), mended.is_open(), turnstile.clone());
        async move {
            match (bad, mended) {
                (true, false) => return Err(Failure::new("the mail server is down").terminal()),
                (true, true) => turnstile.pass().await,
                (false, _) => {}
            }
            Ok(())
        }
    });
    subscriber.concurrency(concurrency)
}

fn is_bad(event: &AnyEvent) -> bool {
    event.key.as_ref().is_none_or(|key| key.id().starts_with("bad"))
}

/// Publishes so many events that are given up: one of `keyless` without a key, the others with one of their own. Behind every other
/// one an event waits.
async fn give_up(running: &Running, many: usize, keyless: usize) -> Vec<u64> {
    let bad = |number: usize| match number % keyless {
        0 => ping(number as u64),
        _ => placed(format!("bad {number}")),
    };
    let mut letters = Vec::new();
    for first in (0..many).step_by(500) {
        let events: Vec<Outgoing> = (first..many.min(first + 500)).map(bad).collect();
        let published = running.bus().publish_all(events).await.expect("all are published");
        letters.extend(published.into_iter().map(|published| published.sequence.expect("it is stored")));
    }
    for first in (0..many).step_by(500) {
        let behind = (first..many.min(first + 500)).filter(|number| number % 2 == 1).map(bad);
        running.bus().publish_all(behind).await.expect("all are published");
    }
    settle(running).await;
    until("all are recorded", many as u64, async || count(running, LetterFilter::all()).await).await;
    letters
}

async fn count(running: &Running, filter: LetterFilter) -> u64 {
    running.operator().count_dead_letters(ID, &filter).await.expect("they can be read")
}

/// Waits until no command is left. However long that takes on a busy machine, something has to get recorded all the time. It asks
/// rarely, and for little: what it waits for has the server to itself.
async fn are_carried_out(world: &World<'_>) {
    let (commands, state) = (format!("command/{ID}/"), RecordName::trusted(format!("sub/{ID}/state")));
    let (mut before, mut since) = (None, Instant::now());
    loop {
        let first = world.log.read_records(&commands, None, 1).await;
        if first.is_ok_and(|page| page.records.is_empty() && page.next.is_none()) {
            return;
        }
        // One that does not answer just now has recorded nothing new.
        let recorded = world.log.get_record(&state).await.ok().flatten().map(|record| record.revision);
        if recorded.is_some() && recorded != before {
            (before, since) = (recorded, Instant::now());
        }
        assert!(since.elapsed() < LIMIT, "commands are left, and nothing is recorded any more");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// The events of each key came in order, and each at least once.
fn assert_in_order(calls: &Calls, letters: &[u64]) {
    let (mut of_key, mut seen) = (BTreeMap::<_, Vec<u64>>::new(), BTreeSet::new());
    for call in calls.all() {
        seen.insert(call.sequence());
        if let Some(key) = call.key() {
            of_key.entry(key.to_string()).or_default().push(call.sequence());
        }
    }
    let missing: Vec<_> = letters.iter().filter(|letter| !seen.contains(letter)).collect();
    assert!(missing.is_empty(), "{} did not come back: {:?}", missing.len(), missing.first());
    for (key, mut sequences) in of_key {
        // A crash repeats.
        sequences.dedup();
        let firsts: BTreeSet<_> = sequences.iter().copied().collect();
        let order: Vec<_> = sequences.iter().copied().fold(Vec::new(), |mut order, sequence| {
            if !order.contains(&sequence) {
                order.push(sequence);
            }
            order
        });
        assert_eq!(order, firsts.into_iter().collect::<Vec<_>>(), "{key}");
    }
}

/// Handles a live event while letters are left.
async fn a_live_event_comes_between(running: &Running, calls: &Calls, number: usize) {
    let live = publish(running.bus(), placed(format!("good {number}"))).await;
    calls.until("the live event is handled", |calls| calls.iter().any(|call| call.sequence() == live)).await;
}

/// Thousands of single commands, as a script leaves them: all are carried out, events flow meanwhile, and the subscriber goes on.
pub async fn thousands_of_redrives_are_carried_out_while_events_flow(harness: &dyn Harness) {
    const MANY: usize = 6_000;
    let world = World::new(harness).await;
    let (calls, mended, turnstile) = (Calls::new(), Door::closed(), Turnstile::closed());
    let running = start(world.app().await.subscribe(broken_behind(&turnstile, &calls, &mended, 16))).await;
    let letters = give_up(&running, MANY, MANY).await;
    mended.open();
    calls.forget();
    let command = |(number, sequence): (usize, &u64)| {
        let name = RecordName::trusted(format!("command/{ID}/{number:06}"));
        RecordWrite::put(name, format!(r#"{{"redrive":{{"sequence":{sequence}}}}}"#))
    };
    for chunk in letters.iter().enumerate().map(command).collect::<Vec<_>>().chunks(1_000) {
        world.log.write_records(chunk.to_vec()).await.expect("they are written");
    }
    turnstile.let_through(50);
    calls.until_len(50).await;
    let live = publish(running.bus(), placed("good 1")).await;
    turnstile.open();
    are_carried_out(&world).await;
    settle(&running).await;
    assert_in_order(&calls, &letters);
    let last = calls.sequences().into_iter().rposition(|sequence| letters.contains(&sequence));
    let between = calls.sequences().into_iter().position(|sequence| sequence == live);
    assert!(between < last, "the live event came before the last letter: {between:?} of {last:?}");
    assert_eq!((count(&running, LetterFilter::all()).await, calls.len()), (0, MANY + MANY / 2 + 1), "each once");
    let next = publish(running.bus(), placed("bad 1")).await;
    settle(&running).await;
    assert_eq!(calls.sequences().last(), Some(&next), "the key goes on as if nothing had been");
}

/// One command hands thousands back: events flow meanwhile, and a host that ends in between loses nothing of it.
pub async fn a_redrive_of_thousands_goes_on_after_a_crash(harness: &dyn Harness) {
    const MANY: usize = 2_000;
    let world = World::new(harness).await;
    let (calls, mended) = (Calls::new(), Door::closed());
    // Each host has its own: what is still under way in one that has ended takes no place of the next one's.
    let (first, second) = (Turnstile::closed(), Turnstile::closed());
    let app = async |turnstile| world.app().await.subscribe(broken_behind(turnstile, &calls, &mended, ROOM_FOR_ALL));
    let running = start(app(&first).await).await;
    let letters = give_up(&running, MANY, 10).await;
    mended.open();
    calls.forget();
    let asked = running.operator().redrive_all(ID, LetterFilter::all()).await.expect("the command is taken");
    assert_eq!(asked, MANY as u64);
    first.let_through(200);
    calls.until_len(201).await;
    a_live_event_comes_between(&running, &calls, 1).await;
    until("the first letters are gone", true, async || count(&running, LetterFilter::all()).await < asked).await;
    let progress = running.operator().bulk_progress(ID).await.expect("it can be read");
    let [progress] = &progress[..] else { panic!("one command: {progress:?}") };
    assert!(progress.left > 0 && progress.done() > 0 && progress.letters == asked, "{progress:?}");
    // It ends as a crash ends it.
    drop(running);

    let running = start(app(&second).await).await;
    let before = calls.len();
    // What was under way is tried alone first, one after the other.
    second.let_through(20);
    calls.until_len(before + 20).await;
    let (stopped, ()) = tokio::join!(running.stop(), async { second.open() });
    assert_eq!(stopped, Stopped::Drained, "a stop comes in between as well");
    let running = start(app(&second).await).await;
    are_carried_out(&world).await;
    settle(&running).await;
    assert_in_order(&calls, &letters);
    assert_eq!(count(&running, LetterFilter::all()).await, 0);
    assert_eq!(running.operator().bulk_progress(ID).await.expect("it can be read"), []);
    let status = running.operator().subscribers().await.expect("they can be read").remove(0);
    let beside = status.state.beside.expect("they are counted");
    assert_eq!((beside.letters, beside.lanes), (0, 0), "what is gone is not counted any more");
}

/// What fails again is a dead letter again, and is not handed back a second time by the same command.
pub async fn a_redrive_of_thousands_that_fail_again_comes_to_its_end(harness: &dyn Harness) {
    const MANY: usize = 700;
    let world = World::new(harness).await;
    let (calls, mended) = (Calls::new(), Door::closed());
    let running = start(world.app().await.subscribe(broken(&calls, &mended))).await;
    let letters = give_up(&running, MANY, 10).await;
    calls.forget();
    running.operator().redrive_all(ID, LetterFilter::all()).await.expect("the command is taken");
    are_carried_out(&world).await;
    settle(&running).await;
    until("all are letters again", MANY as u64, async || count(&running, LetterFilter::all()).await).await;
    let mut called = calls.sequences();
    called.sort_unstable();
    assert_eq!(called, letters, "each was tried once, and nothing behind it");
}

/// Only those that are meant come back or are given up; what is parked behind them goes on.
pub async fn many_letters_are_chosen_by_key_reason_error_and_range(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, mended) = (Calls::new(), Door::closed());
    let subscriber = {
        let mended = mended.clone();
        calls.subscriber(ID, move |event, _| {
            let (gives_up, error) = (!mended.is_open(), format!("no mail for {}", event.sequence));
            async move { if gives_up { Err(Failure::new(error).terminal()) } else { Ok(()) } }
        })
    };
    let running = start(world.app().await.subscribe(subscriber)).await;
    let mut dead = Vec::new();
    for number in 0..8 {
        dead.push(publish(running.bus(), placed(format!("bad {number}"))).await);
    }
    let parked = publish(running.bus(), placed("bad 6")).await;
    settle(&running).await;
    mended.open();
    calls.forget();
    let operator = running.operator();
    for (filter, meant) in [
        (LetterFilter::all(), 8),
        (LetterFilter::all().key(order_key("bad 2")), 1),
        (LetterFilter::all().reason(DeadReason::Terminal), 8),
        (LetterFilter::all().reason(DeadReason::Exhausted), 0),
        (LetterFilter::all().error(format!("for {}", dead[3])), 1),
        (LetterFilter::all().after(dead[1]).upto(dead[4]), 3),
        (LetterFilter::all().names(PatternSet::parse(["product.*"]).expect("a pattern")), 0),
    ] {
        assert_eq!(count(&running, filter.clone()).await, meant, "{filter:?}");
    }
    assert_eq!(operator.redrive_all(ID, LetterFilter::all().key(order_key("nobody"))).await.ok(), Some(0));
    assert!(operator.redrive_all("probe.unheard", LetterFilter::all()).await.is_err(), "it has never run");
    assert_eq!(world.log.list_records("command/").await.expect("they can be listed"), [], "nothing was asked");

    assert_eq!(operator.redrive_all(ID, LetterFilter::all().key(order_key("bad 2"))).await.ok(), Some(1));
    assert_eq!(operator.redrive_all(ID, LetterFilter::all().after(dead[2]).upto(dead[4])).await.ok(), Some(2));
    are_carried_out(&world).await;
    settle(&running).await;
    let mut called = calls.sequences();
    called.sort_unstable();
    assert_eq!(called, dead[2..5]);
    assert_eq!(operator.discard_all(ID, LetterFilter::all().after(dead[5])).await.ok(), Some(2));
    are_carried_out(&world).await;
    settle(&running).await;
    assert_eq!(calls.sequences().last(), Some(&parked), "what was parked behind it goes on");
    let left: Vec<_> =
        operator.dead_letters(ID).await.expect("they can be read").into_iter().map(|l| l.sequence).collect();
    assert_eq!(left, [dead[0], dead[1], dead[5]]);
    assert_eq!(operator.why(ID, dead[7]).await.ok(), Some(Why::Discarded));
}

/// A pause holds in between, what is taken back is not gone on with, and a rewind begins everything anew.
pub async fn a_pause_a_rewind_and_a_second_thought_hold_in_between(harness: &dyn Harness) {
    const MANY: usize = 1_200;
    let world = World::new(harness).await;
    let (calls, mended, turnstile) = (Calls::new(), Door::closed(), Turnstile::closed());
    let running = start(world.app().await.subscribe(broken_behind(&turnstile, &calls, &mended, 16))).await;
    let letters = give_up(&running, MANY, 10).await;
    mended.open();
    calls.forget();
    let operator: &Operator = running.operator();
    operator.redrive_all(ID, LetterFilter::all()).await.expect("the command is taken");
    turnstile.let_through(50);
    calls.until_len(51).await;
    operator.pause(ID).await.expect("the command is taken");
    until_progress(&running, ID, "it is paused", |progress| progress.paused).await;
    turnstile.open();
    until_progress(&running, ID, "it stands still", |progress| progress.paused && progress.running == 0).await;
    settle(&running).await;
    let (called, left) = (calls.len(), count(&running, LetterFilter::all()).await);
    assert!(left > 0, "the pause came in between");
    let asked = operator.bulk_progress(ID).await.expect("it can be read");
    operator.take_back(ID, &asked[0].id).await.expect("it can be taken back");
    assert!(operator.take_back(ID, &asked[0].id).await.is_err(), "there is no such command any more");
    assert_eq!(calls.len(), called, "nothing was handled meanwhile");
    operator.resume(ID).await.expect("the command is taken");
    until_progress(&running, ID, "it goes on", |progress| !progress.paused).await;
    settle(&running).await;
    assert!(count(&running, LetterFilter::all()).await > 0, "those it had not come to are left");

    operator.redrive_all(ID, LetterFilter::all()).await.expect("the command is taken");
    operator.rewind(ID, RewindTo::Beginning).await.expect("the command is taken");
    until_progress(&running, ID, "it is a new run", |progress| progress.run == 1).await;
    are_carried_out(&world).await;
    settle(&running).await;
    until("no letter is left", 0, async || count(&running, LetterFilter::all()).await).await;
    let run: BTreeSet<_> = calls.all().iter().filter(|call| call.run == 1).map(|call| call.sequence()).collect();
    assert!(letters.iter().all(|letter| run.contains(letter)), "the new run has come to all of them");
}

/// However many letters and keys there are, they are shown page by page, and counted.
pub async fn many_letters_and_keys_are_shown_page_by_page(harness: &dyn Harness) {
    const MANY: usize = 600;
    let world = World::new(harness).await;
    let (calls, mended) = (Calls::new(), Door::closed());
    let running = start(world.app().await.subscribe(broken(&calls, &mended))).await;
    let mut letters = give_up(&running, MANY, 10).await;
    let operator = running.operator();
    let (mut shown, mut next) = (Vec::new(), None);
    loop {
        let page = operator.dead_letters_page(ID, &LetterFilter::all(), next.as_ref(), 128).await.expect("a page");
        assert!(page.letters.len() <= 128);
        shown.extend(page.letters.iter().map(|letter| letter.sequence));
        next = page.next;
        if next.is_none() {
            break;
        }
    }
    shown.sort_unstable();
    letters.sort_unstable();
    assert_eq!(shown, letters, "each once");
    let status = operator.subscribers().await.expect("they can be read").remove(0);
    let beside = status.state.beside.expect("they are counted");
    assert_eq!(
        (beside.letters, beside.lanes, beside.parked),
        (MANY as u64, MANY as u64 / 10 * 9, MANY as u64 / 10 * 9)
    );
    assert_eq!(status.lanes.len() as u64 + status.more_lanes, beside.lanes);
    assert!(status.lanes.len() as u64 * 2 < beside.lanes, "only some are shown: {}", status.lanes.len());
}
