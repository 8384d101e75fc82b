//! Schedules of others among those of events for later: one that makes events again and again is named, with how to end it.

mod common;

use std::time::Duration;

use common::{a_log, ask, bounded, client, everything, names, open, placed, publish, shared, stored, take};
use serde_json::{Value, json};
use stheno_core::{
    PatternSet,
    backend::{Backend, Query},
};
use stheno_testkit::Warnings;

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_that_makes_events_for_ever_is_named_once_and_ended_by_the_command() {
    let warnings = Warnings::default();
    tracing::subscriber::set_global_default(warnings.clone()).expect("nobody else listens in this process");
    let log = open(a_log(shared())).await;
    let (stream, published) = names(&log).await;
    let prefix = published.trim_end_matches(".events").to_owned();
    let client = client(shared()).await;
    stored(&log, placed(1)).await;
    // Ours are for once, and nobody is told of them.
    let mut later = placed(2);
    later.not_before = Some(stheno_core::Timestamp::now().plus(Duration::from_millis(200)));
    common::bounded("it is kept", log.append(stheno_core::backend::Append::one(later))).await.expect("it is kept");
    let mut tail = log.tail(Query::all()).await.expect("a tail");
    take(&mut *tail, 2).await;
    assert_eq!(warnings.about("makes this event again"), []);

    let target = |name: &str| format!("{prefix}.events.{name}");
    let repeating = [
        ("every", vec![("Nats-Schedule", "@every 1s".to_owned()), ("Nats-Schedule-Target", target("tick.every"))]),
        ("cron's", vec![("Nats-Schedule", "* * * * * *".to_owned()), ("Nats-Schedule-Target", target("tick.cron"))]),
        (
            "source",
            vec![
                ("Nats-Schedule", "@every 1s".to_owned()),
                ("Nats-Schedule-Target", target("tick.source")),
                ("Nats-Schedule-Source", format!("{prefix}.log.order:1.order.placed")),
            ],
        ),
    ];
    for (id, headers) in &repeating {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let taken = publish(&client, &format!("{prefix}.schedule.{id}"), &headers, "{}").await;
        assert!(taken["seq"].is_u64(), "{id}: {taken}");
    }
    let named = async {
        while repeating.iter().any(|(id, _)| warnings.about(&format!("schedule=\"{prefix}.schedule.{id}\"")).is_empty())
        {
            tail.next().await.expect("the tail goes on");
        }
    };
    bounded("each is named", named).await;
    // A page says nothing new, and neither does what comes next.
    let ticks = Query::new(PatternSet::parse(["tick.>"]).expect("a legal pattern"));
    let there = log.read(ticks).await.expect("the log can be read").events.len();
    take(&mut *tail, 3).await;
    assert!(everything(&log).await.len() > there);
    for (id, _) in &repeating {
        let said = warnings.about(&format!("schedule=\"{prefix}.schedule.{id}\""));
        let [(_, said)] = &said[..] else { panic!("once: {said:?}") };
        let quoted = id.replace('\'', r"'\''");
        let command = format!("nats stream purge {stream} --subject '{prefix}.schedule.{quoted}' --force");
        assert!(said.contains(&command), "{said}");
        // What the command asks the server for.
        let filter = json!({ "filter": format!("{prefix}.schedule.{id}") });
        assert_eq!(ask(&client, &format!("STREAM.PURGE.{stream}"), &filter).await["purged"], 1);
    }
    let left = json!({ "last_by_subj": format!("{prefix}.schedule.>") });
    let left: Value = ask(&client, &format!("STREAM.MSG.GET.{stream}"), &left).await;
    assert_eq!(left["error"]["err_code"], 10037, "{left}");
}
