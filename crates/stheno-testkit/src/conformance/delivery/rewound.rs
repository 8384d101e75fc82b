//! A rewind while suspects of a crash wait to be tried.

use std::{sync::Arc, time::Duration};

use stheno_core::{Failure, Start, SubscriberDef, app::Running, runtime::operator::RewindTo};

use crate::{
    conformance::{
        Harness,
        orders::placed,
        probe::{Calls, Door},
        world::{self, World, publish, settle, start, until, until_progress},
    },
    fault::{Call, Fault, FaultyBackend},
};

const IDS: [&str; 2] = ["probe.one", "probe.other"];
const LEASE: Duration = Duration::from_secs(1);

/// A subscriber whose handler comes back when the door opens.
fn behind(door: &Door, calls: &Calls, id: &str) -> SubscriberDef {
    let door = door.clone();
    let subscriber = calls.subscriber(id, move |_, _| {
        let door = door.clone();
        async move {
            door.pass().await;
            Ok::<(), Failure>(())
        }
    });
    subscriber.start(Start::Beginning)
}

/// A crash with one event under way in both subscribers.
async fn crash(world: &World<'_>) {
    let (calls, never) = (Calls::new(), Door::closed());
    let app = IDS.iter().fold(world.app().await.lease(LEASE), |app, id| app.subscribe(behind(&never, &calls, id)));
    let crashing = start(app).await;
    publish(crashing.bus(), placed("a")).await;
    calls.until_len(2).await;
    drop(crashing);
}

/// Both run again: one is called and waits at the door, and the other one has to wait for it. Says which is which.
async fn one_alone(faulty: &Arc<FaultyBackend>, calls: &Calls, door: &Door) -> (Running, [&'static str; 2]) {
    let app = world::app(faulty.clone()).lease(LEASE);
    let running = start(IDS.iter().fold(app, |app, id| app.subscribe(behind(door, calls, id)))).await;
    calls.until_len(1).await;
    for id in IDS {
        until_progress(&running, id, "both have begun", |progress| progress.held && progress.position >= 1).await;
    }
    let first = calls.all()[0].subscriber.clone();
    let order = if first == IDS[0] { IDS } else { [IDS[1], IDS[0]] };
    (running, order)
}

fn seen(calls: &Calls, id: &str) -> Vec<(u32, u64)> {
    calls.of(id).iter().map(|call| (call.run, call.sequence())).collect()
}

/// A suspect that waits until another one was tried does not hold up a rewind of its subscriber.
pub async fn a_rewind_does_not_wait_for_the_leave_of_a_suspect(harness: &dyn Harness) {
    let world = World::new(harness).await;
    crash(&world).await;
    let (calls, door) = (Calls::new(), Door::closed());
    let faulty = FaultyBackend::new(world.handle().await);
    let (running, [_, waiting]) = one_alone(&faulty, &calls, &door).await;
    running.operator().rewind(waiting, RewindTo::Beginning).await.expect("the command is taken");
    until_progress(&running, waiting, "the run begins", |progress| progress.run == 1).await;
    calls.until_len(2).await;
    assert_eq!(seen(&calls, waiting), [(1, 1)]);
    door.open();
    settle(&running).await;
    assert_eq!(calls.len(), 2);
}

/// A rewind that comes while the start of a suspect is being recorded gives the leave for it back: the next suspect gets it.
pub async fn a_rewind_gives_back_the_leave_of_a_suspect(harness: &dyn Harness) {
    let world = World::new(harness).await;
    crash(&world).await;
    let (calls, door) = (Calls::new(), Door::closed());
    let faulty = FaultyBackend::new(world.handle().await);
    let (running, [_, waiting]) = one_alone(&faulty, &calls, &door).await;
    faulty.inject(Fault::stall().on(Call::WriteRecords).of_records(format!("sub/{waiting}/state")));
    door.open();
    faulty.until_hit(1).await;
    let before = faulty.made(Call::GetRecord);
    running.operator().rewind(waiting, RewindTo::Beginning).await.expect("the command is taken");
    until("the command is looked at", true, async || faulty.made(Call::GetRecord) > before).await;
    // It is taken up at once after that.
    tokio::time::sleep(Duration::from_millis(50)).await;
    faulty.clear();
    until_progress(&running, waiting, "the run begins", |progress| progress.run == 1).await;
    settle(&running).await;
    assert_eq!(seen(&calls, waiting).last(), Some(&(1, 1)));
}
