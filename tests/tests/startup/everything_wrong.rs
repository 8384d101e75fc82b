//! An app with something wrong does not start: all of it is said at once, and nothing was consumed.

use std::{mem::discriminant, sync::Arc};

use stheno::{
    App, Catalog, Config, EventDescriptor, Plugin, Resources, SubscriberDef,
    app::{Problem, StartError},
    backend::{Backend, Query},
    medusa::OrderPlaced,
    prelude::*,
};
use stheno_system_tests::{Seen, memory, noting};

/// Nobody provides one.
struct Mailer;

struct NeedsMailer(#[expect(dead_code, reason = "it is only asked for")] Res<Mailer>);

#[stheno::async_trait]
impl Subscriber for NeedsMailer {
    type Event = OrderPlaced;

    async fn handle(&self, _order: OrderPlaced, _cx: Cx) -> Result<(), Failure> {
        Ok(())
    }
}

#[derive(serde::Deserialize)]
struct ReceiptsConfig {
    #[expect(dead_code, reason = "it is only read")]
    from: String,
}

const CONFIG: &str = r#"
[plugins.receipts]
from = "shop@example.com"
form = "shop@example.com"

[plugins.recipts]
from = "shop@example.com"

[subscribers."good.noet"]
paused = true

[subscribers."bad.policy"]
concurrency = 0
timeout = 60
"#;

/// A catalog that claims a name of Medusa's.
fn claiming() -> Catalog {
    let claimed = EventDescriptor::of::<OrderPlaced>("stheno-elsewhere");
    Catalog::new("elsewhere", "stheno-elsewhere", "1.0.0").event(claimed)
}

/// An app in which nearly everything is wrong, and one subscriber that is good.
fn wrong(log: &Arc<dyn Backend>, seen: &Seen) -> App {
    let receipts = Plugin::new("receipts").subscriber(noting("receipts.send", "order.placed", seen)).setup(|setup| {
        Box::pin(async move {
            setup.config::<ReceiptsConfig>()?;
            Ok(())
        })
    });
    App::new(Arc::clone(log))
        .config(Config::parse(CONFIG, "stheno.toml").unwrap())
        .catalog(claiming())
        .plugin(receipts)
        .plugin(Plugin::new("empty"))
        .plugin(Plugin::new("stock").subscriber(noting("good.note", "order.canceled", seen)))
        .plugin(Plugin::new("stock").subscriber(noting("stock.again", "order.canceled", seen)))
        .subscribe(noting("good.note", ">", seen))
        .subscribe(noting("bad.policy", "order.placed", seen))
        .subscribe(noting("bad.name", "order.plaecd", seen))
        .subscribe(noting("bad.pattern", "order..placed", seen))
        .subscribe(noting("Bad_Id", "order.placed", seen))
        .subscribe(SubscriberDef::built("bad.needs", |all: &Resources| Ok(NeedsMailer(all.get()?))))
}

async fn problems(app: App) -> Vec<Problem> {
    match app.start().await.unwrap_err() {
        StartError::Problems(problems) => problems,
        other => panic!("{other}"),
    }
}

/// The problem of the same kind as this one.
fn of_kind<'a>(problems: &'a [Problem], kind: &Problem) -> &'a Problem {
    let mut found = problems.iter().filter(|problem| discriminant(*problem) == discriminant(kind));
    match (found.next(), found.next()) {
        (Some(problem), None) => problem,
        other => panic!("one {kind:?} was expected: {other:?} of {problems:?}"),
    }
}

#[tokio::test]
async fn everything_that_is_wrong_is_said_at_once_and_nothing_was_consumed() {
    let (log, seen) = (memory(), Seen::default());
    App::new(Arc::clone(&log)).bus().publish(OrderPlaced::new("order_1")).await.unwrap();
    let problems = problems(wrong(&log, &seen)).await;

    let none = String::new;
    let Problem::DuplicateEvent(duplicate) = problems
        .iter()
        .find(|problem| matches!(problem, Problem::DuplicateEvent(_)))
        .unwrap_or_else(|| panic!("{problems:?}"))
    else {
        unreachable!("it was just found")
    };
    assert_eq!(duplicate.pattern, "order.placed");
    assert_eq!(duplicate.crates, ["stheno-medusa", "stheno-elsewhere"], "both crates are named");

    match of_kind(&problems, &Problem::DuplicateSubscriber { id: none(), places: [none(), none()] }) {
        Problem::DuplicateSubscriber { id, places: [first, second] } => {
            assert_eq!(id, "good.note");
            assert_ne!(first, second, "both places are named");
            assert!([first, second].iter().all(|place| place.contains("everything_wrong.rs:")), "{first} {second}");
        }
        other => panic!("{other:?}"),
    }
    match of_kind(&problems, &Problem::MissingResource { id: none(), place: none(), message: none() }) {
        Problem::MissingResource { id, message, .. } => {
            assert_eq!(id, "bad.needs");
            assert!(message.contains("Mailer"), "{message}");
        }
        other => panic!("{other:?}"),
    }
    match of_kind(&problems, &Problem::Setup { plugin: none(), error: none() }) {
        Problem::Setup { plugin, error } => {
            assert_eq!(plugin, "receipts");
            assert!(error.contains("`form`"), "the unknown key is named: {error}");
        }
        other => panic!("{other:?}"),
    }
    let unknown =
        Problem::UnknownEvent { id: "bad.name".into(), pattern: "order.plaecd".into(), nearest: Some("order.placed") };
    assert_eq!(of_kind(&problems, &unknown), &unknown);
    let empty = Problem::EmptyPlugin { plugin: "empty".into() };
    assert_eq!(of_kind(&problems, &empty), &empty);
    match of_kind(&problems, &Problem::DuplicatePlugin { name: none(), places: [none(), none()] }) {
        Problem::DuplicatePlugin { name, places: [first, second] } => {
            assert_eq!(name, "stock");
            assert_ne!(first, second, "both places are named");
            assert!([first, second].iter().all(|place| place.contains("everything_wrong.rs:")), "{first} {second}");
        }
        other => panic!("{other:?}"),
    }
    let bad_id = Problem::BadId { id: "Bad_Id".into() };
    assert_eq!(of_kind(&problems, &bad_id), &bad_id);
    let policy = of_kind(&problems, &Problem::BadPolicy { id: none(), message: none() });
    assert!(matches!(policy, Problem::BadPolicy { id, .. } if id == "bad.policy"), "{policy:?}");
    let strange = problems.iter().filter(|problem| matches!(problem, Problem::Config { .. })).count();
    assert_eq!(strange, 3, "a table for no plugin, one for no subscriber, a time without a unit: {problems:?}");
    assert!(problems.iter().any(|problem| matches!(problem, Problem::BadPattern { id, .. } if id == "bad.pattern")));
    assert_eq!(problems.len(), 13, "and nothing else: {problems:#?}");

    assert!(seen.lines().is_empty(), "no handler ran");
    assert!(log.list_records("").await.unwrap().is_empty(), "no position was noted");
    assert_eq!(log.read(Query::all()).await.unwrap().events.len(), 1, "the log is as it was");
}

#[tokio::test]
async fn each_problem_says_what_it_is_about_and_what_to_do() {
    let problems = problems(wrong(&memory(), &Seen::default())).await;
    for problem in problems {
        // The thing at fault, and the word that leads to the way out.
        let (thing, way_out) = match &problem {
            Problem::DuplicateEvent(_) => ("order.placed", "declare_event!"),
            Problem::DuplicateSubscriber { .. } => ("good.note", "rename"),
            Problem::MissingResource { .. } => ("bad.needs", ".provide("),
            Problem::Setup { .. } => ("receipts", "correct or remove"),
            Problem::UnknownEvent { .. } => ("order.plaecd", "did you mean"),
            Problem::EmptyPlugin { .. } => ("empty", "plugin!"),
            Problem::DuplicatePlugin { .. } => ("stock", "enable it once"),
            Problem::BadId { .. } => ("Bad_Id", "use lower-case"),
            Problem::BadPolicy { .. } => ("bad.policy", "at least 1"),
            Problem::BadPattern { .. } => ("bad.pattern", "order..placed"),
            Problem::Config { message } if message.contains("plugins") => ("recipts", "did you mean `receipts`"),
            Problem::Config { message } if message.contains("timeout") => ("bad.policy", "such as \"60s\""),
            Problem::Config { .. } => ("good.noet", "did you mean `good.note`"),
            other => panic!("{other:?}"),
        };
        let said = problem.to_string();
        assert!(said.contains(thing) && said.contains(way_out), "`{thing}` and `{way_out}` are not both in: {said}");
    }
}

#[tokio::test]
async fn the_error_lists_a_line_for_each_problem() {
    let refused = wrong(&memory(), &Seen::default()).start().await.unwrap_err();
    let said = refused.to_string();
    assert_eq!(said.lines().filter(|line| line.starts_with("  - ")).count(), 13, "{said}");
}

#[tokio::test]
async fn an_app_without_subscribers_starts_only_when_it_says_that_it_publishes() {
    let none = problems(App::new(memory())).await;
    assert_eq!(none, [Problem::NoSubscribers]);
    let running = App::new(memory()).publishes_only().start().await.unwrap();
    assert_eq!(running.bus().publish(OrderPlaced::new("order_1")).await.unwrap().sequence, Some(1));
    assert_eq!(running.table().subscribers(), 0);
    running.stop().await;
}

#[tokio::test]
async fn a_log_that_does_not_answer_is_another_error_than_an_app_that_is_wrong() {
    let log = memory();
    log.close().await;
    let refused = App::new(log).subscribe(noting("reader", ">", &Seen::default())).start().await.unwrap_err();
    assert!(matches!(refused, StartError::Backend(_)), "{refused}");
}
