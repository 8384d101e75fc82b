//! A process that ends with an error gives its leases back: the next holder need not wait until they have run out.

use std::time::Duration;

use stheno_core::{
    app::Stopped,
    backend::{BackendErrorKind, RecordName, RecordWrite},
};

use crate::{
    conformance::{
        Harness,
        orders::placed,
        probe::{Calls, Door},
        world::{self, World, bounded, held, publish, settle, start},
    },
    fault::{Call, Fault, FaultyBackend},
};

const ID: &str = "probe.all";
/// Nobody waits until it has run out.
const LONG: Duration = Duration::from_secs(24 * 3_600);

/// A subscriber that cannot be taken over, since what is recorded of it cannot be read: once that is mended, the next host takes it
/// over at once.
pub async fn a_take_over_that_ends_for_good_gives_its_lease_back(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let calls = Calls::new();
    let app = async || world.app().await.lease(LONG).subscribe(calls.content(ID));
    let running = start(app().await).await;
    publish(running.bus(), placed("a")).await;
    settle(&running).await;
    assert_eq!(running.stop().await, Stopped::Drained);

    for (name, value) in [(format!("sub/{ID}/lane/order/a"), "{"), (format!("command/{ID}/1"), r#"{"format":99}"#)] {
        let name = RecordName::trusted(name);
        world.log.write_records(vec![RecordWrite::put(name.clone(), value)]).await.expect("it is written");
        let running = start(app().await).await;
        assert_eq!(bounded("the host ends", running.until_signal()).await, Stopped::Failed, "{name}");
        world.log.write_records(vec![RecordWrite::delete(name)]).await.expect("it is deleted");
    }
    let running = start(app().await).await;
    let next = publish(running.bus(), placed("b")).await;
    settle(&running).await;
    assert_eq!(calls.sequences(), [1, next]);
}

/// A host whose log cannot be used any more cuts what is under way and gives its leases back.
pub async fn a_host_that_ends_with_an_alarm_gives_its_leases_back(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, never) = (Calls::new(), Door::closed());
    let faulty = FaultyBackend::new(world.handle().await);
    let hanging = {
        let never = never.clone();
        calls.subscriber(ID, move |event, _| {
            let never = never.clone();
            async move {
                if event.sequence == 2 {
                    never.pass().await;
                }
                Ok(())
            }
        })
    };
    let running = start(world::app(faulty.clone()).lease(LONG).subscribe(hanging)).await;
    held(&running, ID).await;
    let damage = Fault::fail(BackendErrorKind::Corrupt).on(Call::WriteRecords);
    publish(running.bus(), placed("a")).await;
    settle(&running).await;
    publish(running.bus(), placed("b")).await;
    calls.until_len(2).await;
    faulty.inject(damage.of_records(format!("sub/{ID}/")));
    // What is handled now cannot be recorded.
    publish(running.bus(), placed("c")).await;
    assert_eq!(bounded("the host ends", running.until_signal()).await, Stopped::Failed);

    let again = Calls::new();
    let running = start(world.app().await.lease(LONG).subscribe(again.content(ID))).await;
    settle(&running).await;
    assert_eq!(again.sequences(), [2, 3]);
}
