//! Handlers on a real server: a slow one is called once for each event, a log that went back is an alarm, and what a user
//! may no longer do is said as that.

mod common;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use common::{LIMIT, a_log, ask, bounded, client, names, open, placed, shared, stored};
use serde_json::json;
use stheno_core::{
    AnyEvent, App, Cx, Failure, Start, Subscriber, SubscriberDef, Timestamp,
    app::Running,
    backend::{Append, AppendErrorKind, Backend, BackendErrorKind, Query},
    runtime::operator::{Operator, RewindTo},
};
use stheno_nats::{NatsBackend, NatsOptions};
use stheno_testkit::nats::NatsServerOptions;

/// Counts its calls, each of which takes a while.
#[derive(Clone, Default)]
struct Slow {
    calls: Arc<AtomicUsize>,
    takes: Duration,
}

#[async_trait]
impl Subscriber for Slow {
    type Event = AnyEvent;

    async fn handle(&self, _event: AnyEvent, _cx: Cx) -> Result<(), Failure> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(self.takes).await;
        Ok(())
    }
}

/// An app with this subscriber, which begins with the first event of the log.
async fn start(options: &NatsOptions, slow: &Slow) -> Running {
    let subscriber = SubscriberDef::new("test.slow", slow.clone()).on(">").start(Start::Beginning);
    let app = App::new(open(options.clone()).await).without_unknown_names().subscribe(subscriber);
    app.start().await.expect("the app starts")
}

/// A log whose five events were handled, by an app that has stopped; the name of its stream.
async fn five_were_handled(options: &NatsOptions, slow: &Slow) -> String {
    let log = open(options.clone()).await;
    for number in 0..5 {
        stored(&log, placed(number)).await;
    }
    let running = start(options, slow).await;
    running.settle(LIMIT).await.expect("all are handled");
    running.stop().await;
    names(&log).await.0
}

#[tokio::test]
async fn ten_events_are_handled_ten_times_by_a_handler_that_takes_700_milliseconds() {
    let options = a_log(shared());
    let log = open(options.clone()).await;
    for number in 0..10 {
        let mut event = placed(number);
        // One key, so that the last of them waits seven seconds for its turn.
        event.key = placed("one").key;
        stored(&log, event).await;
    }
    let slow = Slow { takes: Duration::from_millis(700), ..Slow::default() };
    let running = start(&options, &slow).await;
    running.settle(LIMIT).await.expect("all are handled");
    running.stop().await;
    assert_eq!(slow.calls.load(Ordering::SeqCst), 10);
    start(&options, &slow).await.settle(LIMIT).await.expect("nothing is left");
    assert_eq!(slow.calls.load(Ordering::SeqCst), 10);
}

#[tokio::test]
async fn a_log_that_went_back_ends_who_has_read_further() {
    let (options, slow) = (a_log(shared()), Slow::default());
    let stream = five_were_handled(&options, &slow).await;
    // An earlier state of the same stream, as a backup that was restored would be.
    let client = client(shared()).await;
    let config = ask(&client, &format!("STREAM.INFO.{stream}"), &json!(null)).await["config"].clone();
    ask(&client, &format!("STREAM.DELETE.{stream}"), &json!(null)).await;
    ask(&client, &format!("STREAM.CREATE.{stream}"), &config).await;
    let again = open(options.clone()).await;
    assert_eq!(stored(&again, placed("restored")).await, 1);
    let error = again.tail(Query::all().after(5)).await.err().expect("the log is shorter than that");
    assert_eq!(error.kind(), BackendErrorKind::LogChanged);
    let running = start(&options, &slow).await;
    let stopped = bounded("the subscriber stops", running.until_signal()).await;
    assert_eq!(stopped.exit_code(), 70);
    assert_eq!(slow.calls.load(Ordering::SeqCst), 5, "nothing of the other log was handled");
}

/// It has grown past what was read, so that nothing but its identity tells.
#[tokio::test]
async fn a_log_that_was_made_anew_while_nobody_ran_ends_who_read_the_one_before_until_somebody_rewinds() {
    let (options, slow) = (a_log(shared()), Slow::default());
    let stream = five_were_handled(&options, &slow).await;
    ask(&client(shared()).await, &format!("STREAM.DELETE.{stream}"), &json!(null)).await;
    let anew = open(options.clone()).await;
    for number in 0..8 {
        stored(&anew, placed(number)).await;
    }
    let running = start(&options, &slow).await;
    let stopped = bounded("the subscriber stops", running.until_signal()).await;
    assert_eq!(
        (stopped.exit_code(), slow.calls.load(Ordering::SeqCst)),
        (70, 5),
        "nothing of the other log was handled"
    );
    let operator = Operator::new(App::new(anew).bus());
    operator.rewind("test.slow", RewindTo::After(2)).await.expect("it can be asked");
    let running = start(&options, &slow).await;
    running.settle(LIMIT).await.expect("all are handled");
    assert_eq!(slow.calls.load(Ordering::SeqCst), 5 + 6, "what follows, once each");
    let [status] = &operator.subscribers().await.expect("they are recorded")[..] else { panic!("there is one") };
    assert_eq!((status.state.run, status.state.began, status.state.floor), (1, 2, 8));
    running.stop().await;
    start(&options, &slow).await.settle(LIMIT).await.expect("nothing is left");
    assert_eq!(slow.calls.load(Ordering::SeqCst), 5 + 6);
}

#[tokio::test]
async fn an_event_that_somebody_deletes_at_the_end_makes_no_log_shorter() {
    let (options, slow) = (a_log(shared()), Slow::default());
    let log = open(options.clone()).await;
    for number in 0..3 {
        stored(&log, placed(number)).await;
    }
    let running = start(&options, &slow).await;
    running.settle(LIMIT).await.expect("all are handled");
    running.stop().await;
    let (stream, _) = names(&log).await;
    let deleted = ask(&client(shared()).await, &format!("STREAM.MSG.DELETE.{stream}"), &json!({ "seq": 3 })).await;
    assert_eq!(deleted["success"], true);
    assert_eq!(log.info().await.unwrap().last, 3);
    let running = start(&options, &slow).await;
    stored(&log, placed("next")).await;
    running.settle(LIMIT).await.expect("it goes on");
    assert_eq!(slow.calls.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn what_is_scheduled_at_the_end_makes_no_log_shorter() {
    let (options, slow) = (a_log(shared()), Slow::default());
    let log = open(options.clone()).await;
    stored(&log, placed(1)).await;
    let mut later = placed(2);
    later.not_before = Some(Timestamp::now().plus(Duration::from_secs(3_600)));
    log.append(Append::one(later)).await.expect("it is scheduled");
    for _ in 0..2 {
        // With the counter of unknown names, which reads everything.
        let subscriber = SubscriberDef::new("test.slow", slow.clone()).on(">").start(Start::Beginning);
        let app = App::new(open(options.clone()).await).subscribe(subscriber);
        let running = app.start().await.expect("the app starts");
        running.settle(LIMIT).await.expect("it goes on");
        // How far the counter is, is recorded after a second.
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        let stopped = running.stop().await;
        assert_eq!(stopped.exit_code(), 0);
    }
    assert_eq!((slow.calls.load(Ordering::SeqCst), log.info().await.unwrap().last), (1, 1));
}

#[tokio::test]
async fn a_log_whose_end_was_deleted_is_read_to_its_end() {
    let (options, slow) = (a_log(shared()), Slow::default());
    let log = open(options.clone()).await;
    log.append(Append::batch((0..3).map(placed).collect())).await.expect("a batch is stored");
    let (stream, _) = names(&log).await;
    ask(&client(shared()).await, &format!("STREAM.MSG.DELETE.{stream}"), &json!({ "seq": 3 })).await;
    assert_eq!(log.read(Query::all()).await.unwrap().events.len(), 2, "what is left of a batch that is whole");
    let running = start(&options, &slow).await;
    running.settle(LIMIT).await.expect("there is nothing more");
    assert_eq!(slow.calls.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn who_may_not_have_replies_is_told_so() {
    let users = r#"authorization { users: [
        { user: host, password: h, permissions: { subscribe: ["_INBOX_host.>"] } }
    ] }"#;
    let server = NatsServerOptions::new().config(users).start();
    let url = server.url().replace("//", "//host:h@");
    let error = NatsBackend::open(NatsOptions::from_url(&url).unwrap()).await.expect_err("no reply can come");
    assert_eq!(error.kind(), BackendErrorKind::Permission, "{error:?}");
    let log = open(NatsOptions::from_url(&format!("{url}?inbox_prefix=_INBOX_host")).unwrap()).await;
    stored(&log, placed(1)).await;
}

#[tokio::test]
async fn a_permission_that_is_taken_away_is_said_as_that_and_not_as_a_timeout() {
    let users = |denied: &str| {
        NatsServerOptions::new().config(&format!(
            r#"authorization {{ users: [
                {{ user: admin, password: a }}
                {{ user: host, password: h, permissions: {{ publish: {{ deny: [{denied}] }} }} }}
            ] }}"#
        ))
    };
    let server = users(r#""nothing""#).start();
    let options = NatsOptions::from_url(&server.url().replace("//", "//host:h@")).expect("an address");
    let log = open(options).await;
    stored(&log, placed(1)).await;
    server.configure(&users(r#""log.>", "$JS.API.CONSUMER.>""#));
    let error = log.append(Append::one(placed(2))).await.expect_err("it may no longer");
    assert_eq!(error.kind(), AppendErrorKind::Backend(BackendErrorKind::Permission), "{error:?}");
    let mut tail = log.tail(Query::all()).await.expect("looking at the log is permitted");
    let error = bounded("the tail says it", async {
        loop {
            if let Err(error) = tail.next().await {
                break error;
            }
        }
    })
    .await;
    assert_eq!(error.kind(), BackendErrorKind::Permission, "{error:?}");
    // Once it is given back, both go on.
    server.configure(&users(r#""nothing""#));
    assert_eq!(stored(&log, placed(3)).await, 2);
    assert_eq!(common::sequences(&common::take(&mut *tail, 2).await), [1, 2]);
}
