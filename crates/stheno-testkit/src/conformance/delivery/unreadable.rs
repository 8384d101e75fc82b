//! Dead letters that cannot be read: what is asked about them is refused with the reason, and nobody tries for ever.

use stheno_core::{
    Failure, SubscriberDef,
    app::{Running, Stopped},
    backend::{Backend, BackendErrorKind, RecordName, RecordWrite},
    runtime::operator::RewindTo,
};

use crate::{
    conformance::{
        Harness,
        orders::placed,
        probe::{Calls, Door},
        world::{self, World, bounded, publish, settle, start, until},
    },
    fault::{Call, Fault, FaultyBackend},
};

const ID: &str = "probe.picky";
/// Cut short, and of a version to come.
const UNREADABLE: [(&str, BackendErrorKind); 2] =
    [("{", BackendErrorKind::Corrupt), (r#"{"format":99}"#, BackendErrorKind::NewerSchema)];

/// A subscriber that gives up on the first event until it is mended.
fn picky(calls: &Calls, mended: &Door) -> SubscriberDef {
    let mended = mended.clone();
    calls.subscriber(ID, move |event, _| {
        let broken = event.sequence == 1 && !mended.is_open();
        async move { if broken { Err(Failure::new("broken").terminal()) } else { Ok(()) } }
    })
}

fn letter() -> RecordName {
    RecordName::trusted(format!("sub/{ID}/dead/{:020}", 1))
}

async fn write(log: &dyn Backend, write: RecordWrite) {
    log.write_records(vec![write]).await.expect("it is written");
}

/// Leaves a command as an operator of another process does who did not look at the letter.
async fn ask(log: &dyn Backend, number: usize, command: &'static str) -> RecordName {
    let name = RecordName::trusted(format!("command/{ID}/{number}"));
    write(log, RecordWrite::put(name.clone(), command)).await;
    name
}

async fn until_gone(log: &dyn Backend, command: &RecordName) {
    until("the command is answered", false, async || log.get_record(command).await.expect("it can be asked").is_some())
        .await;
}

/// An app with one dead letter.
async fn with_a_letter(world: &World<'_>, calls: &Calls, mended: &Door) -> Running {
    let running = start(world.app().await.subscribe(picky(calls, mended))).await;
    publish(running.bus(), placed("bad")).await;
    settle(&running).await;
    running
}

/// An operator is told at once, and leaves no command.
pub async fn a_command_about_a_letter_that_cannot_be_read_is_refused(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, mended) = (Calls::new(), Door::closed());
    let running = with_a_letter(&world, &calls, &mended).await;
    for (value, kind) in UNREADABLE {
        write(&*world.log, RecordWrite::put(letter(), value)).await;
        let operator = running.operator();
        let refused = [
            operator.redrive(ID, 1).await,
            operator.discard(ID, 1).await,
            operator.rewind(ID, RewindTo::Beginning).await,
        ];
        for refused in refused {
            let error = refused.expect_err("the letter cannot be read");
            assert_eq!(error.kind(), kind, "{error}");
            assert!(error.to_string().contains(letter().as_str()), "{error}");
        }
        assert_eq!(world.log.list_records("command/").await.expect("they can be listed"), []);
    }
}

/// A command that is there all the same goes away undone, the letter stays, and the subscriber goes on; once the letter is mended,
/// it can be asked again.
pub async fn a_host_goes_on_when_a_command_cannot_be_carried_out(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, mended) = (Calls::new(), Door::closed());
    let running = with_a_letter(&world, &calls, &mended).await;
    let whole = world.log.get_record(&letter()).await.expect("it can be read").expect("it is there").value;
    mended.open();
    let mut number = 0;
    for (value, _) in UNREADABLE {
        write(&*world.log, RecordWrite::put(letter(), value)).await;
        for command in [r#"{"redrive":{"sequence":1}}"#, r#"{"discard":{"sequence":1}}"#, r#"{"rewind":{"after":0}}"#] {
            number += 1;
            let command = ask(&*world.log, number, command).await;
            until_gone(&*world.log, &command).await;
            let kept = world.log.get_record(&letter()).await.expect("it can be asked").expect("it stays");
            assert_eq!(kept.value, value);
            let next = publish(running.bus(), placed(format!("good/{number}"))).await;
            settle(&running).await;
            assert_eq!(calls.sequences().last(), Some(&next));
        }
    }
    assert_eq!(calls.len(), 1 + number, "nothing came a second time");
    // Where the letter is mended, and another one cannot be read, the first one comes back.
    write(&*world.log, RecordWrite::put(letter(), whole)).await;
    let other = RecordName::trusted(format!("sub/{ID}/dead/{:020}", 2));
    write(&*world.log, RecordWrite::put(other.clone(), "{")).await;
    running.operator().redrive(ID, 1).await.expect("the command is taken");
    calls.until_len(2 + number).await;
    settle(&running).await;
    assert_eq!(calls.sequences().last(), Some(&1));
    assert_eq!(world.log.get_record(&letter()).await.expect("it can be asked"), None);
}

/// A log that cannot be read any more, and will not be, ends the host and is not tried again.
pub async fn a_log_that_is_lost_under_a_command_is_an_alarm(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let calls = Calls::new();
    assert_eq!(with_a_letter(&world, &calls, &Door::closed()).await.stop().await, Stopped::Drained);
    for (call, prefix) in [(Call::GetRecord, "command/".to_owned()), (Call::GetRecord, format!("sub/{ID}/dead/"))] {
        let faulty = FaultyBackend::new(world.handle().await);
        let running = start(world::app(faulty.clone()).subscribe(picky(&calls, &Door::closed()))).await;
        settle(&running).await;
        faulty.inject(Fault::fail(BackendErrorKind::Corrupt).on(call).of_records(prefix));
        let command = ask(&*world.log, 1, r#"{"redrive":{"sequence":1}}"#).await;
        assert_eq!(bounded("the host ends", running.until_signal()).await, Stopped::Failed, "{call:?}");
        write(&*world.log, RecordWrite::delete(command)).await;
    }
}
