//! Each user is refused everything else, and told so.

use stheno::{
    App, PublishErrorKind,
    backend::{AppendErrorKind, BackendErrorKind, Query, RecordName, RecordWrite},
    medusa::OrderPlaced,
};
use stheno_system_tests::{Seen, noting};

use crate::world::{USERS, World};

/// What nobody of them may do.
const NOBODY: [&str; 10] = [
    "publish $JS.API.STREAM.DELETE.EVENTS",
    "publish $JS.API.STREAM.DELETE.KV_EVENTS-records",
    "publish $JS.API.STREAM.CREATE.OTHER",
    "publish $JS.API.CONSUMER.CREATE.OTHER.x",
    "publish $JS.API.DIRECT.GET.EVENTS",
    "publish $JS.API.DIRECT.GET.KV_EVENTS-records",
    "publish $SYS.REQ.SERVER.PING",
    "publish other",
    "subscribe log.>",
    "subscribe $KV.>",
];

/// What a user may do and the others may not.
const SOME: [(&str, &[&str], &[&str]); 3] = [
    (
        "publisher",
        &["publish events.order.placed", "publish log.order:1.order.placed"],
        &[
            "publish $JS.API.STREAM.MSG.GET.EVENTS",
            "publish $JS.API.CONSUMER.CREATE.EVENTS.x",
            "publish $JS.API.STREAM.MSG.GET.KV_EVENTS-records",
            "publish $KV.EVENTS-records.lease.audit=2Erecord",
            "subscribe _INBOX_host.>",
        ],
    ),
    (
        "host",
        &["publish $JS.API.STREAM.MSG.GET.EVENTS", "subscribe _INBOX_host.x"],
        &[
            "publish events.order.placed",
            "publish log.order:1.order.placed",
            "publish $JS.API.STREAM.UPDATE.EVENTS",
            "publish $JS.API.STREAM.PURGE.EVENTS",
            "publish $KV.EVENTS-records.sub.somebody=2Eelse.state",
            "publish $KV.EVENTS-records.lease.somebody=2Eelse",
            "subscribe _INBOX_operator.>",
        ],
    ),
    (
        "operator",
        &["publish $JS.API.STREAM.INFO.EVENTS", "publish $JS.API.STREAM.NAMES"],
        &[
            "publish events.order.placed",
            "publish log.order:1.order.placed",
            "publish $KV.EVENTS-records.sub.audit=2Erecord.state",
            "publish $KV.EVENTS-records.lease.audit=2Erecord",
            "subscribe _INBOX_publisher.>",
        ],
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn each_user_is_refused_everything_else() {
    let world = World::start().await;
    let operators = world.make().await;
    for (user, allowed, refused) in SOME {
        for (line, said) in allowed.iter().zip(world.tries(user, allowed)) {
            assert_eq!(said, "ok", "{user}: {line}");
        }
        let refused = [&NOBODY[..], refused].concat();
        let answers = world.tries(user, &refused);
        assert_eq!(answers.len(), refused.len());
        for (line, said) in refused.iter().zip(answers) {
            assert!(said.to_lowercase().contains("permissions violation"), "{user}: {line}: {said}");
        }
    }
    refusals_are_errors_that_say_so(&world).await;
    operators.close().await;
}

/// A refusal is no time-out: it has its own kind.
async fn refusals_are_errors_that_say_so(world: &World) {
    let [publisher, host, operator] =
        [world.open(USERS[0]).await, world.open(USERS[1]).await, world.open(USERS[2]).await];
    for log in [&host, &operator] {
        let error = App::new(log.clone()).bus().publish(OrderPlaced::new("order_1")).await.unwrap_err();
        let permission = PublishErrorKind::Append(AppendErrorKind::Backend(BackendErrorKind::Permission));
        assert_eq!(*error.kind(), permission, "{error:?}");
    }
    // Few events and many are read in different ways.
    for limit in [10, 1_000] {
        let error = publisher.read(Query::all().limit(limit)).await.unwrap_err();
        assert_eq!(error.kind(), BackendErrorKind::Permission, "{error}");
    }
    let lease = RecordName::trusted("lease/audit.record");
    let error = publisher.get_record(&lease).await.unwrap_err();
    assert_eq!(error.kind(), BackendErrorKind::Permission, "{error}");
    let state = RecordName::trusted("sub/audit.record/state");
    let error = operator.write_records(vec![RecordWrite::put(state, "{}")]).await.unwrap_err();
    assert!(format!("{error:?}").contains("Permission"), "{error:?}");

    // A host whose subscriber is not in the manifest that the accounts were written from.
    let app = App::new(host.clone()).subscribe(noting("somebody.else", ">", &Seen::default()));
    let Err(error) = app.start().await else { panic!("it may write the records of that subscriber") };
    assert!(format!("{error:?}").contains("Permission"), "{error:?}");
    for log in [publisher, host, operator] {
        log.close().await;
    }
}
